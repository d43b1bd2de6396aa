"""What the gate must know of a site: which files it is meant to hold, and how many people there are."""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from msk_jax.disclosure import site_gate
from msk_jax.disclosure.site_declared import Checked, Codec, Declared, Form, Study
from msk_jax.io import run_record, tables
from msk_jax.report import files, payload, vendored
from msk_jax.report.sections import SiteTable
from msk_jax.schemas import report_tables

CODEC = Codec(payload.decode, payload.to_table)
_OF_PEOPLE = ("cohort/participants.parquet", "cohort/visits.parquet")
_NUMBERS = ("n", "num_people", "num_samples")
_DISCLOSURE = "disclosure"
SITE = "site"  # the document that each page loads
_FORMS = ("/*", "/*/*/sections", "/*/*/sections/*/items")  # cards and checklists, e.g. as many settings as participants
# Lists of documents whose entries are not people.
_THINGS = {SITE: ("/pages", "/pages/*/facts/genomes/*/chromosomes"), "model_cards": _FORMS}
_LATE = Checked(Declared("", Form.DOCUMENT))


def study_of(
  workdir: pathlib.Path, by_path: Mapping[str, pd.DataFrame], *, shows_persons: bool, typed: Iterable[str] = ()
) -> Study:
  """Returns numbers of participants, visits, and of each model's people and samples.

  Args:
    workdir: holds the cohort, if there is one.
    by_path: tables that the site is made from, by path in the workdir.
    shows_persons: whether pictures of single persons may be shown.
    typed: texts of the config; empty ones are left out.
  """
  import pyarrow.parquet as pq

  counts = {pq.read_metadata(path).num_rows for name in _OF_PEOPLE if (path := workdir / name).exists()}
  performance = by_path.get("performance/performance.parquet", pd.DataFrame())
  for name in (name for name in _NUMBERS if name in performance):
    counts |= set(performance[name].dropna().astype(int))
  return Study(frozenset(counts), shows_persons, tuple(filter(None, typed)))


def of_program() -> list[Declared]:
  """Returns the files of the program, by their hashes, with the texts beside them."""
  paths = [path for path in files.ASSETS.rglob("*") if path.is_file() and path.name != "index.html"]
  own = [
    Declared(
      f"{files.PROGRAM}/{path.relative_to(files.ASSETS).as_posix()}", Form.PROGRAM, sha256=run_record.hash_file(path)
    )
    for path in paths
  ]
  libraries = [
    Declared(f"{files.PROGRAM}/libraries/{name}.js", Form.PROGRAM, sha256=vendored.read_list()[name].sha256)
    for name in files.LIBRARIES
  ]
  texts = ["index.html", *(f"{files.PROGRAM}/libraries/{name}.LICENSE.txt" for name in files.LIBRARIES)]
  return [*own, *libraries, *of_texts(texts)]


def of_table(table: SiteTable, csv: str) -> list[Declared]:
  """Returns the files of a table: for the browser, and the CSV of that name, if it is not empty."""
  data = Declared(f"{files.DATA}/{table.name}.js", Form.TABLE, table.schema, table.whole)
  return [data, Declared(f"{files.TABLES}/{csv}", Form.CSV, table.schema)] if csv else [data]


def of_documents(names: Iterable[str]) -> list[Declared]:
  """Returns the files of documents for the browser."""
  return [Declared(f"{files.DATA}/{name}.js", Form.DOCUMENT, things=_THINGS.get(name, ())) for name in names]


def of_texts(paths: Iterable[str]) -> list[Declared]:
  """Returns texts, by their paths in the site's folder."""
  return [Declared(path, Form.TEXT) for path in paths]


def of_persons(paths: Iterable[str]) -> list[Declared]:
  """Returns pictures of single persons, by their paths in the site's folder."""
  return [Declared(path, Form.PICTURE, is_of_person=True) for path in paths]


def disclosure_table(checked: Sequence[Checked], later: Sequence[Declared]) -> SiteTable:
  """Returns the table of all files: what each is, and its smallest count.

  Args:
    checked: files after their checks.
    later: files that are written after the table is made: documents and texts, which have no counts. They are checked
      as all others are.
  """
  schema = report_tables.DISCLOSURE
  own = [Declared(f"{files.DATA}/{_DISCLOSURE}.js", Form.TABLE, schema)]
  own += [
    Declared(f"{files.TABLES}/{_DISCLOSURE}.csv", Form.CSV, schema),
    Declared(run_record.FILE_NAME, Form.DOCUMENT),
  ]
  by_name = {each.declared.name: each for each in checked if each.table is not None}
  rows = []
  for each in sorted(
    [*checked, *(Checked(declared) for declared in [*later, *own])], key=lambda each: each.declared.path
  ):
    form = each.declared.form
    data = by_name.get(each.declared.name, _LATE) if form in (Form.TABLE, Form.CSV) else _LATE
    count, column = data.smallest() or (pd.NA, "")
    rows.append(
      {
        "file": each.declared.path,
        "form": form.value,
        "what": each.declared.schema.name if each.declared.schema else "",
        "num_rows": pd.NA if data.table is None else len(data.table),
        "smallest_count": count,
        "smallest_in": column,
      }
    )
  about = (
    "A row per file of the site, after its check: what it is, how many rows it has, and its smallest count of people "
    "or samples with the column that holds it. Files without counts have none."
  )
  return SiteTable(_DISCLOSURE, "Files of the site and their smallest counts", about, tables_of(rows, schema), schema)


def tables_of(rows: Sequence[Mapping[str, object]], schema: tables.Schema) -> pd.DataFrame:
  """Returns rows as a typed table of a schema."""
  return pd.DataFrame(list(rows), columns=list(schema.columns)).astype(schema.dtypes)


def check_record(folder: pathlib.Path, study: Study) -> None:
  """Refuses a site whose run record, which is written last, may not leave.

  Raises:
    InputError: it holds what looks like an id.
  """
  record = run_record.read(folder)
  problems, _ = site_gate.Gate(folder, study, CODEC).check_json(record)
  site_gate.refuse([site_gate.Violation(run_record.FILE_NAME, place, reason) for place, reason in problems])
