"""The moments of one batch that BatchNorm normalises by in training, without dropout."""

from typing import Any

import flax.linen as nn
import jax

from msk_jax.models import age_model


def of_batch(params: Any, batch_stats: Any, batch: dict[str, jax.Array], *, model: age_model.AgeModel) -> Any:
  """Returns the mean and variance of each BatchNorm's input, like `batch_stats`, whose values do not matter.

  Args:
    params: the network's parameters.
    batch_stats: a tree of its running means and variances.
    batch: `image` [b, h, w, c], `side` float32 [b, k].
    model: the network; its backbone heeds `batch_norm_momentum`.
  """
  model = model.clone(batch_norm_momentum=0.0)  # keeps nothing of the old statistics
  variables = {"params": params, "batch_stats": batch_stats}
  with nn.intercept_methods(_without_dropout):
    _, updated = model.apply(variables, batch["image"], batch["side"], train=True, mutable=["batch_stats"])
  return updated.get("batch_stats", {})


def _without_dropout(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
  """Switches dropout off, and stochastic depth, which is dropout of whole images."""
  return args[0] if isinstance(context.module, nn.Dropout) else call(*args, **kwargs)
