"""The one door: tables, texts and figures that may leave for sharing are written here, after a check, or refused.

The caller masks small counts (`small_counts`), as only the caller knows the people behind them. The door knows the
table and its schema. It refuses what still tells of a single person, and what it does not know.
"""

import dataclasses
import pathlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import figure as mpl_figure
from matplotlib import text as mpl_text

from msk_jax.disclosure import numbers, small_counts, variants
from msk_jax.figures import frame
from msk_jax.io import atomic, errors, privacy, tables, tsv
from msk_jax.io.tables import Kind

_OF_ONE_PERSON = (Kind.IDENTIFIER, Kind.PERSONAL, Kind.POSITION)
_BASE_PAIRS, _MILLIONS = "bp", "Mb"
_MISSING = "#NA"  # in data files, as GWAS-SSF has it
_RS_NUMBER = re.compile(r"(?<![0-9A-Za-z])rs[0-9]+(?![0-9A-Za-z])")


@dataclasses.dataclass(frozen=True)
class Whole:
  """The table that holds the totals of a table of groups; both are shared.

  Attributes:
    table: a row per whole.
    schema: of that table.
    keys: columns of both tables that say which whole a group is part of.
    partition: columns of the table of groups that, with the keys, say which groups are side by side, e.g. `kind`.
  """

  table: pd.DataFrame
  schema: tables.Schema
  keys: Sequence[str]
  partition: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class SharedFigure:
  """A figure and what it was made of.

  Attributes:
    figure: the figure.
    num_people: people whose data it shows.
    fewest_people: people behind the mark that has the fewest; None if there is no mark.
  """

  figure: mpl_figure.Figure
  num_people: int
  fewest_people: int | None


def write_table(
  folder: pathlib.Path,
  name: str,
  table: pd.DataFrame,
  schema: tables.Schema,
  hidden: Collection[str] = (),
  whole: Whole | None = None,
) -> None:
  """Writes a table that may leave, as `tables.write_with_csv` does.

  Args:
    folder: where the files go.
    name: of the files.
    table: holds the schema's columns.
    schema: its columns' kinds decide what is checked.
    hidden: columns that the CSV leaves out.
    whole: the totals beside which the table's groups are shown, if there are any.

  Raises:
    InputError: a name that looks like an id; see `check_table`.
  """
  if _looks_like_id(name):
    raise _refused(schema, "the name of its files looks like a participant's id")
  check_table(table, schema, whole)
  tables.write_with_csv(folder, name, table, schema, hidden)


