"""Numbers as the texts of a release have them: no place in base pairs, nothing that looks like a participant's id."""

import math

import pandas as pd

MISSING = "–"
_LABELS = {"general": "General", "full_body": "Full body", "scalars": "Scalars-based"}


def dimension(name: str) -> str:
  """Returns a dimension as the paper's Table 1 has it."""
  return _LABELS.get(name, name.replace("_", " ").capitalize())


def count(value) -> str:
  """Returns a count with commas between thousands; a dash for what is missing."""
  return MISSING if pd.isna(value) else f"{int(value):,}"


def counted(value, what: str) -> str:
  """Returns a count with its noun, `1 locus`, `3 genes`; the plural of `locus` is `loci`."""
  if value == 1:
    return f"1 {what}"
  return f"{count(value)} {'loci' if what == 'locus' else f'{what}s'}"


def percent(value: float, sd: float = math.nan) -> str:
  """Returns a share of 1 in percent with one decimal, with its SD where there is one; a dash for NaN."""
  if pd.isna(value):
    return MISSING
  return f"{100 * value:.1f}" + ("" if pd.isna(sd) else f" ± {100 * sd:.1f}") + "%"


def number(value: float, sd: float = math.nan, digits: int = 3) -> str:
  """Returns a number, with its SD where there is one; a dash for NaN."""
  if pd.isna(value):
    return MISSING
  return f"{value:.{digits}f}" + ("" if pd.isna(sd) else f" ± {sd:.{digits}f}")


def p_value(neg_log10_p: float) -> str:
  """Returns a p value: `0.012`, or `3.2e-12`, however small it is."""
  if neg_log10_p < 3:
    return f"{10.0**-neg_log10_p:.2g}"
  exponent = math.floor(neg_log10_p)
  mantissa = round(10.0 ** (exponent + 1 - neg_log10_p), 1)
  if mantissa >= 10.0:
    mantissa, exponent = 1.0, exponent - 1
  return f"{mantissa:.1f}e-{exponent + 1}"


def place(chromosome: str, position_mb: float) -> str:
  """Returns a place on the genome: `chromosome 20, 34.03 Mb`; 23 is X."""
  return f"chromosome {'X' if chromosome == '23' else chromosome}, {position_mb:.2f} Mb"


def table(header: list[str], rows: list[list[str]], *, num_texts: int = 1) -> str:
  """Returns a Markdown table; its first `num_texts` columns are texts, the others numbers."""
  lines = [header, [*["---"] * num_texts, *["---:"] * (len(header) - num_texts)], *rows]
  return "".join(f"| {' | '.join(line)} |\n" for line in lines)
