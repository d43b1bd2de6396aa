"""The numbers of the paper's text from our results, the published ones beside.

Means over pairs keep the paper's rules: genetic ones are over pairs with enough people in common, and the SD is the one
that the paper took (over a sample or a population), which differs from mean to mean.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.predictions import model_names
from msk_jax.published import reader
from msk_jax.schemas import release_tables
from msk_jax.shared_release import table_1
from msk_jax.shared_release.inputs import Inputs

_NOISE = "accelerated ageing is noise"
_COLUMNS = list(release_tables.PROSE_NUMBERS.columns)
_DDOF = {"sample": 1, "population": 0}
_SCORES = {"r2": ("r2", "r2_sd_bootstrap"), "rmse": ("rmse", "rmse_sd_bootstrap")}

Value = dict[str, Any]


def make(read: Inputs, fewest_people: int) -> pd.DataFrame:
  """Returns schema release_prose_numbers, a row for each published number.

  Args:
    read: the inputs.
    fewest_people: means of genetic correlations are over pairs with more people in common.
  """
  rows = []
  for wanted in reader.prose_numbers().values():
    row = {
      "name": wanted.name,
      "statistic": wanted.statistic,
      "models": " : ".join(" ".join(group) for group in wanted.groups),
      "sd_kind": wanted.sd_kind,
      "value": math.nan,
      "sd": math.nan,
      "num_pairs": pd.NA,
      "num_pairs_left_out": pd.NA,
      "published_value": wanted.value if read.is_comparable else math.nan,
      "published_sd": wanted.sd if read.is_comparable else math.nan,
      "published_num_pairs": wanted.num_pairs if read.is_comparable else math.nan,
      "gap": "",
      "source": wanted.source,
    }
    rows.append({**row, **_compute(wanted, read, fewest_people)})
  return pd.DataFrame(rows, columns=_COLUMNS).astype(release_tables.PROSE_NUMBERS.dtypes)


def list_pairs(groups: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
  """Returns all pairs within one group, or all between two."""
  if len(groups) == 1:
    return list(itertools.combinations(groups[0], 2))
  first, second = groups
  return list(itertools.product(first, second))


def mean_and_sd(values: Sequence[float], sd_kind: str) -> tuple[float, float]:
  """Returns mean and SD of numbers, NaN without any; of a single one the SD over a sample is NaN.

  Args:
    values: the numbers.
    sd_kind: `sample` or `population`.
  """
  if not len(values):
    return math.nan, math.nan
  ddof = _DDOF[sd_kind]
  return float(np.mean(values)), float(np.std(values, ddof=ddof)) if len(values) > ddof else math.nan


def _compute(wanted: reader.ProseNumber, read: Inputs, fewest_people: int) -> Value:
  """Returns the columns of our own number, or its gap."""
  if wanted.statistic in _SCORES:
    return _score(wanted, read)
  if wanted.statistic == "h2":
    return _heritability(wanted.groups[0][0], read)
  if wanted.statistic.endswith("phenotypic"):
    if read.correlations is None:
      return {"gap": f"ages/ {table_1.NOT_THERE}"}
    pairs = read.correlations[read.correlations["product"] == table_1.SAMPLE]
    doubted = read.without_age_signal(table_1.SAMPLE)
    is_noise = pairs["model_1"].isin(doubted) | pairs["model_2"].isin(doubted)
    reason = is_noise.map({True: _NOISE, False: ""})
    pairs = pairs.assign(first=pairs["model_1"], second=pairs["model_2"], value=pairs["r"], reason=reason)
    return _of_pairs(wanted, pairs[["first", "second", "value", "sd", "reason"]])
  return _genetic(wanted, read, fewest_people)


def _score(wanted: reader.ProseNumber, read: Inputs) -> Value:
  if read.performance is None:
    return {"gap": f"performance/ {table_1.NOT_THERE}"}
  model, (name, sd_name) = wanted.groups[0][0], _SCORES[wanted.statistic]
  rows = read.performance[(read.performance["product"] == table_1.SAMPLE) & (read.performance["model"] == model)]
  if rows.empty:
    return {"gap": f"performance/ does not have {model}"}
  return {"value": rows[name].iloc[0], "sd": rows[sd_name].iloc[0]}


def _heritability(dimension: str, read: Inputs) -> Value:
  trait = table_1.find_trait(read, dimension)
  rows = read.heritability[read.heritability["trait"] == (trait["trait"] if trait else None)]
  if trait and trait["model"] in read.without_age_signal(table_1.PARTICIPANT):
    return {"gap": table_1.NOISE}
  if rows.empty or rows["reason"].iloc[0]:
    return {"gap": "no heritability" + (f" ({rows['reason'].iloc[0]})" if len(rows) else "")}
  return {"value": rows["h2"].iloc[0], "sd": rows["h2_se"].iloc[0]}


def _genetic(wanted: reader.ProseNumber, read: Inputs, fewest_people: int) -> Value:
  """Returns a genetic correlation, or a mean of those of pairs with enough people."""
  table = read.genetic_correlations
  traits = {name: trait for name in model_names.DIMENSIONS if (trait := table_1.find_trait(read, name)) is not None}
  dimension_of = {str(trait["trait"]): name for name, trait in traits.items()}
  doubted = read.without_age_signal(table_1.PARTICIPANT)
  noisy = [str(trait["trait"]) for trait in traits.values() if trait["model"] in doubted]
  first, second = (table[name].map(dimension_of) for name in ("trait_1", "trait_2"))
  reason = table["reason"].mask((table["reason"] == "") & ~np.isfinite(table["rg"]), "no estimate")
  reason = reason.mask(table["trait_1"].isin(noisy) | table["trait_2"].isin(noisy), _NOISE)
  if wanted.statistic.startswith("mean"):
    few = f"no more than {fewest_people:,} people in common"
    reason = reason.where((reason != "") | (table["n"] > fewest_people), few)
  pairs = pd.DataFrame({"first": first, "second": second, "value": table["rg"], "sd": table["rg_se"], "reason": reason})
  return _of_pairs(wanted, pairs)


def _of_pairs(wanted: reader.ProseNumber, pairs: pd.DataFrame) -> Value:
  """Returns the number of the one pair, or the mean over pairs.

  Args:
    wanted: the number.
    pairs: columns `first`, `second`, `value`, `sd`, and `reason`, empty where the value counts.
  """
  by_pair = {frozenset((row["first"], row["second"])): row for row in pairs.to_dict("records")}
  wanted_pairs = list_pairs(wanted.groups)
  rows = [by_pair.get(frozenset(pair), {"reason": "not there", "value": math.nan}) for pair in wanted_pairs]
  counted = [row for row in rows if not row["reason"]]
  left_out = sorted({row["reason"] for row in rows if row["reason"]})
  if not wanted.statistic.startswith("mean"):
    return {"value": counted[0]["value"], "sd": counted[0]["sd"]} if counted else {"gap": left_out[0]}
  mean, sd = mean_and_sd([row["value"] for row in counted], wanted.sd_kind)
  counts = {"num_pairs": len(counted), "num_pairs_left_out": len(rows) - len(counted)}
  if not counted:
    return {**counts, "gap": f"none of its {len(rows)} pairs counts: {', '.join(left_out)}"}
  return {"value": mean, "sd": sd, **counts, "gap": f"pairs left out: {', '.join(left_out)}" if left_out else ""}
