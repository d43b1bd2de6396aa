"""What the side network is told of people of whom not everything is known."""

from collections.abc import Sequence

import numpy as np

from msk_jax.cohort import ethnicity
from msk_jax.inference import samples
from msk_jax.labels import sexes
from msk_jax.training import model_card


def demographics(people: Sequence[samples.Sample]) -> np.ndarray:
  """Returns sex (1 male) and the 23 ethnicity columns, float64 [n, 24]; NaN where unknown."""
  sex = np.array([np.nan if one.sex == sexes.UNKNOWN else one.sex for one in people], np.float64)
  codes = np.array([one.ethnicity for one in people], np.int64)
  is_unknown = codes == samples.UNKNOWN_ETHNICITY
  kept = [ethnicity.ETHNICITY_COLUMNS.index(name) for name in ethnicity.SIDE_NETWORK_COLUMNS]
  one_hot = ethnicity.one_hot(np.where(is_unknown, ethnicity.MISSING, codes))[:, kept].astype(np.float64)
  one_hot[is_unknown] = np.nan
  return np.concatenate([sex[:, None], one_hot], axis=1)


def standardised(card: model_card.ModelCard, values: np.ndarray, is_left: np.ndarray) -> np.ndarray:
  """Returns the side network's input, float32 [n, k]; what is unknown gets the training mean, z = 0.

  Args:
    card: of the fold.
    values: [n, 24] from `demographics`.
    is_left: [n] 1 for a left side, 0 for any other; taken for paired organs only.
  """
  scores = np.nan_to_num(card.demographics.apply(values), nan=0.0)
  if not card.view.is_paired:
    return scores
  return np.concatenate([scores, is_left[:, None].astype(np.float32)], axis=1)


def assumed(sample: samples.Sample, sides: Sequence[str], is_paired: bool) -> str:
  """Returns what is taken for granted of a sample, names separated by `;`.

  Args:
    sample: the sample.
    sides: of its images; empty text where unknown.
    is_paired: whether right and left are wanted.
  """
  names = []
  if sample.sex == sexes.UNKNOWN:
    names.append("sex")
  if sample.ethnicity == samples.UNKNOWN_ETHNICITY:
    names.append("ethnicity")
  if is_paired:
    if "" in sides:
      names.append("side")  # taken as right
    shown = {side or "right" for side in sides}
    names.extend(f"{side}_image" for side in ("right", "left") if side not in shown)  # the other stands in
  return ";".join(names)
