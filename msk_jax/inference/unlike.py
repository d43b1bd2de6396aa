"""Whether pictures differ in kind from those that a model was trained on, and whether its predictions are all alike.

Both are counts and figures beside what is usual, no verdicts. Pictures of one person are alike, so people are counted
beside what is usual, each by the share of the pictures.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import quality
from msk_jax.io import errors
from msk_jax.trained import reference, trained_folds

_FEWEST_PREDICTIONS = 10  # an SD of fewer says little
_ALIKE = 0.25  # of the training ages' SD
_RARE = 1e-3  # chance of so many far pictures, if they were of the same kind
_USUAL = 0.95
_ROUNDING = 1e-6  # of a sum of shares
_CHUNK = 1024  # images in memory


@dataclasses.dataclass(frozen=True)
class Kind:
  """A way to compare pictures.

  Attributes:
    reason: code in the QC report.
    name: in messages.
    measure_of: takes a fold's reference and returns its measure.
  """

  reason: str
  name: str
  measure_of: Callable[[reference.Reference], reference.Measure | None]


GREY = Kind("unlike_grey_levels", "grey levels", lambda known: known.grey)
PATTERN = Kind("unlike_pattern", "the combination of grey levels", lambda known: known.pattern)
FEATURES = Kind("unlike_features", "features of the network", lambda known: known.features)
KINDS = (GREY, PATTERN, FEATURES)


def read_references(folds: Sequence[trained_folds.Fold]) -> list[reference.Reference | None]:
  """Returns the reference of each fold; None for those without, and, with a warning, for damaged ones."""
  known: list[reference.Reference | None] = []
  for fold in folds:
    try:
      known.append(reference.read(fold.folder))
    except errors.InputError as error:
      logging.warning("%s", error)
      known.append(None)
  return known


def compare_grey(references: Sequence[reference.Reference | None], images: np.ndarray) -> dict[Kind, np.ndarray]:
  """Returns each image's distances in limits of each fold, [m, folds], for `GREY` and `PATTERN`.

  They are NaN for folds that can't tell.

  Args:
    references: of the folds.
    images: uint8 [m, rows, columns, channels].
  """
  ratios = {kind: np.full((len(images), len(references)), np.nan) for kind in (GREY, PATTERN)}
  if any(known is not None and known.grey is not None for known in references):
    for start in range(0, len(images), _CHUNK):
      part = slice(start, start + _CHUNK)
      described = reference.describe_grey(images[part])
      for kind, of_kind in ratios.items():
        for column, known in enumerate(references):
          of_kind[part, column] = in_limits(None if known is None else kind.measure_of(known), described)
  return ratios


def in_limits(measure: reference.Measure | None, values: np.ndarray) -> np.ndarray:
  """Returns the distances of pictures as multiples of the limit, [n]; NaN where there is none.

  Args:
    measure: of a fold.
    values: [n, k] numbers of the pictures.

  Raises:
    InputError: the measure is of other numbers.
  """
  if measure is None or measure.limit is None:
    return np.full(len(values), np.nan)
  if values.shape[1] != len(measure.mean):
    raise errors.InputError(f"{reference.FILE_NAME} beside the model is of another model: delete it.")
  return measure.distances(values) / measure.limit.distance


@dataclasses.dataclass(frozen=True)
class Pictures:
  """New pictures: [m] names of the files, and [m] ids of those whom they show."""

  files: Sequence[str]
  people: Sequence[str]


def notes(
  kind: Kind,
  folds: Sequence[trained_folds.Fold],
  known: Sequence[reference.Reference | None],
  ratios: np.ndarray,
  pictures: Pictures,
) -> list[quality.Note]:
  """Returns a note on each far picture, and logs how many there are beside how many people are usual.

  A picture is far where the mean over the folds of its distance in limits is above 1.

  Args:
    kind: of the comparison.
    folds: of the model.
    known: their references.
    ratios: [m, folds], NaN where there is no limit.
    pictures: the new ones.
  """
  measures = [kind.measure_of(each) for each in known if each is not None]
  limits = [measure.limit for measure in measures if measure is not None and measure.limit is not None]
  if not limits:
    return []
  view = folds[0].card.view.name
  ratio = np.nanmean(ratios, axis=1)
  is_far = ~(ratio <= 1.0)
  _report(kind, view, min(limits, key=lambda limit: limit.num_people), is_far, np.asarray(pictures.people, str))
  return [
    quality.Note(pictures.files[int(i)], view, kind.reason, f"{ratio[i]:.2f} times the usual distance")
    for i in np.flatnonzero(is_far)
  ]


def _report(kind: Kind, view: str, limit: reference.Limit, is_far: np.ndarray, people: np.ndarray) -> None:
  """Logs a count beside how many of the same kind would be far: a beta-binomial number, as the limit is rough.

  Each person counts by the share of far pictures. That sum spreads no more than the number of far people would, if one
  picture of each had been chosen at random.
  """
  from scipy import stats  # slow to import

  _, person, num_pictures = np.unique(people, return_inverse=True, return_counts=True)
  num_people, num_far = len(num_pictures), float((is_far / num_pictures[person]).sum())
  usual = stats.betabinom(num_people, limit.num_people + 1 - limit.rank, limit.rank)
  low, high = usual.interval(_USUAL)
  log = logging.warning if usual.sf(math.floor(num_far + _ROUNDING) - 1) < _RARE else logging.info
  log(
    "%s: %d of %d pictures (%.0f%%) differ in %s more from the training pictures than %.0f%% of pictures of their kind "
    "do. Counted by person, each by the share of the pictures, that is %.4g of %d; %d to %d would be usual (by %d "
    "others). The list of doubtful files names them.",
    view,
    is_far.sum(),
    len(is_far),
    100 * is_far.mean(),
    kind.name,
    100 * limit.level,
    num_far,
    num_people,
    low,
    high,
    limit.num_people,
  )


def report_unchecked(known: Sequence[reference.Reference | None]) -> None:
  """Says in one line if pictures could not be compared with the training ones, and why."""
  if any(each is None for each in known):
    logging.info(
      "%d of %d fold(s) have no %s of this version (their own training command writes it without training again): "
      "these pictures are not compared with theirs",
      sum(each is None for each in known),
      len(known),
      reference.FILE_NAME,
    )
  for kind in KINDS:
    measures = [kind.measure_of(each) for each in known if each is not None]
    if measures and all(measure is None or measure.limit is None for measure in measures):
      logging.info("%s: not compared with the training pictures, of too few people for that", kind.name)


def warn_if_alike(
  predictions: pd.DataFrame, folds: Sequence[trained_folds.Fold], known: Sequence[reference.Reference | None]
) -> None:
  """Warns if predicted ages hardly differ.

  Args:
    predictions: from `output.table`.
    folds: of the model.
    known: their references.
  """
  predicted = predictions["predicted_age_years"].to_numpy()
  if len(predicted) < _FEWEST_PREDICTIONS:
    return
  sd, training_sd = float(np.std(predicted, ddof=1)), float(np.mean([fold.card.age.std for fold in folds]))
  if sd >= _ALIKE * training_sd:
    return
  figures = [f"that of the training ages {training_sd:.2f}"]
  of_tests = [each.test_prediction_sd_years for each in known if each is not None]
  if of_tests and np.isfinite(of_tests).any():
    figures.append(f"that of the model's predictions of its own test pictures {np.nanmean(of_tests):.2f}")
  if "age_years" in predictions and predictions["age_years"].count() >= _FEWEST_PREDICTIONS:
    figures.append(f"that of these people's ages {predictions['age_years'].std():.2f}")
  logging.warning(
    "the %d predictions are much alike: their SD is %.2f years, %s. Such ages say little about who is older.",
    len(predicted),
    sd,
    ", ".join(figures),
  )
