"""BOLT-LMM's tables and text."""

import math
import pathlib
import re

import numpy as np
import pandas as pd

from msk_jax.genetics import estimates, outputs, summary_statistics
from msk_jax.genetics.engines import statistics_text
from msk_jax.io import errors

P_VALUE = "P_BOLT_LMM_INF"
_NUM_PEOPLE = re.compile(r"Number of individuals used in analysis: Nused = (\d+)")
_VERSION = re.compile(r"BOLT-LMM, v(\S+)")
_ESTIMATE = re.compile(r"^\s+(h2g|gen corr|resid corr) \((\d+),(\d+)\): (\S+) \((\S+)\)", re.MULTILINE)
_TEXTS = {"SNP": str, "CHR": str, "BP": np.int32, "ALLELE1": "category", "ALLELE0": "category"}
_NUMBERS = ("A1FREQ", "BETA", "SE", "CHISQ_BOLT_LMM_INF")
_MIXTURE, _MISSING, _INFO = "CHISQ_BOLT_LMM", "F_MISS", "INFO"
_X_CODE = "23"


def read_stdout(folder: pathlib.Path) -> str:
  """Returns what the program printed in a task's folder."""
  return outputs.read_log(folder / "stdout.txt")


def parse_version(stdout: str) -> str:
  """Returns the version in the banner; empty without one."""
  match = _VERSION.search(stdout)
  return match[1] if match else ""


def read_version(folder: pathlib.Path) -> str:
  """Returns the version that wrote a task's folder."""
  return parse_version(read_stdout(folder))


def parse_num_people(stdout: str) -> int:
  """Returns how many people were analysed; 0 if it is not said."""
  match = _NUM_PEOPLE.search(stdout)
  return int(match[1]) if match else 0


def read_num_people(folder: pathlib.Path) -> int:
  """Returns how many people a task analysed."""
  return parse_num_people(read_stdout(folder))


def read_table(path: pathlib.Path, num_people: int) -> pd.DataFrame:
  """Reads a table of statistics, written with `--verboseStats`.

  P values are computed from the chi-square: those that BOLT prints have two digits.

  Args:
    path: of the table, of array or imputed variants.
    num_people: who were analysed.

  Returns:
    All columns of the schema but `variant`, and `chromosome` as BOLT writes it (23 for X).

  Raises:
    InputError: it has other columns.
  """
  header = statistics_text.read_names(path, "\t")
  if missing := [name for name in (*_TEXTS, *_NUMBERS) if name not in header]:
    raise errors.InputError(
      f"{path.name} has no columns {', '.join(missing)}: BOLT-LMM was run without --verboseStats."
    )
  numbers = [*_NUMBERS, *(name for name in (_MIXTURE, _MISSING, _INFO) if name in header)]
  table = statistics_text.read(path, "	", _TEXTS | dict.fromkeys(numbers, np.float64))
  infinitesimal = summary_statistics.neg_log10_p(table["CHISQ_BOLT_LMM_INF"].to_numpy())
  nan = np.full(len(table), math.nan)
  missing_share = table[_MISSING].to_numpy() if _MISSING in table else 0.0
  return pd.DataFrame(
    {
      "rsid": table["SNP"],
      "chromosome": table["CHR"],
      "position_bp": table["BP"],
      "effect_allele": table["ALLELE1"],
      "other_allele": table["ALLELE0"],
      "effect_allele_frequency": table["A1FREQ"],
      "beta": table["BETA"],
      "se": table["SE"],
      "neg_log10_p": infinitesimal,
      "neg_log10_p_infinitesimal": infinitesimal,
      "neg_log10_p_mixture": summary_statistics.neg_log10_p(table[_MIXTURE].to_numpy()) if _MIXTURE in table else nan,
      "n": np.rint(num_people * (1.0 - missing_share) * np.ones(len(table))).astype(np.int64),
      "info": table.get(_INFO, nan),
    }
  )


def join(autosomes: pd.DataFrame, with_x: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
  """Returns the autosomes of one run and chromosome X of the other, and how the runs differ on the autosomes.

  Args:
    autosomes: as `read_table` returns it, of the run on the autosomes.
    with_x: of the run with chromosome X.

  Returns:
    The table. Counts: `lacking_in_run_with_x` and `lacking_in_run_on_autosomes`, autosomal variants (chromosome,
    position, alleles) that one run lacks; `contradicting`, those that the other run has at the same place, under the
    same name, with other alleles: they are dropped.
  """
  is_x = (with_x["chromosome"] == _X_CODE).to_numpy()
  others = with_x[~is_x]
  autosomes = autosomes[(autosomes["chromosome"] != _X_CODE).to_numpy()]
  keys, other_keys = _hash(autosomes, "effect_allele", "other_allele"), _hash(others, "effect_allele", "other_allele")
  lacking, other_lacking = ~np.isin(keys, other_keys), ~np.isin(other_keys, keys)
  places = _hash(others[other_lacking], "rsid")
  contradicting = lacking.copy()
  contradicting[lacking] = np.isin(_hash(autosomes[lacking], "rsid"), places)
  table = pd.concat([autosomes[~contradicting], with_x[is_x]], ignore_index=True)
  counts = {
    "lacking_in_run_with_x": int(lacking.sum() - contradicting.sum()),
    "lacking_in_run_on_autosomes": int(other_lacking.sum() - contradicting.sum()),
    "contradicting": int(contradicting.sum()),
  }
  return table, counts


def parse_heritability(stdout: str) -> estimates.Heritability:
  """Returns the heritability that `--reml` printed for one trait."""
  h2 = _parse_estimates(stdout).get(("h2g", 1, 1), estimates.NONE)
  return estimates.Heritability(h2, parse_num_people(stdout), "" if h2.is_clear else estimates.NOT_ESTIMABLE)


def parse_correlation(stdout: str) -> estimates.GeneticCorrelation:
  """Returns the genetic correlation that `--reml` printed for two traits."""
  values = _parse_estimates(stdout)
  h2 = values.get(("h2g", 1, 1), estimates.NONE), values.get(("h2g", 2, 2), estimates.NONE)
  rg, residual = (values.get((name, 1, 2), estimates.NONE) for name in ("gen corr", "resid corr"))
  can_be_used = rg.is_number and all(each.is_clear for each in h2)
  reason = "" if can_be_used else estimates.NOT_ESTIMABLE
  return estimates.GeneticCorrelation(rg, residual, h2, parse_num_people(stdout), reason)


def swap(result: estimates.GeneticCorrelation) -> estimates.GeneticCorrelation:
  """Returns the same correlation for the traits in the other order."""
  h2 = (result.h2[1], result.h2[0])
  return estimates.GeneticCorrelation(result.rg, result.residual, h2, result.num_people, result.reason)


def _parse_estimates(stdout: str) -> dict[tuple[str, int, int], estimates.Estimate]:
  """Returns name and numbers of the traits to the estimate; the last of each, which is the refined one."""
  values = {}
  for name, first, second, value, se in _ESTIMATE.findall(stdout):
    values[name, int(first), int(second)] = estimates.Estimate(float(value), float(se))
  return values


def _hash(table: pd.DataFrame, *names: str) -> np.ndarray:
  """Returns a 64-bit hash of chromosome, position and further columns of each row."""
  return pd.util.hash_pandas_object(table[["chromosome", "position_bp", *names]], index=False).to_numpy()
