"""A trained fold of the tiny cohort and a sibling, and its test people's images as somebody else would hand them in."""

import contextlib
import csv
import dataclasses
import pathlib
import shutil
from collections.abc import Iterable, Iterator

import cv2
import jax
import pandas as pd
import pytest

from msk_jax.imaging import store
from msk_jax.input import standardize
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables
from msk_jax.trained import best_parameters, checkpoints, model_card, sharding
from msk_jax.training import experiment
from tests import compiling, small_network
from tests.training import cohort

FOLDS = (0, 1)


@contextlib.contextmanager
def small_and_quick() -> Iterator[None]:
  """Has the networks of these tests, compiled quickly."""
  with small_network.small(small_network.ALL_LAYERS), compiling.quickly():
    yield


@pytest.fixture(scope="package")
def trained(tmp_path_factory) -> pathlib.Path:
  """The workdir with folds 0 and 1 of `knee/simple_cnn`."""
  workdir = tmp_path_factory.mktemp("trained")
  cohort.write_workdir(workdir)
  with small_and_quick():
    first = experiment.run(cohort.experiment(max_epochs=1), cohort.VIEW, "phantom", workdir).folder
    _write_sibling(first, first.with_name("fold_1"))
  return workdir


def _write_sibling(first: pathlib.Path, second: pathlib.Path) -> None:
  """Writes another fold without training it: other parameters and scalers, the same network."""
  shutil.copytree(first, second, ignore=shutil.ignore_patterns(best_parameters.FOLDER, "checkpoints"))
  card = model_card.read(first)
  age = standardize.Standardizer(card.age.mean + 2.0, card.age.std * 0.9)
  known = standardize.Standardizer(card.demographics.mean + 0.2, card.demographics.std * 1.1)
  model_card.write(second, dataclasses.replace(card, fold=1, age=age, demographics=known))
  tree = best_parameters.read(first, best_parameters.abstract(card, sharding.make().replicated))
  with checkpoints.Checkpoints(second / best_parameters.FOLDER) as best:
    best.save(1, jax.tree.map(lambda leaf: leaf * 1.02, tree))


@pytest.fixture(scope="package")
def model(trained) -> pathlib.Path:
  """The model's folder."""
  return trained / "models/knee/simple_cnn"


@pytest.fixture(scope="package")
def people(trained) -> pd.DataFrame:
  """All people of the cohort: eid, sex, ethnicity, instance, age_years, fold."""
  cohort_folder = trained / "cohort"
  found = tables.read(cohort_folder / "participants.parquet", cohort_tables.PARTICIPANTS)
  for name, schema in (("visits", cohort_tables.VISITS), ("folds", cohort_tables.FOLDS)):
    found = found.merge(tables.read(cohort_folder / f"{name}.parquet", schema), on="eid")
  return found


def write_pictures(workdir: pathlib.Path, folder: pathlib.Path, eids: Iterable[str]) -> dict[tuple[str, str], str]:
  """Writes people's stored images as PNG, left ones as they were taken; returns (eid, side) to file name."""
  folder.mkdir(parents=True, exist_ok=True)
  images, wanted, names = store.ImageStore.open(workdir / "images/knee"), set(eids), {}
  for position, row in enumerate(images.index.itertuples()):
    if row.eid in wanted:
      pixels = images.read(position)
      names[row.eid, row.side] = f"{len(names)}.png"
      cv2.imwrite(str(folder / names[row.eid, row.side]), pixels[:, ::-1] if row.side == "left" else pixels)
  return names


def write_table(path: pathlib.Path, rows: list[dict]) -> pathlib.Path:
  """Writes a CSV with the columns of the first row."""
  with path.open("w", newline="") as file:
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
  return path
