"""Makes the catalogue again: `python -m msk_jax.associations.catalogue.rebuild ukb_fields.csv.gz Codings_Showcase.csv`.

The first file lists the fields of UK Biobank's public showcase: field_id, path, category, name, value_type,
data_coding. The second is the showcase's table of data codings: Coding, Value, Meaning. Of both only the facts of the
published fields are taken (`published_lists.csv`). In its sources, `S` is the authors' repository
Deep-Learning-and-Aging/Scalars-based-models-and-XWAS-pipeline at commit f6913ce, folder `aging/`, and `P` the paper.
"""

import csv
import pathlib
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from msk_jax.cohort import scalar_fields
from msk_jax.io import atomic, errors, tables
from msk_jax.schemas import exposure_tables

FOLDER = pathlib.Path(__file__).parent
COLUMNS = (
  "main_category",
  "category",
  "variable",
  "fields",
  "name",
  "kind",
  "readings",
  "levels",
  "where",
  "rules",
  "fill",
  "instances",
  "timing",
  "coding",
  "helper_codings",
  "feature",
  "source",
)
_EXTRA = {"source": "UK Biobank, public data showcase, May 2024: numbers, names, types and places of fields"}
_DIAGNOSES = 19  # ICD-10: its 19,000 codes are recognised by their form
_RANGE = re.compile(r"(\d+)-(\d+)(?:/(\d+))?")
_CATEGORICAL = ("Categorical single", "Categorical multiple")


def rebuild(fields_path: pathlib.Path, codings_path: pathlib.Path) -> tuple[int, int]:
  """Writes `catalogue.csv`, `codings.csv` and `showcase.parquet`; returns the rows of the first two.

  Raises:
    InputError: a published field is not among the fields.
  """
  fields = pd.read_csv(fields_path, dtype={"data_coding": str}).set_index("field_id")
  codings = pd.read_csv(codings_path, dtype=str, keep_default_na=False)
  with (FOLDER / "published_lists.csv").open(encoding="utf-8") as file:
    rows = [row for listed in csv.DictReader(file) for row in _rows(listed, fields, codings)]
  catalogue = pd.DataFrame(rows, columns=list(COLUMNS))
  of_helpers = {part.partition(":")[2] for cell in catalogue["helper_codings"] for part in cell.split()}
  of_fields = {part for cell in catalogue["coding"] for part in cell.split("|")}
  used = (of_fields | of_helpers) - {"", str(_DIAGNOSES)}
  kept = codings[codings["Coding"].isin(used)].rename(columns=str.lower)
  kept = kept[kept["value"].str.fullmatch(r"-?\d+")].drop_duplicates(["coding", "value"])
  for name, table in (("catalogue.csv", catalogue), ("codings.csv", kept)):
    atomic.write_text(FOLDER / name, table.to_csv(index=False, lineterminator="\n"))
  tables.write(FOLDER / "showcase.parquet", _showcase(fields), exposure_tables.SHOWCASE, _EXTRA, small=True)
  return len(catalogue), len(kept)


def _showcase(fields: pd.DataFrame) -> pd.DataFrame:
  """Returns what is known of all fields, for those that the catalogue lacks."""
  table = fields.reset_index()[["field_id", "name", "value_type", "path"]].rename(columns={"field_id": "field"})
  codings = [_coding(fields, number) for number in fields.index]
  return table.assign(field=table["field"].astype(str), coding=codings)


def _rows(listed: Mapping[str, str], fields: pd.DataFrame, codings: pd.DataFrame) -> Iterator[dict[str, str]]:
  readings, _, levels = (
    listed["readings"].partition(":") if listed["readings"].startswith("any") else (listed["readings"], "", "")
  )
  for spelled in _expand(listed["fields"]):
    numbers = [int(number) for number in spelled.split("|")]
    if absent := [number for number in numbers if number not in fields.index]:
      raise errors.InputError(f"the showcase lacks the published fields {absent}.")
    first = fields.loc[numbers[0]]
    coding = "|".join(dict.fromkeys(each for number in numbers if (each := _coding(fields, number))))
    helpers = _helpers(listed["where"], readings)
    row = {
      **{name: listed[name] for name in ("main_category", "category", "where", "rules", "fill", "instances")},
      "variable": str(numbers[0]),
      "fields": spelled,
      "name": str(first["name"]).strip(),
      "kind": _kind(listed["kind"], str(first["value_type"]), coding, codings),
      "readings": readings,
      "levels": levels,
      "timing": "visit",
      "coding": coding,
      "helper_codings": " ".join(f"{each}:{_coding(fields, each)}" for each in helpers if _coding(fields, each)),
      "feature": _features().get(numbers[0], "") if listed["kind"] == "scalar" else "",
      "source": f"{listed['source']}; name and coding: showcase",
    }
    if row["kind"] == "diagnosis":
      yield from ({**row, "category": f"{row['category']}_{a}", "levels": a} for a in string.ascii_uppercase)
    else:
      yield row


def _helpers(where: str, readings: str) -> list[int]:
  """Returns the further fields that conditions and readings name."""
  way, _, detail = readings.partition(":")
  parts = [*where.split("&"), *([detail] if way in ("accepted", "picked") else [])]
  return [int(part.partition("=")[0]) for part in parts if part]


def _coding(fields: pd.DataFrame, number: int) -> str:
  coding = str(fields["data_coding"].loc[number])
  return coding if coding.isdecimal() else ""


def _kind(listed: str, value_type: str, coding: str, codings: pd.DataFrame) -> str:
  if listed == "scalar":
    return "continuous"
  if listed != "number":
    return listed
  if value_type not in _CATEGORICAL:
    return "continuous"
  values = set(codings.loc[codings["Coding"] == coding, "Value"])
  return "binary" if {value for value in values if not value.startswith("-")} == {"0", "1"} else "ordinal"


def _features() -> dict[int, str]:
  """Returns the name of the cohort's scalar feature of each field."""
  heel = scalar_fields.SINGLE_FOOT
  names = [feature.name for feature in scalar_fields.FEATURES[scalar_fields.HEEL_DENSITOMETRY]]
  plain = {f.field: f.name for features in scalar_fields.FEATURES.values() for f in features if f.field}
  return {**plain, **dict(zip((heel.spacing, *heel.direct), names, strict=True))}


def _expand(text: str) -> Iterable[str]:
  """Returns the fields of `46 47`, `25011-25024`, `30500-30530/10` and `4079|94`, one each."""
  for part in text.split():
    if match := _RANGE.fullmatch(part):
      yield from map(str, range(int(match[1]), int(match[2]) + 1, int(match[3] or 1)))
    else:
      yield part


if __name__ == "__main__":
  if len(sys.argv) != 3:
    sys.exit(__doc__)
  num_fields, num_codes = rebuild(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
  sys.stdout.write(f"{num_fields:,} rows of the catalogue, {num_codes:,} codes: {FOLDER}\n")
