"""From a folder of new images and trained folds to tables of ages."""

import dataclasses
import math
import pathlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

import jax
import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import quality
from msk_jax.inference import demographic_inputs, image_buffer, output, samples, unlike
from msk_jax.inference.sample import Sample
from msk_jax.io import errors, progress
from msk_jax.predictions import bias
from msk_jax.trained import best_parameters, network, predictor, reference, sharding, trained_folds

_BATCHES_IN_MEMORY = 64  # of features


@dataclasses.dataclass(frozen=True)
class Request:
  """What to predict, and where to write it.

  Attributes:
    model: a model's folder or a fold's.
    images: the folder of new images.
    output: CSV to write; refusals go to `output.qc_path` of it.
    table: CSV that says whose they are; None for none.
    batch_size: images per step.
    sex_values: spellings of sex in the table to 0 (female) and 1 (male); empty for the known spellings.
    withdrawn: takes ids and returns those who have withdrawn.
  """

  model: pathlib.Path
  images: pathlib.Path
  output: pathlib.Path
  table: pathlib.Path | None = None
  batch_size: int = 64
  sex_values: Mapping[str, int] = dataclasses.field(default_factory=dict)
  withdrawn: Callable[[Collection[str]], Collection[str]] = lambda ids: ()


def predict_folder(request: Request) -> pd.DataFrame:
  """Predicts all that can be read in a folder, writes the tables, and returns the predictions.

  Raises:
    InputError: there is no trained fold or no image, the table is not understood, or no image could be read.
  """
  folds = trained_folds.find(request.model)
  known = unlike.read_references(folds)
  correction = trained_folds.bias_correction(folds)
  people, notes = samples.find(request.images, request.table, request.sex_values)
  people = samples.without(people, request.withdrawn([sample.id for sample in people]))
  _announce(folds, correction, people)
  with image_buffer.read_all(people, folds[0].card.image_format, request.output.absolute().parent) as buffer:
    predicted = _predict(folds, known, people, buffer, request.batch_size)
    notes = notes + buffer.notes + predicted.notes
    predictions = _tabulate(folds[0], people, buffer, predicted.ages, correction)
  output.write(request.output, predictions, notes)
  _report(request.output, len(predictions), notes)
  unlike.warn_if_alike(predictions, folds, known)
  return predictions


@dataclasses.dataclass(frozen=True)
class _Predicted:
  """Each image's predicted age by each fold, years, [m, folds]; and notes on images unlike the training ones."""

  ages: np.ndarray
  notes: list[quality.Note]


def _predict(
  folds: list[trained_folds.Fold],
  known: list[reference.Reference | None],
  people: list[Sample],
  buffer: image_buffer.ImageBuffer,
  batch_size: int,
) -> _Predicted:
  """Predicts all images by all folds, and compares them with the folds' training pictures."""
  if len(buffer) == 0:
    return _Predicted(np.zeros((0, len(folds))), [])
  program = predictor.Predictor(network.build_model(folds[0].card.network), sharding.make())
  demographics = demographic_inputs.demographics(people)[buffer.owner]
  unit = jax.device_count()
  batch_size = math.ceil(max(1, min(batch_size, len(buffer))) / unit) * unit
  with progress.track("predicting", len(buffer) * len(folds), "images") as advance:
    of_folds = [
      _predict_by_fold(fold, of_fold, program, _Images(buffer, demographics, batch_size), advance)
      for fold, of_fold in zip(folds, known, strict=True)
    ]
  ages, features = (np.stack(columns, axis=1) for columns in zip(*of_folds, strict=True))
  greys = unlike.compare_grey(known, buffer.images)
  unlike.report_unchecked(known)
  pictures = unlike.Pictures(buffer.files, [people[owner].id for owner in buffer.owner])
  notes = [
    note
    for kind, ratios in {**greys, unlike.FEATURES: features}.items()
    for note in unlike.notes(kind, folds, known, ratios, pictures)
  ]
  return _Predicted(ages, notes)


@dataclasses.dataclass(frozen=True)
class _Images:
  """All images, [m, 24] demographics of their people, and how many a step takes."""

  buffer: image_buffer.ImageBuffer
  demographics: np.ndarray
  batch_size: int


