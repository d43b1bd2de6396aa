"""UK Biobank tables to participants, visits and folds."""
