"""The side network's input for new people: sex, ethnicity, side of the body, some of it unknown."""

from collections.abc import Sequence

import numpy as np

from msk_jax.cohort import ethnicity
from msk_jax.inference.sample import UNKNOWN_ETHNICITY, Sample
from msk_jax.labels import sexes
from msk_jax.trained import model_card


def demographics(samples: Sequence[Sample]) -> np.ndarray:
  """Returns sex (1 male) and the 23 ethnicity columns, float64 [n, 24]; NaN where unknown."""
  sex = np.array([np.nan if sample.sex == sexes.UNKNOWN else sample.sex for sample in samples], np.float64)
  codes = np.array([sample.ethnicity for sample in samples], np.int64)
  is_unknown = codes == UNKNOWN_ETHNICITY
  kept = [ethnicity.ETHNICITY_COLUMNS.index(name) for name in ethnicity.SIDE_NETWORK_COLUMNS]
  one_hot = ethnicity.one_hot(np.where(is_unknown, ethnicity.MISSING, codes))[:, kept].astype(np.float64)
  one_hot[is_unknown] = np.nan
  return np.concatenate([sex[:, None], one_hot], axis=1)


def standardise(card: model_card.ModelCard, values: np.ndarray, is_left: np.ndarray) -> np.ndarray:
  """Returns the side network's input, float32 [n, k]; unknown values get the training mean, z = 0.

  Args:
    card: of the fold.
    values: [n, 24] from `demographics`.
    is_left: [n] 1 for a left side, 0 for any other; used for paired organs only.
  """
  scores = np.nan_to_num(card.demographics.apply(values), nan=0.0)
  if not card.view.is_paired:
    return scores
  return np.concatenate([scores, is_left[:, None].astype(np.float32)], axis=1)


def assumptions(sample: Sample, sides: Sequence[str], is_paired: bool) -> str:
  """Returns what is assumed of a sample, names separated by `;`.

  Args:
    sample: the sample.
    sides: of its images; empty text where unknown.
    is_paired: whether the network takes right and left.
  """
  names = []
  if sample.sex == sexes.UNKNOWN:
    names.append("sex")
  if sample.ethnicity == UNKNOWN_ETHNICITY:
    names.append("ethnicity")
  if is_paired:
    if "" in sides:
      names.append("side")  # taken as right
    shown = {side or "right" for side in sides}
    names.extend(f"{side}_image" for side in ("right", "left") if side not in shown)  # the other is used for both
  return ";".join(names)
