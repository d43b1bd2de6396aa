"""Arrays over devices: a mesh of `data` x `state`.

A batch is split over all devices. Parameters and statistics are replicated. The optimiser's moments are split over the
axis `state`, which is one device by default.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from msk_jax.io import errors

DATA, STATE = "data", "state"


@dataclasses.dataclass(frozen=True)
class Shardings:
  """How arrays are placed on the devices.

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

  def over_state(self, array: Any) -> NamedSharding:
    """Splits the longest axis that the devices of `state` divide; an array without one is replicated.

    Args:
      array: anything with a shape.
    """
    num_parts = self.mesh.shape[STATE]
    lengths = [length if length % num_parts == 0 else 0 for length in array.shape]
    if num_parts == 1 or not any(lengths):
      return self.replicated
    axes: list[str | None] = [None] * len(lengths)
    axes[int(np.argmax(lengths))] = STATE
    return NamedSharding(self.mesh, PartitionSpec(*axes))


def abstract(shapes: Any, placement: Any) -> Any:
  """Returns a tree of shapes and dtypes that says where each array shall be placed.

  Args:
    shapes: a tree of anything with shape and dtype.
    placement: one sharding for all, or a tree like `shapes`.
  """
  if isinstance(placement, jax.sharding.Sharding):
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=placement), shapes)
  return jax.tree.map(
    lambda leaf, where: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=where), shapes, placement
  )


def make(optimizer_shards: int = 1, devices: Sequence[jax.Device] | None = None) -> Shardings:
  """Returns the shardings.

  Args:
    optimizer_shards: devices over which the optimiser's moments are split.
    devices: the devices; by default all devices of all processes.

  Raises:
    InputError: `optimizer_shards` does not divide the number of devices.
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
    InputError: the batch is not a multiple of devices and parts, or splits a pair.
  """
  unit = int(np.lcm(jax.device_count() * num_parts, num_sides * jax.process_count()))
  if batch_size % unit:
    raise errors.InputError(
      f"{name} is {batch_size}; with {jax.device_count()} device(s) in {jax.process_count()} process(es), "
      f"{num_sides} image(s) per sample and {num_parts} part(s) per step it must be a multiple of {unit}."
    )
