"""Weights that a training starts from: a file decides the backbone's, and with them the scale of its input."""

import dataclasses
from typing import Any

from absl import logging

from msk_jax.models import input_scale
from msk_jax.training import network, spec, state
from msk_jax.weights import pretrained

INPUT_NAME = "pretrained"  # of the file's hash in a run record


def settle(settings: spec.ModelSpec) -> tuple[spec.ModelSpec, dict[str, str]]:
  """Settles what the file of initial weights, if there is one, has a say in; its weights are not read yet.

  Args:
    settings: of the network, as the user gave them.

  Returns:
    The settings with the resolved input scale: the one given, else the file's, else the paper's; and name to SHA-256
    of the file, for the run record.

  Raises:
    InputError: no such backbone, scale or file, the file is of another kind or network, or a scale was given
      that is neither the one that the file's weights expect nor the published run's.
  """
  network.build_model(settings)
  if not settings.pretrained:
    return dataclasses.replace(settings, input_scale=settings.input_scale or input_scale.DEFAULT), {}
  source = pretrained.inspect(settings.pretrained, settings.backbone)
  scale = pretrained.settle_scale(source, settings.input_scale, "config.model.input_scale", is_published_allowed=True)
  return dataclasses.replace(settings, input_scale=scale), {INPUT_NAME: source.sha256}


def read(settings: spec.ModelSpec, abstract: state.TrainState) -> dict[str, Any] | None:
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
    "params": abstract.params[state.BACKBONE],
    "batch_stats": abstract.batch_stats.get(state.BACKBONE, {}),
  }
  found = pretrained.read(settings.pretrained, settings.backbone, expected)
  logging.info(
    "the backbone starts from %s (sha256 %.12s..., input scale %s)",
    found.source.path.name,
    found.sha256,
    found.input_scale,
  )
  return found.variables
