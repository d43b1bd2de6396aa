"""Ids of genotype files: one spelling, and forms that show no id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msk_jax.genetics import overlap, person_ids
from msk_jax.io import errors, ids, privacy

_EID = st.integers(9_000_000, 9_999_999).map(str)


@given(st.lists(_EID, min_size=1, max_size=30), st.integers(0, 3))
def test_every_spelling_of_an_id_is_one_person(eids, zeros):
  for iids, num_doubled in (
    (eids, 0),
    (["0" * zeros + eid for eid in eids], 0),
    ([f"{eid}_{eid}" for eid in eids], len(eids)),
    ([f"{eid}.0" for eid in eids], 0),
  ):
    key, num = person_ids.plain(np.array(iids))
    assert key.tolist() == eids and num == num_doubled


@given(st.text(st.characters(codec="utf-8", exclude_characters="_\0"), min_size=1, max_size=12))
def test_other_ids_are_compared_as_the_cohorts_are(text):
  assert person_ids.plain(np.array([text], object))[0].tolist() == [ids.plain(text)]


@pytest.mark.parametrize("text", ["1_2", "_", "a_b_a", "11_1", "1__1"])
def test_unequal_halves_stay(text):
  assert person_ids.plain(np.array([text]))[0].tolist() == [text]


@given(st.text("0123456789_-aB.", min_size=1, max_size=20))
def test_a_form_holds_no_digit_but_leading_zeros_and_is_never_hidden(text):
  form = person_ids.form(text)
  assert privacy.redact(form) == form
  assert not any(digit in form for digit in "123456789")


def test_forms_of_the_first_ids_that_differ():
  first, second = np.array(["9000001", "09000002"]), np.array(["9000001", "9000002"])
  sentence = person_ids.compare_forms("a.fam", first, "the cohort", second)
  assert sentence.startswith("The ids of a.fam have the form `0#######`, those of the cohort `#######`")
  assert person_ids.compare_forms("a", second, "b", second) == ""
  assert "other people's" in person_ids.compare_forms("a", first[:1], "b", second[1:])


def test_steps_are_counted_one_after_the_other():
  steps = [overlap.Step("one", np.array([1, 1, 0, 1], bool)), overlap.Step("two", np.array([0, 1, 0, 1], bool))]
  is_in, table = overlap.narrow(np.array([1, 1, 1, 0], bool), steps)
  assert is_in.tolist() == [False, True, False, False]
  assert table.to_numpy().tolist() == [["one", 3, 1, 2], ["two", 2, 1, 1]]
  with pytest.raises(errors.InputError, match=r"of 2 people none is in the step `two`\. Do this"):
    overlap.narrow(np.array([1, 1], bool), [overlap.Step("two", np.zeros(2, bool), "Do this.")])
