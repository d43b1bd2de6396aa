"""Frozen, validated dataclasses made from configs: a config object stops at the binary's edge."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from msk_jax.io import errors

T = TypeVar("T")


def from_mapping(spec: type[T], values: Mapping[str, Any], where: str = "config") -> T:
  """Builds the dataclass `spec` from a plain mapping, nested dataclasses from nested mappings.

  Args:
    spec: a dataclass whose fields are bool, int, float, str, tuples of these, mappings from str to these, dataclasses,
      or one of them or None.
    values: what `ConfigDict.to_dict()` gives; fields left out keep their defaults.
    where: the mapping's name in messages, e.g. `config.train`.

  Raises:
    InputError: an unknown key, a missing one without default, a value of a wrong type, or a value that the
      dataclass itself refuses (its `__post_init__` raises ValueError).
  """
  fields = {field.name: field for field in dataclasses.fields(spec)}  # type: ignore[arg-type]
  unknown = sorted(set(values) - set(fields))
  if unknown:
    raise errors.InputError(f"{where}: unknown key(s) {', '.join(unknown)}; known are {', '.join(sorted(fields))}.")
  hints = typing.get_type_hints(spec)
  converted = {name: _convert(hints[name], value, f"{where}.{name}") for name, value in values.items()}
  try:
    return spec(**converted)
  except (TypeError, ValueError) as error:
    raise errors.InputError(f"{where}: {error}") from error


def names(spec: type) -> list[str]:
  """Returns the names of a dataclass's fields."""
  return [field.name for field in dataclasses.fields(spec)]


def _convert(hint: Any, value: Any, where: str) -> Any:
  origin = typing.get_origin(hint)
  if origin in (typing.Union, types.UnionType):
    options = typing.get_args(hint)
    if value is None and type(None) in options:
      return None
    return _convert(next(option for option in options if option is not type(None)), value, where)
  if dataclasses.is_dataclass(hint):
    if isinstance(value, hint):  # type: ignore[arg-type]
      return value
    if not isinstance(value, Mapping):
      raise errors.InputError(f"{where}: expected a section with keys, got {value!r}.")
    return from_mapping(hint, value, where)  # type: ignore[arg-type]
  if origin is tuple:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
      raise errors.InputError(f"{where}: expected a list, got {value!r}.")
    inner = typing.get_args(hint)[0]
    return tuple(_convert(inner, item, where) for item in value)
  if origin is Mapping:
    if not isinstance(value, Mapping):
      raise errors.InputError(f"{where}: expected a section with keys, got {value!r}.")
    inner = typing.get_args(hint)[1]
    return {str(key): _convert(inner, item, f"{where}.{key}") for key, item in value.items()}
  if origin is typing.Literal:
    if value not in typing.get_args(hint):
      raise errors.InputError(f"{where}: {value!r} is not one of {', '.join(map(str, typing.get_args(hint)))}.")
    return value
  if hint is float and isinstance(value, int) and not isinstance(value, bool):
    return float(value)
  if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
    raise errors.InputError(f"{where}: expected {hint.__name__}, got {value!r}.")
  return value
