"""Results of variants that may leave: no rare allele, no count of people that another one could be subtracted from.

Ten people with the rarer allele could be looked for. A variant is left out with fewer than ten such alleles, which are
2 n times the frequency. On X a man has one copy, but counts as two in a frequency. So there it is n times the
frequency, as if all were men: with women among them there are more alleles than that.

People with a call differ by a few from one variant to the next, and from those with the trait. Numbers of people are
rounded down to a multiple of five before anything else is computed from them. A frequency tells the number of alleles.
Of two traits that few people do not share, or of all people and one sex, the difference would be those few people's
alleles. So frequencies are rounded to a multiple of 5 / n: ten alleles.

A place on the genome in base pairs looks like a participant's id. It may leave as a column of a data file of variants,
where each place is checked; people get it in millions (Mb).
"""

import numpy as np
import pandas as pd

from msk_jax.disclosure import small_counts

FEWEST_MINOR_ALLELES = 10
FREQUENCY, PEOPLE, CHROMOSOME = "effect_allele_frequency", "n", "chromosome"
LONGEST_MB = 250.0  # of a chromosome
_X = ("X", "23")
_RS = r"rs[0-9]+"
_DIGITS = 6  # of a number of alleles; frequencies are rounded in files


def round_people(num_people: np.ndarray | pd.Series) -> np.ndarray:
  """Returns numbers of people rounded down to a multiple of five, int64 [n]."""
  counts = np.asarray(num_people, np.int64)
  return counts - counts % small_counts.FEWEST_PEOPLE


def round_frequencies(table: pd.DataFrame) -> np.ndarray:
  """Returns frequencies rounded to a multiple of 5 / n, float [n]; NaN without people.

  Args:
    table: columns `effect_allele_frequency`, and `n` as `round_people` returns it.
  """
  fives = table[PEOPLE].to_numpy(float) / small_counts.FEWEST_PEOPLE
  return np.round(table[FREQUENCY].to_numpy(float) * fives) / np.where(fives > 0, fives, np.nan)


def count_minor_alleles(table: pd.DataFrame) -> np.ndarray:
  """Returns the least possible number of rarer alleles of each variant, float [n]; see the module.

  Args:
    table: columns `chromosome` (X as `X` or `23`), `effect_allele_frequency` and `n`.
  """
  frequency = table[FREQUENCY].to_numpy(float)
  copies = np.where(table[CHROMOSOME].astype(str).isin(_X), 1, 2)
  return copies * table[PEOPLE].to_numpy(float) * np.minimum(frequency, 1.0 - frequency)


def is_rare(table: pd.DataFrame) -> np.ndarray:
  """Returns whether variants have too few rarer alleles to leave, or an unknown number; see `count_minor_alleles`."""
  return ~(np.round(count_minor_alleles(table), _DIGITS) >= FEWEST_MINOR_ALLELES)


def find_problem(table: pd.DataFrame) -> str:
  """Returns why results of variants may not leave, or an empty text.

  Args:
    table: holds `effect_allele_frequency`.
  """
  if missing := [name for name in (CHROMOSOME, PEOPLE) if name not in table]:
    return f"it has allele frequencies, but not the {' and '.join(missing)} to count alleles by"
  if is_rare(table).any():
    return f"it has variants with fewer than {FEWEST_MINOR_ALLELES} of the rarer allele"
  if (table[PEOPLE].to_numpy(np.int64) % small_counts.FEWEST_PEOPLE).any():
    return f"its column {PEOPLE} is not rounded to a multiple of five"
  if not np.allclose(table[FREQUENCY].to_numpy(float), round_frequencies(table), rtol=0, atol=1e-9):
    return f"its column {FREQUENCY} is not rounded to a multiple of 5 / n"
  return ""


def find_bad_texts(texts: pd.Series, table: pd.DataFrame) -> bool:
  """Returns whether a text of a place is neither an rs number nor made of its row's chromosome, place and alleles."""
  known = texts.notna() & ~texts.str.fullmatch(_RS).fillna(False).astype(bool)
  if not known.any():
    return False
  parts = ("chromosome", "base_pair_location", "other_allele", "effect_allele")
  if any(name not in table for name in parts):
    return True
  return bool((texts[known] != make_ids(table[known])).any())


def make_ids(table: pd.DataFrame) -> pd.Series:
  """Returns `chromosome_place_other-allele_effect-allele` of each row, as GWAS-SSF has them."""
  chromosome, place, other, effect = (
    table[name].astype("string") for name in ("chromosome", "base_pair_location", "other_allele", "effect_allele")
  )
  return chromosome + "_" + place + "_" + other + "_" + effect
