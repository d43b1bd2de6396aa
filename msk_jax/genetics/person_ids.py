"""The ids of people in genotype files, as the cohort's tables spell them, and their forms for messages."""

import re

import numpy as np
import pandas as pd

from msk_jax.io import ids

_PLAIN = re.compile(r"[1-9][0-9]*")
_LONGEST_FORM = 30


def plain(iids: np.ndarray) -> tuple[np.ndarray, int]:
  """Returns ids without zeros in front (see `ids.plain`), and one half of ids of the form `FID_IID` with equal halves.

  Args:
    iids: str [n].

  Returns:
    keys: str [n].
    num_doubled: ids of the form `FID_IID`, which programs write that have one column of ids.
  """
  texts = pd.Series(iids, dtype=object)
  is_odd = ~texts.str.fullmatch(_PLAIN).to_numpy(bool)
  odd = texts[is_odd].tolist()
  halves = [_half(text) for text in odd]
  num_doubled = sum(text != half for text, half in zip(odd, halves, strict=True))
  texts[is_odd] = [ids.plain(half) for half in halves]
  return texts.to_numpy(object).astype(str), num_doubled


def form(text: str) -> str:
  """Returns an id's form: `#` for each digit but zeros in front, `a` for each letter.

  It can't be taken for an id, so that it stays readable where ids are hidden.
  """
  zeros = re.match(r"0*(?=[0-9])", text)
  start = zeros[0] if zeros else ""
  shape = start + re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "#", text[len(start) :]))
  return f"`{shape if len(shape) <= _LONGEST_FORM else shape[:_LONGEST_FORM] + '...'}`"


def compare_forms(first: str, iids: np.ndarray, second: str, others: np.ndarray) -> str:
  """Returns a sentence on the forms of two files' ids, of which few or none are the same.

  Args:
    first: name of a file or table.
    iids: str [n], its ids.
    second: name of another.
    others: str [m], its ids.
  """
  left = next(iter(iids[~np.isin(iids, others)]), "")
  right = next(iter(others[~np.isin(others, iids)]), "")
  if not left or not right:
    return ""
  forms = form(str(left)), form(str(right))
  if forms[0] == forms[1]:
    return f"Both have ids of the form {forms[0]}: they are other people's, or another application's."
  return f"The ids of {first} have the form {forms[0]}, those of {second} {forms[1]} (#: a digit, a: a letter)."


def _half(text: str) -> str:
  middle = len(text) // 2
  is_doubled = len(text) > 2 and text[middle] == "_" and text[:middle] == text[middle + 1 :]
  return text[:middle] if is_doubled else text
