"""Whether pictures differ in kind from those that a model was trained on, and whether its predictions are all alike.

Both are counts and figures beside what is usual, no verdicts.
"""

import dataclasses
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
FEATURES = Kind("unlike_features", "features of the network", lambda known: known.features)


def compare_grey(references: Sequence[reference.Reference | None], images: np.ndarray) -> np.ndarray:
  """Returns each image's distance in limits of each fold, [m, folds]; NaN for folds that can't tell.

  Args:
    references: of the folds.
    images: uint8 [m, rows, columns, channels].
  """
  ratios = np.full((len(images), len(references)), np.nan)
  if any(known is not None and known.grey is not None for known in references):
    for start in range(0, len(images), _CHUNK):
      part = slice(start, start + _CHUNK)
      described = reference.describe_grey(images[part])
      for column, known in enumerate(references):
        ratios[part, column] = in_limits(None if known is None else known.grey, described)
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


def notes(
  kind: Kind,
  folds: Sequence[trained_folds.Fold],
  known: Sequence[reference.Reference | None],
  ratios: np.ndarray,
  files: Sequence[str],
) -> list[quality.Note]:
  """Returns a note on each far picture, and logs how many there are beside how many are usual.

  A picture is far where the mean over the folds of its distance in limits is above 1.

  Args:
    kind: of the comparison.
    folds: of the model.
    known: their references.
    ratios: [m, folds], NaN where there is no limit.
    files: [m] names of the files.
  """
  measures = [kind.measure_of(each) for each in known if each is not None]
  limits = [measure.limit for measure in measures if measure is not None and measure.limit is not None]
  if not limits:
    return []
  view = folds[0].card.view.name
  ratio = np.nanmean(ratios, axis=1)
  far = np.flatnonzero(~(ratio <= 1.0))
  _report(kind, view, min(limits, key=lambda limit: limit.num_images), len(far), len(ratio))
  return [quality.Note(files[int(i)], view, kind.reason, f"{ratio[i]:.2f} times the usual distance") for i in far]


def _report(kind: Kind, view: str, limit: reference.Limit, num_far: int, num: int) -> None:
  """Logs a count beside how many of the same kind would be far: a beta-binomial number, as the limit is rough."""
  from scipy import stats  # slow to import

  usual = stats.betabinom(num, limit.num_images + 1 - limit.rank, limit.rank)
  low, high = usual.interval(_USUAL)
  log = logging.warning if usual.sf(num_far - 1) < _RARE else logging.info
  log(
    "%s: %d of %d pictures (%.0f%%) differ in %s more from the training pictures than %.0f%% of pictures of their kind "
    "do (%d validation pictures); %d to %d would be usual. The list of doubtful files names them.",
    view,
    num_far,
    num,
    100 * num_far / num,
    kind.name,
    100 * limit.level,
    limit.num_images,
    low,
    high,
  )


def report_unchecked(known: Sequence[reference.Reference | None]) -> None:
  """Says in one line if pictures could not be compared with the training ones, and why."""
  if any(each is None for each in known):
    logging.info(
      "%d of %d fold(s) have no %s, as an older msk_jax trained them: these pictures are not compared with theirs",
      sum(each is None for each in known),
      len(known),
      reference.FILE_NAME,
    )
  for kind in (GREY, FEATURES):
    measures = [kind.measure_of(each) for each in known if each is not None]
    if measures and all(measure is None or measure.limit is None for measure in measures):
      logging.info("%s are not compared with the training ones: there were too few validation pictures", kind.name)


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
