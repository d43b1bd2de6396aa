"""Weights that a training starts from. A file gives the backbone's, and with them the scale of its input."""

import dataclasses
from typing import Any

from absl import logging

from msk_jax.models import age_model, input_scale
from msk_jax.trained import network, network_spec
from msk_jax.training import state
from msk_jax.weights import pretrained

INPUT_NAME = "pretrained"  # of the file's hash in a run record


def settle(settings: network_spec.ModelSpec) -> tuple[network_spec.ModelSpec, dict[str, str]]:
  """Settles what depends on the file of initial weights, if there is one; its weights are not read yet.

  Args:
    settings: of the network, as the user gave them.

  Returns:
    The settings with the resolved input scale: the user's, else the file's, else the paper's; and name to SHA-256 of
    the file, for the run record.

  Raises:
    InputError: there is no such backbone, scale or file, the file is of another kind or network, or the user gave a
      scale that is neither the one that the file's weights expect nor the published run's.
  """
  network.build_model(settings)
  if not settings.pretrained:
    return dataclasses.replace(settings, input_scale=settings.input_scale or input_scale.DEFAULT), {}
  source = pretrained.inspect(settings.pretrained, settings.backbone)
  scale = pretrained.settle_scale(source, settings.input_scale, "config.model.input_scale", is_published_allowed=True)
  return dataclasses.replace(settings, input_scale=scale), {INPUT_NAME: source.sha256}


def read(settings: network_spec.ModelSpec, abstract: state.TrainState) -> dict[str, Any] | None:
  """Returns the backbone's {'params', 'batch_stats'} of the file, NumPy arrays; None if weights start random.

  Args:
    settings: of the network.
    abstract: shapes of the training state.

  Raises:
    InputError: as `settle`; or the file holds other layers than the backbone has.
  """
  if not settings.pretrained:
    return None
  expected = {
    "params": abstract.params[age_model.BACKBONE],
    "batch_stats": abstract.batch_stats.get(age_model.BACKBONE, {}),
  }
  weights = pretrained.read(settings.pretrained, settings.backbone, expected)
  logging.info(
    "the backbone starts from %s (sha256 %.12s..., input scale %s)",
    weights.source.path.name,
    weights.sha256,
    weights.input_scale,
  )
  return weights.variables
