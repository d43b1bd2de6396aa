"""The gate of a site: every file of its folder is declared and looked into as decoded, or the site is not written.

The door (`door.py`) checks what a stage writes, table by table. The gate is behind it. It knows nothing of how a site
was made: it reads the files back, and compares the tables with each other. A program's own files are known by their
hashes.
"""

import base64
import binascii
import gzip
import hashlib
import pathlib
import urllib.parse
import zlib
from collections.abc import Iterator, Sequence

from msk_jax.disclosure import site_counts, site_pictures, site_tables, site_texts
from msk_jax.disclosure.site_declared import Checked, Codec, Declared, Form, Study, Violation
from msk_jax.io import errors

CHECKED = (
  "Every file is declared, and is what it is declared as; the program's own files are known by their hashes.",
  "Every text is free of integers of seven digits, as participants' ids are: file names, labels, keys, hover texts, "
  "titles, comments and metadata of pictures, in packed data as decoded. Columns of counts and places on the genome "
  "are known by their types.",
  "No table has a row, and no list a number, for every participant or sample; none has columns of single persons.",
  "No document, hover text, page or text says, by a key or in words, that something is of one to four people.",
  "Every picture says of how many people it is: five or more. Pictures of single persons need a flag.",
  "Every CSV holds what the table for the browser of its name holds.",
  *site_counts.CHECKED,
)
NOT_CHECKED = (
  *site_counts.NOT_CHECKED,
  "Numbers for every participant under keys of a mapping that are not ids, or several in a row of one list.",
  "Ids written with marks between their digits, or hidden in the dots of a picture.",
  "Whether a sentence that somebody typed (title, citation, contact) says something about a person.",
)
_SHOWN = 12  # violations in a message


class Gate:
  """Looks at the files of one site, each once.

  Attributes:
    folder: of the site.
    study: numbers of people.
    codec: reads data back.
    checked: files so far, by path.
  """

  def __init__(self, folder: pathlib.Path, study: Study, codec: Codec):
    self.folder, self.study, self.codec = folder, study, codec
    self.checked: dict[str, Checked] = {}

  def look_at(self, declared: Sequence[Declared]) -> list[Checked]:
    """Returns all files so far as they are after their checks; looks at those that are new."""
    tables_first = sorted(declared, key=lambda each: each.form is Form.CSV)
    for each in tables_first:
      self.checked[each.path] = self._check(each)
    return [self.checked[path] for path in sorted(self.checked)]

  def close(self, *, ignored: Sequence[str] = ()) -> None:
    """Refuses the site if a file was wrong, if tables together tell of few people, or if a file was not looked at.

    Args:
      ignored: paths of files that are checked otherwise.

    Raises:
      InputError: names file, row and reason of each violation.
    """
    there = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir()}
    undeclared = [Violation(name, "", "it is not declared") for name in there - self.checked.keys() - set(ignored)]
    violations = [each for checked in self.checked.values() for each in checked.violations]
    refuse([*undeclared, *violations, *site_counts.find_violations(self.checked.values())])

  def _check(self, declared: Declared) -> Checked:
    path = self.folder / declared.path
    violations, num_texts, table = [], 1, None
    if site_texts.holds_id(declared.path):
      violations.append(Violation(declared.path, "", "its name looks like a participant's id"))
    if path.is_symlink() or not path.is_file():
      return Checked(declared, (*violations, Violation(declared.path, "", "it is declared and not there")))
    content = path.read_bytes()
    try:
      if declared.form is Form.TABLE:
        table, problems, num_texts = self._check_table(content, declared)
      else:
        problems, num_texts = self._check_other(content, declared)
    except (errors.InputError, UnicodeDecodeError, OSError, EOFError, zlib.error):
      problems = [("", f"it can't be read as a {declared.form.value}")]
    violations += [Violation(declared.path, place, reason) for place, reason in problems]
    return Checked(declared, tuple(violations), table, num_texts)

  def _check_table(self, content: bytes, declared: Declared):
    name, value = self.codec.decode(content.decode("utf-8"))
    table, stored = self.codec.to_table(value)
    problems = list(site_tables.find_problems(table, stored, declared, self.study))
    if name != declared.name:
      problems.append(("", "it registers another name than its file's"))
    rest = {key: item for key, item in value.items() if key != "columns"}
    rest["columns"] = [
      {key: item for key, item in column.items() if key not in ("values", "codes", "levels")}
      for column in value["columns"]
    ]
    for column in value["columns"]:
      if len(set(column.get("codes", [])) - {-1}) != len(column.get("levels", [])):
        problems.append((f"column {column['name']}", "it has texts that no row shows"))
    texts = list(site_texts.walk(rest))
    problems += [(place, _ID) for place, text in texts if site_texts.holds_id(text)]
    return table, list(dict.fromkeys(problems)), len(texts)

  def _check_other(self, content: bytes, declared: Declared) -> tuple[list[tuple[str, str]], int]:
    if declared.form is Form.PROGRAM:
      is_known = hashlib.sha256(content).hexdigest() == declared.sha256
      return ([] if is_known else [("", "it is not the program's own file")]), 0
    if declared.form is Form.PICTURE:
      return self._check_picture(content, declared)
    if declared.form is Form.DOCUMENT:
      _, value = self.codec.decode(content.decode("utf-8"))
      problems, num_texts = self.check_json(value, declared.things)
      return problems, num_texts
    text = (gzip.decompress(content) if declared.path.endswith(".gz") else content).decode("utf-8")
    if declared.form is Form.CSV and declared.schema is not None:
      beside = next((each for each in self.checked.values() if _is_data_of(each, declared)), None)
      return list(site_tables.find_differences(text, beside.table if beside else None, declared.schema)), 1
    lines = text.splitlines()
    problems = [(f"line {number}", _ID) for number, line in enumerate(lines, 1) if site_texts.holds_id(line)]
    problems += [
      (f"line {number}", site_texts.FEW)
      for number, line in enumerate(lines, 1)
      if site_texts.says_few(line, self.study.typed)
    ]
    return problems, len(lines)

  def check_json(self, value: object, things: Sequence[str] = ()) -> tuple[list[tuple[str, str]], int]:
    """Returns places and reasons of what may not leave in a value of JSON, and how many texts it has.

    Args:
      value: the document.
      things: see `Declared`.
    """
    problems = list(site_texts.find_persons(value, self.study.person_counts, things))
    texts = list(site_texts.walk(value))
    problems += site_texts.find_few(value, self.study.typed)
    for place, text in texts:
      for kind, is_packed, data in site_texts.DATA_URI.findall(text):
        problems += [(f"{place}, {where}".rstrip(", "), reason) for where, reason in _embedded(kind, is_packed, data)]
      if site_texts.holds_id(site_texts.without_pictures(text)):
        problems.append((place, _ID))
    return problems, len(texts)

  def _check_picture(self, content: bytes, declared: Declared) -> tuple[list[tuple[str, str]], int]:
    if declared.is_of_person and not self.study.shows_persons:
      return [("", "it is a picture of a person, and nobody has said that such may leave")], 0
    is_svg = declared.path.endswith(".svg")
    return _look_at_picture(content, is_svg=is_svg, is_of_person=declared.is_of_person)


