"""Files that are named like ones to be read, but are not read: each is reported."""

import collections
import pathlib
import re
from collections.abc import Iterable, Sequence

from absl import logging

from msk_jax.io import privacy

WITHDRAWALS, RELATEDNESS, ARCHIVES = "withdrawals", "relatedness", "archives"

# Kind -> (what the name of such a file is like, what to do about it).
_RULES = {
  WITHDRAWALS: (
    re.compile(r"w\d.*|.*withdr[ae]w.*", re.IGNORECASE),
    "NOT READ AS A LIST OF WITHDRAWALS, though named like one: %s. If it is one, name it as its owner does "
    "(w<application>_<date>.csv) or with --config.data.withdrawals",
  ),
  RELATEDNESS: (
    re.compile(r"(.*[_.-])?rel([_.-].*|at.*)|.*kinship.*|.*relatedness.*|.*\.kin0?(\..*)?", re.IGNORECASE),
    "NOT READ AS A RELATEDNESS FILE, though named like one: %s. If it is one, name it with --config.data.kinship",
  ),
  # Names of archives hold ids, so that only their endings are shown.
  ARCHIVES: (
    re.compile(r".*20158.*\.zip.*", re.IGNORECASE),
    "NOT READ AS DXA ARCHIVES, though named almost like them (the endings, with numbers): %s",
  ),
}
KINDS = tuple(_RULES)
_MOST_SHOWN = 8


def warn(paths: Iterable[str], kinds: Sequence[str] = KINDS) -> dict[str, int]:
  """Warns of files that are not read but named like files that are.

  Args:
    paths: the files not read, relative to the data root.
    kinds: what to look for.

  Returns:
    Kind to number of such files, where there are any.
  """
  alike: dict[str, list[str]] = collections.defaultdict(list)
  for path in paths:
    name = path.rsplit("/", 1)[-1]
    for kind in kinds:
      if _RULES[kind][0].fullmatch(name):
        alike[kind].append(path)
  for kind, files in sorted(alike.items()):
    logging.warning(_RULES[kind][1], _endings(files) if kind == ARCHIVES else _names(files))
  return {kind: len(files) for kind, files in sorted(alike.items())}


def _names(paths: Sequence[str]) -> str:
  more = f" and {len(paths) - _MOST_SHOWN} more" if len(paths) > _MOST_SHOWN else ""
  return ", ".join(sorted(paths)[:_MOST_SHOWN]) + more


def _endings(paths: Sequence[str]) -> str:
  counted = collections.Counter("".join(pathlib.PurePosixPath(path).suffixes[-2:]) for path in paths)
  return ", ".join(f"{privacy.redact(ending)} ({number:,})" for ending, number in counted.most_common(_MOST_SHOWN))
