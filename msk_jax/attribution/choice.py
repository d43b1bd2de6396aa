"""Which network's attention is shown: the best of the view's single networks, chosen on validation."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
from absl import logging

from msk_jax.attribution.spec import BEST, AttentionSpec
from msk_jax.biological_age import acceleration
from msk_jax.evaluation import performance
from msk_jax.io import errors
from msk_jax.predictions import model_names, pooled_rows, pooled_table, split_folder
from msk_jax.trained import model_card


@dataclasses.dataclass(frozen=True)
class Chosen:
  """The network whose attention is shown.

  Attributes:
    model: its name, e.g. `knee/inception_v3`.
    num_candidates: networks of the view that it was chosen from; 0 where the config names it.
    validation_r2: of its validation samples, over the splits that all candidates have.
  """

  model: str
  num_candidates: int
  validation_r2: float

  def describe(self) -> str:
    """Returns how it was chosen, for people."""
    if not self.num_candidates:
      return "named in the config"
    return f"best of {self.num_candidates} on validation" if self.num_candidates > 1 else "the only one with ages"


def choose(workdir: pathlib.Path, settings: AttentionSpec, withdrawn: Collection[str]) -> Chosen:
  """Returns the network that the settings ask for.

  Raises:
    InputError: the view has no such network, or its predictions are not pooled.
  """
  names = _list_networks(workdir, settings.view)
  if settings.backbone != BEST:
    name = f"{settings.view}/{settings.backbone}"
    if name not in names:
      raise errors.InputError(
        f"config.attention.backbone: there is no trained {name} in {workdir}; there are {', '.join(names) or 'none'}."
      )
    names = [name]
  if not names:
    others = sorted({name.rsplit("/", 1)[0] for name in _list_networks(workdir, "")})
    raise errors.InputError(
      f"config.attention.view: {workdir} has no trained network of {settings.view}. "
      + (f"There are networks of {', '.join(others)}." if others else "Train one: python -m msk_jax.train.")
    )
  participants = pooled_rows.read_participants(workdir, withdrawn)
  pooled = set(pooled_table.list_models(workdir, "sample"))
  folder = workdir / acceleration.FOLDER
  ready = [name for name in names if name in pooled and acceleration.path_of(folder, "sample", name).exists()]
  if not ready:
    raise errors.InputError(
      f"samples are chosen by their accelerated ageing, and {workdir} has no ages of {', '.join(names)}: run "
      "python -m msk_jax.ensemble, then python -m msk_jax.ages, with this --workdir."
    )
  if len(ready) < len(names):
    missing = ", ".join(name for name in names if name not in ready)
    logging.warning("%s: no ages yet, so it is not among the candidates; run ensemble and ages", missing)
  models = {name: pooled_rows.read(workdir, "sample", name, participants) for name in ready}
  best = performance.choose_best("sample", _on_shared_splits(models))
  if best.empty:
    raise errors.InputError(f"{', '.join(ready)}: no validation predictions to choose by.")
  line = best.iloc[0]
  num_candidates = len(ready) if settings.backbone == BEST else 0
  return Chosen(str(line["model"]), num_candidates, float(line["validation_r2"]))


def _on_shared_splits(models: dict[str, pooled_rows.Predictions]) -> dict[str, pooled_rows.Predictions]:
  """Returns the predictions with the validation rows of those folds alone that all models have.

  A network of one easy split would otherwise win against one of ten.

  Raises:
    InputError: the models share no split.
  """
  folds = {name: set(each.validation.fold.tolist()) for name, each in models.items()}
  shared = set.intersection(*folds.values())
  if not shared and any(folds.values()):
    raise errors.InputError(
      f"config.attention.backbone: {', '.join(models)} have no trained split in common, so that the best can't be "
      "chosen. Name one, or train the same folds of each."
    )
  if any(own != shared for own in folds.values()):
    logging.warning("%s are compared on the %d splits that all of them have", ", ".join(models), len(shared))
  return {
    name: dataclasses.replace(each, validation=_of_folds(each.validation, shared)) for name, each in models.items()
  }


def _of_folds(rows: pooled_rows.Rows, folds: Collection[int]) -> pooled_rows.Rows:
  is_kept = np.isin(rows.fold, list(folds))
  return pooled_rows.Rows(
    **{field.name: getattr(rows, field.name)[is_kept] for field in dataclasses.fields(pooled_rows.Rows)}
  )


def _list_networks(workdir: pathlib.Path, view: str) -> list[str]:
  """Returns the names of networks with a finished fold, of one view or (empty) of all."""
  names = []
  for name in model_names.in_order(split_folder.list_models(workdir)):
    folders = split_folder.list_finished(split_folder.model_folder(workdir, name))
    is_network = any((folder / model_card.FILE_NAME).exists() for folder in folders)
    if is_network and (not view or name.rsplit("/", 1)[0] == view):
      names.append(name)
  return names
