"""Blocks of parallel branches, described by tables.

A block is a tuple of branches, a branch a tuple of steps: `Conv`, `AVERAGE_POOL`, `MAX_POOL` or `Fork`. The
convolutions of a block are named `conv_0`, `conv_1`, ... in the order of the table, branch by branch;
a block has at most ten convolutions.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp

from msk_jax.models import layers

AVERAGE_POOL = "average_pool"  # 3x3, stride 1, same size
MAX_POOL = "max_pool"  # 3x3, stride 2, no padding


@dataclasses.dataclass(frozen=True)
class Conv:
  """A convolution with batch normalisation and ReLU: `filters` of `rows` x `columns`."""

  filters: int
  rows: int = 1
  columns: int = 1
  stride: int = 1
  padding: str = "SAME"


@dataclasses.dataclass(frozen=True)
class Fork:
  """A split inside a branch: `branches` start from the branch's map so far and are concatenated."""

  branches: tuple[Any, ...]


Step: TypeAlias = Conv | Fork | str
Branches: TypeAlias = tuple[tuple[Step, ...], ...]


def square(filters: int, size: int = 1) -> Conv:
  """A square kernel, same size."""
  return Conv(filters, size, size)


def halve(filters: int) -> Conv:
  """A 3x3 kernel that halves rows and columns."""
  return Conv(filters, 3, 3, stride=2, padding="VALID")


