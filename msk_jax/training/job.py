"""One training: a model on a split, with its data and the folder of its files."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.imaging import folder_spec, view_augmentation, views
from msk_jax.predictions import split_table
from msk_jax.trained import model_card, network
from msk_jax.training import data, kept_preset, spec
from msk_jax.weights import origins

_VERSION = 2  # raised when the same settings and inputs would give another model


@dataclasses.dataclass(frozen=True)
class Job:
  """One training.

  Attributes:
    experiment: the settings, with the resolved input scale.
    view: the image set.
    data_kind: `phantom`, `ukb` or `folder`.
    folder: the model's folder, for the files of this split.
    loaded: the data.
    started_from: what the backbone's first weights came from, the latest first; empty for random ones.
    preset: that open settings come from; None where all were given.
  """

  experiment: spec.ExperimentSpec
  view: views.View
  data_kind: str
  folder: pathlib.Path
  loaded: data.Loaded
  started_from: tuple[origins.Origin, ...] = ()
  preset: kept_preset.Applied | None = None

  def settings(self) -> dict[str, Any]:
    """Returns the settings that determine the result, as the run record has them."""
    return settings_of(self.experiment, self.view, self.data_kind)

  @property
  def rows(self) -> dict[split_parts.Part, np.ndarray]:
    """The samples of each part that is predicted."""
    return {split_parts.VALIDATION: self.loaded.data.validation_rows, split_parts.TEST: self.loaded.test_rows}

  def table_of(self, predicted: Mapping[split_parts.Part, np.ndarray]) -> pd.DataFrame:
    """Returns predicted ages of each part's `rows`, years, as a table (schema predictions)."""
    samples = self.loaded.data.inputs.examples
    tables = [
      split_table.part_table(
        part, samples.eid[rows], samples.instance[rows], samples.fold[rows], samples.age_years[rows], predicted[part]
      )
      for part, rows in self.rows.items()
    ]
    return pd.concat(tables, ignore_index=True)

  def model_card(self) -> model_card.ModelCard:
    """Returns what predicting needs to know of the trained network."""
    scale = network.build_model(self.experiment.model).input_scale
    return model_card.ModelCard(
      model=self.experiment.model_name,
      fold=self.experiment.fold,
      data=self.data_kind,
      view=dataclasses.replace(self.view, augmentation=view_augmentation.Augmentation()),
      is_padded=self.view.name == folder_spec.VIEW,
      image_shape=self.loaded.data.image_shape,
      network=dataclasses.replace(
        self.experiment.model, input_scale=scale, pretrained="", pretrained_other_people=False, remat=False
      ),
      age=self.loaded.data.scaler,
      demographics=self.loaded.demographics,
      fold_map_hash=self.loaded.hashes["folds"],
      started_from=self.started_from,
      preset=None if self.preset is None else self.preset.to_json(self.experiment),
    )


def settings_of(experiment: spec.ExperimentSpec, view: views.View, data_kind: str) -> dict[str, Any]:
  """Returns the settings that determine the result, as the run record has them.

  Args:
    experiment: the settings, with the resolved input scale.
    view: the image set, of which some settings are the user's (own radiographs).
    data_kind: `phantom`, `ukb` or `folder`.
  """
  return {
    **experiment.trajectory(),
    "data": data_kind,
    "image_set": dataclasses.asdict(view),
    "version": _VERSION,
  }
