"""Small cohorts and tables of exposures in all spellings, for tests."""

import pathlib
from collections.abc import Mapping, Sequence

import pandas as pd

from msk_jax.associations.cleaning import exposures
from msk_jax.cohort import column_names
from msk_jax.cohort.column_names import Column, Spelling

FIRST_EID = 9_000_000


def eid(number: int) -> str:
  """Returns the id of a person of the tests."""
  return str(FIRST_EID + number)


def cohort(num_people: int, instances: Sequence[int] = (0,), **changes) -> exposures.Cohort:
  """Returns a cohort in which everybody has these visits, four years apart, and an accelerated ageing at each."""
  pairs = [(eid(number), instance) for number in range(num_people) for instance in instances]
  visits = pd.DataFrame(pairs, columns=["eid", "instance"]).astype({"eid": "string", "instance": "int8"})
  number = visits["eid"].astype(int) - FIRST_EID
  visits["age_years"] = 50.0 + number % 20 + 4.0 * visits["instance"]
  visits["centre"] = 1
  everybody = [eid(number) for number in range(num_people)]
  participants = pd.DataFrame(
    {
      "eid": everybody,
      "sex": [n % 2 for n in range(num_people)],
      "ethnicity": [(1001, 3001)[n % 7 == 0] for n in range(num_people)],
    }
  )
  folds = pd.DataFrame({"eid": everybody, "fold": [n % 10 for n in range(num_people)]})
  made = {"samples": visits[["eid", "instance"]], "visits": visits, "participants": participants, "folds": folds}
  return exposures.Cohort(**{**made, **changes})


def write(
  path: pathlib.Path,
  columns: Mapping[Column, Sequence[object]],
  eids: Sequence[str] | None = None,
  spelling: Spelling = Spelling.CLASSIC,
  *,
  packs: bool = False,
) -> pathlib.Path:
  """Writes a table of exposures.

  Args:
    path: CSV or Parquet, by its ending.
    columns: cells by column, empty text where blank.
    eids: of the rows; by default the first people.
    spelling: of the columns.
    packs: whether the answers of a visit are in one cell, `1|3`, where the spelling has such.
  """
  length = len(next(iter(columns.values())))
  eids = [eid(number) for number in range(length)] if eids is None else list(eids)
  names = {Spelling.R: "f.eid", Spelling.DATASET: "participant.eid"}
  table = {names.get(spelling, "eid"): eids}
  parts: dict[str, list[list[str]]] = {}
  arrays = {(c.field, c.instance): 0 for c in columns}
  for column in columns:
    arrays[column.field, column.instance] = max(arrays[column.field, column.instance], column.array)
  for column, cells in columns.items():
    several = arrays[column.field, column.instance] > 0
    if packs and several and spelling in (Spelling.PLATFORM, Spelling.DATASET):
      name = column_names.spell(Column(column.field, column.instance), spelling)
      packed = [[*before, str(cell)] for before, cell in zip(parts.get(name, [[]] * length), cells, strict=True)]
      parts[name] = packed
      table[name] = ["|".join(each) if any(each) else "" for each in packed]
    else:
      table[column_names.spell(column, spelling, has_array=several)] = list(map(str, cells))
  frame = pd.DataFrame(table)
  if path.suffix == ".parquet":
    frame.to_parquet(path, index=False)
  else:
    frame.to_csv(path, index=False, sep="\t" if spelling is Spelling.R else ",")
  return path
