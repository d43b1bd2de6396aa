"""Changes frozen specs field by field, whatever fields they have."""

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Any

_LIKELY = (12, 16)  # numbers that few settings refuse
_WORDS = ("female", "GRCh38")  # for settings that are a choice of few texts


def leaves(spec: Any, prefix: str = "") -> list[str]:
  """Returns the dotted names of all fields of a spec, those of specs in it included."""
  names: list[str] = []
  for field in dataclasses.fields(spec):
    value = getattr(spec, field.name)
    names += leaves(value, f"{prefix}{field.name}.") if dataclasses.is_dataclass(value) else [prefix + field.name]
  return names


def changed(spec: Any, name: str) -> Any | None:
  """Returns the spec with another value of the field `name`; None if the spec refuses every other value tried."""
  first, _, rest = name.partition(".")
  value = getattr(spec, first)
  hint = typing.get_type_hints(type(spec))[first]
  candidates = [changed(value, rest)] if rest else others(value, hint)
  for candidate in candidates:
    if candidate is None:  # the inner spec refuses every other value
      continue
    try:
      made = dataclasses.replace(spec, **{first: candidate})
    except ValueError:
      continue
    if made != spec:
      return made
  return None


def others(value: Any, hint: Any = None) -> Iterator[Any]:
  """Yields other values of a field, likely ones first."""
  if typing.get_origin(hint) is typing.Literal:
    yield from (option for option in typing.get_args(hint) if option != value)
  elif isinstance(value, bool):
    yield not value
  elif isinstance(value, int | float):
    yield from (value + 1, value - 1, value / 2, value * 0.9, *_LIKELY)
  elif isinstance(value, str):
    yield from (f"{value}x", *_WORDS)
  elif isinstance(value, tuple):
    inner = typing.get_args(hint)[0]
    yield from (value[:-1] for _ in value[-1:])
    yield from ((*value, item) for item in _made(inner))
    yield tuple(_made(inner))
  elif value is None:
    for spec in (option() for option in typing.get_args(hint) if dataclasses.is_dataclass(option)):
      yield from (spec, *(changed(spec, name) for name in leaves(spec)))
  elif isinstance(value, Mapping):
    inner = typing.get_args(hint)[1]
    yield from ({**value, key: item} for key, old in value.items() for item in others(old, inner))
    yield from ({**value, "x": item} for item in _made(inner))
  else:
    raise TypeError(f"say in {__name__}.others how a {type(value).__name__} is changed")


def _made(hint: Any) -> list[Any]:
  """Returns values of a type, to be put into a list or a mapping."""
  if typing.get_origin(hint) is tuple:
    return [tuple(_made(typing.get_args(hint)[0]))]
  if typing.get_origin(hint) is typing.Literal:
    return list(typing.get_args(hint))
  return {int: [1, 64], float: [1.0, 64.0], str: ["x", "y", *_WORDS]}[hint]
