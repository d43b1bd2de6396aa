"""Families against a brute-force search, and the relatedness file in its spellings."""

import gzip

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from msk_jax.cohort import families
from msk_jax.io import errors

TEXT = """ID1 ID2 HetHet IBS0 Kinship
9000001 9000002 0.080 0.0000 0.2500
9000003 9000004 0.045 0.0150 0.0442
9000005 9000006 0.040 0.0160 0.0441
-1 9000007 0.080 0.0000 0.2500
9000001 9000007 0.080 0.0000 NA
"""
PEOPLE = [f"900000{i}" for i in range(1, 8)]


def test_pairs_from_third_degree_up_and_counts(tmp_path):
  (tmp_path / "ukb1_rel_s2.dat").write_text(TEXT)
  relatedness = families.read([tmp_path / "ukb1_rel_s2.dat"])
  assert relatedness.pairs["id1"].tolist() == ["9000001", "9000003", "9000001"]
  assert relatedness.pairs["id2"].tolist() == ["9000002", "9000004", "9000007"]
  assert relatedness.pairs["kinship"].tolist()[:2] == [0.25, 0.0442] and np.isnan(relatedness.pairs["kinship"][2])
  assert relatedness.counts == {
    "pairs_read": 5,
    "pairs_too_distant": 1,
    "pairs_without_id": 1,
    "pairs_without_kinship": 1,
  }
  assert relatedness.people == {"9000001", "9000002", "9000003", "9000004", "9000007"}
  labels = families.label_families(PEOPLE, relatedness.pairs)
  assert labels[0] == labels[1] == labels[6] and labels[2] == labels[3] and len(set(labels)) == 4


_ROWS = [("9000001", "9000002", "0.25"), ("9000002", "9000003", "0.06")]


@pytest.mark.parametrize(
  "spell",
  [
    lambda eid: eid,
    lambda eid: f"{eid}.0",
    lambda eid: f'"{eid}"',
    lambda eid: f"0{eid}",
    lambda eid: f"{eid[0]}.{eid[1:]}e6",
    lambda eid: f"{eid[0]}.{eid[1:]}E+06",
  ],
)
@pytest.mark.parametrize("separator", [" ", "  ", "\t", ",", ";"])
@pytest.mark.parametrize("header", [("ID1", "ID2", "Kinship"), ('"id1"', '"id2"', '"KINSHIP"')])
def test_every_spelling_links_the_same_people(tmp_path, spell, separator, header):
  rows = [(spell(one), spell(two), value) for one, two, value in _ROWS]
  lines = [separator.join((*cells[:2], "0.1" if cells != header else "x", cells[2])) for cells in (header, *rows)]
  for encoding, end in (("utf-8", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r")):
    (tmp_path / "ukb_rel.dat").write_bytes((end.join(lines) + end).encode(encoding))
    relatedness = families.read([tmp_path / "ukb_rel.dat"]).pairs
    assert [tuple(row) for row in relatedness[["id1", "id2"]].itertuples(index=False)] == [row[:2] for row in _ROWS]
  (tmp_path / "ukb_rel.dat").write_bytes(gzip.compress("\n".join(lines).encode()))
  assert len(families.read([tmp_path / "ukb_rel.dat"]).pairs) == 2


def test_a_file_without_pairs_is_a_warning_in_capitals(tmp_path, caplog):
  (tmp_path / "ukb_rel.dat").write_text(TEXT.splitlines()[0] + "\n")
  assert families.read([tmp_path / "ukb_rel.dat"]).counts["pairs_read"] == 0
  assert "RELATEDNESS FILES WITHOUT ANY PAIR: ukb_rel.dat" in caplog.text


def test_without_a_file_nobody_is_related():
  relatedness = families.read([])
  assert len(set(families.label_families(["9000001", "9000002"], relatedness.pairs))) == 2
  assert set(relatedness.counts.values()) == {0}


def test_relatives_linked_through_somebody_outside_the_cohort_belong_together():
  pairs = pd.DataFrame({"id1": ["a", "x", "b"], "id2": ["x", "y", "y"]}, dtype="string")
  labels = families.label_families(["c", "a", "b"], pairs)
  assert labels[1] == labels[2] != labels[0] and len(labels) == 3


def test_pairs_are_counted_once_by_who_is_in_the_cohort():
  pairs = pd.DataFrame([("a", "b"), ("b", "a"), ("a", "x"), ("x", "y"), ("a", "a")], columns=["id1", "id2"])
  assert families.count_ends(["a", "b"], pairs) == {
    "pairs_in_cohort": 1,
    "pairs_half_in_cohort": 1,
    "pairs_outside_cohort": 1,
  }


@hypothesis.given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=14))
def test_families_match_a_search_along_pairs(n, links):
  eid = [str(9_000_000 + i) for i in range(n)]
  pairs = pd.DataFrame([(str(9_000_000 + a), str(9_000_000 + b)) for a, b in links], columns=["id1", "id2"])
  labels = families.label_families(eid, pairs.astype("string"))
  linked = np.eye(15, dtype=bool)  # people from n on are not in the cohort
  for a, b in links:
    linked[a, b] = linked[b, a] = True
  for _ in range(15):
    linked = linked @ linked
  np.testing.assert_array_equal(labels[:, None] == labels[None, :], linked[:n, :n])


@pytest.mark.parametrize(
  ("text", "message"),
  [
    ("", "ID1, ID2 and Kinship once each"),
    ("9000001 9000002 0.1 0.1 0.25\n", "ID1, ID2 and Kinship once each"),
    ("ID1 ID2\n9000001 9000002\n", "ID1, ID2 and Kinship once each"),
    ("ID1 ID2 id2 Kinship\n9000001 9000002 1 0.1\n", "ID1, ID2 and Kinship once each"),
    ("ID1 ID2 Kinship\n9000001 9000002 high\n", "line 2: a Kinship that is not a number"),
    ("ID1;ID2;Kinship\n9000001;9000002;0,25\n", "line 2: a Kinship that is not a number"),
    ("ID1 ID2 Kinship\n9000001 9000002 nan()\n", "line 2: a Kinship that is not a number"),
    ("ID1 ID2 Kinship\n9000001 9000002 1.0\n", "line 2: a Kinship over 0.6"),
    ("ID1 ID2 Kinship\n9000001 9000002 inf\n", "line 2: a Kinship over 0.6"),
    ("ID1 ID2 Kinship\n\n9000001 9.00E+06 0.1\n", "line 3: an id that is not a whole number"),
    ("ID1 ID2 Kinship\n9000001 K7 0.1\n", "line 2: an id that is not a whole number"),
    ("ID1 ID2 Kinship\n1 9000001 9000002 0.25\n", "line 2: 4 cells under a header of 3"),
    ("ID1,ID2,Kinship\n9000001,9000002\n", "line 2: 2 cells under a header of 3"),
  ],
)
def test_other_files_are_refused(tmp_path, text, message):
  (tmp_path / "ukb_rel.dat").write_text(text)
  with pytest.raises(errors.InputError, match=r"ukb_rel\.dat") as caught:
    families.read([tmp_path / "ukb_rel.dat"])
  assert message in str(caught.value) and "900000" not in str(caught.value)


def test_a_damaged_file_is_refused(tmp_path):
  (tmp_path / "ukb_rel.dat.gz").write_bytes(gzip.compress(TEXT.encode())[:-9])
  with pytest.raises(errors.InputError, match=r"ukb_rel\.dat\.gz can't be read \(EOFError\)"):
    families.read([tmp_path / "ukb_rel.dat.gz"])