class BranchedBlock(nn.Module):
  """Applies the branches to one input and concatenates their channels.

  Attributes:
    branches: the table of the block.
    options: settings shared by all layers.
  """

  branches: Branches
  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to [b, h', w', sum of the branches' channels]."""
    return apply_branches(self.branches, x_bhwc, self.options, train=train)


def _apply_pool(pool: str, x_bhwc: jax.Array, options: layers.LayerOptions) -> jax.Array:
  if pool == AVERAGE_POOL:
    return layers.average_pool_3x3(x_bhwc)
  return layers.max_pool_3x3(x_bhwc, options.use_fast())


def apply_branches(branches: Branches, x_bhwc: jax.Array, options: layers.LayerOptions, *, train: bool) -> jax.Array:
  """Applies the branches inside a module's compact `__call__`; their convolutions are its children."""

  def run_branch(branch: tuple[Any, ...], x_bhwc: jax.Array) -> jax.Array:
    for step in branch:
      if isinstance(step, Fork):
        x_bhwc = run(step.branches, x_bhwc)
      elif isinstance(step, _Named):
        x_bhwc = apply_conv(step.conv, x_bhwc, options, train=train, name=step.name)
      else:
        x_bhwc = _apply_pool(step, x_bhwc, options)
    return x_bhwc

  def run(branches: Branches, x_bhwc: jax.Array) -> jax.Array:
    starts = [(branch, x_bhwc) for branch in branches]
    if options.use_fast():
      starts = _begin_together(branches, x_bhwc, options, train=train)
    return jnp.concatenate([run_branch(rest, y_bhwc) for rest, y_bhwc in starts], axis=-1)

  return run(_name(branches, itertools.count()), x_bhwc)


@dataclasses.dataclass(frozen=True)
class _Named:
  """A convolution and its name in the block."""

  name: str
  conv: Conv


def _name(branches: Branches, numbers: Iterator[int]) -> Branches:
  """Returns the branches with `_Named` in place of `Conv`."""

  def name_step(step: Step) -> Any:
    if isinstance(step, Fork):
      return Fork(_name(step.branches, numbers))
    return _Named(f"conv_{next(numbers)}", step) if isinstance(step, Conv) else step

  return tuple(tuple(map(name_step, branch)) for branch in branches)


def _begin_together(
  branches: Branches, x_bhwc: jax.Array, options: layers.LayerOptions, *, train: bool
) -> list[tuple[tuple[Any, ...], jax.Array]]:
  """Applies the 1x1 convolutions that begin the branches as one; an average pool before one comes after it.

  Their order does not matter, as both are linear and one acts on channels, the other on places. After the convolution
  there are up to ten times fewer channels to average.

  Returns:
    For each branch the remaining steps and the map that they start from.
  """
  leading = [i for i, branch in enumerate(branches) if _begins_with_1x1(branch)]
  starts = [(branch, x_bhwc) for branch in branches]
  if len(leading) < 2:
    return starts
  steps = [next(step for step in branches[i] if isinstance(step, _Named)) for i in leading]
  modules = [make_conv(step.conv, options, name=step.name) for step in steps]
  kernel = jnp.concatenate([module.kernel(x_bhwc.shape[-1]) for module in modules], axis=-1)
  y_bhwc = layers.convolve(x_bhwc, kernel, 1, "SAME", options)
  ends = list(itertools.accumulate(step.conv.filters for step in steps))
  for i, module, part_bhwc in zip(leading, modules, jnp.split(y_bhwc, ends[:-1], axis=-1), strict=True):
    is_pooled = branches[i][0] == AVERAGE_POOL
    if is_pooled:
      part_bhwc = layers.average_pool_3x3(part_bhwc)
    starts[i] = (branches[i][2 if is_pooled else 1 :], module.normalise(part_bhwc, train))
  return starts


def _begins_with_1x1(branch: tuple[Any, ...]) -> bool:
  first = branch[1] if branch[0] == AVERAGE_POOL else branch[0]
  return isinstance(first, _Named) and (first.conv.rows, first.conv.columns, first.conv.stride) == (1, 1, 1)


def apply_conv(conv: Conv, x_bhwc: jax.Array, options: layers.LayerOptions, *, train: bool, name: str) -> jax.Array:
  """Applies one row of a table inside a module's compact `__call__`, as its child `name`."""
  return make_conv(conv, options, name=name)(x_bhwc, train)


def make_conv(conv: Conv, options: layers.LayerOptions, *, name: str) -> layers.ConvBatchNorm:
  """Makes one row of a table inside a module's compact `__call__`, as its child `name`."""
  return layers.ConvBatchNorm(conv.filters, (conv.rows, conv.columns), conv.stride, conv.padding, options, name=name)


def apply_stem(
  stem: tuple[Conv | str, ...], x_bhwc: jax.Array, options: layers.LayerOptions, *, train: bool
) -> jax.Array:
  """Applies steps in a row inside a module's compact `__call__`, as its children `stem_0`, `stem_1`, ..."""
  numbers = itertools.count()
  for step in stem:
    if isinstance(step, Conv):
      x_bhwc = apply_conv(step, x_bhwc, options, train=train, name=f"stem_{next(numbers)}")
    else:
      x_bhwc = _apply_pool(step, x_bhwc, options)
  return x_bhwc


def stem_order(stem: tuple[Conv | str, ...]) -> list[tuple[str, ...]]:
  """Returns the paths of the stem's layers with weights, in Keras' order."""
  count = sum(isinstance(step, Conv) for step in stem)
  return [(f"stem_{i}", kind) for i in range(count) for kind in ("conv", "batch_norm")]


def names_by_depth(branches: Branches) -> list[tuple[str, str]]:
  """Returns the layers with weights in the order in which Keras lists and stores them.

  Keras sorts a network's layers by their distance from the output, the farthest first, and layers at the same
  distance by the order of the concatenated branches.

  Returns:
    (name in the block, `conv` or `batch_norm`) for each layer.
  """
  by_depth = sorted(_distances(branches, 0, itertools.count()), key=lambda entry: -entry[0])
  return [(name, kind) for _, name, kind in by_depth]


def _distances(branches: Branches, below: int, numbers: Iterator[int]) -> list[tuple[int, str, str]]:
  """Returns (distance from the end, name, kind) in the table's order; `below` layers follow the branches."""
  distances = []
  for branch in branches:
    left = below + sum(map(_length, branch))
    for step in branch:
      left -= _length(step)
      if isinstance(step, Conv):
        name = f"conv_{next(numbers)}"
        distances += [(left + 2, name, "conv"), (left + 1, name, "batch_norm")]
      elif isinstance(step, Fork):
        distances += _distances(step.branches, left + 1, numbers)
  return distances


def _length(step: Step) -> int:
  """Returns how many Keras layers deep a step is: convolution, normalisation and ReLU count one each."""
  if isinstance(step, Fork):
    return 1 + max(sum(map(_length, branch)) for branch in step.branches)
  return 3 if isinstance(step, Conv) else 1
