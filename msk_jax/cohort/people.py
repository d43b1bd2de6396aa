"""The one numbering of people: participants are numbered from 0 in the order of their ids."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute


class People:
  """Participants, numbered.

  Attributes:
    eid: str [p], ascending: participant i is `eid[i]`.
  """

  def __init__(self, eids: Iterable[str]):
    """Numbers participants.

    Args:
      eids: ids in any order; one that occurs several times counts once.
    """
    self.eid = np.unique(np.asarray(eids, str))
    self._lookup = pyarrow.compute.SetLookupOptions(value_set=_strings(self.eid))

  def __len__(self) -> int:
    return len(self.eid)

  def number_of(self, eids: Iterable[str]) -> np.ndarray:
    """Returns the participants' numbers, int64 [n]; -1 for ids that are not among them.

    Args:
      eids: str [n].
    """
    index = pyarrow.compute.call_function("index_in", [_strings(eids)], self._lookup)
    return index.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def _strings(eids: Iterable[str]) -> pa.Array:
  return pa.array(eids).cast(pa.large_string())