def write_variants(path: pathlib.Path, parts: Iterable[pd.DataFrame], schema: tables.Schema) -> int:
  """Writes a data file of variants that may leave, as `tsv.write_parts` does; returns its rows.

  Only here may places on the genome be in base pairs: it is what the standards of such files ask for.

  Args:
    path: of the file, `.tsv.gz`.
    parts: the table's rows, in order; each may lack columns of the schema, the same ones.
    schema: the columns, in order; their kinds decide what is checked.

  Raises:
    InputError: a name that looks like an id; see `check_table`.
  """
  if _looks_like_id(path.name):
    raise _refused(schema, "the name of its file looks like a participant's id")

  def checked() -> Iterator[pd.DataFrame]:
    for part in parts:
      held = dataclasses.replace(
        schema, columns={name: schema.columns[name] for name in schema.columns if name in part}
      )
      if surplus := [str(name) for name in part if name not in held.columns]:
        raise _refused(schema, f"its columns {', '.join(surplus)} are not known")
      _check(part, held, is_data=True)
      yield part[list(held.columns)]

  return tsv.write_parts(path, checked(), _MISSING)


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes a text that may leave.

  Args:
    path: of the file.
    text: its content; an rs number is not an id.

  Raises:
    InputError: the text, or the file's name, holds what looks like an id.
  """
  if _looks_like_id(path.name) or _looks_like_id(_RS_NUMBER.sub("rs", text)):
    raise errors.InputError(
      "a text is not written: it, or its file's name, holds what looks like a participant's id, and it may not leave. "
      "Look for numbers of seven digits in names of traits and models, and in the settings."
    )
  atomic.write_text(path, text)


def write_arrays(path: pathlib.Path, arrays: Mapping[str, np.ndarray], fewest_people: int) -> None:
  """Writes arrays of floats that may leave, as NPZ; equal arrays give equal bytes.

  Args:
    path: of the file, `.npz`.
    arrays: name to means over people, such as a mean picture.
    fewest_people: people behind the array that has the fewest.

  Raises:
    InputError: an array is of fewer than five people, or not of floats; a name looks like an id.
  """
  if fewest_people < small_counts.FEWEST_PEOPLE:
    raise errors.InputError(
      f"arrays {path.name} are not written: one is of fewer than {small_counts.FEWEST_PEOPLE} people and may not "
      "leave. This is an error of the program: please report it."
    )
  if any(map(_looks_like_id, (path.stem, *arrays))) or any(array.dtype.kind != "f" for array in arrays.values()):
    raise errors.InputError(
      "arrays are not written: a name looks like a participant's id, or an array holds other things than means, and "
      "they may not leave. This is an error of the program: please report it."
    )
  with atomic.replacing(path) as temporary, temporary.open("wb") as file:
    np.savez_compressed(file, allow_pickle=False, **arrays)


def looks_like_id(text: str) -> bool:
  """Returns whether a text holds what looks like a participant's id: then it may not leave."""
  return _looks_like_id(text)


def check_table(table: pd.DataFrame, schema: tables.Schema, whole: Whole | None = None) -> None:
  """Refuses a table that may not leave.

  Args:
    table: see `write_table`.
    schema: see `write_table`.
    whole: see `write_table`.

  Raises:
    InputError: a schema that is not shared; a column of ids, positions or values of one person; a text or an estimate
      that looks like an id; a count of one to four people or samples; numbers of samples and people that differ by one
      to four; groups without a total, or beside whose total one to four people can be counted; places on the genome in
      base pairs; a text of a place that is none; results of variants that `variants.find_problem` has a word on.
  """
  _check(table, schema, is_data=False)
  if whole is not None:
    _check_groups(table, schema, whole)


def _check(table: pd.DataFrame, schema: tables.Schema, *, is_data: bool) -> None:
  """Refuses what `check_table` says; a data file may have base pairs."""
  if not schema.is_shared:
    raise _refused(schema, "its schema is not one of those that are shared")
  if of_people := schema.of_kind(*_OF_ONE_PERSON):
    raise _refused(schema, f"its columns {', '.join(of_people)} are about single persons")
  for name in schema.of_kind(Kind.LABEL, Kind.ESTIMATE):
    if _holds_ids(table[name]):
      raise _refused(schema, f"a value in its column {name} looks like a participant's id")
  people, samples = schema.of_kind(Kind.PEOPLE), schema.of_kind(Kind.SAMPLES)
  for name in (*people, *samples):
    if _count_small(table[name]):
      raise _refused(schema, f"its column {name} holds counts of one to four")
  for name in samples:
    for other in people:
      if _count_small(table[name] - table[other]):
        raise _refused(schema, f"its columns {name} and {other} differ by one to four")
  _check_places(table, schema, is_data=is_data)
  if variants.FREQUENCY in schema.columns and (problem := variants.find_problem(table)):
    raise _refused(schema, problem)


