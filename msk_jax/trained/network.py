"""The network that the settings describe, and the shapes of its variables."""

from typing import Any

import jax
import jax.numpy as jnp

from msk_jax.io import errors
from msk_jax.models import age_model, backbones, initialise, input_scale
from msk_jax.trained import network_spec

PARAMS, BATCH_STATS = "params", "batch_stats"  # the network's variables: parameters and BatchNorm statistics


def build_model(settings: network_spec.ModelSpec) -> age_model.AgeModel:
  """Returns the network that the settings describe.

  Raises:
    InputError: there is no such backbone or input scale.
  """
  _check("backbone", settings.backbone, backbones.BACKBONES)
  scale = settings.input_scale or input_scale.DEFAULT
  _check("input_scale", scale, input_scale.INPUT_SCALES)
  return age_model.AgeModel(
    backbone_name=settings.backbone,
    side_nodes=settings.side_nodes,
    num_dense_layers=settings.num_dense_layers,
    num_dense_nodes=settings.num_dense_nodes,
    dropout=settings.dropout,
    batch_norm_momentum=settings.batch_norm_momentum,
    dtype=jnp.dtype(settings.compute_dtype),
    remat=settings.remat,
    input_scale=scale,
  )


def variable_shapes(
  model: age_model.AgeModel, image_shape: tuple[int, int, int], num_side_inputs: int
) -> dict[str, Any]:
  """Returns shapes and dtypes of the network's {'params', 'batch_stats'}.

  Args:
    model: the network.
    image_shape: (rows, columns, channels) of the images.
    num_side_inputs: columns of the side network's input.
  """
  shapes = jax.eval_shape(
    lambda key: initialise.init_variables(model, key, image_shape, num_side_inputs), jax.random.key(0)
  )
  return {PARAMS: shapes[PARAMS], BATCH_STATS: shapes.get(BATCH_STATS, {})}


def _check(name: str, value: str, known: dict) -> None:
  if value not in known:
    raise errors.InputError(f"config.model.{name}: there is no {value!r}; choose one of {', '.join(known)}.")
