"""Pages as they are declared: what a page is made of, and where it stands in the menu."""

import dataclasses
import enum
import fnmatch
import importlib
import pathlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.disclosure import door
from msk_jax.io import tables
from msk_jax.report import model_records
from msk_jax.report import pages as pages_package


class Group(enum.Enum):
  """Headings of the menu, in order."""

  START = "Overview"
  AGE = "Age prediction"
  CORRELATIONS = "Correlations"
  GENETICS = "Genetics"
  EXPOSURES = "Everything else (XWAS)"
  PICTURES = "Pictures"
  ABOUT = "About"


@dataclasses.dataclass(frozen=True)
class Source:
  """What a page reads of a stage: a table, or the paths of many files that the page reads itself.

  Attributes:
    stage: the binary's name.
    folder: with the stage's run record, in the workdir; with `*`, every folder that fits and has such files, each with
      a run record of its own.
    name: of the table in that folder, without `.parquet`; of many files, a pattern with `*` and their ending.
    schema: what it is.
    is_optional: whether the page is made without it; then it is None, or there are no paths.
    whose: path, from the folder, of the folder whose run record says which people were left out; empty where none
      does: the page leaves people out itself, or the results are of models whose samples their own record says.
    is_announced: whether readers are told where it is missing.
  """

  stage: str
  folder: str
  name: str
  schema: tables.Schema
  is_optional: bool = False
  whose: str = "."
  is_announced: bool = True

  @property
  def is_pattern(self) -> bool:
    """Whether the page gets paths: of tables too large for memory, or of several."""
    return "*" in f"{self.folder}{self.name}"

  @property
  def path(self) -> str:
    """Path, or pattern of paths, in the workdir."""
    return f"{self.folder}/{self.name}" + ("" if "." in self.name else ".parquet")

  def in_folders(self, folders: Iterable[str]) -> list["Source"]:
    """Returns it for each of these folders that it reads."""
    return [dataclasses.replace(self, folder=each) for each in folders if fnmatch.fnmatchcase(each, self.folder)]


def optional(stage: str, folder: str, name: str, schema: tables.Schema, *, is_announced: bool = True) -> Source:
  """Returns a source that a page is made without, too; readers are told of its lack if it `is_announced`."""
  return Source(stage, folder, name, schema, is_optional=True, is_announced=is_announced)


@dataclasses.dataclass(frozen=True)
class SiteTable:
  """A table of the site: it leaves, so its schema is shared.

  Attributes:
    name: of the payload and of the CSV, once in the site: small letters, digits and `_`.
    title: for people.
    about: what a row is, and what is to be known; for the list of tables.
    table: holds the schema's columns.
    schema: its columns.
    whole: totals beside which its groups are shown, if there are any.
    has_csv: whether it is in `tables/` too; not what is drawn alone, as the cells of a picture.
  """

  name: str
  title: str
  about: str
  table: pd.DataFrame
  schema: tables.Schema
  whole: door.Whole | None = None
  has_csv: bool = True


@dataclasses.dataclass(frozen=True)
class Content:
  """What is made for a page.

  Attributes:
    tables: its tables.
    facts: values of JSON for its script, about no single person.
    search: what the search of the site finds: schema report_search.
    documents: further values of JSON for scripts, loaded on demand by `msk.data(name)`, about no single person.
    texts: further files by their path in the site's folder, e.g. Markdown.
    persons: pictures of single persons, PNG, by their path in the site's folder; only where they may be shown.
  """

  tables: Sequence[SiteTable] = ()
  facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  search: pd.DataFrame | None = None
  documents: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  texts: Mapping[str, str] = dataclasses.field(default_factory=dict)
  persons: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Data:
  """What a page is made from.

  Attributes:
    tables: the page's sources by name; None for an optional one that is not there.
    is_drawn: whether people are a phantom's.
    is_comparable: whether published numbers may stand beside.
    files: the paths of the page's patterns by name; none for those that are not there.
    records: folder in the workdir to its stage's run record.
    models: what is on record of each model.
    withdrawn: people to leave out of what is made of the cohort's own tables.
    shows_persons: whether pictures of single persons may be shown.
  """

  tables: Mapping[str, pd.DataFrame | None]
  is_drawn: bool
  is_comparable: bool = True
  files: Mapping[str, Sequence[pathlib.Path]] = dataclasses.field(default_factory=dict)
  records: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
  models: Mapping[str, model_records.ModelRecord] = dataclasses.field(default_factory=dict)
  withdrawn: Collection[str] = ()
  shows_persons: bool = False

  def __getitem__(self, name: str) -> pd.DataFrame:
    """Returns a table that is there."""
    table = self.tables[name]
    if table is None:
      raise KeyError(name)
    return table


class PapersOnly(str):
  """A paragraph that is said only where published numbers may stand beside."""


class DrawnOnly(str):
  """A paragraph that is said only of people drawn by a program."""


def is_said(text: str, whose: str, *, is_comparable: bool) -> bool:
  """Returns whether a paragraph is right for these data.

  Args:
    text: of `Page.about`.
    whose: `drawn`, `real` or `unknown`.
    is_comparable: whether published numbers may stand beside.
  """
  if isinstance(text, PapersOnly):
    return is_comparable
  return whose == "drawn" if isinstance(text, DrawnOnly) else True


@dataclasses.dataclass(frozen=True)
class Page:
  """A page.

  Attributes:
    name: of its address and its script.
    title: above it.
    group: where it stands in the menu.
    order: its place within the group.
    about: what the info button says: paragraphs of plain text, some of them for some data only (see `is_said`).
    make: makes its tables; called where no source that it needs is missing.
    sources: what it reads, by the names `make` knows.
    menu: its name in the menu, where the group's name says the rest; the title if empty.
    uses: names of other pages' tables that its script loads, so that it says where they come from; it is shown
      without them.
  """

  name: str
  title: str
  group: Group
  order: int
  about: Sequence[str]
  make: Callable[[Data], Content]
  sources: Mapping[str, Source] = dataclasses.field(default_factory=dict)
  menu: str = ""
  uses: Sequence[str] = ()

  @property
  def inputs(self) -> Sequence[Source]:
    """All that it reads."""
    return list(self.sources.values())


def all_pages() -> list[Page]:
  """Returns the pages of `report/pages`, in the menu's order."""
  names = [module.name for module in pkgutil.iter_modules(pages_package.__path__)]
  pages = [importlib.import_module(f"{pages_package.__name__}.{name}").PAGE for name in names]
  return sorted(pages, key=lambda page: (list(Group).index(page.group), page.order, page.name))


def part_of(schema: tables.Schema, names: Sequence[str]) -> tables.Schema:
  """Returns a schema with some of its columns."""
  return dataclasses.replace(schema, columns={name: schema.columns[name] for name in names})
