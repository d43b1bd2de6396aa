"""The catalogue is what its script makes, names each field's source, and holds the published fields."""

import collections
import math
import pathlib

import pandas as pd
import pytest

from msk_jax.associations.catalogue import categories, entries, other_fields, rebuild
from msk_jax.io import errors

_SHOWCASE = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "data" / "ukb_fields.csv.gz"
# Sizes that are published of categories whose fields are all listed, one variable each.
_SIZES = {
  "brain_grey_matter_volumes": 139,
  "brain_subcortical_volumes": 14,
  "brain_dmri_weighted_means": 243,
  "blood_biochemistry": 28,
  "blood_count": 31,
  "urine_biochemistry": 4,
  "eye_autorefraction": 35,
  "carotid_ultrasound": 12,
  "ecg_at_rest": 12,
  "heart_function": 8,
  "heart_pwa": 15,
  "anthropometry": 8,
  "impedance": 5,
  "bone_densitometry_of_heel": 6,
  "hand_grip_strength": 2,
  "spirometry": 3,
  "blood_pressure": 3,
}


def test_categories_have_their_published_sizes():
  sizes = collections.Counter(entry.category for entry in entries.read())
  assert {category: sizes[category] for category in _SIZES} == _SIZES
  published = {each.category: each.published_variables for each in categories.read()}
  assert {category: published[category] for category in _SIZES} == _SIZES


def test_hearing_test_items_are_those_published():
  """126: six single values and eight answers of 15 triplets."""
  hearing = [entry for entry in entries.read() if entry.category == "hearing_test"]
  assert sum(15 if entry.readings == "each" else 1 for entry in hearing) == 126


def test_every_entry_has_a_source_and_is_there_once():
  everything = entries.read()
  assert all(entry.source and entry.name and entry.main_category in categories.MAIN for entry in everything)
  keys = [(entry.variable, entry.levels) for entry in everything]
  assert len(keys) == len(set(keys))


def test_every_category_is_published_or_says_its_gap():
  known = {(each.main_category, each.category) for each in categories.read()}
  assert {(entry.main_category, entry.category) for entry in entries.read()} <= known
  for each in categories.read():
    listed = [entry for entry in entries.read() if each.category in (categories.ALL, entry.category)]
    assert listed or each.gap, each.category


def test_special_answers_of_questionnaires_have_rules():
  """What a data coding says below zero is dealt with: missing, a value, or a level that says something."""
  for entry in entries.read():
    for code, meaning in entry.values.items():
      if meaning.lower() in ("do not know", "prefer not to answer"):
        assert float(code) in entry.rules, (entry.variable, code)
      if code < 0 and entry.kind in ("continuous", "ordinal", "binary"):
        assert float(code) in entry.rules, (entry.variable, code)


def test_numbers_of_ordinals_are_no_special_codes():
  for entry in entries.read():
    if entry.kind == "ordinal":
      values = {entry.rules.get(float(code), float(code)) for code in entry.values}
      assert all(math.isnan(value) or 0 <= value <= 100 for value in values), entry.variable


def test_published_rules():
  by_field = {entry.field: entry for entry in entries.read()}
  assert by_field[3436].fill == 90 and by_field[2355].fill == 100 and by_field[3456].fill == 0
  assert by_field[1920].rules[-1.0] == 0.5 and by_field[1180].rules[-1.0] == 2.5 and by_field[1289].rules[-10.0] == 0
  assert [entry.levels[0] for entry in entries.read() if entry.kind == "diagnosis"] == [chr(65 + n) for n in range(26)]


@pytest.mark.shared_data
@pytest.mark.skipif(not _SHOWCASE.exists(), reason="the list of showcase fields is not beside the project")
def test_the_script_makes_the_same_table(tmp_path, monkeypatch):
  table = pd.DataFrame(
    [(coding, code, meaning) for coding, values in entries.codings().items() for code, meaning in values.items()],
    columns=["Coding", "Value", "Meaning"],
  )
  table.to_csv(tmp_path / "codings.csv", index=False)
  lists = (rebuild.FOLDER / "published_lists.csv").read_bytes()
  (tmp_path / "published_lists.csv").write_bytes(lists)
  earlier = {name: (rebuild.FOLDER / name).read_bytes() for name in ("catalogue.csv", "codings.csv")}
  monkeypatch.setattr(rebuild, "FOLDER", tmp_path)
  rebuild.rebuild(_SHOWCASE, tmp_path / "codings.csv")
  assert (tmp_path / "catalogue.csv").read_bytes() == earlier["catalogue.csv"]


def test_fields_beside_the_catalogue():
  coffee, first_occurrence, nmr, unknown = other_fields.make({1498, 130000, 23400, 49999, 31}, set())[0:4]
  by_field = {entry.field: entry for entry in (coffee, first_occurrence, nmr, unknown)}
  assert set(by_field) == {1498, 23400, 49999, 130000}
  assert by_field[1498].kind == "continuous" and by_field[1498].rules[-10.0] == 0.0
  assert by_field[130000].kind == "date" and by_field[130000].timing == "person"
  assert by_field[23400].kind == "continuous" and not by_field[23400].rules
  assert by_field[49999].kind == entries.AUTO


@pytest.mark.parametrize(
  ("texts", "kind"),
  [
    (["1", "2.5"], "continuous"),
    (["0", "1"], "binary"),
    (["Red", "Blue"], "one_hot"),
    (["2010-01-01", "2011-02-03"], "date"),
  ],
)
def test_kinds_from_answers(texts, kind):
  import numpy as np

  assert other_fields.infer(np.array(texts, object)) == kind


@pytest.mark.parametrize(
  "row",
  [
    {"field": "1", "kind": "number"},
    {"field": "1", "kind": "continuous", "rules": "x"},
    {"field": "1", "kind": "continuous", "readings": "best"},
    {"field": "1", "kind": "continuous", "readings": "accepted:one"},
    {"field": "1", "kind": "continuous", "timing": "once"},
    {"field": "1", "kind": "continuous", "category": "a/b"},
    {"field": "one", "kind": "continuous"},
  ],
)
def test_rows_that_can_not_be_understood(row):
  with pytest.raises(errors.InputError):
    other_fields.complete(row, "more.csv")