def _predict_by_fold(
  fold: trained_folds.Fold,
  known: reference.Reference | None,
  program: predictor.Predictor,
  images: _Images,
  advance: progress.Advance,
) -> tuple[np.ndarray, np.ndarray]:
  """Returns each image's age by a fold, years, [m], and how far its features lie, in limits; frees the parameters."""
  buffer = images.buffer
  is_left = np.array([side == "left" for side in buffer.sides], np.float32)
  side = demographic_inputs.standardise(fold.card, images.demographics, is_left)
  variables = best_parameters.read(fold.folder, best_parameters.abstract(fold.card, program.shardings.replicated))
  measure, size = None if known is None else known.features, images.batch_size * _BATCHES_IN_MEMORY
  scores, distances = [], []
  for start in range(0, len(buffer), size):
    part = slice(start, start + size)
    batches = _batches(buffer.images[part], side[part], images.batch_size)
    of_part, features = program.scores_and_features(variables, batches, len(side[part]), advance)
    scores.append(of_part)
    distances.append(unlike.in_limits(measure, features))
  return fold.card.age.invert(np.concatenate(scores)), np.concatenate(distances)


def _batches(images: np.ndarray, side: np.ndarray, batch_size: int) -> Iterator[dict[str, np.ndarray]]:
  """Yields batches of one size; copies of its first image fill up the last."""
  for start in range(0, len(images), batch_size):
    rows = np.arange(start, start + batch_size)
    rows[rows >= len(images)] = start
    yield {"image": np.ascontiguousarray(images[rows]), "side": side[rows]}


def _tabulate(
  fold: trained_folds.Fold,
  people: list[Sample],
  buffer: image_buffer.ImageBuffer,
  ages: np.ndarray,
  correction: bias.BiasCorrection | None,
) -> pd.DataFrame:
  """Returns one row per sample where sides are averaged, else one per image."""
  is_paired = fold.card.view.is_paired
  rows = np.unique(buffer.owner, return_inverse=True)[1] if is_paired else np.arange(len(buffer))
  num_rows = int(rows.max()) + 1 if len(rows) else 0
  first = np.searchsorted(rows, np.arange(num_rows))  # rows ascend
  owners = [people[buffer.owner[image]] for image in first]
  sides: list[list[str]] = [[] for _ in range(num_rows)]
  for row, side in zip(rows.tolist(), buffer.sides, strict=True):
    sides[row].append(side)
  sums = np.zeros((num_rows, ages.shape[1]))
  np.add.at(sums, rows, ages)
  means = sums / np.bincount(rows, minlength=num_rows)[:, None]
  keys = pd.DataFrame({"id": [owner.id for owner in owners], "instance": [owner.instance for owner in owners]})
  if not is_paired:
    keys["side"] = [shown[0] for shown in sides]
  assumed = [
    demographic_inputs.assumptions(owner, shown, is_paired) for owner, shown in zip(owners, sides, strict=True)
  ]
  age_years = np.array([owner.age_years for owner in owners], np.float64)
  return output.table(keys, means, correction, age_years, assumed)


def _announce(folds: list[trained_folds.Fold], correction: bias.BiasCorrection | None, people: list[Sample]) -> None:
  card = folds[0].card
  numbers = ", ".join(str(fold.card.fold) for fold in folds)
  logging.info("%s, fold(s) %s, trained on %s data; %d samples", card.model, numbers, card.data, len(people))
  if card.data == "phantom":
    logging.warning("this model was trained on a PHANTOM: its ages say nothing about real people")
  if correction is not None and not any(np.isfinite(sample.age_years) for sample in people):
    logging.warning("the bias correction needs chronological ages: give a --table with the column age")


def _report(path: pathlib.Path, num_predicted: int, notes: list[quality.Note]) -> None:
  counts = Counter((quality.REASONS[note.reason][0], note.reason) for note in notes)
  for (severity, reason), count in sorted(counts.items()):
    logging.info("%s: %d %s (%s)", severity.value, count, reason, quality.REASONS[reason][1])
  qc_path = output.qc_path(path)
  if num_predicted == 0:
    raise errors.InputError(f"no image could be used; {qc_path} lists each with its reason.")
  logging.info("%d predictions in %s, refused and doubtful files in %s", num_predicted, path, qc_path)
  logging.info("both hold individual-level data: ids and file names as you gave them")
