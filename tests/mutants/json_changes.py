"""Mutations of JSON records that are still JSON: keys lost, of other kinds, huge, nested without end."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.mutants.form import Mutation

_ODD_VALUES = (
  None, True, -1, 2**70, 1e308, "", "x", "9" * 30, [], {}, [[]], {"a": {"b": []}}, "a\0b", "../../x", [1, "x"],
  0.5, "2", "1", 99,
)  # fmt: skip


def _places(value: Any, path: tuple = ()) -> list[tuple]:
  """Returns the places of all values inside, as keys one after the other."""
  items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
  return [place for key, inner in items for place in [(*path, key), *_places(inner, (*path, key))]]


def _changed(data: bytes, rng: np.random.Generator, change) -> bytes:
  try:
    value = json.loads(data)
    places = _places(value)
    place = places[int(rng.integers(len(places)))]
    holder = value
    for key in place[:-1]:
      holder = holder[key]
    change(holder, place[-1])
    return json.dumps(value).encode()
  except (ValueError, IndexError, RecursionError):
    return data[: len(data) // 2]


def odd_value(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a value of another kind."""

  def change(holder, key) -> None:
    holder[key] = _ODD_VALUES[int(rng.integers(len(_ODD_VALUES)))]

  return _changed(data, rng, change)


def lost_key(data: bytes, rng: np.random.Generator) -> bytes:
  """Lacks a value."""

  def change(holder, key) -> None:
    del holder[key]

  return _changed(data, rng, change)


def other_key(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a key that nobody knows."""

  def change(holder, key) -> None:
    if isinstance(holder, dict):
      holder["unknown"] = holder.pop(key)
    else:
      holder.append(holder[key])

  return _changed(data, rng, change)


def other_root(data: bytes, rng: np.random.Generator) -> bytes:
  """Is a list, a text or a number, not an object."""
  del data
  return (b"[]", b"null", b"5", b'"text"', b"{}", b"[{}]", b"NaN", b"true", b"[[], 1]")[int(rng.integers(9))]


def deep(data: bytes, rng: np.random.Generator) -> bytes:
  """Has brackets within brackets, a hundred thousand deep."""
  depth = int(rng.integers(500, 200_000))
  mark = (b"[", b'{"a":')[int(rng.integers(2))]
  return mark * depth if rng.random() < 0.5 else data.rstrip()[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"


def long_number(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a number of ten thousand digits."""
  return data.rstrip()[:-1] + b', "long": ' + b"9" * int(rng.integers(300, 10_000)) + b"}"


def not_finite(data: bytes, rng: np.random.Generator) -> bytes:
  """Has NaN or an infinite number, which Python's JSON allows."""
  values = (float("nan"), float("inf"), float("-inf"))

  def change(holder, key) -> None:
    holder[key] = values[int(rng.integers(3))]

  return _changed(data, rng, change)


def twice_a_key(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a key twice."""
  del rng
  head, _, rest = data.partition(b"{")
  return head + b'{"schema": "other", "version": 7, ' + rest


OF_JSON: Mapping[str, Mutation] = {
  each.__name__: each
  for each in (odd_value, lost_key, other_key, other_root, deep, long_number, not_finite, twice_a_key)
}
