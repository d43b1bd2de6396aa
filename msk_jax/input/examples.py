"""The examples of one view: people, their ages, and the stored images that show them."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.cohort import ethnicity
from msk_jax.io import errors


@dataclasses.dataclass(frozen=True)
class Examples:
  """n samples of one view as parallel arrays; s is 2 for paired organs (right, left), else 1.

  Attributes:
    eid: [n] participant ids, strings.
    instance: [n] visit, int8.
    fold: [n] data fold 0-9, int8.
    age_years: [n] chronological age, float64.
    positions: [n, s] positions in the image store, int32. The other side replaces a missing one.
    is_left: [n, s] whether that image shows the left side, float32 0 or 1 (0 throughout if not paired).
    demographics: [n, 24] sex (1 male) and 23 ethnicity columns, float32, not yet standardised.
  """

  eid: np.ndarray
  instance: np.ndarray
  fold: np.ndarray
  age_years: np.ndarray
  positions: np.ndarray
  is_left: np.ndarray
  demographics: np.ndarray

  def __len__(self) -> int:
    """Number of samples."""
    return len(self.eid)

  @property
  def is_paired(self) -> bool:
    """Whether each sample has two images."""
    return self.positions.shape[1] == 2

  @property
  def num_side_inputs(self) -> int:
    """Columns of the side network's input: demographics, and the side for paired organs."""
    return self.demographics.shape[1] + int(self.is_paired)

  def where_fold(self, folds: tuple[int, ...]) -> np.ndarray:
    """Returns the row numbers, int64, of samples in any of `folds`."""
    return np.flatnonzero(np.isin(self.fold, folds))


def assemble(
  index: pd.DataFrame, participants: pd.DataFrame, visits: pd.DataFrame, folds: pd.DataFrame, *, is_paired: bool
) -> Examples:
  """Joins a view's image index with the cohort; samples without demographics or fold are left out.

  Args:
    index: the image store's index (schema image_index): eid, instance, side; a row's number is its position.
    participants: schema participants.
    visits: schema visits.
    folds: schema folds.
    is_paired: whether a person has a right and a left image.

  Returns:
    The examples, ordered by eid and instance.

  Raises:
    InputError: no image is of a person in the cohort.
  """
  people = participants.merge(folds, on="eid", validate="one_to_one")
  samples = visits.merge(people, on="eid", validate="many_to_one")
  images = pd.DataFrame(
    {
      "eid": index["eid"].to_numpy(),
      "instance": index["instance"].to_numpy(),
      "is_left": (index["side"] == "left").to_numpy(),
      "position": np.arange(len(index), dtype=np.int32),
    }
  )
  sided = _one_row_per_sample(images, is_paired)
  joined = sided.merge(samples, on=["eid", "instance"], validate="one_to_one").sort_values(["eid", "instance"])
  if joined.empty:
    raise errors.InputError(
      "no image belongs to a participant of the cohort: did the same `prepare` make cohort/ and images/?"
    )
  columns = ["right", "left"] if is_paired else ["right"]
  left = ["right_is_left", "left_is_left"] if is_paired else ["right_is_left"]
  one_hot = ethnicity.one_hot(joined["ethnicity"].to_numpy())
  kept = [ethnicity.ETHNICITY_COLUMNS.index(name) for name in ethnicity.SIDE_NETWORK_COLUMNS]
  sex = joined["sex"].to_numpy(np.float32)[:, None]
  return Examples(
    eid=joined["eid"].to_numpy(str),
    instance=joined["instance"].to_numpy(np.int8),
    fold=joined["fold"].to_numpy(np.int8),
    age_years=joined["age_years"].to_numpy(np.float64),
    positions=joined[columns].to_numpy(np.int32),
    is_left=joined[left].to_numpy(np.float32),
    demographics=np.concatenate([sex, one_hot[:, kept]], axis=1).astype(np.float32),
  )


def _one_row_per_sample(images: pd.DataFrame, is_paired: bool) -> pd.DataFrame:
  """Returns eid, instance and, for each side, the position of its image and whether that shows the left side."""
  keys = ["eid", "instance"]
  right, left = images[~images["is_left"]], images[images["is_left"]]
  if not is_paired:
    right, left = images, images.iloc[:0]
  both = right[[*keys, "position"]].merge(
    left[[*keys, "position"]], on=keys, how="outer", suffixes=("_right", "_left"), validate="one_to_one"
  )
  has_right, has_left = both["position_right"].notna(), both["position_left"].notna()
  return pd.DataFrame(
    {
      "eid": both["eid"],
      "instance": both["instance"].astype(images["instance"].dtype),
      "right": both["position_right"].fillna(both["position_left"]).astype(np.int32),
      "left": both["position_left"].fillna(both["position_right"]).astype(np.int32),
      "right_is_left": (~has_right).astype(np.float32),
      "left_is_left": has_left.astype(np.float32),
    }
  )
