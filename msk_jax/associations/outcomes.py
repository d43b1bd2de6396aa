"""Accelerated ageing as outcomes: of the workdir's ages, or of an own table."""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from msk_jax.associations import own_accelerations
from msk_jax.biological_age import acceleration
from msk_jax.io import errors

KEYS = ["eid", "instance"]


@dataclasses.dataclass(frozen=True)
class Outcomes:
  """Accelerated ageing of samples.

  Attributes:
    samples: `eid`, `instance`; ordered by them.
    values: float64 [n, d] years, NaN where missing; positive for people who age faster.
    names: of the d outcomes: dimensions, or columns of an own table.
    models: dimension to its model; of an own table empty.
    paths: the files read.
    counts: rows left out, by reason.
    doubted: outcomes that are of models without age signal: noise.
  """

  samples: pd.DataFrame
  values: np.ndarray
  names: tuple[str, ...]
  models: dict[str, str]
  paths: tuple[pathlib.Path, ...]
  counts: dict[str, int]
  doubted: frozenset[str] = frozenset()


def read(
  workdir: pathlib.Path,
  product: Literal["sample", "participant"],
  dimensions: Sequence[str] = (),
  withdrawn: Collection[str] = (),
) -> Outcomes:
  """Reads the accelerated ageing of the models that stand for the dimensions.

  Args:
    workdir: holds `ages/`.
    product: `sample` or `participant`.
    dimensions: those wanted; empty: all.
    withdrawn: people to leave out.

  Raises:
    InputError: there are no ages of the product, or of a dimension that is wanted.
  """
  chosen, paths = acceleration.choose_models(workdir, product, dimensions, "config.xwas.dimensions")
  summary = acceleration.summary_path(workdir)
  doubted = acceleration.warn_of_noise(workdir, product, chosen)
  paths = (*paths, summary) if summary.exists() else paths
  parts = {}
  for name, model in chosen.items():
    ages = acceleration.read(workdir, product, model)
    parts[name] = ages[~ages["eid"].isin(list(withdrawn))].set_index(KEYS)["acceleration_years"].rename(name)
  joined = pd.concat(parts.values(), axis=1).sort_index()
  return dataclasses.replace(_outcomes(joined, chosen, paths, {}), doubted=doubted)


def read_table(
  path: pathlib.Path, columns: Sequence[str], withdrawn: Collection[str], visits: pd.DataFrame
) -> Outcomes:
  """Reads an own table of accelerated ageing (see `own_accelerations.read`).

  Args:
    path: the table.
    columns: those wanted; empty: all that hold numbers.
    withdrawn: people to leave out.
    visits: schema visits; in a table without visits a person's value is of their first.
  """
  joined, counts = own_accelerations.read(path, columns, withdrawn, visits)
  return _outcomes(joined, {}, (path,), counts)


def _outcomes(joined: pd.DataFrame, models: dict[str, str], paths, counts: dict[str, int]) -> Outcomes:
  joined = joined[joined.notna().any(axis=1)]
  if joined.empty:
    raise errors.InputError(f"{paths[-1]} holds no accelerated ageing of people who have not withdrawn.")
  samples = joined.index.to_frame(index=False).astype({"eid": "string", "instance": "int8"})
  return Outcomes(samples, joined.to_numpy(np.float64), tuple(map(str, joined)), models, tuple(paths), counts)
