"""What a format is: whole files, what may be changed in them, and the package's own reader."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

Mutation = Callable[[bytes, np.random.Generator], bytes]


@dataclasses.dataclass(frozen=True)
class Reading:
  """What a reader made of a file.

  Attributes:
    values: a hash of everything that it returned.
    counted: what it says that it left out or doubted: reason to number.
  """

  values: str
  counted: Mapping[str, int] = dataclasses.field(default_factory=dict)


class DroppedError(Exception):
  """The package's reason code against a file of many: it is left out and counted, and the run goes on."""


@dataclasses.dataclass(frozen=True)
class Form:
  """A format of files.

  Attributes:
    name: of the format.
    make: writes whole files into an empty folder.
    read: reads them from such a folder as a stage does. Raises InputError, or DroppedError.
    targets: globs of the files that are changed.
    mutations: further ones, which know the format.
    is_text: whether mutations of text are added.
    is_checked: whether the format tells a changed value from a whole one, so that none may pass without a word.
    share: how many mutants it gets, beside other formats.
    needs_all: whether every file is needed: one that is missing or no file must then be refused or counted.
  """

  name: str
  make: Callable[[pathlib.Path], None]
  read: Callable[[pathlib.Path], Reading]
  targets: tuple[str, ...]
  mutations: Mapping[str, Mutation] = dataclasses.field(default_factory=dict)
  is_text: bool = False
  is_checked: bool = False
  share: float = 1.0
  needs_all: bool = True


def digest(*values: Any) -> str:
  """Returns a hash of tables, arrays, and anything with a stable text."""
  total = hashlib.sha256()
  for value in values:
    total.update(_content(value))
  return total.hexdigest()[:16]


def _content(value: Any) -> bytes:
  if isinstance(value, pd.DataFrame):
    return f"{list(value.columns)} {len(value)} ".encode() + value.to_csv(index=False).encode()
  if isinstance(value, np.ndarray):
    return f"{value.dtype} {value.shape} ".encode() + np.ascontiguousarray(value).tobytes()
  return repr(value).encode()
