"""The stage `site`: tables of earlier stages to a folder that a browser opens."""

import dataclasses
import datetime
import hashlib
import pathlib
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.disclosure import site_gate
from msk_jax.disclosure.site_declared import Study
from msk_jax.figures import palette
from msk_jax.io import errors, outputs, printing, run_record
from msk_jax.report import (
  age_signals,
  declarations,
  files,
  inputs,
  methods,
  models,
  provenance,
  sections,
  study_words,
  vendored,
)
from msk_jax.report.sections import Content, Page, SiteTable
from msk_jax.report.spec import SiteSpec
from msk_jax.schemas import report_tables

FOLDER = "site"
_DISCLOSURE = "disclosure"  # the page that shows what the gate says
_VERSION = 1  # raise it when the outputs change for equal inputs
_PROGRAM = "pages and assets of the program"
_DRAWN = "These people are drawn by a program (a phantom), not real: their results say nothing about people."
_REAL = "Results of groups of people; no number is of fewer than five."
_UNKNOWN = "It is not on record whose data these are, nor whether the people are real. No number is of fewer than five."
_WHOSE = {"drawn": _DRAWN, "real": _REAL, "unknown": _UNKNOWN}


def make_site(workdir: pathlib.Path, settings: SiteSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes a site of all that is there; returns its folder.

  Args:
    workdir: holds the folders of the stages; gets `site/`, whole or not at all.
    settings: the stage's settings.
    withdrawn: people who have withdrawn; results with them do not leave.

  Raises:
    InputError: nothing to show, a stage that is unfinished or of other people, or what may not leave.
  """
  folder = workdir / FOLDER
  pages = sections.all_pages()
  read = inputs.read(workdir, pages, withdrawn)
  if not read.records:
    raise errors.InputError(
      f"{workdir} holds no results yet: run at least `python -m msk_jax.evaluate`, with the same --workdir."
    )
  output = outputs.Output("site", folder, settings_of(settings), {**read.hashes, _PROGRAM: _hash_program()})
  shows_persons = settings.shows_persons or read.is_drawn
  typed = (settings.title, settings.citation, settings.contact)
  study = declarations.study_of(workdir, read.tables, shows_persons=shows_persons, typed=typed)
  outputs.make_folder(
    output,
    lambda temporary: _write(temporary, pages, read, settings, study),
    check=lambda temporary: declarations.check_record(temporary, study),
  )
  _show(folder)
  return folder


def settings_of(settings: SiteSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _write(
  folder: pathlib.Path, pages: Sequence[Page], read: inputs.Inputs, settings: SiteSpec, study: Study
) -> dict[str, Any]:
  """Writes everything into `folder`, and lets it through the gate; returns the results for the run record."""
  contents = {page.name: _make(page, read, settings) for page in pages}
  shown = [table for each in contents.values() for table in each.tables]
  _check_names([table.name for table in shown])
  files.write_program(folder, settings.title)
  shown.append(_search(contents))
  written = [files.write_table(folder, table) for table in shown]
  documents = {name: value for each in contents.values() for name, value in each.documents.items()}
  texts = {path: text for each in contents.values() for path, text in each.texts.items()}
  persons = {path: png for each in contents.values() for path, png in each.persons.items()}
  files.write_others(folder, documents, texts, persons)
  gate = site_gate.Gate(folder, study, declarations.CODEC)
  checked = gate.look_at(
    [
      *declarations.of_program(),
      *declarations.of_documents(documents),
      *declarations.of_texts(texts),
      *declarations.of_persons(persons),
      *(each for table, done in zip(shown, written, strict=True) for each in declarations.of_table(table, done.csv)),
    ]
  )
  late = [*declarations.of_documents([declarations.SITE]), *declarations.of_texts([f"{files.TABLES}/README.md"])]
  listed = declarations.disclosure_table(checked, late)
  contents[_DISCLOSURE] = dataclasses.replace(contents[_DISCLOSURE], tables=(listed,))
  written.append(files.write_table(folder, listed))
  files.write_document(
    folder, declarations.SITE, _describe(pages, contents, read, settings) | {"csv": _csv_names(written)}
  )
  records = provenance.of_inputs(read)
  files.write_readme(folder, [each for each in written if each.csv], _WHOSE[read.whose], records)
  gate.look_at([*late, *declarations.of_table(listed, written[-1].csv)])
  gate.close()
  missing = {page.name: [each.path for each in read.missing(page)] for page in pages if read.missing(page)}
  for name, paths in missing.items():
    logging.warning("page %s has nothing to show: %s did not run", name, ", ".join(paths))
  return {"tables": {each.name: each.rows for each in written}, "missing": missing, "bytes": files.sizes(folder)}


def _make(page: Page, read: inputs.Inputs, settings: SiteSpec) -> Content:
  """Returns what is on a page; nothing where a source that it needs is missing."""
  return Content() if read.missing(page) else page.make(read.data_of(page, shows_persons=settings.shows_persons))


def _describe(
  pages: Sequence[Page], contents: dict[str, Content], read: inputs.Inputs, settings: SiteSpec
) -> dict[str, Any]:
  """Returns what the browser must know before any page is drawn."""
  words = study_words.of_study(read.tables.get("performance/performance.parquet"), read.records, read.num_folds)
  owners = {table.name: page for page in pages for table in contents[page.name].tables}
  lacking = age_signals.find(read.tables.get("ages/summary.parquet"), read.tables.get("ages/dimensions.parquet"))
  return {
    "title": settings.title,
    "citation": settings.citation,
    "contact": settings.contact,
    "is_drawn": read.is_drawn,
    "whose": read.whose,
    "is_comparable": read.is_comparable,
    "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    "groups": [group.value for group in sections.Group],
    "models": models.describe((table for each in contents.values() for table in each.tables), lacking.products),
    "without_age_signal": lacking.sentence,
    "palette": palette.GROUPS,
    "records": provenance.of_inputs(read),
    "methods": methods.to_json(words),
    "folds": words["folds"],
    "num_folds": read.num_folds,
    "xwas_level": study_words.xwas_level(read.records),
    "tables": {
      table.name: {"title": table.title, "about": table.about, "rows": len(table.table)}
      for each in contents.values()
      for table in each.tables
    },
    "pages": [
      {
        "name": page.name,
        "title": page.title,
        "menu": page.menu or page.title,
        "group": page.group.value,
        "about": [text for text in page.about if sections.is_said(text, read.whose, is_comparable=read.is_comparable)],
        "tables": [table.name for table in contents[page.name].tables],
        "facts": dict(contents[page.name].facts),
        "files": provenance.of_page(page, owners, read),
        "missing": provenance.missing_of_page(page, read),
      }
      for page in pages
    ],
  }


def _csv_names(written: Sequence[files.WrittenTable]) -> dict[str, str]:
  """Returns the files in `tables/` by name of the table."""
  return {each.name: each.csv for each in written if each.csv}


def _search(contents: dict[str, Content]) -> SiteTable:
  """Returns what the search box finds on all pages."""
  schema = report_tables.SEARCH
  parts = [each.search for each in contents.values() if each.search is not None]
  empty = pd.DataFrame(columns=list(schema.columns))
  table = pd.concat(parts, ignore_index=True) if parts else empty
  return SiteTable("search", "Search", "", table, schema, has_csv=False)


def _check_names(names: Sequence[str]) -> None:
  """Refuses two tables of one name: an error of a page's author."""
  if repeated := sorted({name for name in names if names.count(name) > 1}):
    raise ValueError(f"two tables of the site are called {', '.join(repeated)}")


def _hash_program() -> str:
  """Returns one hash of the program: other pages, rules of disclosure, schemas or libraries make another site."""
  folder = pathlib.Path(__file__).parents[1]
  paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
  hashes = [f"{path.relative_to(folder).as_posix()} {run_record.hash_file(path)}" for path in paths]
  hashes += [f"{path.name} {run_record.hash_file(path)}" for path in vendored.list_files(files.LIBRARIES)]
  return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _show(folder: pathlib.Path) -> None:
  """Prints how large the site is, and what it lacks."""
  record = run_record.read(folder)
  results = record["results"] if record else {"bytes": {}, "missing": {}}
  output = printing.printer(60)
  table = printing.make_table("Size of the site", ("part",), ("MB",))
  for part, size in (*results["bytes"].items(), ("all", sum(results["bytes"].values()))):
    table.add_row(part, printing.number(size / 1e6, 2))
  output.print(table)
  for page, paths in results["missing"].items():
    printing.print_text(output, f"Page {page} has nothing to show: {', '.join(paths)} did not run.")
  printing.print_text(output, f"Open {folder / 'index.html'} in a browser.", wraps=False)
