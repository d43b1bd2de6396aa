"""People who have the same picture, in the division into folds: they stay together like relatives.

Were one in training and the other in the test, the model would be tested on a picture that it knows.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from msk_jax.imaging.same_pictures import Group
from msk_jax.io import errors

_SHOWN = 5  # groups named in a message


def join(family: np.ndarray, eid: Sequence[str] | np.ndarray, sharing: Sequence[Group]) -> np.ndarray:
  """Returns families, int64 [n], in which also people who share a picture are of one.

  Args:
    family: [n] labels, equal for relatives.
    eid: [n] the people.
    sharing: groups of people with the same picture; people who are not among `eid` link the others all the same.
  """
  labels = np.unique(family, return_inverse=True)[1].reshape(-1)
  people = pd.Index(np.asarray(eid, dtype=str))
  num_families = int(labels.max(initial=-1)) + 1
  ends: list[tuple[int, int]] = []  # (family, node): every group of people is a node beside the families
  for number, group in enumerate(sharing):
    places = people.get_indexer(pd.Index(group.eids))
    ends.extend((int(labels[place]), num_families + number) for place in places if place >= 0)
  nodes = num_families + len(sharing)
  first, second = np.array(ends, np.int64).reshape(-1, 2).T
  links = sparse.coo_matrix((np.ones(len(ends), bool), (first, second)), shape=(nodes, nodes))
  return csgraph.connected_components(links, directed=False)[1].astype(np.int64)[labels]


def follow_given(
  given: np.ndarray,
  family: np.ndarray,
  eid: Sequence[str] | np.ndarray,
  sharing: Sequence[Group],
  lines: Mapping[str, int],
  name: str,
) -> np.ndarray:
  """Returns given folds, int64 [n], in which people who share a picture follow the one whose fold is given.

  Args:
    given: [n] folds, -1 where none is given.
    family: [n] from `join`.
    eid: [n] the people.
    sharing: see `join`.
    lines: source to its line in the table.
    name: the table's, for messages.

  Raises:
    InputError: the table puts people with the same picture into two folds.
  """
  table = pd.DataFrame({"family": family, "fold": np.where(given < 0, np.nan, given)})
  folds = table.groupby("family")["fold"]
  parted = (folds.transform("max") > folds.transform("min")).to_numpy()
  if parted.any():
    torn = set(np.asarray(eid, dtype=str)[parted])
    groups = [group for group in sharing if torn.intersection(group.eids)]
    shown = ["lines " + ", ".join(str(n) for n in sorted(lines[s] for s in group.sources)) for group in groups[:_SHOWN]]
    more = "; ..." if len(groups) > _SHOWN else ""
    raise errors.InputError(
      f"{name} has the same picture under several ids, whose folds differ ({'; '.join(shown)}{more}): a model would be "
      "tested on a picture that it was trained on. Correct the paths or the ids, or give these people one fold."
    )
  return folds.transform("max").fillna(-1).to_numpy(np.int64)
