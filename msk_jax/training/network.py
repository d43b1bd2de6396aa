"""The network that the settings describe."""

import jax.numpy as jnp

from msk_jax.io import errors
from msk_jax.models import age_model, backbones, input_scale
from msk_jax.training import spec


def build_model(settings: spec.ModelSpec) -> age_model.AgeModel:
  """Returns the network that the settings describe.

  Raises:
    InputError: no such backbone or input scale.
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


def _check(name: str, value: str, known: dict) -> None:
  if value not in known:
    raise errors.InputError(f"config.model.{name}: there is no {value!r}; choose one of {', '.join(known)}.")