def refuse(violations: Sequence[Violation]) -> None:
  """Raises an error that names violations, if there are any.

  Raises:
    InputError: there is one.
  """
  if not violations:
    return
  lines = [str(each) for each in sorted(set(violations))]
  more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
  raise errors.InputError(
    f"the site is not written, because it may not leave: {'; '.join(lines[:_SHOWN])}{more}. The stages hide small "
    "counts and ids: please report it, unless a name or a text in the config is to blame."
  )


def _is_data_of(checked: Checked, csv: Declared) -> bool:
  return checked.declared.form is Form.TABLE and checked.declared.name == csv.name


_ID = "what looks like a participant's id"


def _look_at_picture(content: bytes, *, is_svg: bool, is_of_person: bool) -> tuple[list[tuple[str, str]], int]:
  try:
    if is_svg:
      texts = list(site_pictures.texts_of_svg(content.decode("utf-8")))
      statement = site_pictures.statement_of_svg(dict(texts))
    else:
      named = site_pictures.texts_of_png(content)
      texts, statement = list(named.items()), site_pictures.statement_of(named)
  except site_pictures.DamagedPictureError as error:
    return [("", str(error))], 0
  problems = []
  for number, (where, text) in enumerate(texts, 1):
    for kind, is_packed, data in site_texts.DATA_URI.findall(text):
      problems += list(_embedded(kind, is_packed, data, needs_statement=False))
    if any(map(site_texts.holds_id, (where, site_texts.without_pictures(text)))):
      problems.append((f"text {number}", _ID))
  if not is_of_person and (reason := site_pictures.find_problem(statement)):
    problems.append(("", reason))
  return problems, len(texts)


def _embedded(kind: str, is_packed: str, data: str, *, needs_statement: bool = True) -> Iterator[tuple[str, str]]:
  """Yields what is wrong with a picture in an address `data:image/...`."""
  try:
    content = base64.b64decode(data, validate=False) if is_packed else urllib.parse.unquote_to_bytes(data)
  except (binascii.Error, ValueError):
    yield "embedded picture", "it can't be decoded"
    return
  if kind not in ("png", "svg+xml"):
    yield "embedded picture", "it is neither a PNG nor an SVG"
    return
  problems, _ = _look_at_picture(content, is_svg=kind == "svg+xml", is_of_person=not needs_statement)
  yield from ((f"embedded picture, {place}".rstrip(", "), reason) for place, reason in problems)
