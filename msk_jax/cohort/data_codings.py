"""UK Biobank's data codings. A table holds codes or their meanings; both are read.

Sources: UK Biobank showcase, data codings 9 (sex), 8 (month), 1001 (ethnic background), 10 (assessment centre),
22000 (genotyping batch).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.schemas import cohort_tables

SEX: dict[str, int] = {"female": cohort_tables.FEMALE, "male": cohort_tables.MALE}

_MONTHS = (
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
)
# Also by their first three letters.
MONTH: dict[str, int] = {
  name: number for number, month in enumerate(_MONTHS, start=1) for name in (month, month[:3])
} | {"sept": 9}

ETHNICITY: dict[str, int] = {
  "white": 1,
  "british": 1001,
  "irish": 1002,
  "any other white background": 1003,
  "mixed": 2,
  "white and black caribbean": 2001,
  "white and black african": 2002,
  "white and asian": 2003,
  "any other mixed background": 2004,
  "asian or asian british": 3,
  "indian": 3001,
  "pakistani": 3002,
  "bangladeshi": 3003,
  "any other asian background": 3004,
  "black or black british": 4,
  "caribbean": 4001,
  "african": 4002,
  "any other black background": 4003,
  "chinese": 5,
  "other ethnic group": 6,
  "do not know": -1,
  "prefer not to answer": -3,
}

CENTRE: dict[str, int] = {
  "stockport (pilot)": 10003,
  "manchester": 11001,
  "oxford": 11002,
  "cardiff": 11003,
  "glasgow": 11004,
  "edinburgh": 11005,
  "stoke": 11006,
  "reading": 11007,
  "bury": 11008,
  "newcastle": 11009,
  "leeds": 11010,
  "bristol": 11011,
  "barts": 11012,
  "nottingham": 11013,
  "sheffield": 11014,
  "liverpool": 11016,
  "middlesborough": 11017,
  "hounslow": 11018,
  "croydon": 11020,
  "birmingham": 11021,
  "swansea": 11022,
  "wrexham": 11023,
  "cheadle (revisit)": 11024,
  "cheadle (imaging)": 11025,
  "reading (imaging)": 11026,
  "newcastle (imaging)": 11027,
  "bristol (imaging)": 11028,
}

# Field 22000: negative codes are of the UK BiLEVE array, positive ones of the UK Biobank Axiom array.
BATCH: dict[str, int] = {
  **{f"batch_b{number:03d}": number for number in range(1, 96)},
  **{f"ukbileveax_b{number}": -number for number in range(1, 12)},
}

YES: dict[str, int] = {"yes": 1, "true": 1, "caucasian": 1}  # fields 22006, 22019 and 22027 hold 1 or nothing

_LEAST_CODE, _GREATEST_CODE = -(2**31), 2**31 - 1


def numbers(values: pd.Series) -> np.ndarray:
  """Returns float64 [n], NaN for cells that are empty or not a number."""
  floats = pd.to_numeric(values, errors="coerce")
  return np.asarray(floats.to_numpy(np.float64, na_value=np.nan))


def codes(values: pd.Series, meanings: Mapping[str, int]) -> np.ndarray:
  """Returns a coded or decoded column as codes.

  Args:
    values: [n] strings, codes (`1001`, also `1001.0`) or meanings (`British`, any case); a column may mix them.
    meanings: from meaning, in small letters, to code.

  Returns:
    float64 [n] of whole numbers, NaN for cells that are empty or neither a whole number nor a known meaning. A
    number need not be one of the meanings' codes.
  """
  result = numbers(values).copy()  # of a column without any text pandas gives a view
  whole = (result == np.round(result)) & (result >= _LEAST_CODE) & (result <= _GREATEST_CODE)
  result[~whole] = np.nan
  rest = np.isnan(result) & values.notna().to_numpy()
  if rest.any():
    texts = values[rest].astype(str).str.strip().str.lower()
    result[rest] = [meanings.get(text, np.nan) for text in texts]
  return result
