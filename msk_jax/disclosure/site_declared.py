"""What a site's folder may hold: every file is declared, with what it is."""

import dataclasses
import enum
from collections.abc import Callable, Collection
from typing import Any

import pandas as pd

from msk_jax.disclosure import door
from msk_jax.io import privacy, tables


class Form(enum.Enum):
  """Kinds of files of a site."""

  TABLE = "table for the browser"
  DOCUMENT = "document for the browser"
  CSV = "table as CSV"
  TEXT = "text"
  PICTURE = "picture"
  PROGRAM = "program"


@dataclasses.dataclass(frozen=True)
class Declared:
  """A file that the site is meant to hold.

  Attributes:
    path: in the site's folder, with `/`.
    form: what it is.
    schema: of a table.
    whole: totals beside which a table's groups are shown, if the table has them.
    sha256: of a file of the program, which is known by it alone.
    is_of_person: whether a picture is of a single person.
    things: places in a document, `*` for any key, of lists whose entries are not people though they have numbers.
  """

  path: str
  form: Form
  schema: tables.Schema | None = None
  whole: door.Whole | None = None
  sha256: str = ""
  is_of_person: bool = False
  things: tuple[str, ...] = ()

  @property
  def name(self) -> str:
    """The file's name without folders and endings."""
    return self.path.rpartition("/")[2].partition(".")[0]


@dataclasses.dataclass(frozen=True)
class Study:
  """What the gate must know of the people.

  Attributes:
    person_counts: numbers of participants and of samples, of all and by model.
    shows_persons: whether pictures of single persons may be shown: they are a phantom's, or somebody said so.
    typed: texts of the config, e.g. the title: whoever typed them knows what they say of people.
  """

  person_counts: Collection[int] = frozenset()
  shows_persons: bool = False
  typed: Collection[str] = ()


@dataclasses.dataclass(frozen=True)
class Codec:
  """How data of the browser are read back.

  Attributes:
    decode: script to name and value of JSON; raises InputError.
    to_table: value of JSON to table and schema as stored; raises InputError.
  """

  decode: Callable[[str], tuple[str, Any]]
  to_table: Callable[[Any], tuple[pd.DataFrame, tables.Schema]]


@dataclasses.dataclass(frozen=True, order=True)
class Violation:
  """Why a site may not leave.

  Attributes:
    file: path in the site's folder.
    place: row, key or part of the file; empty for the whole file.
    reason: why; without values of persons.
  """

  file: str
  place: str
  reason: str

  def __str__(self) -> str:
    where = ", ".join(part for part in (self.file, self.place) if part)
    return privacy.redact(f"{where}: {self.reason}")


@dataclasses.dataclass(frozen=True)
class Checked:
  """A file after its check.

  Attributes:
    declared: what it was declared as.
    violations: what was wrong.
    table: of a table for the browser, else None.
    num_texts: how many texts were looked at for ids.
  """

  declared: Declared
  violations: tuple[Violation, ...] = ()
  table: pd.DataFrame | None = None
  num_texts: int = 0

  def smallest(self) -> tuple[int, str] | None:
    """Returns the smallest count of people or samples above zero and its column; None without any."""
    schema = self.declared.schema
    if self.table is None or schema is None:
      return None
    columns = schema.of_kind(tables.Kind.PEOPLE, tables.Kind.SAMPLES)
    counts = [(self.table[name][self.table[name].fillna(0) > 0], name) for name in columns]
    return min(((int(values.min()), name) for values, name in counts if len(values)), default=None)
