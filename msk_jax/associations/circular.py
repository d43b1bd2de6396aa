"""Which variables fed a dimension's own models, so that their associations are circular.

What fed a model is read from what the models are made of: an ensemble's record names its inputs, a scalar set its
features, and image models have sex and ethnicity as side inputs (`input/`), as do the scalar ones.
"""

import pathlib
from collections.abc import Iterable, Mapping

import pandas as pd

from msk_jax.cohort import scalar_fields, scalar_tables
from msk_jax.ensembling import ensemble_record
from msk_jax.io import errors
from msk_jax.predictions import model_names, pooled_table
from msk_jax.schemas import cohort_tables

_SCALARS = "scalars"
_SIDE_FIELDS = {"31": "sex", "22001": "sex", "21000": "ethnicity"}


def flag(workdir: pathlib.Path, models: Mapping[str, str], product: pooled_table.Product, index: pd.DataFrame):
  """Returns dimension to, by variable, how it fed the dimension's models; variables that did not are left out.

  Args:
    workdir: holds `cohort/`, `ensembles/` and `predictions/`.
    models: dimension to the model that stands for it.
    product: of these models.
    index: schema xwas_variables.
  """
  features = _features_by_set(workdir)
  return {
    dimension: _of_dimension(list_single(workdir, product, model), features, index)
    for dimension, model in models.items()
  }


def list_single(workdir: pathlib.Path, product: pooled_table.Product, model: str) -> list[str]:
  """Returns the single models that a model is made of, ordered; itself if it is not an ensemble.

  An ensemble without a record is made of all models below it.
  """
  known: dict[str, None] = {}
  waiting = [model]
  while waiting:
    name = waiting.pop()
    if name in known:
      continue
    known[name] = None
    record = ensemble_record.read(workdir, product, name) if model_names.is_ensemble(name) else None
    if record is not None:
      waiting += [*record["inputs"], *record["members"]]
    elif model_names.is_ensemble(name):
      below = "" if name == model_names.GENERAL else name.removesuffix(model_names.ENSEMBLE)
      waiting += [each for each in pooled_table.list_models(workdir, product) if each.startswith(below)]
  return sorted(name for name in known if not model_names.is_ensemble(name))


def _features_by_set(workdir: pathlib.Path) -> dict[str, tuple[str, ...]]:
  folder = workdir / cohort_tables.FOLDER
  try:
    return {name: scalar_tables.features(scalar_tables.read(folder, name)) for name in scalar_tables.names(folder)}
  except errors.InputError:
    return {}


def _of_dimension(
  models: Iterable[str], features: Mapping[str, tuple[str, ...]], index: pd.DataFrame
) -> dict[str, str]:
  fed: dict[str, str] = {}  # feature to the set that it is in
  for model in models:
    if model_names.dimension(model) == _SCALARS:
      name = model.split("/")[1]
      for each in features if name == scalar_tables.ALL else [name]:
        fed |= dict.fromkeys(features.get(each, ()), each)
  fields = {str(feature.field): name for name, feature in _plain_features().items() if name in fed and feature.field}
  flags: dict[str, str] = {}
  columns = (index[name].astype(str).tolist() for name in ("variable", "field", "feature"))
  for variable, field, feature in zip(*columns, strict=True):
    name = feature or (variable if variable in fed else fields.get(field, ""))
    if name in fed:
      flags[variable] = f"a feature of the scalar set {fed[name]}"
    elif field in _SIDE_FIELDS:
      flags[variable] = f"{_SIDE_FIELDS[field]} is an input of the models, and a covariate"
  return flags


def _plain_features() -> dict[str, scalar_fields.Feature]:
  return {feature.name: feature for features in scalar_fields.FEATURES.values() for feature in features}
