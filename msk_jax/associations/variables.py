"""The cleaned variables on disk, read by name: a float64 column per variable, a row per sample."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.io import errors, tables
from msk_jax.schemas import exposure_tables

INDEX, SAMPLES, IMPUTED = "index.parquet", "samples.parquet", "imputed"
_MISSING = "missing"  # among the index' metadata: how missing values were dealt with


@dataclasses.dataclass(frozen=True)
class Variables:
  """Cleaned variables.

  Attributes:
    folder: holds them.
    samples: `eid` and `instance` of each row.
    index: schema xwas_variables, also of variables that can't be used, whose `reason` says why.
    missing: how missing values were dealt with, see `ExposureSpec.missing`.
  """

  folder: pathlib.Path
  samples: pd.DataFrame
  index: pd.DataFrame
  missing: str

  def names(self, category: str | None = None) -> list[str]:
    """Returns the usable variables, in the index' order; of one category if it is named."""
    usable = self.index[self.index["reason"] == ""]
    if category is not None:
      usable = usable[usable["category"] == category]
    return usable["variable"].tolist()

  def read(self, names: Sequence[str]) -> np.ndarray:
    """Returns variables' values, float64 [n, v] in the order of the names, NaN where missing.

    Raises:
      InputError: there is no such usable variable, or a file is damaged.
    """
    values = np.full((len(self.samples), len(names)), np.nan)
    for file, places in self._places(names).items():
      columns = _read_columns(self.folder / file, [names[place] for place in places], len(self.samples))
      for place, column in zip(places, columns, strict=True):
        values[:, place] = column
    return values

  def iterate(self, names: Sequence[str], block: int = 256) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yields names and values (see `read`) of at most `block` variables at a time."""
    for start in range(0, len(names), block):
      part = list(names[start : start + block])
      yield part, self.read(part)

  def is_imputed(self, names: Sequence[str]) -> np.ndarray | None:
    """Returns which values were filled from other visits, bool [n, v]; None where only observed values were taken.

    Raises:
      InputError: see `read`.
    """
    if self.missing == "observed":
      return None
    marks = np.zeros((len(self.samples), len(names)), bool)
    for file, places in self._places(names).items():
      columns = _read_columns(self.folder / IMPUTED / file, [names[place] for place in places], len(self.samples))
      for place, column in zip(places, columns, strict=True):
        marks[:, place] = column
    return marks

  def _places(self, names: Sequence[str]) -> dict[str, list[int]]:
    """Returns each file's places among the names."""
    usable = self.index[self.index["reason"] == ""]
    files = dict(zip(usable["variable"], usable["file"], strict=True))
    if unknown := [name for name in names if name not in files]:
      raise errors.InputError(f"no usable variable {', '.join(unknown[:5])} in {self.folder}: see its {INDEX}.")
    places = collections.defaultdict(list)
    for place, name in enumerate(names):
      places[files[name]].append(place)
    return places


def load(folder: pathlib.Path) -> Variables:
  """Opens the folder that `cleaning.exposures.make` filled.

  Raises:
    InputError: it holds no variables, or damaged ones.
  """
  index = tables.read(folder / INDEX, exposure_tables.VARIABLES)
  samples = tables.read(folder / SAMPLES, exposure_tables.SAMPLES)
  missing = tables.read_extra(folder / INDEX, exposure_tables.VARIABLES)[_MISSING]
  return Variables(folder, samples, index, missing)


def write_index(folder: pathlib.Path, index: pd.DataFrame, samples: pd.DataFrame, missing: str) -> None:
  """Writes what `load` reads besides the columns."""
  tables.write(folder / SAMPLES, samples, exposure_tables.SAMPLES)
  tables.write(folder / INDEX, index, exposure_tables.VARIABLES, {_MISSING: missing})


def _read_columns(path: pathlib.Path, names: Sequence[str], num_rows: int) -> list[np.ndarray]:
  unique = list(dict.fromkeys(names))
  try:
    table = pq.read_table(path, columns=unique, page_checksum_verification=True)
    columns = {name: table[name].to_numpy() for name in unique}
  except (OSError, pa.ArrowException, KeyError) as error:
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): remove the folder of variables and make them again."
    ) from None
  if table.num_rows != num_rows:
    raise errors.InputError(f"{path} has {table.num_rows:,} rows for {num_rows:,} samples: make the variables again.")
  return [columns[name] for name in names]
