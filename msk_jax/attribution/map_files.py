"""Maps on disk: a plain NPY file per method, float32 [n, rows, columns], beside the table of their pictures.

They are written batch by batch and read by memory mapping, so that memory does not depend on their number.
"""

import dataclasses
import pathlib
from collections import Counter

import numpy as np
import pandas as pd

from msk_jax.attribution import gradients, pictures
from msk_jax.attribution.methods import Method
from msk_jax.attribution.networks import Network
from msk_jax.io import errors, mapped_arrays, progress, tables
from msk_jax.schemas import attention_tables

TABLE_NAME = "pictures.parquet"
_MOST_DIFFERENT_YEARS = 0.5  # between an age predicted here and the one in the table


@dataclasses.dataclass(frozen=True)
class Job:
  """What is to be made.

  Attributes:
    network: the trained folds.
    pictures: from `pictures.list_pictures`.
    methods: kinds of maps.
    stage: key of the stage of Grad-RAM.
    batch_size: pictures per step.
  """

  network: Network
  pictures: pd.DataFrame
  methods: tuple[Method, ...]
  stage: str
  batch_size: int

  @property
  def num_bytes(self) -> int:
    """Size of all files."""
    rows, columns, _ = self.network.card.image_shape
    return len(self.pictures) * len(self.methods) * rows * columns * np.dtype(np.float32).itemsize


def path_of(folder: pathlib.Path, method: str) -> pathlib.Path:
  """Returns the file of a method's maps, e.g. `grad_ram.npy`."""
  return folder / f"{method}.npy"


def read(folder: pathlib.Path, method: str) -> np.ndarray:
  """Returns a method's maps, float32 [n, rows, columns], mapped from the file."""
  return np.load(path_of(folder, method), mmap_mode="r", allow_pickle=False)


def read_pictures(folder: pathlib.Path) -> pd.DataFrame:
  """Returns the pictures of the maps (schema attention_pictures)."""
  return tables.read(folder / TABLE_NAME, attention_tables.PICTURES)


def flaw_of(flaws: str, method: str) -> str:
  """Returns the flaw of a picture's map by one method, of an entry of the column `flaws`; empty without one."""
  names = (entry.partition(":") for entry in flaws.split(";"))
  return next((flaw for name, _, flaw in names if name == method), "")


def write(folder: pathlib.Path, job: Job) -> Counter[str]:
  """Makes and writes all maps and the table of their pictures; returns how many maps have which flaw, by `method:flaw`.

  The first batch of each fold is compared with the table of ages before any map is made, and all pictures at the end.

  Raises:
    InputError: the predicted ages are not those of the table: a network or the images have changed.
  """
  table, network = job.pictures, job.network
  programs = {
    method: gradients.MapProgram(network.model, method, job.stage, network.shardings) for method in job.methods
  }
  _check_first(job, next(iter(programs.values())))
  shape = (len(table), *network.card.image_shape[:2])
  files = {method: mapped_arrays.create(path_of(folder, method), np.float32, shape) for method in job.methods}
  age_years, flaws = np.zeros(len(table)), [[] for _ in range(len(table))]
  with progress.track("making maps", len(table) * len(job.methods), "maps") as advance:
    for fold in table["fold"].drop_duplicates().tolist():
      variables, age = network.read_variables(fold), network.folds[fold].card.age
      for places, batch in _batches(table[table["fold"] == fold], job.batch_size):
        images, side = network.load(fold, batch[pictures.SAMPLE_ROW], batch[pictures.SIDE_NUMBER])
        for method, program in programs.items():
          maps = program.maps(variables, images, side, age, batch["age_years"])
          files[method][places] = maps.values[: len(places)]
          age_years[places] = maps.age_years[: len(places)]
          for place, flaw in zip(places, maps.flaws, strict=False):
            flaws[place] += [f"{method}:{flaw}"] if flaw else []
          advance(len(places))
      del variables
  for file in files.values():
    file.flush()
  written = table.assign(
    map=np.arange(len(table), dtype=np.int32), picture_age_years=age_years, flaws=[";".join(names) for names in flaws]
  )
  _check_ages(network.name, written)
  tables.write(folder / TABLE_NAME, written[list(attention_tables.PICTURES.columns)], attention_tables.PICTURES)
  return Counter(name for names in flaws for name in names)


def _check_first(job: Job, program: gradients.MapProgram) -> None:
  """Predicts the ages of a batch of each fold, and refuses networks that do not predict what the table says."""
  table, network = job.pictures, job.network
  for fold in table["fold"].drop_duplicates().tolist():
    variables, age = network.read_variables(fold), network.folds[fold].card.age
    places, batch = next(_batches(table[table["fold"] == fold], job.batch_size))
    images, side = network.load(fold, batch[pictures.SAMPLE_ROW], batch[pictures.SIDE_NUMBER])
    predicted = program.maps(variables, images, side, age, batch["age_years"]).age_years[: len(places)]
    seen = table.loc[places].assign(picture_age_years=predicted)
    if network.samples.is_paired:  # the last one's other side may be in the next batch
      seen = seen[seen.duplicated(["eid", "instance"], keep=False)]
    _check_ages(network.name, seen)


def _batches(of_fold: pd.DataFrame, batch_size: int):
  """Yields (places of the maps, columns by name); copies of a batch's first picture fill it up to the size."""
  for start in range(0, len(of_fold), batch_size):
    part = of_fold.iloc[start : start + batch_size]
    rows = np.concatenate([np.arange(len(part)), np.zeros(batch_size - len(part), np.int64)])
    yield part.index.to_numpy(), {name: part[name].to_numpy()[rows] for name in _READ}


_READ = (pictures.SAMPLE_ROW, pictures.SIDE_NUMBER, "age_years")


def _check_ages(name: str, table: pd.DataFrame) -> None:
  """Refuses maps of a network that does not predict what the table of ages says."""
  if table.empty:
    return
  means = table.groupby(["eid", "instance"])[["picture_age_years", "predicted_age_years"]].mean()
  difference = (means["picture_age_years"] - means["predicted_age_years"]).abs().max(skipna=False)
  if not difference <= _MOST_DIFFERENT_YEARS:
    raise errors.InputError(
      f"{name}: the networks predict other ages than the table of ages has, up to {difference:.2f} years: networks, "
      "images or predictions have changed. Run train, ensemble and ages again, then attention."
    )
