"""Families of a cohort, and warnings about relatedness files of other people."""

import pytest

from msk_jax.cohort import families

_PEOPLE = [str(9_000_001 + i) for i in range(6)]


@pytest.fixture
def read(tmp_path):
  def make(*pairs: tuple[str, str]) -> families.Relatedness:
    lines = ["ID1 ID2 Kinship", *(f"{one} {two} 0.25" for one, two in pairs)]
    (tmp_path / "ukb_rel.dat").write_text("\n".join(lines) + "\n")
    return families.read([tmp_path / "ukb_rel.dat"])

  return make


def test_families_and_counts(read, caplog):
  found = read((_PEOPLE[0], _PEOPLE[1]), (_PEOPLE[1], "9000100"), ("9000100", _PEOPLE[4]), ("9000200", "9000201"))
  family, counts = families.of_cohort(found, _PEOPLE[:5], _PEOPLE)
  assert family[0] == family[1] == family[4] and len(set(family)) == 3
  assert counts == {
    "pairs_read": 4,
    "pairs_too_distant": 0,
    "pairs_without_id": 0,
    "pairs_without_kinship": 0,
    "pairs_in_cohort": 1,
    "pairs_half_in_cohort": 2,
    "pairs_outside_cohort": 1,
  }
  assert not caplog.text


def test_a_file_of_other_people_is_said_in_capitals(read, caplog):
  family, counts = families.of_cohort(read(("9000100", "9000101")), _PEOPLE, _PEOPLE)
  assert len(set(family)) == 6 and counts["pairs_outside_cohort"] == 1
  assert "THE RELATEDNESS FILE IS OF OTHER PEOPLE: 0 of its 2 people" in caplog.text


def test_pairs_that_link_nobody_are_said_in_capitals(read, caplog):
  families.of_cohort(read((_PEOPLE[0], "9000100")), _PEOPLE, _PEOPLE)
  assert "NO PAIR OF THE RELATEDNESS FILE LINKS TWO PEOPLE" in caplog.text and "90001" not in caplog.text


def test_no_file_says_nothing_here(caplog):
  family, _ = families.of_cohort(families.read([]), _PEOPLE, _PEOPLE)
  assert len(set(family)) == 6 and not caplog.text
