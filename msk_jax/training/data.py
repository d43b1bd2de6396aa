"""What a training reads, taken from the workdir that `prepare` filled."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import schemas, withdrawals
from msk_jax.imaging import store as image_store
from msk_jax.imaging import views
from msk_jax.input import examples, pipeline, standardize
from msk_jax.io import errors, run_record, tables
from msk_jax.training import loop, spec


@dataclasses.dataclass(frozen=True)
class Loaded:
  """The loop's data, the test samples, and hashes that name what was read.

  Attributes:
    data: for `loop.fit`.
    test_rows: samples of the test fold.
    hashes: name to SHA-256, for the run record.
    demographics: standardises sex and ethnicity, fitted on the training samples.
  """

  data: loop.Data
  test_rows: np.ndarray
  hashes: dict[str, str]
  demographics: standardize.Standardizer


def load(
  experiment: spec.ExperimentSpec, view: views.View, workdir: pathlib.Path, withdrawn: Collection[str] = ()
) -> Loaded:
  """Joins the view's images with cohort and folds, and standardises with the training folds.

  Args:
    experiment: the settings.
    view: the image set.
    workdir: holds `cohort/` and `images/<view>/`.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: a table or the images are missing, or a fold of this split is empty.
  """
  cohort = workdir / "cohort"
  folds = tables.read(cohort / "folds.parquet", schemas.FOLDS)
  store = image_store.ImageStore.open(workdir / "images" / view.name)
  if len(store) == 0:
    raise errors.InputError(
      f"there is no image of {view.name} in {workdir / 'images'}: qc/counts.csv says what was refused or absent. The "
      "phantom has the images that simulation/pictures/drawing.py draws, those of the paper's eight views."
    )
  people = tables.read(cohort / "participants.parquet", schemas.PARTICIPANTS)
  found = examples.assemble(
    store.index,
    withdrawals.without(people, withdrawn),
    tables.read(cohort / "visits.parquet", schemas.VISITS),
    folds,
    is_paired=view.is_paired,
  )
  num_folds = int(folds["fold"].max()) + 1
  split = fold_map.split(experiment.fold, num_folds)
  rows = [found.where_fold(part) for part in (split.train, (split.validation,), (split.test,))]
  _check_not_empty(rows, view.name, experiment.fold)
  scaler = standardize.Standardizer.fit(found.age_years[rows[0]])
  side = standardize.Standardizer.fit(found.demographics[rows[0]])
  shape = experiment.model.image_shape or view.network_shape
  inputs = pipeline.Inputs(
    store, found, (shape[0], shape[1]), side.apply(found.demographics), scaler.apply(found.age_years)
  )
  augmentation = view.augmentation if experiment.input.augment else None
  image_shape = (shape[0], shape[1], view.channels)
  data = loop.Data(inputs, rows[0], rows[1], scaler, augmentation, image_shape)
  hashes = {"folds": fold_map.fold_map_hash(folds), **_hash_examples(found, store.index["sha256"])}
  return Loaded(data, rows[2], hashes, side)


def _check_not_empty(rows: list[np.ndarray], view: str, fold: int) -> None:
  for name, part in zip(("training", "validation", "test"), rows, strict=True):
    if len(part) == 0:
      raise errors.InputError(
        f"split {fold} of {view} has no {name} samples. Prepare more people, or choose another fold."
      )


def _hash_examples(found: examples.Examples, image_hashes: pd.Series) -> dict[str, str]:
  """Returns a hash of every value of every field of the examples, by the field's name; images by their content."""
  values = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
  values["positions"] = image_hashes.to_numpy(str)[found.positions]
  return {f"examples.{name}": run_record.hash_array(array) for name, array in values.items()}
