"""The phantom cohort: a UK-Biobank-shaped world with known truth, drawn from a seed."""
