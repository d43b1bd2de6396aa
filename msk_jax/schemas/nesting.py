"""What labels of tables say of the people whom a row counts: other people, a group of the same ones, or nothing.

The gate of the site compares counts by it (`disclosure.site_counts`). A label of a table that leaves and counts people
is in one of these sets (`tests/schemas`).
"""

# Rows that differ here are of different people, e.g. of those with a picture: their counts are not compared.
SUBJECTS = frozenset(
  (
    *("model", "model_1", "model_2", "dimension", "dimension_1", "dimension_2", "view", "set"),
    *("trait", "trait_1", "trait_2", "source", "chromosome", "effect_allele", "other_allele"),
    *("variable", "field", "main_category", "category"),
  )
)
# Rows that differ here are of groups of the same people: their sum is at most the whole.
GROUPS = frozenset(
  (
    *("sex", "stratum", "group", "fold", "age_group", "age_band", "ethnicity", "centre", "instance", "rate", "bin"),
    *("subset", "part"),
  )
)
# They say by what people are grouped: groups of one kind are side by side.
GROUPINGS = frozenset({"kind", "level"})
# They say what was done or computed with the people of a row, or describe it in words.
ASIDE = frozenset(
  (
    *("product", "label", "unit", "build", "engine", "engine_p", "reason", "doubt", "circular", "gaps", "values"),
    *("method", "check", "case", "measure", "algorithm", "sex_method", "is_lead", "genes", "relation", "direction"),
    *("also_in", "file", "form", "what", "smallest_in", "feature", "sign", "remark", "says"),
  )
)
TOTALS = ("", "all", "both", "total", "everyone")  # a label that means everybody
SEXES = ("female", "male")