def _check_places(table: pd.DataFrame, schema: tables.Schema, *, is_data: bool) -> None:
  """Refuses places on the genome that may not leave as they are."""
  for name in schema.of_kind(Kind.LOCUS):
    column = schema.columns[name]
    if column.dtype == "string":
      if variants.find_bad_texts(table[name].astype("string"), table):
        raise _refused(schema, f"its column {name} holds texts that are not places on the genome")
    elif column.unit == _MILLIONS:
      if (table[name].dropna() > variants.LONGEST_MB).any():
        raise _refused(schema, f"its column {name} holds numbers past the end of any chromosome in Mb")
    elif not is_data or column.unit != _BASE_PAIRS:
      raise _refused(schema, f"its column {name} holds base pairs, which look like participants' ids: give Mb")
    elif not table[name].between(1, variants.LONGEST_MB * 1e6).all():
      raise _refused(schema, f"its column {name} holds numbers past the end of any chromosome")


def save_figure(path: pathlib.Path, shared: SharedFigure) -> None:
  """Writes a figure that may leave, as `frame.save` does; the files' metadata say what it was made of.

  Args:
    path: of the PNG; the SVG is written beside it.
    shared: the figure.

  Raises:
    InputError: the figure, or one of its marks, is of fewer than five people; one of its texts, or the file's name,
      looks like an id.
  """
  counts = [shared.num_people] if shared.fewest_people is None else [shared.num_people, shared.fewest_people]
  if min(counts) < small_counts.FEWEST_PEOPLE:
    raise errors.InputError(
      f"figure {path.name} is not written: it shows fewer than {small_counts.FEWEST_PEOPLE} people, in all or in one "
      "mark, and may not leave. This is an error of the program: please report it."
    )
  if any(map(_looks_like_id, (path.stem, *_texts(shared.figure)))):
    raise errors.InputError(
      "a figure is not written: its name, or a text in it, looks like a participant's id, and it may not leave. This "
      "is an error of the program: please report it."
    )
  statement = {"num_people": shared.num_people}
  if shared.fewest_people is not None:
    statement["fewest_people_per_mark"] = shared.fewest_people
  frame.save(shared.figure, path, statement)


def _check_groups(table: pd.DataFrame, schema: tables.Schema, whole: Whole) -> None:
  """Compares groups, and the sum of those side by side, with the whole's counts of people and samples."""
  keys = list(whole.keys)
  wholes = set(whole.table[keys].itertuples(index=False, name=None))
  if not wholes.issuperset(table[keys].itertuples(index=False, name=None)):
    raise _refused(schema, f"some of its groups have no total in table {whole.schema.name}")
  for name in schema.of_kind(Kind.PEOPLE):
    sums = table.groupby([*keys, *whole.partition], as_index=False)[name].sum()
    for other in whole.schema.of_kind(Kind.PEOPLE, Kind.SAMPLES):
      totals = whole.table[[*keys, other]].rename(columns={other: "total"})
      for counts in (table, sums):
        beside = counts.merge(totals, on=keys, how="left")
        if _count_small((beside["total"] - beside[name]).abs()):
          raise _refused(schema, f"its column {name} and {other} of table {whole.schema.name} differ by one to four")


def _texts(figure: mpl_figure.Figure) -> list[str]:
  """Returns all texts of a figure, also those of ticks, which are written when they are needed."""
  for axes in figure.axes:
    for axis in (axes.xaxis, axes.yaxis):
      axis.get_ticklabels(which="both")
  return [text.get_text() for text in figure.findobj(mpl_text.Text)]


def _holds_ids(column: pd.Series) -> bool:
  """Returns whether a column of texts or of estimates holds what looks like an id."""
  if pd.api.types.is_float_dtype(column.dtype):
    return bool(numbers.look_like_ids(column).any())
  return any(_looks_like_id(str(value)) for value in column.dropna().unique())


def _looks_like_id(text: str) -> bool:
  return privacy.redact(text) != text


def _count_small(counts: pd.Series) -> int:
  """Returns how many counts are of one to four; missing ones are not."""
  return int(small_counts.is_small(counts.dropna().to_numpy(np.int64)).sum())


def _refused(schema: tables.Schema, why: str) -> errors.InputError:
  return errors.InputError(
    f"table {schema.name} is not written: {why}. It may not leave. This is an error of the program: please report it."
  )
