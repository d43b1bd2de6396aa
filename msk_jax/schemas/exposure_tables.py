"""The variables of the association study: what was made of which field, and what was not."""

from msk_jax.io.tables import Schema
from msk_jax.schemas import columns

# What UK Biobank's public showcase says of a field. path: its place in the tree of categories. coding: the
# data coding of its answers, or of some of them; empty for none.
SHOWCASE = Schema(
  "showcase_fields",
  1,
  {
    "field": columns.LABEL,
    "name": columns.LABEL,
    "value_type": columns.LABEL,
    "path": columns.LABEL,
    "coding": columns.LABEL,
  },
)

SAMPLES = Schema("xwas_samples", 1, {"eid": columns.EID, "instance": columns.INSTANCE})

# field: UK Biobank's, empty for own columns. feature: name in the cohort's scalar sets. kind:
# `continuous`, `binary`, `ordinal`. num_observed: samples with a value of their own; num_imputed: those filled from
# other visits. num_people: with an observed value; num_positive_people: of a binary variable, people with a 1, else -1.
# file: holds the column. reason: why it can't be used; empty for the others.
VARIABLES = Schema(
  "xwas_variables",
  1,
  {
    "variable": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "field": columns.LABEL,
    "feature": columns.LABEL,
    "label": columns.LABEL,
    "kind": columns.LABEL,
    "num_samples": columns.NUM_SAMPLES,
    "num_observed": columns.NUM_SAMPLES,
    "num_imputed": columns.NUM_SAMPLES,
    "num_people": columns.NUM_PEOPLE,
    "num_positive_people": columns.NUM_PEOPLE,
    "file": columns.LABEL,
    "source": columns.LABEL,
    "cleaning": columns.LABEL,
    "reason": columns.LABEL,
  },
)

# status: `read`, `partly` (not at every visit that the catalogue expects), or why not. columns: found in the tables.
FIELDS = Schema(
  "xwas_fields",
  1,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "field": columns.LABEL,
    "variable": columns.LABEL,
    "name": columns.LABEL,
    "kind": columns.LABEL,
    "num_columns": columns.count("int64", "columns"),
    "num_variables": columns.count("int64", "variables"),
    "num_unknown": columns.count("int64", "cells"),
    "status": columns.LABEL,
    "source": columns.LABEL,
  },
)

# published_variables: of the paper, NaN where unknown. listed: fields of the catalogue; present: those in the tables;
# variables: made and usable. gap: what the catalogue can't list, and why.
CATEGORIES = Schema(
  "xwas_categories",
  1,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "published_variables": columns.published("variables"),
    "listed_fields": columns.count("int64", "fields"),
    "present_fields": columns.count("int64", "fields"),
    "variables": columns.count("int64", "variables"),
    "gap": columns.LABEL,
  },
)

# code: as in the tables, named where at least five people share it, else empty.
UNKNOWN_CODES = Schema(
  "xwas_unknown_codes",
  1,
  {
    "category": columns.LABEL,
    "field": columns.LABEL,
    "variable": columns.LABEL,
    "code": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    "num_cells": columns.count("int64", "cells"),
  },
)
