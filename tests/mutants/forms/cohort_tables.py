"""Tables of a workdir, and its image store."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table
from msk_jax.imaging import store
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables
from tests.ensembling import workdir as ensembles
from tests.mutants import table_changes
from tests.mutants.form import Form, Reading, digest

_PEOPLE = 40
_SHAPE = (12, 9)


def _make(folder: pathlib.Path) -> None:
  ensembles.write(folder, models=(), num_people=_PEOPLE)


def _read(folder: pathlib.Path) -> Reading:
  cohort = folder / cohort_tables.FOLDER
  people = tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS)
  visits = tables.read(cohort / "visits.parquet", cohort_tables.VISITS)
  folds = fold_table.read(folder)
  return Reading(digest(people, visits, folds.table, folds.name))


def _make_store(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  images = rng.integers(0, 255, (8, *_SHAPE), np.uint8)
  index = pd.DataFrame(
    {
      "eid": [str(9_000_001 + i) for i in range(8)],
      "instance": 2,
      "side": "right",
      "shard": np.arange(8) // 4,
      "row": np.arange(8) % 4,
      "sha256": [store.image_hash(image) for image in images],
    }
  )
  for number in range(2):
    store.write_shard(folder, number, images[4 * number : 4 * number + 4])
  store.write_index(folder, index, _SHAPE)


def _read_store(folder: pathlib.Path) -> Reading:
  opened = store.ImageStore.open(folder)
  damaged = opened.damaged_shards(check_hashes=True)
  images = [opened.read(place) for place in range(len(opened))]
  return Reading(digest(opened.index, *images), {"damaged shards": len(damaged)})


FORMS = (
  Form("workdir.parquet", _make, _read, ("cohort/*.parquet",), table_changes.OF_PARQUET, share=2.0),
  Form("image_store", _make_store, _read_store, ("*.npy", "index.parquet"), table_changes.OF_PARQUET, share=0.8),
)
