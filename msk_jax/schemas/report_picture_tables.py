"""Tables of the site on attention maps, scalar sets and importances: they leave, through `disclosure.door`."""

import dataclasses

from msk_jax.io.tables import Schema
from msk_jax.schemas import attention_credibility_tables, columns, importance_tables

_SCALAR_SETS = "scalar_sets"  # all numbers of a set are of the same people

# A row per mean map. document: with the picture, `attention_<number>`; picture: its key in there.
ATTENTION = Schema(
  "report_attention",
  1,
  {
    "model": columns.LABEL,
    "method": columns.LABEL,
    **attention_credibility_tables.GROUPS.columns,
    "unit": columns.LABEL,
    "document": columns.count("int64", "number"),
    "picture": columns.count("int64", "number"),
  },
  is_shared=True,
)

ATTENTION_CREDIBILITY = Schema(
  "report_attention_credibility",
  1,
  {"model": columns.LABEL, **attention_credibility_tables.CREDIBILITY.columns},
  is_shared=True,
  people=attention_credibility_tables.CREDIBILITY.people,
)

# How well the pictures of a network were registered: means over held-out pictures. Dice: overlap of the bodies.
ATTENTION_REGISTRATION = Schema(
  "report_attention_registration",
  2,
  {
    "model": columns.LABEL,
    "correlation_before": columns.estimate(),
    "correlation_after": columns.estimate(),
    "dice_before": columns.estimate(),
    "dice_after": columns.estimate(),
    "not_made": columns.LABEL,
    "lack": columns.LABEL,
  },
  is_shared=True,
  keys=("model",),
)

IMPORTANCES = dataclasses.replace(
  importance_tables.OF_SET,
  name="report_importances",
  columns={"set": columns.LABEL, **importance_tables.OF_SET.columns},
  is_shared=True,
  keys=("set", "algorithm", "measure", "feature"),
)

AGREEMENT = dataclasses.replace(
  importance_tables.AGREEMENT,
  name="report_importance_agreement",
  columns={"set": columns.LABEL, **importance_tables.AGREEMENT.columns},
  is_shared=True,
  keys=("set", "first", "second"),
)

# People with all features of a set, at their first such visit. sex: `all` for everybody. age_r: Pearson's r with age;
# per_year: slope of a line over age.
SCALAR_FEATURES = Schema(
  "report_scalar_features",
  1,
  {
    "set": columns.LABEL,
    "feature": columns.LABEL,
    "sex": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    "mean": columns.estimate("feature's unit"),
    "sd": columns.estimate("feature's unit"),
    "age_r": columns.estimate(),
    "per_year": columns.estimate("feature's unit per year"),
  },
  is_shared=True,
  people=_SCALAR_SETS,
)

# Bins from low to high; the outer ones are open, their limits are infinite. No bin is of fewer than five people.
SCALAR_HISTOGRAMS = Schema(
  "report_scalar_histograms",
  1,
  {
    "set": columns.LABEL,
    "feature": columns.LABEL,
    "sex": columns.LABEL,
    "low": columns.estimate("feature's unit"),
    "high": columns.estimate("feature's unit"),
    "num_people": columns.NUM_PEOPLE,
  },
  is_shared=True,
  people=_SCALAR_SETS,
)

SCALAR_TRENDS = Schema(
  "report_scalar_trends",
  1,
  {
    "set": columns.LABEL,
    "feature": columns.LABEL,
    "sex": columns.LABEL,
    "age_band": columns.LABEL,
    "mean": columns.estimate("feature's unit"),
    "sd": columns.estimate("feature's unit"),
    "num_people": columns.NUM_PEOPLE,
  },
  is_shared=True,
  people=_SCALAR_SETS,
)
