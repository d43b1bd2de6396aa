"""The phantom cohort: a UK-Biobank-shaped world with planted truth."""
