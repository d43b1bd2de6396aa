"""REGENIE's tables of step 2."""

import math
import pathlib
import re

import numpy as np
import pandas as pd

from msk_jax.genetics import outputs, summary_statistics
from msk_jax.genetics.engines import statistics_text
from msk_jax.io import errors

P_VALUE = "LOG10P"
_TEXTS = ("CHROM", "ID", "ALLELE0", "ALLELE1", "TEST")
_NUMBERS = ("A1FREQ", "INFO", "N", "BETA", "SE", "CHISQ", "LOG10P")
_OPTIONAL = ("INFO", "LOG10P")
_ADDITIVE = "ADD"
_VERSION = re.compile(r"REGENIE v?(\d\S*)")


def read_version(folder: pathlib.Path) -> str:
  """Returns the version that wrote a task's folder; empty if it is not said."""
  match = _VERSION.search(outputs.read_log(folder / "stdout.txt"))
  return match[1] if match else ""


def read_table(path: pathlib.Path) -> tuple[pd.DataFrame, int]:
  """Reads a table of one trait (`<prefix>_<trait>.regenie`, maybe `.gz`).

  Returns:
    All columns of the schema but `variant`; and the number of rows of other tests than the additive one, dropped.

  Raises:
    InputError: it has other columns.
  """
  header = statistics_text.read_names(path, " ")
  needed = ("GENPOS", *_TEXTS, *(name for name in _NUMBERS if name not in _OPTIONAL))
  if missing := [name for name in needed if name not in header]:
    raise errors.InputError(
      f"{path.name} has no columns {', '.join(missing)}: it is not a table of REGENIE's second step for one trait."
    )
  numbers = [name for name in _NUMBERS if name in header]
  texts = {"GENPOS": np.int32} | dict.fromkeys(_TEXTS, "category") | {"ID": str}
  table = statistics_text.read(path, " ", texts | dict.fromkeys(numbers, np.float64))
  is_additive = (table["TEST"] == _ADDITIVE).to_numpy()
  num_others = int((~is_additive).sum())
  table = table[is_additive].reset_index(drop=True)
  neg_log10_p = summary_statistics.neg_log10_p(table["CHISQ"].to_numpy())
  if "LOG10P" in table:
    printed = table["LOG10P"].to_numpy()
    neg_log10_p = np.where(np.isfinite(printed), printed, neg_log10_p)
  nan = np.full(len(table), math.nan)
  columns = {
    "rsid": table["ID"],
    "chromosome": table["CHROM"],
    "position_bp": table["GENPOS"],
    "effect_allele": table["ALLELE1"],
    "other_allele": table["ALLELE0"],
    "effect_allele_frequency": table["A1FREQ"],
    "beta": table["BETA"],
    "se": table["SE"],
    "neg_log10_p": neg_log10_p,
    "neg_log10_p_infinitesimal": nan,
    "neg_log10_p_mixture": nan,
    "n": table["N"].fillna(0).astype(np.int64),
    "info": table.get("INFO", nan),
  }
  return pd.DataFrame(columns), num_others
