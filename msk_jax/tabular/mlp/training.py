"""Trains many networks at once: one compiled program, the data on each device once, networks split over devices.

On an accelerator networks go through an epoch in groups, by vmap. On a CPU they go one after the other within the same
program. A network's step, a megabyte of activations, then stays in the core's cache, which makes it a third faster than
groups (benchmarks/mlp.py). A network that has stopped costs nothing. Networks do not influence one another.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from msk_jax.tabular.mlp import epoch, stored_rows

_MODELS = "models"
_GROUP_ON_ACCELERATOR = 256  # networks in one vmap
MIN_SLOTS = 2  # per device: XLA simplifies a program for a single network, which changes its rounding


def use_cores(num_cores: int) -> None:
  """Lets JAX see a CPU as `num_cores` devices, so that a network trains on each core.

  It has an effect only before JAX computes anything in this process. Networks are the same without it.
  """
  with contextlib.suppress(RuntimeError):
    jax.config.update("jax_num_cpu_devices", num_cores)


@dataclasses.dataclass(frozen=True)
class Fits:
  """Trained networks.

  Attributes:
    params: the best parameters of each, leaves [m, ...] float32.
    score: float64 [m], R2 on the early-stopping rows.
    epochs: int64 [m], epochs of training.
  """

  params: Any
  score: np.ndarray
  epochs: np.ndarray


class Trainer:
  """Holds the data on the devices; trains and scores networks there.

  Attributes:
    group: networks in one vmap.
  """

  def __init__(self, data_nq: np.ndarray, group: int | None = None, devices: Sequence[jax.Device] | None = None):
    """Puts the data on the devices.

    Args:
      data_nq: float32 [n, p + 1], stored rows: features in their own units, then the target.
      group: networks in one vmap; by default one on CPUs, many on accelerators.
      devices: all local ones by default.
    """
    devices = jax.local_devices() if devices is None else devices
    self.group = group or (1 if devices[0].platform == "cpu" else _GROUP_ON_ACCELERATOR)
    self._mesh = jax.make_mesh((len(devices),), (_MODELS,), devices=devices, axis_types=(AxisType.Auto,))
    self._split = NamedSharding(self._mesh, PartitionSpec(_MODELS))
    self._data_nq = jax.device_put(data_nq, NamedSharding(self._mesh, PartitionSpec()))

  def train(self, problems: Sequence[epoch.Problem]) -> Fits:
    """Trains a network per problem until each has stopped."""
    slots = self._slots(len(problems))
    stacked = self._stack(problems, slots)
    max_width = min(stored_rows.MAX_BATCH, len(self._data_nq))  # not that of these problems: see MIN_SLOTS
    begin, advance = programs(self._mesh, min(self.group, len(slots) // self._mesh.size), max_width)
    state = begin(stacked)
    is_running = slots >= 0
    while is_running.any():
      order, count = self._running_first(is_running)
      state = advance(state, self._data_nq, stacked, order, count)
      is_running = np.asarray(state.is_running) & (slots >= 0)
    place = self._places(slots, len(problems))
    best, score, epochs = jax.device_get((state.best, state.best_score, state.epoch))
    return Fits(pick(best, place), score[place].astype(np.float64), epochs[place].astype(np.int64))

  def score(self, problems: Sequence[epoch.Problem], params: Any, rows: Sequence[stored_rows.Segments]) -> np.ndarray:
    """Returns R2 of networks on some rows each, float64 [m].

    Args:
      problems: for the scaling.
      params: leaves [m, ...].
      rows: m lists of rows.
    """
    slots = self._slots(len(problems))
    stacked = self._stack(list(zip(problems, rows, strict=True)), slots)
    params = jax.device_put(pick(params, slots), self._split)
    scores = np.asarray(_scorer(self._mesh)(self._data_nq, *stacked, params), np.float64)
    return scores[self._places(slots, len(problems))]

  def _slots(self, num_models: int) -> np.ndarray:
    """Returns which model each slot holds, dealt to the devices in turn; -1 for surplus ones."""
    size = self._mesh.size
    per_device = max(-(-num_models // size), MIN_SLOTS)
    dealt = np.arange(per_device * size).reshape(per_device, size).T.reshape(-1)
    return np.where(dealt < num_models, dealt, -1)

  def _places(self, slots: np.ndarray, num_models: int) -> np.ndarray:
    """Returns the slot of each model: the inverse of `_slots`."""
    return np.argsort(slots, kind="stable")[len(slots) - num_models :]

  def _stack(self, trees: Sequence[Any], slots: np.ndarray) -> Any:
    """Returns trees as one with a leading axis of slots, on the devices; surplus slots repeat a tree."""
    chosen = [trees[slot] for slot in slots]  # -1 is the last
    return jax.device_put(jax.tree.map(lambda *leaves: np.stack(leaves), *chosen), self._split)

  def _running_first(self, is_running: np.ndarray) -> tuple[jax.Array, jax.Array]:
    """Returns per device its slots, running ones first, int32 [m], and how many run, int32 [devices]."""
    by_device = is_running.reshape(self._mesh.size, -1)
    order = np.argsort(~by_device, axis=1, kind="stable").astype(np.int32)
    return jax.device_put((order.reshape(-1), by_device.sum(axis=1, dtype=np.int32)), self._split)


def pick(params: Any, place: int | np.ndarray) -> Any:
  """Returns the parameters of one network or of several, from leaves [m, ...] of all networks."""
  return jax.tree.map(lambda leaf: leaf[place], params)


@functools.lru_cache(maxsize=16)
def programs(mesh: jax.sharding.Mesh, group: int, max_width: int) -> tuple[Any, Any]:
  """Returns the compiled start and the compiled epoch of all networks."""
  split, everywhere = PartitionSpec(_MODELS), PartitionSpec()
  begin = jax.shard_map(jax.vmap(epoch.start), mesh=mesh, in_specs=split, out_specs=split, check_vma=False)
  advance = functools.partial(_advance, group=group, max_width=max_width)
  specs = (split, everywhere, split, split, split)
  advance = jax.shard_map(advance, mesh=mesh, in_specs=specs, out_specs=split, check_vma=False)
  return jax.jit(begin), jax.jit(advance, donate_argnums=0)


@functools.lru_cache(maxsize=4)
def _scorer(mesh: jax.sharding.Mesh) -> Any:
  split, everywhere = PartitionSpec(_MODELS), PartitionSpec()

  def score(data_nq: jax.Array, problem: Any, rows: stored_rows.Segments, params: Any) -> jax.Array:
    return jax.lax.map(lambda each: epoch.r2(data_nq, each[0], each[2], each[1]), (problem, rows, params))

  return jax.jit(
    jax.shard_map(score, mesh=mesh, in_specs=(everywhere, split, split, split), out_specs=split, check_vma=False)
  )


def _advance(
  state: epoch.State,
  data_nq: jax.Array,
  problem: epoch.Problem,
  order: jax.Array,
  count: jax.Array,
  *,
  group: int,
  max_width: int,
) -> epoch.State:
  """Returns all networks of a device after an epoch of those that are still running.

  Args:
    state: leaves [m, ...].
    data_nq: [n, p + 1].
    problem: leaves [m, ...].
    order: [m] slots, running ones first.
    count: [1] how many are running.
    group: networks in one vmap.
    max_width: places in a batch.
  """
  train_one = functools.partial(epoch.train_epoch, data_nq, max_width=max_width)

  def train_slot(i: jax.Array, state: epoch.State) -> epoch.State:
    slot = order[i]
    trained = train_one(*jax.tree.map(lambda leaf: leaf[slot], (problem, state)))
    return jax.tree.map(lambda old, new: old.at[slot].set(new), state, trained)

  def train_group(i: jax.Array, state: epoch.State) -> epoch.State:
    place = i * group + jnp.arange(group, dtype=jnp.int32)
    slots = order[jnp.minimum(place, len(order) - 1)]
    trained = jax.vmap(train_one)(*jax.tree.map(lambda leaf: leaf[slots], (problem, state)))
    target = jnp.where(place < count[0], slots, len(order))  # beyond the end: dropped
    return jax.tree.map(lambda old, new: old.at[target].set(new, mode="drop"), state, trained)

  if group == 1:
    return jax.lax.fori_loop(0, count[0], train_slot, state)
  return jax.lax.fori_loop(0, (count[0] + group - 1) // group, train_group, state)
