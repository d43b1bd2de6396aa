"""Arrays over devices: the batch is split along the mesh axis `data`, everything else is replicated."""

import dataclasses
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from msk_jax.io import errors


@dataclasses.dataclass(frozen=True)
class Shardings:
  """The two ways an array lies on the devices.

  Attributes:
    replicated: a copy on every device.
    by_batch: the first axis split over the devices.
  """

  replicated: NamedSharding
  by_batch: NamedSharding

  def to_devices(self, batch: dict[str, np.ndarray]) -> dict[str, jax.Array]:
    """Puts this host's rows of a batch on its devices; together they form the global batch."""
    return {name: jax.make_array_from_process_local_data(self.by_batch, rows) for name, rows in batch.items()}

  def abstract(self, shapes: Any) -> Any:
    """Returns a tree of shapes and dtypes that says where each array shall lie: replicated."""
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=self.replicated), shapes)


def make() -> Shardings:
  """Returns the shardings over all devices of all processes."""
  mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
  return Shardings(NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("data")))


def check_batch_size(name: str, batch_size: int, num_sides: int) -> None:
  """Refuses a batch that can't be split evenly.

  Args:
    name: of the setting, for the message.
    batch_size: images per step.
    num_sides: images per sample; a pair stays on one host.

  Raises:
    InputError: the batch is no multiple of the devices, or splits a pair.
  """
  unit = int(np.lcm(jax.device_count(), num_sides * jax.process_count()))
  if batch_size % unit:
    raise errors.InputError(
      f"{name} is {batch_size}; with {jax.device_count()} device(s) in {jax.process_count()} process(es) and "
      f"{num_sides} image(s) per sample it must be a multiple of {unit}."
    )
