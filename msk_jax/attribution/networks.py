"""The trained folds of one network, and the pictures of their view as each fold takes them."""

import dataclasses
import functools
import pathlib
from collections.abc import Collection, Mapping

import numpy as np

from msk_jax.cohort import fold_table, withdrawals
from msk_jax.imaging import store as image_store
from msk_jax.input import examples, pipeline
from msk_jax.io import errors, tables
from msk_jax.models import age_model
from msk_jax.predictions import split_folder
from msk_jax.schemas import cohort_tables
from msk_jax.trained import best_parameters, model_card, network, predictor, sharding, trained_folds


@dataclasses.dataclass(frozen=True)
class Network:
  """A network's trained folds and the view's samples.

  Attributes:
    name: of the model, e.g. `knee/inception_v3`.
    folds: number of a fold to the trained split that tests on it.
    num_folds: folds of the cohort.
    samples: the view's samples, ordered by eid and instance.
    shardings: of parameters and batches on the devices.
  """

  name: str
  folds: Mapping[int, trained_folds.Fold]
  num_folds: int
  store: image_store.ImageStore
  samples: examples.Examples
  shardings: sharding.Shardings

  @property
  def card(self) -> model_card.ModelCard:
    """The card of the first trained fold: of what all folds share."""
    return next(iter(self.folds.values())).card

  @functools.cached_property
  def model(self) -> age_model.AgeModel:
    """The network; it computes in float32, whatever it was trained in, as gradients need the digits."""
    return network.build_model(dataclasses.replace(self.card.network, compute_dtype="float32"))

  def read_variables(self, fold: int) -> predictor.Variables:
    """Returns the {'params', 'batch_stats'} of a fold's best epoch, on the devices."""
    trained = self.folds[fold]
    return best_parameters.read(trained.folder, best_parameters.abstract(trained.card, self.shardings.replicated))

  def inputs_of(self, fold: int) -> pipeline.Inputs:
    """Returns the samples as a fold's network takes them."""
    card = self.folds[fold].card
    return pipeline.Inputs(
      store=self.store,
      examples=self.samples,
      image_shape=card.image_shape[:2],
      demographics=card.demographics.apply(self.samples.demographics),
      age_z=card.age.apply(self.samples.age_years),
    )

  def load(self, fold: int, rows: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures, uint8 [b, rows, columns, channels], and their side inputs, float32 [b, k].

    Args:
      fold: whose scale the side inputs have.
      rows: [b] row numbers of samples.
      sides: [b] 0, or 1 for the left of a pair.
    """
    inputs = self.inputs_of(fold)
    loaded = [inputs.load(int(row), int(side)) for row, side in zip(rows, sides, strict=True)]
    return np.stack([item["image"] for item in loaded]), np.stack([item["side"] for item in loaded])


def open_network(workdir: pathlib.Path, name: str, withdrawn: Collection[str] = ()) -> Network:
  """Opens a network of a workdir.

  Args:
    workdir: holds `models/`, `cohort/` and `images/`.
    name: the model's name.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no fold is trained, its folds are of other people than the cohort's, or images are missing.
  """
  trained = trained_folds.find(split_folder.model_folder(workdir, name))
  folds = fold_table.read(workdir)
  if any(fold.card.fold_map_hash != folds.name for fold in trained):
    raise errors.InputError(
      f"{name} was trained with another map of folds than {workdir / cohort_tables.FOLDER} holds: its test samples "
      "would be others' training samples. Train it again."
    )
  card = trained[0].card
  store = image_store.ImageStore.open(workdir / "images" / card.view.name)
  people = tables.read(workdir / cohort_tables.FOLDER / "participants.parquet", cohort_tables.PARTICIPANTS)
  visits = tables.read(workdir / cohort_tables.FOLDER / "visits.parquet", cohort_tables.VISITS)
  samples = examples.assemble(
    store.index, withdrawals.without(people, withdrawn), visits, folds.table, is_paired=card.view.is_paired
  )
  by_number = {fold.card.fold: fold for fold in trained}
  return Network(name, by_number, folds.num_folds, store, samples, sharding.make())
