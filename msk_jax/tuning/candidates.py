"""Which settings are tried, in which order."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from msk_jax.models import age_model
from msk_jax.tuning import spec

_LAYERS, _NODES = "model.num_dense_layers", "model.num_dense_nodes"


@dataclasses.dataclass(frozen=True)
class Candidate:
  """Settings to try.

  Attributes:
    changes: what differs from the config, by name, e.g. `train.learning_rate`; empty for the config itself.
    too_large: why it can't be trained; empty if it can.
  """

  changes: Mapping[str, Any]
  too_large: str = ""


def choose(settings: spec.TuneSpec, defaults: Mapping[str, Any]) -> list[Candidate]:
  """Returns what to try, the config itself first. More trials, or longer lists at a time, begin with the same ones.

  Args:
    settings: the search.
    defaults: what the config has for each of `spec.SETTINGS`.
  """
  changes = _one_at_a_time(settings, defaults) if settings.procedure == "one_at_a_time" else _drawn(settings, defaults)
  chosen, num_trained = [Candidate({})], 1
  for each in changes:
    if settings.procedure == "random" and num_trained >= settings.num_trials:
      break
    candidate = Candidate(each, _why_too_large({**defaults, **each}, settings.max_dense_weights))
    num_trained += not candidate.too_large
    chosen.append(candidate)
  return chosen


def _one_at_a_time(settings: spec.TuneSpec, defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
  for name, values in settings.space.lists().items():
    yield from ({name: value} for value in values if value != defaults[name])


def _drawn(settings: spec.TuneSpec, defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
  """Yields all combinations in random order, each once; without dense layers their nodes do not count."""
  lists = settings.space.lists()
  shape = tuple(map(len, lists.values()))
  seen: set[frozenset[tuple[str, Any]]] = {frozenset()}
  for number in np.random.default_rng(settings.seed).permutation(math.prod(shape)):
    places = np.unravel_index(number, shape) if shape else ()
    values = {name: values[place] for (name, values), place in zip(lists.items(), places, strict=True)}
    if values.get(_LAYERS, defaults[_LAYERS]) == 0:
      values.pop(_NODES, None)
    changes = {name: value for name, value in values.items() if value != defaults[name]}
    if frozenset(changes.items()) not in seen:
      seen.add(frozenset(changes.items()))
      yield changes


def _why_too_large(values: Mapping[str, Any], most: int) -> str:
  sizes = age_model.dense_sizes(values[_LAYERS], values[_NODES])
  weights = sum(first * second for first, second in itertools.pairwise(sizes))
  if weights <= most:
    return ""
  return f"its dense layers have {weights:,} weights, more than config.tune.max_dense_weights = {most:,}"
