"""One training: a model on a split, with its data and the folder of its files."""

import dataclasses
import pathlib
from typing import Any

from msk_jax.imaging import folder_spec, view_augmentation, views
from msk_jax.trained import model_card, network
from msk_jax.training import data, spec

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
  """

  experiment: spec.ExperimentSpec
  view: views.View
  data_kind: str
  folder: pathlib.Path
  loaded: data.Loaded

  def settings(self) -> dict[str, Any]:
    """Returns the settings that determine the result, as the run record has them."""
    return settings_of(self.experiment, self.view, self.data_kind)

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
      network=dataclasses.replace(self.experiment.model, input_scale=scale, pretrained="", remat=False),
      age=self.loaded.data.scaler,
      demographics=self.loaded.demographics,
      fold_map_hash=self.loaded.hashes["folds"],
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
