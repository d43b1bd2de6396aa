"""What a training reads, from the workdir that `prepare` filled."""

import dataclasses
import pathlib
from collections.abc import Collection

import jax
import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table, withdrawals
from msk_jax.cohort import folds as fold_map
from msk_jax.imaging import store as image_store
from msk_jax.imaging import view_augmentation, views
from msk_jax.input import examples, pipeline, standardize
from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import cohort_tables
from msk_jax.training import spec


@dataclasses.dataclass(frozen=True)
class Data:
  """What the training loop reads.

  Attributes:
    inputs: the view's examples with standardised age and demographics.
    train_rows: samples trained on.
    validation_rows: samples that choose the best epoch.
    scaler: of the age, fitted on the training samples.
    augmentation: ranges for training images; None for none.
    image_shape: (rows, columns, channels).
  """

  inputs: pipeline.Inputs
  train_rows: np.ndarray
  validation_rows: np.ndarray
  scaler: standardize.Standardizer
  augmentation: view_augmentation.Augmentation | None
  image_shape: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Loaded:
  """The loop's data, the test samples, and hashes that name what was read.

  Attributes:
    data: for `loop.fit`.
    test_rows: samples of the test fold.
    hashes: name to SHA-256, for the run record.
    demographics: standardises sex and ethnicity, fitted on the training samples.
  """

  data: Data
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
  known = fold_table.read(workdir)
  folds = known.table
  store = _open_store(workdir, view)
  samples = _samples(store, view, workdir, folds, withdrawn)
  split = fold_map.split(experiment.fold, known.num_folds)
  parts = {"training": split.train, "validation": (split.validation,), "test": (split.test,)}
  rows = {part: samples.where_fold(numbers) for part, numbers in parts.items()}
  _check_not_empty(rows, view.name, experiment.fold)
  age_scaler = standardize.Standardizer.fit(samples.age_years[rows["training"]])
  demographics_scaler = standardize.Standardizer.fit(samples.demographics[rows["training"]])
  num_rows, num_columns = experiment.model.image_shape or view.network_shape
  data = Data(
    inputs=pipeline.Inputs(
      store=store,
      examples=samples,
      image_shape=(num_rows, num_columns),
      demographics=demographics_scaler.apply(samples.demographics),
      age_z=age_scaler.apply(samples.age_years),
    ),
    train_rows=rows["training"],
    validation_rows=rows["validation"],
    scaler=age_scaler,
    augmentation=view.augmentation if experiment.input.augment else None,
    image_shape=(num_rows, num_columns, view.channels),
  )
  hashes = {"folds": known.name, **_hash_examples(samples, store.index["sha256"])}
  return Loaded(data, rows["test"], hashes, demographics_scaler)


def sharing_of(settings: spec.InputSpec) -> pipeline.Sharing:
  """Returns this process's part in reading."""
  return pipeline.Sharing(
    jax.process_index(), jax.process_count(), settings.threads, settings.workers, settings.prefetch
  )


def _open_store(workdir: pathlib.Path, view: views.View) -> image_store.ImageStore:
  store = image_store.ImageStore.open(workdir / "images" / view.name)
  if len(store) == 0:
    raise errors.InputError(
      f"there is no image of {view.name} in {workdir / 'images'}: qc/counts.csv says what was refused or absent. The "
      "phantom has the images that simulation/pictures/drawing.py draws, those of the paper's eight views."
    )
  return store


def _samples(
  store: image_store.ImageStore,
  view: views.View,
  workdir: pathlib.Path,
  folds: pd.DataFrame,
  withdrawn: Collection[str],
) -> examples.Examples:
  people = tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)
  return examples.assemble(
    store.index,
    withdrawals.without(people, withdrawn),
    tables.read(workdir / "cohort/visits.parquet", cohort_tables.VISITS),
    folds,
    is_paired=view.is_paired,
  )


def _check_not_empty(rows: dict[str, np.ndarray], view: str, fold: int) -> None:
  for part, numbers in rows.items():
    if len(numbers) == 0:
      raise errors.InputError(
        f"split {fold} of {view} has no {part} samples. Prepare more people, or choose another fold."
      )


def _hash_examples(samples: examples.Examples, image_hashes: pd.Series) -> dict[str, str]:
  """Returns a hash of every value of every field of the examples, by the field's name; images by their content."""
  values = {field.name: getattr(samples, field.name) for field in dataclasses.fields(samples)}
  values["positions"] = image_hashes.to_numpy(str)[samples.positions]
  return {f"examples.{name}": run_record.hash_array(array) for name, array in values.items()}
