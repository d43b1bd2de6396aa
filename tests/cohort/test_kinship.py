"""Families against a brute-force search, and the relatedness file."""

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from msk_jax.cohort import kinship
from msk_jax.io import errors

TEXT = """ID1 ID2 HetHet IBS0 Kinship
9000001 9000002 0.080 0.0000 0.2500
9000003 9000004 0.045 0.0150 0.0442
9000005 9000006 0.040 0.0160 0.0441
-1 9000007 0.080 0.0000 0.2500
"""


def test_pairs_from_third_degree_up(tmp_path):
  (tmp_path / "ukb_rel_a1_s2.dat").write_text(TEXT)
  pairs = kinship.read([tmp_path / "ukb_rel_a1_s2.dat"])
  assert pairs["id1"].tolist() == ["9000001", "9000003", "-1"]
  assert pairs["id2"].tolist() == ["9000002", "9000004", "9000007"]
  assert pairs["kinship"].tolist() == [0.25, 0.0442, 0.25]
  labels = kinship.families([f"900000{i}" for i in range(1, 8)], pairs)
  assert labels[0] == labels[1] and labels[2] == labels[3] and len(set(labels)) == 5


def test_no_file_no_families():
  assert len(set(kinship.families(["9000001", "9000002"], kinship.read([])))) == 2


@hypothesis.given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=14))
def test_families_match_a_search_along_pairs(n, links):
  eid = [str(9_000_000 + i) for i in range(n)]
  pairs = pd.DataFrame([(str(9_000_000 + a), str(9_000_000 + b)) for a, b in links], columns=["id1", "id2"])
  labels = kinship.families(eid, pairs.astype("string"))
  linked = np.eye(n, dtype=bool)
  for a, b in links:  # people from n on are not in the cohort: they link nobody
    if a < n and b < n:
      linked[a, b] = linked[b, a] = True
  for _ in range(n):
    linked = linked @ linked
  np.testing.assert_array_equal(labels[:, None] == labels[None, :], linked)


@pytest.mark.parametrize("text", ["", "ID1,ID2,Kinship\n9000001,9000002,0.25\n", "ID1 ID2\n9000001 9000002\n",
                                  "ID1 ID2 Kinship\n9000001 9000002 high\n"])  # fmt: skip
def test_other_files_are_refused(tmp_path, text):
  (tmp_path / "ukb_rel.dat").write_text(text)
  with pytest.raises(errors.InputError, match=r"ukb_rel\.dat") as caught:
    kinship.read([tmp_path / "ukb_rel.dat"])
  assert "9000001" not in str(caught.value)
