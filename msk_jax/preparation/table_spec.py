"""How a table of one's own is to be read: settings alone, so that configs load without table libraries."""

import dataclasses
import re
from collections.abc import Mapping

from msk_jax.labels import numerals

_SET_NAME = re.compile(r"[a-z0-9_]+")
ANY_COLUMN = "*"  # in `missing_values`


@dataclasses.dataclass(frozen=True)
class TableSpec:
  """A CSV with a row per sample: who, how old, and measurements.

  Column names count in any case. Rows without id, age or sex are left out and counted.

  Attributes:
    file: the table's name within the data root; comma, semicolon or tab, also gzipped.
    id: column of the participant's id, any text; whole numbers that are written as decimals are whole.
    age: column of the age in years at the visit, with decimals if known.
    sex: column of the sex.
    ethnicity: column of the ethnicity; empty for none, then it is missing for everybody.
    instance: column of the visit's number, 0 to 127; empty where people were seen once.
    fold: column of the participant's fold, empty cells for those whose fold is to be chosen; empty for none.
    sex_values: the column's values to 0 (female) and 1 (male), texts in any case, numbers as numbers; empty for f,
      female, w, woman, m, male, man, and numbers that are all 0 (female) or 1 (male).
    ethnicity_values: the column's values to codes of UK Biobank's field 21000, texts in any case, numbers as numbers;
      empty where the column holds such codes.
    missing_values: column to its values that mean missing, e.g. `{"grip_kg": ("999", "-9")}`; numbers count as
      numbers. The column `*` stands for all but the id.
    sets: name of a scalar set to its feature columns.
    limits: feature column, of a set, to its least and greatest possible value; a value beyond is missing.
    min_age_years: rows with a lower age are left out.
    max_age_years: rows with a higher age are left out.
  """

  file: str = "table.csv"
  id: str = "id"
  age: str = "age"
  sex: str = "sex"
  ethnicity: str = ""
  instance: str = ""
  fold: str = ""
  sex_values: Mapping[str, int] = dataclasses.field(default_factory=dict)
  ethnicity_values: Mapping[str, int] = dataclasses.field(default_factory=dict)
  missing_values: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  sets: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  limits: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
  min_age_years: float = 0.0
  max_age_years: float = 120.0

  def __post_init__(self):
    for name, columns in self.sets.items():
      if not _SET_NAME.fullmatch(name) or name == "all":
        raise ValueError(f"table.sets: {name!r} is not a name for a set: use a-z, digits and underscores, not `all`.")
      if not columns or len(set(columns)) < len(columns):
        raise ValueError(f"table.sets.{name} needs columns, each once; got {list(columns)}.")
    columns = [column.lower() for set_columns in self.sets.values() for column in set_columns]
    if several := sorted({column for column in columns if columns.count(column) > 1}):
      raise ValueError(f"table.sets: {', '.join(several)} in more than one set: their union `all` would have it twice.")
    own = {name.lower() for name in (self.id, self.age, self.sex, self.ethnicity, self.fold) if name}
    if repeated := sorted(own & set(columns)):
      raise ValueError(
        f"table.sets: {', '.join(repeated)} says who or how old a person is: a model of it would predict age from age, "
        "or have a column twice. Leave it out."
      )
    numerals.check_sex_values("table.sex_values", self.sex_values)
    for name, limits in self.limits.items():
      if len(limits) != 2 or not limits[0] < limits[1]:
        raise ValueError(f"table.limits.{name} must be the least and the greatest possible value, got {list(limits)}.")
    if strangers := [name for name in self.limits if name.lower() not in columns]:
      raise ValueError(f"table.limits: {', '.join(strangers)} in no set: mend the spelling, or leave the limits out.")
    known = {ANY_COLUMN, *(name.lower() for name in (self.age, self.sex, self.ethnicity) if name), *columns}
    if strangers := [name for name in self.missing_values if name.lower() not in known]:
      raise ValueError(f"table.missing_values: {', '.join(strangers)} is not read: mend the spelling, or leave it out.")
    if not self.min_age_years < self.max_age_years:
      raise ValueError("table.min_age_years must be below table.max_age_years.")
