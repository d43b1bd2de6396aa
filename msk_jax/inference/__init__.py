"""Ages of new images from trained folds: finding and reading files, the networks' means, tables out."""
