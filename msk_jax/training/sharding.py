"""Arrays over devices: a mesh of `data` x `state`.

A batch is split over all devices, parameters and statistics are replicated, and the optimiser's moments are split over
the axis `state` (one device by default: replicated too).
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from msk_jax.io import errors
from msk_jax.training import state

DATA, STATE = "data", "state"


@dataclasses.dataclass(frozen=True)
class Shardings:
  """How arrays lie on the devices.

  Attributes:
    mesh: the devices, axes `data` and `state`.
    replicated: a copy on every device.
    by_batch: the first axis split over all devices.
  """

  mesh: Mesh
  replicated: NamedSharding
  by_batch: NamedSharding

  def to_devices(self, batch: dict[str, np.ndarray]) -> dict[str, jax.Array]:
    """Puts this host's rows of a batch on its devices; together they form the global batch."""
    return {name: jax.make_array_from_process_local_data(self.by_batch, rows) for name, rows in batch.items()}

  def of_state(self, shapes: state.TrainState) -> state.TrainState:
    """Returns where each array of a training state lies, as a tree like `shapes`."""
    everywhere = jax.tree.map(lambda _: self.replicated, shapes)
    return dataclasses.replace(everywhere, opt_state=jax.tree.map(self._split, shapes.opt_state))

  def _split(self, array: Any) -> NamedSharding:
    """Splits the longest axis that the devices of `state` divide; an array without one is replicated."""
    num_parts = self.mesh.shape[STATE]
    lengths = [length if length % num_parts == 0 else 0 for length in array.shape]
    if num_parts == 1 or not any(lengths):
      return self.replicated
    axes: list[str | None] = [None] * len(lengths)
    axes[int(np.argmax(lengths))] = STATE
    return NamedSharding(self.mesh, PartitionSpec(*axes))


def abstract(shapes: Any, where: Any) -> Any:
  """Returns a tree of shapes and dtypes that says where each array shall lie.

  Args:
    shapes: a tree of anything with shape and dtype.
    where: one sharding for all, or a tree like `shapes`.
  """
  where = jax.tree.map(lambda _: where, shapes) if isinstance(where, NamedSharding) else where
  return jax.tree.map(lambda a, place: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=place), shapes, where)


def make(optimizer_shards: int = 1, devices: Sequence[jax.Device] | None = None) -> Shardings:
  """Returns the shardings.

  Args:
    optimizer_shards: devices over which the optimiser's moments are split.
    devices: the devices; all devices of all processes if not given.

  Raises:
    InputError: the number of devices is no multiple of it.
  """
  devices = jax.devices() if devices is None else devices
  num_devices = len(devices)
  if num_devices % optimizer_shards:
    raise errors.InputError(
      f"config.train.optimizer_shards is {optimizer_shards}, which does not divide the {num_devices} device(s)."
    )
  shape = (num_devices // optimizer_shards, optimizer_shards)
  mesh = jax.make_mesh(shape, (DATA, STATE), devices=devices, axis_types=(AxisType.Auto, AxisType.Auto))
  return Shardings(mesh, NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec((DATA, STATE))))


def check_batch_size(name: str, batch_size: int, num_sides: int, num_parts: int = 1) -> None:
  """Refuses a batch that can't be split evenly.

  Args:
    name: of the setting, for the message.
    batch_size: images per step.
    num_sides: images per sample; a pair stays on one host.
    num_parts: parts that a step works on one after the other.

  Raises:
    InputError: the batch is no multiple of the devices and parts, or splits a pair.
  """
  unit = int(np.lcm(jax.device_count() * num_parts, num_sides * jax.process_count()))
  if batch_size % unit:
    raise errors.InputError(
      f"{name} is {batch_size}; with {jax.device_count()} device(s) in {jax.process_count()} process(es), "
      f"{num_sides} image(s) per sample and {num_parts} part(s) per step it must be a multiple of {unit}."
    )
