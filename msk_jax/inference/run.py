"""From a folder of new images and trained folds to tables of ages."""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import quality
from msk_jax.inference import output, predictor, samples, side_inputs, spool, trained
from msk_jax.io import errors, progress
from msk_jax.predictions import bias


@dataclasses.dataclass(frozen=True)
class Request:
  """What is asked for.

  Attributes:
    model: a model's folder or a fold's.
    images: the folder of new images.
    table: CSV that says whose they are; None for none.
    output: CSV to write; refusals go to `output.qc_path` of it.
    batch_size: images per step.
    sex_values: spellings of sex in the table to 0 (female) and 1 (male); empty for the spellings that are known.
    withdrawn: says which of the ids that it is given have withdrawn.
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
    InputError: no trained fold, no image, a table that is not understood, or not one image could be read.
  """
  folds = trained.find(request.model)
  correction = trained.correction(folds)
  people, notes = samples.find(request.images, request.table, request.sex_values)
  people = samples.without(people, request.withdrawn([one.id for one in people]))
  _announce(folds, correction, people)
  wanted = trained.wanted(folds[0])
  with spool.read(people, wanted, request.output.absolute().parent) as spooled:
    notes = notes + spooled.notes
    ages = _predict(folds, people, spooled, request.batch_size)
    predictions = _tabulate(folds[0], people, spooled, ages, correction)
  output.write(request.output, predictions, notes)
  _report(request.output, len(predictions), notes)
  return predictions


def _predict(
  folds: list[trained.Fold], people: list[samples.Sample], spooled: spool.Spooled, batch_size: int
) -> np.ndarray:
  """Returns each image's z-scores, as predicted years, [m, folds]."""
  if len(spooled.owner) == 0:
    return np.zeros((0, len(folds)))
  values = side_inputs.demographics(people)[spooled.owner]
  is_left = np.array([side == "left" for side in spooled.sides], np.float32)
  program = predictor.Predictor(folds[0].card, batch_size, len(spooled.owner))
  ages = []
  with progress.track("predicting", len(spooled.owner) * len(folds), "images") as advance:
    for fold in folds:
      side = side_inputs.standardised(fold.card, values, is_left)
      ages.append(fold.card.age.invert(program.scores(fold, spooled.images, side, advance)))
  return np.stack(ages, axis=1)


def _tabulate(
  fold: trained.Fold,
  people: list[samples.Sample],
  spooled: spool.Spooled,
  ages: np.ndarray,
  correction: bias.BiasCorrection | None,
) -> pd.DataFrame:
  """One row per sample where sides are averaged, else one per image."""
  is_paired = fold.card.view.is_paired
  rows = np.unique(spooled.owner, return_inverse=True)[1] if is_paired else np.arange(len(spooled.owner))
  num_rows = int(rows.max()) + 1 if len(rows) else 0
  first = np.searchsorted(rows, np.arange(num_rows))  # rows ascend
  owners = [people[spooled.owner[image]] for image in first]
  sides: list[list[str]] = [[] for _ in range(num_rows)]
  for row, side in zip(rows.tolist(), spooled.sides, strict=True):
    sides[row].append(side)
  sums = np.zeros((num_rows, ages.shape[1]))
  np.add.at(sums, rows, ages)
  means = sums / np.bincount(rows, minlength=num_rows)[:, None]
  keys = pd.DataFrame({"id": [one.id for one in owners], "instance": [one.instance for one in owners]})
  if not is_paired:
    keys["side"] = [shown[0] for shown in sides]
  assumed = [side_inputs.assumed(one, shown, is_paired) for one, shown in zip(owners, sides, strict=True)]
  return output.table(keys, means, correction, np.array([one.age_years for one in owners], np.float64), assumed)


def _announce(folds: list[trained.Fold], correction: bias.BiasCorrection | None, people: list[samples.Sample]) -> None:
  card = folds[0].card
  numbers = ", ".join(str(fold.card.fold) for fold in folds)
  logging.info("%s, fold(s) %s, trained on %s data; %d samples", card.model, numbers, card.data, len(people))
  if card.data == "phantom":
    logging.warning("this model was trained on a PHANTOM: its ages say nothing about real people")
  if correction is not None and not any(np.isfinite(one.age_years) for one in people):
    logging.warning("the bias correction needs chronological ages: give a --table with the column age")


def _report(path: pathlib.Path, num_predicted: int, notes: list[quality.Note]) -> None:
  counts = Counter((quality.REASONS[note.reason][0], note.reason) for note in notes)
  for (severity, reason), count in sorted(counts.items()):
    logging.info("%s: %d %s (%s)", severity.value, count, reason, quality.REASONS[reason][1])
  listed = output.qc_path(path)
  if num_predicted == 0:
    raise errors.InputError(f"no image could be used; {listed} lists each with its reason.")
  logging.info("%d predictions in %s, refused and doubtful files in %s", num_predicted, path, listed)
  logging.info("both hold individual-level data: ids and file names as you gave them")
