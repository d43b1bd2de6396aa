"""Configs become typed specs or an error that names the key."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

import pytest

from msk_jax.io import errors, specs


@dataclasses.dataclass(frozen=True)
class _Inner:
  rate: float = 0.5
  shape: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Outer:
  name: str
  size: int = 1
  kind: Literal["a", "b"] = "a"
  on: bool = False
  inner: _Inner = _Inner()
  limit: int | None = None
  groups: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)

  def __post_init__(self):
    if self.size < 1:
      raise ValueError("size is at least 1.")


def test_nested_values_are_converted():
  made = specs.from_mapping(_Outer, {"name": "x", "inner": {"rate": 1, "shape": [2, 3]}, "limit": 4})
  assert made == _Outer("x", inner=_Inner(1.0, (2, 3)), limit=4)
  assert specs.from_mapping(_Outer, dataclasses.asdict(made)) == made


def test_mappings_may_have_any_keys_but_typed_values():
  made = specs.from_mapping(_Outer, {"name": "x", "groups": {"a": [1], "b": []}})
  assert made.groups == {"a": (1,), "b": ()}
  assert specs.from_mapping(_Outer, dataclasses.asdict(made)) == made


@pytest.mark.parametrize(
  ("values", "message"),
  [
    ({"name": "x", "sise": 2}, r"config: unknown key\(s\) sise; known are"),
    ({"name": "x", "inner": {"rte": 2}}, r"config\.inner: unknown key\(s\) rte"),
    ({"name": "x", "size": "2"}, r"config\.size: expected int, got '2'"),
    ({"name": "x", "size": True}, r"config\.size: expected int"),
    ({"name": "x", "size": 1.5}, r"config\.size: expected int"),
    ({"name": "x", "kind": "c"}, r"config\.kind: 'c' is not one of a, b"),
    ({"name": "x", "inner": {"shape": "12"}}, r"config\.inner\.shape: expected a list"),
    ({"name": "x", "inner": 3}, r"config\.inner: expected a section"),
    ({"name": "x", "groups": ["a"]}, r"config\.groups: expected a section"),
    ({"name": "x", "groups": {"a": 1}}, r"config\.groups\.a: expected a list"),
    ({"name": "x", "groups": {"a": ["1"]}}, r"config\.groups\.a: expected int"),
    ({"name": "x", "size": 0}, "config: size is at least 1"),
    ({}, "config: .*name"),
  ],
)
def test_mistakes_are_named(values, message):
  with pytest.raises(errors.InputError, match=message):
    specs.from_mapping(_Outer, values)
