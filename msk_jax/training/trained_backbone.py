"""The backbone of a trained fold, to start other trainings from or to hand on."""

import pathlib

import jax
import numpy as np

from msk_jax.io import errors
from msk_jax.models import initialise
from msk_jax.training import checkpoints, model_card, network
from msk_jax.weights import pretrained

_BACKBONE, _BEST = "backbone", "best"


def read(fold: pathlib.Path) -> tuple[str, pretrained.Pretrained]:
  """Returns the backbone's name and its weights at the best epoch, without side network and head.

  Args:
    fold: a model's folder, `<workdir>/models/<view>/<backbone>/fold_<k>`.

  Raises:
    InputError: no trained fold, or one of another program version.
  """
  card = model_card.read(fold)
  if not (fold / _BEST).is_dir():
    raise errors.InputError(f"{fold} has no finished epoch yet: train on.")
  model = network.build_model(card.network)
  shapes = jax.eval_shape(
    lambda key: initialise.init_variables(model, key, card.image_shape, card.num_side_inputs), jax.random.key(0)
  )
  here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
  abstract = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here),
    {"params": shapes["params"], "batch_stats": shapes.get("batch_stats", {})},
  )
  with checkpoints.Checkpoints(fold / _BEST, kept=1, is_writable=False) as best:
    tree = best.load(abstract)
  variables = {name: jax.tree.map(np.asarray, dict(part.get(_BACKBONE, {}))) for name, part in tree.items()}
  source = pretrained.Source(pathlib.Path(f"{card.model}/fold_{card.fold}"), "", model.input_scale, is_keras=False)
  return card.network.backbone, pretrained.Pretrained(variables, model.input_scale, "", source)
