"""What a fold's training pictures look like to the trained network, for `predict` to compare new ones with."""

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.input import pipeline
from msk_jax.trained import predictor, processes, reference
from msk_jax.training.data import Data, sharing_of
from msk_jax.training.job import Job
from msk_jax.training.program import Program

_MOST_SAMPLES = 2_000  # of each part: enough for means and for a limit
_STREAM = 3  # of the seed's random numbers


def write(program: Program, job: Job, variables: predictor.Variables, table: pd.DataFrame) -> None:
  """Writes `reference.json` into the job's folder; without measures if there are fewer than five training people.

  Args:
    program: the job's compiled functions.
    job: the training.
    variables: of the best epoch.
    table: predictions of validation and test samples (schema predictions).
  """
  data = job.loaded.data
  parts = [_choose(rows, job.experiment.seed) for rows in (data.train_rows, data.validation_rows)]
  num_people = len(np.unique(data.inputs.examples.eid[parts[0]]))
  fitted: list[reference.Measure | None] = [None, None, None]
  if num_people >= reference.FEWEST_PEOPLE:
    features = [_features(program, job, variables, rows) for rows in parts]
    if processes.is_first():
      fitted = _fit(data, parts, features)
  if processes.is_first():
    grey, of_features, pattern = fitted
    num_images = int(_own_images(data, parts[0]).sum())
    known = reference.Reference(grey, of_features, num_images, _test_spread(table), pattern)
    reference.write(job.folder, known)


def _fit(data: Data, parts: list[np.ndarray], features: list[np.ndarray]) -> list[reference.Measure | None]:
  """Returns the measures of grey levels, of features and of patterns, of training and validation samples."""
  kept = [_own_images(data, rows) for rows in parts]  # a missing side is replaced by the other
  num_sides = data.inputs.examples.positions.shape[1]
  people = [np.repeat(data.inputs.examples.eid[rows], num_sides)[own] for rows, own in zip(parts, kept, strict=True)]
  greys = [_greys(data, rows)[own] for rows, own in zip(parts, kept, strict=True)]
  of_network = [values[own] for values, own in zip(features, kept, strict=True)]
  return [
    reference.fit(greys[0], greys[1], people[1]),
    reference.fit(of_network[0], of_network[1], people[1]),
    reference.fit_pattern(greys[0], people[0]),
  ]


def _choose(rows: np.ndarray, seed: int) -> np.ndarray:
  """Returns at most `_MOST_SAMPLES` of the rows, ascending; the same ones for the same seed."""
  if len(rows) <= _MOST_SAMPLES:
    return rows
  return np.sort(np.random.default_rng((seed, _STREAM)).choice(rows, _MOST_SAMPLES, replace=False))


def _features(program: Program, job: Job, variables: predictor.Variables, rows: np.ndarray) -> np.ndarray:
  """Returns pooled features of each image of the samples, [n * sides, k]."""
  inputs, settings = job.loaded.data.inputs, job.experiment
  batches = pipeline.evaluation_batches(inputs, rows, settings.train.evaluation_batch_size, sharing_of(settings.input))
  num_images = len(rows) * inputs.examples.positions.shape[1]
  return program.predictor.scores_and_features(variables, batches, num_images)[1]


def _greys(data: Data, rows: np.ndarray) -> np.ndarray:
  """Returns the grey levels of each image of the samples, [n * sides, k], in the order of `_features`."""
  sides = range(data.inputs.examples.positions.shape[1])
  described = [
    reference.describe_grey(data.inputs.load(int(row), side)["image"][None]) for row in rows for side in sides
  ]
  return np.concatenate(described)


def _own_images(data: Data, rows: np.ndarray) -> np.ndarray:
  """Returns which images of the samples, [n * sides], are no copy of the other side's."""
  positions = data.inputs.examples.positions[rows]
  is_own = np.ones(positions.shape, bool)
  is_own[:, 1:] = positions[:, 1:] != positions[:, :1]
  return is_own.ravel()


def _test_spread(table: pd.DataFrame) -> float:
  """Returns the SD of the test samples' predictions, years; NaN for fewer than five people."""
  rows = table[table["part"] == split_parts.TEST]
  return float(rows["predicted_age_years"].std()) if rows["eid"].nunique() >= reference.FEWEST_PEOPLE else float("nan")
