"""Accelerated ageing as traits: per participant, of the models that stand for the dimensions."""

import pathlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from msk_jax.biological_age import acceleration
from msk_jax.genetics import person_ids
from msk_jax.genetics.trait_columns import TraitColumn, TraitTable
from msk_jax.io import errors

_PRODUCT = "participant"


def read(workdir: pathlib.Path, dimensions: Sequence[str] = (), withdrawn: Collection[str] = ()) -> TraitTable:
  """Reads accelerated ageing in years, positive for people who age faster.

  A participant's value is that of the reference visit, visits averaged (product `participant` of the stage `ages`).

  Args:
    workdir: holds `ages/`.
    dimensions: those wanted; all by default.
    withdrawn: people to leave out.

  Raises:
    InputError: there are no ages per participant, or not of a dimension that is wanted.
  """
  chosen, paths = acceleration.choose_models(workdir, _PRODUCT, dimensions, "config.gwas.dimensions")
  acceleration.warn_of_noise(workdir, _PRODUCT, chosen)
  by_name = {name: _accelerations(workdir, model, withdrawn) for name, model in chosen.items()}
  everybody = pd.Index(sorted(set().union(*(values.index for values in by_name.values()))))
  columns = tuple(
    TraitColumn(name, values.reindex(everybody).to_numpy(np.float64), "years", name, chosen[name])
    for name, values in by_name.items()
  )
  return TraitTable("the workdir's ages", everybody.to_numpy(object).astype(str), columns, paths, {})


def _accelerations(workdir: pathlib.Path, model: str, withdrawn: Collection[str]) -> pd.Series:
  """Returns a model's accelerations by person."""
  ages = acceleration.read(workdir, _PRODUCT, model)
  ages = ages[~ages["eid"].isin(list(withdrawn))]
  key, _ = person_ids.plain(ages["eid"].to_numpy(object).astype(str))
  if len(np.unique(key)) < len(key):
    raise errors.InputError(
      f"the ages of {model} have several rows of one participant. Run `python -m msk_jax.ages` again."
    )
  return pd.Series(ages["acceleration_years"].to_numpy(np.float64), index=key)
