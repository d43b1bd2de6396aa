"""The entries of a network's layer order in Keras: one per layer with weights."""

import dataclasses
from collections.abc import Iterable

Path = tuple[str, ...]  # the names of modules from the backbone down to one that has parameters

# The last name of a path in the Inception networks -> Keras' class.
_CLASSES_BY_NAME = {"conv": "conv2d", "up": "conv2d", "batch_norm": "batch_normalization"}


@dataclasses.dataclass(frozen=True)
class KerasLayer:
  """One entry of Keras' `model.layers` that has weights.

  Attributes:
    keras_class: Keras' class, snake-cased: `conv2d`, `depthwise_conv2d`, `batch_normalization`,
      `layer_normalization`, `dense`, `layer_scale` or `sequential`.
    paths: our modules whose arrays it holds, in Keras' order: one, several for a `sequential`.
    parts: the classes of the layers inside a `sequential`, one for each path; empty for all others.
  """

  keras_class: str
  paths: tuple[Path, ...]
  parts: tuple[str, ...] = ()

  def classes(self) -> tuple[str, ...]:
    """Returns the class of the Keras layer behind each path."""
    return self.parts or (self.keras_class,)


def single(keras_class: str, *path: str) -> KerasLayer:
  """Returns the entry of a layer that is one module here."""
  return KerasLayer(keras_class, (path,))


def sequential(*layers: KerasLayer) -> KerasLayer:
  """Returns the entry of a `keras.Sequential` of layers that are one module each."""
  return KerasLayer(
    "sequential", tuple(layer.paths[0] for layer in layers), tuple(layer.keras_class for layer in layers)
  )


def by_name(paths: Iterable[Path]) -> list[KerasLayer]:
  """Returns the entries of convolutions (`conv`, `up`) and batch normalisations (`batch_norm`) so named."""
  return [KerasLayer(_CLASSES_BY_NAME[path[-1]], (path,)) for path in paths]
