"""What is searched, and how. Light: configs import it.

Defaults are the published lists (`published/search_lists.csv`).
"""

import dataclasses
import functools
from typing import Any, Literal

from msk_jax.published import search_lists
from msk_jax.scores import bootstrap_spec

_MOST_COMBINATIONS = 10_000_000


def _published(setting: str, kind: type) -> Any:
  """Returns a field whose default is the published list of a setting."""
  return dataclasses.field(default_factory=functools.partial(_published_list, setting, kind))


def _published_list(setting: str, kind: type) -> tuple[Any, ...]:
  texts = [row.ours for row in search_lists.read() if row.setting == setting and row.ours]
  return tuple(text == "true" if kind is bool else kind(text) for text in texts)


@dataclasses.dataclass(frozen=True)
class TrainLists:
  """Values of settings in `config.train`; an empty list for a setting that is not searched."""

  learning_rate: tuple[float, ...] = _published("train.learning_rate", float)
  optimizer: tuple[str, ...] = _published("train.optimizer", str)
  batch_size: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class ModelLists:
  """Values of settings in `config.model`."""

  num_dense_layers: tuple[int, ...] = _published("model.num_dense_layers", int)
  num_dense_nodes: tuple[int, ...] = _published("model.num_dense_nodes", int)
  dropout: tuple[float, ...] = _published("model.dropout", float)
  l2: tuple[float, ...] = _published("model.l2", float)


@dataclasses.dataclass(frozen=True)
class InputLists:
  """Values of settings in `config.input`."""

  augment: tuple[bool, ...] = _published("input.augment", bool)


@dataclasses.dataclass(frozen=True)
class SearchSpace:
  """The lists of values, by section of the config."""

  train: TrainLists = dataclasses.field(default_factory=TrainLists)
  model: ModelLists = dataclasses.field(default_factory=ModelLists)
  input: InputLists = dataclasses.field(default_factory=InputLists)

  def lists(self) -> dict[str, tuple[Any, ...]]:
    """Returns the values by the setting's name, e.g. `train.learning_rate`, of the settings that are searched."""
    sections = dataclasses.asdict(self)
    return {f"{section}.{name}": values for section, of in sections.items() for name, values in of.items() if values}


SETTINGS = tuple(f"{section}.{name}" for section, of in dataclasses.asdict(SearchSpace()).items() for name in of)


@dataclasses.dataclass(frozen=True)
class TuneSpec(bootstrap_spec.BootstrapSpec):
  """A search.

  Attributes:
    space: the values.
    procedure: `one_at_a_time` tries each value of each list with all other settings as the config has them; `random`
      tries combinations, drawn without replacement. The config's own settings are always trial 0.
    num_trials: of `random`, trial 0 among them. Combinations that are too large do not count.
    max_dense_weights: between the added dense layers (`model.num_dense_layers`), inputs of the first left out. A trial
      with more is not trained: of the published lists, five layers that end in 1024 nodes have 18 thousand million.
    num_bootstraps: replicates for the differences from trial 0.
    bootstrap_unit: what they draw.
    seed: of the sample of combinations, and of the bootstraps.
  """

  space: SearchSpace = dataclasses.field(default_factory=SearchSpace)
  procedure: Literal["one_at_a_time", "random"] = "one_at_a_time"
  num_trials: int = 30
  max_dense_weights: int = 100_000_000
  bootstrap_unit: bootstrap_spec.BootstrapUnit = "participant"

  def __post_init__(self) -> None:
    super().__post_init__()
    if self.num_trials < 1 or self.max_dense_weights < 0:
      raise ValueError("num_trials is at least 1, max_dense_weights at least 0.")
    size = 1
    for name, values in self.space.lists().items():
      if len(set(values)) < len(values):
        raise ValueError(f"space.{name} has a value twice: {values}.")
      size *= len(values)
    if self.procedure == "random" and size > _MOST_COMBINATIONS:
      raise ValueError(f"there are {size:,} combinations, more than {_MOST_COMBINATIONS:,}: shorten the lists.")
