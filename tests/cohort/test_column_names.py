"""The four spellings of UK Biobank columns."""

import hypothesis
import pytest
from hypothesis import strategies as st

from msk_jax.cohort import column_names
from msk_jax.cohort.column_names import Column, Spelling

_DATE, _SECOND_ANSWER, _SEX = Column(53, 2), Column(6138, 0, 1), Column(31)


@pytest.mark.parametrize(
  ("name", "column"),
  [
    ("53-2.0", _DATE),
    ("f.53.2.0", _DATE),
    ("p53_i2", _DATE),
    ("participant.p53_i2", _DATE),
    ("6138-0.1", _SECOND_ANSWER),
    ("f.6138.0.1", _SECOND_ANSWER),
    ("p6138_i0_a1", _SECOND_ANSWER),
    ("participant.p6138_i0_a1", _SECOND_ANSWER),
    ("31-0.0", _SEX),
    ("f.31.0.0", _SEX),
    ("p31", _SEX),
    ("participant.p31", _SEX),
    (" 31-0.0 ", _SEX),
    ("p22009_a1", Column(22009, 0, 1)),  # answers but no instances
  ],
)
def test_every_spelling_is_read(name, column):
  assert column_names.parse(name).column == column


@pytest.mark.parametrize(
  "name",
  [
    "",
    "eid",
    "p",
    "31",
    "31-0",
    "31.0.0",
    "f.31.0",
    "x31-0.0",
    "p31_x2",
    "31-0.0.0",
    "olink.p31",
    "p31_a1_i0",
    "53-2.0_raw",
    "-31-0.0",
  ],
)
def test_other_names_are_none(name):
  assert column_names.parse(name) is None


@hypothesis.given(st.integers(1, 99_999), st.integers(0, 9), st.integers(0, 300), st.sampled_from(Spelling))
def test_spelled_and_parsed_again(field, instance, array, spelling):
  column = Column(field, 0 if field in column_names.SINGLE_FIELDS else instance, array)
  assert column_names.parse(column_names.spell(column, spelling)).column == column
  assert column_names.parse(column_names.spell(column, spelling, has_array=True)).column == column


def test_spellings_are_those_of_the_documentation():
  assert column_names.spellings(_DATE) == ("53-2.0", "f.53.2.0", "p53_i2", "participant.p53_i2")
  assert column_names.spellings(_SEX) == ("31-0.0", "f.31.0.0", "p31", "participant.p31")
  assert str(_SECOND_ANSWER) == "6138-0.1"


def test_only_platform_names_without_array_may_be_packed():
  assert [
    column_names.parse(n).may_be_packed for n in ("p6138_i0", "participant.p6138_i0", "p6138_i0_a0", "6138-0.0")
  ] == [
    True,
    True,
    False,
    False,
  ]


@pytest.mark.parametrize("name", ["eid", "f.eid", "participant.eid"])
def test_eid(name):
  assert column_names.is_eid(name)
  assert not column_names.is_eid(name + "2")


@pytest.mark.parametrize(
  ("cell", "answers"),
  [
    ("1|3|6", ("1", "3", "6")),
    ("1", ("1",)),
    ("", ()),
    ("-7", ("-7",)),
    ("[1, 3]", ("1", "3")),
    ("[]", ()),
    ('["A", "B"]', ("A", "B")),
    ("Yes, often|No", ("Yes, often", "No")),
  ],
)
def test_packed_cells(cell, answers):
  assert column_names.unpack(cell) == answers
