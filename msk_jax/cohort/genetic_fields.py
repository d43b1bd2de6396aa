"""What UK Biobank's tables say of the genotyped: principal components, batch, sex, and flags of quality.

Source: UK Biobank fields 22009 (genetic principal components 1-40), 22000 (genotyping batch), 22005 (missing calls),
31 and 22001 (reported and genetic sex), 22027 (outliers of heterozygosity or missing calls), 22019 (aneuploidy of sex
chromosomes), 22006 (genetic group).
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from msk_jax.cohort import cell_rules, code_rules, column_names, data_codings, joined_tables, table_files
from msk_jax.schemas import cohort_tables

_Column = column_names.Column
_REPORTED_SEX, _GENETIC_SEX = _Column(31), _Column(22001)
_BATCH, _MISSING_CALLS = _Column(22000), _Column(22005)
_FLAGS = {"is_outlier": _Column(22027), "has_aneuploidy": _Column(22019), "is_white_british": _Column(22006)}
_PCS = {f"pc_{number}": _Column(22009, 0, number) for number in range(1, cohort_tables.NUM_PCS + 1)}

_GREATEST_PC = 1e6  # UK Biobank's are within a thousand
_SEX_RULE = code_rules.codes(
  data_codings.SEX, data_codings.SEX.values(), "0 or Female, 1 or Male", "unknown_sex_values"
)
_RULES: dict[_Column, cell_rules.Rule] = {
  _REPORTED_SEX: _SEX_RULE,
  _GENETIC_SEX: _SEX_RULE,
  _BATCH: code_rules.codes(data_codings.BATCH, (), "the codes and meanings of data coding 22000", "unknown_batches"),
  _MISSING_CALLS: code_rules.numbers((0.0, 1.0), "unusable_missing_call_rates"),
  **dict.fromkeys(
    _FLAGS.values(), code_rules.codes(data_codings.YES | {"no": 0, "false": 0}, (0, 1), "1 or Yes", "unknown_flags")
  ),
  **dict.fromkeys(_PCS.values(), code_rules.numbers((-_GREATEST_PC, _GREATEST_PC), "unusable_pcs")),
}


@dataclasses.dataclass(frozen=True)
class GeneticFields:
  """What was read.

  Attributes:
    table: schema genetics, ordered by eid.
    num_pcs: components that the tables have: 1 to `num_pcs`.
    counts: cells and people left out or doubted, by reason.
  """

  table: pd.DataFrame
  num_pcs: int
  counts: dict[str, int]

  def of(self, eids: Collection[str]) -> "GeneticFields":
    """Returns the same of these people alone."""
    kept = self.table[self.table["eid"].isin(list(eids))].reset_index(drop=True)
    return dataclasses.replace(self, table=kept)


def are_in(paths: Iterable[pathlib.Path]) -> bool:
  """Returns whether any table has principal components; reads the headers alone.

  Raises:
    InputError: a table can't be read.
  """
  files = [file for path in paths if (file := table_files.inspect(path)) is not None]
  return any(file.find(_PCS["pc_1"]) for file in files)


def read(paths: Iterable[pathlib.Path]) -> GeneticFields:
  """Reads the genetic fields from UK Biobank tables.

  Args:
    paths: the tables, see `joined_tables.read`.

  Raises:
    InputError: no table has principal components, too many cells are not understood, or a table can't be read.
  """
  paths = list(paths)
  others = [_REPORTED_SEX, _GENETIC_SEX, _BATCH, _MISSING_CALLS, *_FLAGS.values(), *_PCS.values()]
  present = joined_tables.find(paths, others)
  raw = joined_tables.read(paths, [(_PCS["pc_1"],)], others, rules=_RULES)
  table = pd.DataFrame(
    {
      "eid": raw.table["eid"],
      "reported_sex": _codes(raw.table, _REPORTED_SEX, cohort_tables.SEX_MISSING),
      "genetic_sex": _codes(raw.table, _GENETIC_SEX, cohort_tables.SEX_MISSING),
      "batch": _codes(raw.table, _BATCH, cohort_tables.BATCH_MISSING),
      "missing_call_rate": data_codings.numbers(raw.table[str(_MISSING_CALLS)]),
      **{
        name: _codes(raw.table, column, 0) if column in present else cohort_tables.FLAG_UNKNOWN
        for name, column in _FLAGS.items()
      },
      **{name: data_codings.numbers(raw.table[str(column)]) for name, column in _PCS.items()},
    }
  )
  kept = table[_is_genotyped(table)].sort_values("eid", ignore_index=True)
  return GeneticFields(kept.astype(cohort_tables.GENETICS.dtypes), _num_pcs(present), raw.counts)


def _is_genotyped(table: pd.DataFrame) -> pd.Series:
  """Returns bool [n]: people with any of the fields but sex, which UK Biobank also knows of the others."""
  has_number = table[[*_PCS, "missing_call_rate"]].notna().any(axis=1)
  return has_number | (table["batch"] != cohort_tables.BATCH_MISSING) | (table[list(_FLAGS)] == 1).any(axis=1)


def _num_pcs(present: Collection[_Column]) -> int:
  """Returns how many components there are without a gap, from the first."""
  is_absent = [column not in present for column in _PCS.values()]
  return int(np.argmax(is_absent)) if any(is_absent) else len(_PCS)


def _codes(table: pd.DataFrame, column: _Column, missing: int) -> np.ndarray:
  return np.nan_to_num(data_codings.numbers(table[str(column)]), nan=missing).astype(np.int64)
