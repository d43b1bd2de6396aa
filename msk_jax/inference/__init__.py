"""Ages of new images from trained folds: finding and reading files, the mean over folds, tables."""
