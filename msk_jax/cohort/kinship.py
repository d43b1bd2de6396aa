"""Families from UK Biobank's relatedness file, `ukb_rel.dat` (columns ID1 ID2 HetHet IBS0 Kinship)."""

import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from msk_jax.io import errors

# KING's lower limit for third-degree relatives (Manichaikul et al. 2010, Bioinformatics 26:2867).
MIN_KINSHIP = 0.0442

_COLUMNS = ("ID1", "ID2", "Kinship")


def read(paths: Iterable[pathlib.Path]) -> pd.DataFrame:
  """Returns all related pairs: columns id1, id2 (strings) and kinship (float64, at least `MIN_KINSHIP`).

  Raises:
    InputError: a file can't be read or lacks a column.
  """
  parts = [_read_one(path) for path in sorted(paths)]
  empty = pd.DataFrame({"id1": [], "id2": [], "kinship": []})
  return pd.concat(parts or [empty], ignore_index=True).astype({"id1": "string", "id2": "string", "kinship": float})


def _read_one(path: pathlib.Path) -> pd.DataFrame:
  try:
    raw = pd.read_csv(path, sep=r"\s+", dtype={"ID1": str, "ID2": str}, usecols=lambda name: name in _COLUMNS)
    kinship = pd.to_numeric(raw["Kinship"])
    pairs = pd.DataFrame({"id1": raw["ID1"], "id2": raw["ID2"], "kinship": kinship})
  except (OSError, ValueError, KeyError) as error:
    raise errors.InputError(
      f"relatedness file {path.name} can't be read ({type(error).__name__}): it has the space separated columns ID1 "
      "ID2 HetHet IBS0 Kinship."
    ) from None
  return pairs[pairs["kinship"] >= MIN_KINSHIP]


def families(eid: Sequence[str] | np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
  """Returns a label per participant, equal for all who are linked by a chain of related pairs among them.

  Args:
    eid: [n] distinct participant ids.
    pairs: from `read`; pairs with somebody who is not in `eid` (withdrawn, or without data) link nobody.

  Returns:
    int64 [n].
  """
  people = pd.Index(np.asarray(eid, dtype=str))
  ends = [people.get_indexer(pd.Index(pairs[name].to_numpy(dtype=str))) for name in ("id1", "id2")]
  known = (ends[0] >= 0) & (ends[1] >= 0)
  links = sparse.coo_matrix((np.ones(known.sum(), bool), (ends[0][known], ends[1][known])), shape=(len(people),) * 2)
  return csgraph.connected_components(links, directed=False)[1].astype(np.int64)
