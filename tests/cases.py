"""Cases of which one shows a behaviour, and the others that it holds throughout."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_of(cases: Iterable[Any], number: int = 1) -> list[Any]:
  """Returns parameters of a test: `make test` runs the first ones, `make test-long` the others.

  Args:
    cases: a value, or a tuple of values, for each.
    number: how many are the first.
  """
  listed = list(cases)
  others = [case if isinstance(case, tuple) else (case,) for case in listed[number:]]
  return [*listed[:number], *(pytest.param(*case, marks=pytest.mark.long) for case in others)]
