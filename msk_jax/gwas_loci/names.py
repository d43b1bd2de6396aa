"""What variants are called."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

_NO_NAME = ("", ".")  # in files of genotypes


def variant(row: Mapping[Any, Any] | pd.Series) -> str:
  """Returns a variant's id, or its place and alleles where it has none: `20:34.026 Mb A/G`.

  Args:
    row: rsid, chromosome, position_bp, effect_allele, other_allele.
  """
  if not pd.isna(row["rsid"]) and str(row["rsid"]) not in _NO_NAME:
    return str(row["rsid"])
  return f"{place(str(row['chromosome']), int(row['position_bp']))} {row['effect_allele']}/{row['other_allele']}"


def place(chromosome: str, position_bp: int) -> str:
  """Returns `20:34.026 Mb`."""
  return f"{chromosome}:{position_bp / 1e6:.3f} Mb"
