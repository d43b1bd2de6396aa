"""The backbone of a trained fold, to start other trainings from or to pass on."""

import pathlib

import jax
import numpy as np

from msk_jax.models import age_model
from msk_jax.predictions import split_folder
from msk_jax.trained import best_parameters, model_card, network
from msk_jax.weights import pretrained


def read(fold: pathlib.Path) -> tuple[str, pretrained.Pretrained]:
  """Returns the backbone's name and its weights at the best epoch, without side network and head.

  Args:
    fold: the fold's folder, `<workdir>/models/<view>/<backbone>/fold_<k>`.

  Raises:
    InputError: it is not a trained fold, or one of another program version.
  """
  card = model_card.read(fold)
  first_device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
  tree = best_parameters.read(fold, best_parameters.abstract(card, first_device))
  variables = {name: jax.tree.map(np.asarray, dict(part.get(age_model.BACKBONE, {}))) for name, part in tree.items()}
  scale = network.build_model(card.network).input_scale
  source = pretrained.Source(pathlib.Path(card.model) / split_folder.name_of(card.fold), "", scale, is_keras=False)
  return card.network.backbone, pretrained.Pretrained(variables, scale, "", source)
