"""The files of a site: each is written here after a check, or is an unchanged part of the program."""

import dataclasses
import gzip
import pathlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.disclosure import door, site_tables, site_texts
from msk_jax.io import atomic, errors, tables
from msk_jax.report import column_titles, payload, vendored
from msk_jax.report.sections import SiteTable

ASSETS = pathlib.Path(__file__).parent / "assets"
LIBRARIES = ("plotly", "minisearch")
DATA, TABLES, PROGRAM = "data", "tables", "assets"
_RECORDED = ("stage", "written", "version", "revision", "settings")
_LARGE_LETTERS = 4_000_000  # of a CSV; a larger one is compressed


@dataclasses.dataclass(frozen=True)
class WrittenTable:
  """A table as it is on the site.

  Attributes:
    name: of its payload.
    csv: name of the CSV; compressed if it ends in `.gz`; empty if there is none.
    title: for people.
    about: what a row is.
    rows: how many there are.
    columns: names of the CSV's columns with their headers for people.
  """

  name: str
  csv: str
  title: str
  about: str
  rows: int
  columns: dict[str, str]


def write_program(folder: pathlib.Path, title: str) -> None:
  """Writes index.html, our scripts and style sheets, and the libraries of others with their licences."""
  shutil.copytree(ASSETS, folder / PROGRAM, ignore=shutil.ignore_patterns("index.html"))
  html = (ASSETS / "index.html").read_text(encoding="utf-8")
  door.write_text(folder / "index.html", html.replace("{{title}}", _escaped(title)))
  for name in LIBRARIES:
    library = vendored.read_list()[name]
    path = folder / PROGRAM / "libraries"
    path.mkdir(exist_ok=True)
    (path / f"{name}.js").write_bytes(library.read())
    (path / f"{name}.LICENSE.txt").write_text(f"{library.package}\n\n{library.read_licence()}", encoding="utf-8")


def write_table(folder: pathlib.Path, table: SiteTable) -> WrittenTable:
  """Writes a table as data for the browser and as CSV; both hold the same numbers.

  Raises:
    InputError: it may not leave (see `door.check_table`).
  """
  _check_name(table.name)
  door.check_table(table.table[list(table.schema.columns)].astype(table.schema.dtypes), table.schema, table.whole)
  stored = payload.round_numbers(table.table, table.schema)
  titles = column_titles.of_schema(table.schema)
  script = payload.encode(table.name, payload.of_table(stored, table.schema, titles))
  atomic.write_text(folder / DATA / f"{table.name}.js", script)
  csv = _write_csv(folder / TABLES / f"{table.name}.csv", stored, table.schema) if table.has_csv else ""
  return WrittenTable(table.name, csv, table.title, table.about, len(stored), titles)


def write_document(folder: pathlib.Path, name: str, value: Any) -> None:
  """Writes a value of JSON that is not a table as data for the browser.

  Pictures in it are not searched for ids here, as digits of their encoding mean nothing; the gate decodes them.

  Raises:
    InputError: a text in it looks like a participant's id.
  """
  _check_name(name)
  if any(door.looks_like_id(site_texts.without_pictures(text)) for text in _texts(value)):
    raise errors.InputError(
      f"{name} of the site holds what looks like a participant's id, and may not leave. Look for numbers of seven "
      "digits in config.site and in names of models."
    )
  atomic.write_text(folder / DATA / f"{name}.js", payload.encode(name, value))


def write_others(
  folder: pathlib.Path, documents: Mapping[str, Any], texts: Mapping[str, str], persons: Mapping[str, bytes]
) -> None:
  """Writes documents for the browser by name, and texts and pictures of persons by their path in the folder.

  Raises:
    InputError: one of them holds what looks like a participant's id.
  """
  for name, value in documents.items():
    write_document(folder, name, value)
  for path, text in texts.items():
    door.write_text(folder / path, text)
  for path, png in persons.items():
    with atomic.replacing(folder / path) as temporary:
      temporary.write_bytes(png)


def write_readme(
  folder: pathlib.Path, written: Sequence[WrittenTable], whose: str, records: Mapping[str, Mapping[str, str]]
) -> None:
  """Writes the README of the folder of CSV files.

  Args:
    folder: of the site.
    written: its tables.
    whose: says of whom they are.
    records: from `provenance.of_inputs`.
  """
  lines = [
    "# The tables of the site",
    "",
    f"{whose} Each file is a table of the site as CSV (UTF-8, a comma between fields), a large one compressed (gzip).",
    f"Numbers that are not counts have {payload.DIGITS} significant digits, places on the genome their base pair. An",
    "empty field is missing: unknown, or a count that would tell of few people. A text that a spreadsheet would take",
    "for a formula begins with an apostrophe.",
    "",
    "## Made from",
    "",
    "| results | stage | written | msk_jax | revision | settings |",
    "| --- | --- | --- | --- | --- | --- |",
    *(f"| `{name}/` | {' | '.join(each[key] for key in _RECORDED)} |" for name, each in records.items()),
    "",
  ]
  for table in (each for each in written if each.csv):
    lines += [f"## {table.csv}", "", f"{table.title}: {table.rows:,} rows. {table.about}", ""]
    lines += ["| column | what |", "| --- | --- |"]
    lines += [f"| `{name}` | {title} |" for name, title in table.columns.items()]
    lines.append("")
  door.write_text(folder / TABLES / "README.md", "\n".join(lines))


def sizes(folder: pathlib.Path) -> dict[str, int]:
  """Returns bytes by first folder, largest first; `index.html` counts as the program."""
  counts: dict[str, int] = {}
  for path in folder.rglob("*"):
    if path.is_file():
      parts = path.relative_to(folder).parts
      part = parts[0] if len(parts) > 1 else PROGRAM
      counts[part] = counts.get(part, 0) + path.stat().st_size
  return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _write_csv(path: pathlib.Path, table: pd.DataFrame, schema: tables.Schema) -> str:
  """Writes a table as CSV, a large one compressed; returns the file's name."""
  cells = {str(name): site_tables.csv_cells(table[name]) for name in table if table[name].dtype == "string"}
  places = {name: table[name].map(_place, na_action="ignore") for name in payload.places(schema)}
  text = table.assign(**cells, **places).to_csv(index=False, float_format=f"%.{payload.DIGITS}g", lineterminator="\n")
  if len(text) <= _LARGE_LETTERS:
    atomic.write_text(path, text)
    return path.name
  path = path.with_name(f"{path.name}.gz")
  with atomic.replacing(path) as temporary:
    temporary.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
  return path.name


def _place(value: float) -> str:
  """Returns a place on the genome in Mb, to the base pair."""
  return f"{value:.{payload.PLACE_DECIMALS}f}".rstrip("0").rstrip(".")


def _check_name(name: str) -> None:
  if not name.replace("_", "").isalnum() or not name.islower() or door.looks_like_id(name):
    raise ValueError(f"{name!r} is not a name of data: small letters, digits and _")


def _texts(value: Any) -> list[str]:
  """Returns all texts and numbers of a value of JSON, keys too."""
  if isinstance(value, dict):
    return [text for key, item in value.items() for text in (str(key), *_texts(item))]
  if isinstance(value, (list, tuple)):
    return [text for item in value for text in _texts(item)]
  return [str(value)]


def _escaped(text: str) -> str:
  return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
