"""Cascading randomisation: a network loses what it learnt, from its output down to its input (Adebayo et al. 2018).

A layer is randomised by shuffling the weights that come into each of its units, each unit's by themselves. Their sum
stays, and so do biases, numbers of BatchNorm and multipliers of channels. So a unit answers about as often as before.
Drawn afresh, signals would fade through a hundred layers. Shuffled across units, a head in which few of the units
answer falls silent: of `make study`'s knee network no map at all had a value. A map of the network should not outlive
this.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from msk_jax.models import age_model

HEAD, ALL = "head", "all"


@dataclasses.dataclass(frozen=True)
class Stage:
  """A network whose upper layers are randomised.

  Attributes:
    name: the lowest layer that is randomised; `head` for all that is above the backbone, `all` for all layers.
    share: of the network's weights that are randomised; biases and numbers of BatchNorm are not counted.
    variables: {'params', 'batch_stats'}.
  """

  name: str
  share: float
  variables: dict[str, Any]


def cascade(variables: dict[str, Any], parts: list[str], num_stages: int, seed: int) -> Iterator[Stage]:
  """Yields networks with more and more randomised layers: the head, then the backbone in parts, at last all of it.

  Args:
    variables: of the trained network.
    parts: of the backbone, from `module_order.backbone_parts`.
    num_stages: of the backbone.
    seed: of the shuffling; a layer is shuffled in the same way at every stage.

  Raises:
    ValueError: some of the backbone's parameters belong to none of the parts.
  """
  missing = set(variables["params"][age_model.BACKBONE]) - set(parts)
  if missing:
    raise ValueError(f"these parts of the backbone are in no order: {', '.join(sorted(missing))}")
  yield _stage(HEAD, variables, frozenset(), seed)
  downwards = parts[::-1]
  bounds = np.unique(np.rint(np.linspace(0, len(downwards), num_stages + 1)).astype(int)[1:])
  for bound in bounds:
    name = ALL if bound == len(downwards) else downwards[bound - 1]
    yield _stage(name, variables, frozenset(downwards[:bound]), seed)


def _stage(name: str, variables: dict[str, Any], parts: frozenset[str], seed: int) -> Stage:
  """Returns the network with its head and these parts of the backbone randomised."""
  flat, structure = jax.tree_util.tree_flatten_with_path(variables)
  leaves, num_shuffled, num_all = [], 0, 0
  for number, (path, leaf) in enumerate(flat):
    _, top, *rest = (key.key for key in path)
    is_weights = leaf.ndim > 1  # the last axis is that of the units
    is_shuffled = is_weights and (top != age_model.BACKBONE or rest[0] in parts)
    num_all += leaf.size * is_weights
    num_shuffled += leaf.size * is_shuffled
    leaves.append(_shuffled(leaf, np.random.default_rng([seed, number])) if is_shuffled else leaf)
  return Stage(name, num_shuffled / num_all, jax.tree_util.tree_unflatten(structure, leaves))


def _shuffled(leaf: Any, rng: np.random.Generator) -> Any:
  """Returns weights [..., units] with each unit's in an order of its own, on the same devices."""
  values = rng.permuted(np.asarray(leaf).reshape(-1, leaf.shape[-1]), axis=0).reshape(leaf.shape)
  return jax.device_put(values, leaf.sharding) if isinstance(leaf, jax.Array) else values
