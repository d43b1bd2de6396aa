"""Texts of phenotypes, covariates and people as engines read them."""

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np

from msk_jax.genetics import analysis as analysis_lib

_MISSING_CODE = -9.0  # BOLT-LMM takes any number equal to it as missing, and does not say so
_NUDGE = 1e-9
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+-]")


@dataclasses.dataclass(frozen=True)
class Text:
  """A table as text.

  Attributes:
    text: columns apart by tabs; FID and IID first.
    num_nudged: values that were exactly -9.
  """

  text: str
  num_nudged: int


def make_phenotypes(analysis: analysis_lib.Analysis) -> Text:
  """Returns a column per trait."""
  columns = {trait.name: trait.values for trait in analysis.traits}
  if len(columns) < len(analysis.traits):
    raise ValueError("two traits have the same name.")
  return _make(analysis.people, columns, {})


def make_covariates(analysis: analysis_lib.Analysis) -> Text:
  """Returns a column per covariate.

  Raises:
    ValueError: a value is missing.
  """
  quantitative, categorical = analysis.covariates.quantitative, analysis.covariates.categorical
  if clash := set(quantitative) & set(categorical):
    raise ValueError(f"covariates {sorted(clash)} are quantitative and categorical.")
  for name, values in quantitative.items():
    if not np.isfinite(values).all():
      raise ValueError(f"covariate {name} has missing values.")
  return _make(analysis.people, quantitative, {name: name_levels(values) for name, values in categorical.items()})


def name_levels(values: np.ndarray) -> np.ndarray:
  """Returns categories with names that programs neither split nor take as missing; different ones stay different."""
  levels = np.unique(values.astype(str))
  names = {level: _UNSAFE.sub("_", level) for level in levels}
  is_safe = len(set(names.values())) == len(names) and not any(map(_is_missing, names.values()))
  if not is_safe:
    names = {level: f"level{number}_{names[level]}" for number, level in enumerate(levels)}
  return np.array([names[value] for value in values.astype(str)], dtype=object)


def rewrite_fam(lines: Sequence[str], people: analysis_lib.People) -> list[str]:
  """Returns the rows of the .fam file as programs get them.

  People who are not analysed have no id there, so that whoever withdraws is gone. Nobody has parents. The sixth column
  is 1: UK Biobank's holds the batch, which BOLT-LMM can't read.

  Args:
    lines: of the .fam file.
    people: who is analysed.
  """
  analysed = set(zip(people.fid.astype(str), people.iid.astype(str), strict=True))
  rows = []
  for number, line in enumerate(lines):
    fid, iid, _, _, sex = line.split()[:5]
    name = f"{fid} {iid}" if (fid, iid) in analysed else f"left_out_{number} left_out_{number}"
    rows.append(f"{name} 0 0 {sex} 1")
  return rows


def list_others(fam: Sequence[str], people: analysis_lib.People, kept: np.ndarray) -> str:
  """Returns a list of everyone in the .fam file who is not analysed.

  Args:
    fam: its rows, from `rewrite_fam`.
    people: who may be analysed.
    kept: bool [n], who of them is.

  Raises:
    ValueError: somebody of `people` is not in the .fam file.
  """
  everyone = [tuple(line.split(None, 2)[:2]) for line in fam]
  analysed = set(zip(people.fid[kept].astype(str), people.iid[kept].astype(str), strict=True))
  others = [f"{fid} {iid}\n" for fid, iid in everyone if (fid, iid) not in analysed]
  if len(everyone) - len(others) != len(analysed):
    raise ValueError("people of the analysis are missing from the .fam file, or are in it twice.")
  return "".join(others)


def _make(people: analysis_lib.People, numbers: Mapping[str, np.ndarray], categories: Mapping[str, np.ndarray]) -> Text:
  names = ["FID", "IID", *numbers, *categories]
  if bad := [name for name in names if not _NAME.fullmatch(name)]:
    raise ValueError(f"names must begin with a letter and hold letters, digits, _ and . alone, got {bad}.")
  columns: list[Sequence[str] | np.ndarray] = [people.fid, people.iid]
  num_nudged = 0
  for values in numbers.values():
    is_code = values == _MISSING_CODE
    num_nudged += int(is_code.sum())
    columns.append(_format(np.where(is_code, _MISSING_CODE * (1 + _NUDGE), values)))
  columns += categories.values()
  rows = ("\t".join(row) for row in zip(*(map(str, column) for column in columns), strict=True))
  return Text("\n".join(("\t".join(names), *rows)) + "\n", num_nudged)


def _format(values: np.ndarray) -> list[str]:
  return [repr(value) if np.isfinite(value) else "NA" for value in values.astype(float).tolist()]


def _is_missing(level: str) -> bool:
  try:
    return not np.isfinite(float(level)) or float(level) == _MISSING_CODE
  except ValueError:
    return level in ("", "NA")
