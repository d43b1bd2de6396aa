"""Scalar sets from UK Biobank's fields: every spelling, the heel's protocols, impossible values, absent fields."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import column_names, scalar_checks, scalar_fields, scalar_reader
from msk_jax.cohort.column_names import Column, Spelling
from msk_jax.io import errors

GRIP = (Column(46, 0), Column(47, 0), Column(46, 2), Column(47, 2))
ANN, BOB, CAT = "9000001", "9000002", "9000003"


def _write(path, wanted, rows, spelling=Spelling.CLASSIC):
  lines = [",".join(["f.eid" if spelling == "r" else "eid", *(column_names.spell(c, spelling) for c in wanted)])]
  path.write_text("\n".join([*lines, *(",".join(map(str, row)) for row in rows)]) + "\n")
  return path


def _heel_columns(instance):
  feet = (scalar_fields.SINGLE_FOOT,) * (instance == 0) + (scalar_fields.LEFT_FOOT, scalar_fields.RIGHT_FOOT)
  return [Column(f, instance) for foot in feet for f in (foot.method, foot.spacing, *foot.direct, *foot.manual)]


def _heel(tmp_path, *cells, instances=(0,), wanted=None):
  """Reads heels of people given as mappings from field (at instance 0) to value."""
  wanted = wanted or [column for i in instances for column in _heel_columns(i)]
  rows = [[str(9_000_001 + n), *(given.get(c.field, "") for c in wanted)] for n, given in enumerate(cells)]
  path = _write(tmp_path / "a.csv", wanted, rows)
  scalars = scalar_reader.read([path], ["heel_densitometry"])
  return scalars.tables["heel_densitometry"].set_index("eid"), scalars


def _measured(foot, values, *, manual=False):
  fields = (foot.spacing, *(foot.manual if manual else foot.direct))
  return {foot.method: 2 if manual else 1, **dict(zip(fields, values, strict=True))}


FIRST, SECOND = (36.0, 1540.0, 70.0, 89.0, 0.5, -0.8), (38.0, 1560.0, 80.0, 101.0, 0.6, 0.2)
MEAN = [37.0, 1550.0, 75.0, 95.0, 0.55, -0.3]


@pytest.mark.parametrize("spelling", Spelling)
def test_every_instance_in_every_spelling(tmp_path, spelling):
  path = _write(
    tmp_path / "a.csv", GRIP, [(BOB, 30, 32.5, "", ""), (ANN, "", 20, 21, 22), (CAT, "", "", "", "")], spelling
  )
  table = scalar_reader.read([path], ["hand_grip"]).tables["hand_grip"]
  assert table.columns.tolist() == ["eid", "instance", "left_hand_grip_kg", "right_hand_grip_kg"]
  rows = table.fillna(-1).values.tolist()
  assert rows == [[ANN, 0, -1, 20], [ANN, 2, 21, 22], [BOB, 0, 30, 32.5]]  # Cat has nothing: no row


def test_the_paper_has_21_features_and_every_limit_says_why():
  assert {name: len(features) for name, features in scalar_fields.FEATURES.items()} == {
    "anthropometry": 8,
    "impedance": 5,
    "heel_densitometry": 6,
    "hand_grip": 2,
  }
  every = [feature for features in scalar_fields.FEATURES.values() for feature in features]
  assert len({feature.name for feature in every}) == 21
  assert all(feature.limits.low < feature.limits.high and len(feature.limits.why) > 10 for feature in every)


@pytest.mark.parametrize("manual", [False, True])
def test_the_heel_is_the_mean_of_both_feet(tmp_path, manual):
  left = _measured(scalar_fields.LEFT_FOOT, FIRST, manual=manual)
  right = _measured(scalar_fields.RIGHT_FOOT, SECOND)  # one foot typed in, the other not
  table, _ = _heel(tmp_path, left | right, instances=(2,))
  assert table["instance"].tolist() == [2]
  np.testing.assert_allclose(table.iloc[0, 1:].astype(float), MEAN)


@pytest.mark.parametrize("manual", [False, True])
def test_a_single_foot_at_baseline(tmp_path, manual):
  table, scalars = _heel(tmp_path, _measured(scalar_fields.SINGLE_FOOT, SECOND, manual=manual))
  np.testing.assert_allclose(table.iloc[0, 1:].astype(float), SECOND)
  assert set(scalars.counts.values()) == {0}


def test_two_feet_count_where_there_are_both_protocols(tmp_path):
  feet = _measured(scalar_fields.LEFT_FOOT, FIRST) | _measured(scalar_fields.RIGHT_FOOT, SECOND)
  table, scalars = _heel(tmp_path, feet | _measured(scalar_fields.SINGLE_FOOT, FIRST))
  np.testing.assert_allclose(table.iloc[0, 1:].astype(float), MEAN)
  assert scalars.counts["heels_measured_by_both_protocols"] == 1


def test_a_foot_that_was_not_measured_gives_no_mean_but_the_single_foot_counts(tmp_path):
  left, right = _measured(scalar_fields.LEFT_FOOT, FIRST), _measured(scalar_fields.RIGHT_FOOT, SECOND)
  not_done = right | {scalar_fields.RIGHT_FOOT.method: 3}  # 3: not performed
  single = _measured(scalar_fields.SINGLE_FOOT, SECOND)
  table, _ = _heel(tmp_path, left | not_done, left | not_done | single, left, single | {19: 7})
  assert table.index.tolist() == [BOB]
  np.testing.assert_allclose(table.iloc[0, 1:].astype(float), SECOND)


def test_methods_may_be_given_by_their_meanings(tmp_path):
  single = _measured(scalar_fields.SINGLE_FOOT, FIRST, manual=True) | {19: "Manual entry"}
  table, _ = _heel(tmp_path, single)
  np.testing.assert_allclose(table.iloc[0, 1:].astype(float), FIRST)


def test_a_table_without_manual_entries_is_read(tmp_path):
  manual = set(scalar_fields.LEFT_FOOT.manual + scalar_fields.RIGHT_FOOT.manual)
  wanted = [column for column in _heel_columns(1) if column.field not in manual]
  feet = _measured(scalar_fields.LEFT_FOOT, FIRST) | _measured(scalar_fields.RIGHT_FOOT, SECOND)
  table, _ = _heel(tmp_path, feet, feet | {4095: 2}, wanted=wanted)
  np.testing.assert_allclose(table.loc[ANN].iloc[1:].astype(float), MEAN)
  assert table.loc[BOB].iloc[2:].isna().all()  # typed in, but where is not in the tables: the spacing is all there is


def test_impossible_values_are_set_missing_and_recorded(tmp_path):
  rows = [(ANN, "inf", "31", "", ""), (BOB, "-5", "ninety", "91", "90"), (CAT, "-inf", "1e400", "", "")]
  scalars = scalar_reader.read([_write(tmp_path / "a.csv", GRIP, rows)], ["hand_grip"])
  assert scalars.tables["hand_grip"].fillna(-1).values.tolist() == [[ANN, 0, -1, 31], [BOB, 2, -1, 90]]
  assert list(scalars.refused) == list(scalar_checks.COLUMNS)
  assert sorted(scalars.refused.values.tolist()) == sorted(
    [
      [ANN, 0, "hand_grip", "left_hand_grip_kg", "infinite", "46-0.0"],
      [BOB, 0, "hand_grip", "left_hand_grip_kg", "implausible", "46-0.0"],
      [BOB, 0, "hand_grip", "right_hand_grip_kg", "not_a_number", "47-0.0"],
      [BOB, 2, "hand_grip", "left_hand_grip_kg", "implausible", "46-2.0"],
      [CAT, 0, "hand_grip", "left_hand_grip_kg", "infinite", "46-0.0"],
      [CAT, 0, "hand_grip", "right_hand_grip_kg", "infinite", "47-0.0"],
    ]
  )


def test_an_impossible_value_of_one_foot_makes_no_mean(tmp_path):
  left = _measured(scalar_fields.LEFT_FOOT, (36.0, 15400.0, *FIRST[2:]))
  table, scalars = _heel(tmp_path, left | _measured(scalar_fields.RIGHT_FOOT, SECOND))
  assert table["heel_speed_of_sound_m_s"].isna().all() and table["heel_bone_density_g_cm2"].tolist() == [0.55]
  assert scalars.refused["detail"].tolist() == ["4103-0.0 or 4142-0.0"]


def test_sets_without_fields_are_left_out_with_a_warning(tmp_path, caplog):
  scalars = scalar_reader.read([_write(tmp_path / "a.csv", GRIP, [(ANN, 1, 2, 3, 4)])])
  assert set(scalars.tables) == {"hand_grip"} and scalars.absent == ("anthropometry", "impedance", "heel_densitometry")
  assert "SCALAR SET impedance IS LEFT OUT" in caplog.text and "23106, 23107, 23108, 23109, 23110" in caplog.text
  assert "hand_grip" not in caplog.text


def test_missing_columns_of_all_sets_are_listed_at_once(tmp_path):
  wanted = (*GRIP[:3], Column(23106, 1), Column(19, 0))
  path = _write(tmp_path / "a.csv", wanted, [(ANN, *(1,) * len(wanted))])
  with pytest.raises(errors.InputError) as caught:
    scalar_reader.read([path])
  message = str(caught.value)
  assert "hand_grip, instance 2: 47-2.0\n" in message and "config.data.scalar_sets" in message
  assert "impedance, instance 1: 23107-1.0, 23108-1.0, 23109-1.0, 23110-1.0\n" in message
  assert "heel_densitometry, instance 0: 3143-0.0, 3146-0.0, 3144-0.0, 3147-0.0, 3148-0.0, 78-0.0\n" in message
  assert "anthropometry" not in message and ANN not in message
  assert set(scalar_reader.read([path], ["anthropometry"]).absent) == {
    "anthropometry"
  }  # what is not wanted is not looked at


def test_fields_scattered_over_files_are_joined(tmp_path):
  first = _write(tmp_path / "a.csv", GRIP[:1], [(ANN, 10), (BOB, 11)])
  second = _write(tmp_path / "b.csv", GRIP[1:2], [(BOB, 21), (CAT, 22)], Spelling.PLATFORM)
  table = scalar_reader.read([first, second], ["hand_grip"]).tables["hand_grip"]
  assert table.fillna(-1).iloc[:, 2:].values.tolist() == [[10, -1], [11, 21], [-1, 22]]


def test_columns_of_nothing_but_missing_values_give_an_empty_table(tmp_path):
  scalars = scalar_reader.read([_write(tmp_path / "a.csv", GRIP, [(ANN, "", "NA", "", "")])], ["hand_grip"])
  assert scalars.tables["hand_grip"].empty and scalars.absent == ()
  pd.testing.assert_frame_equal(scalars.refused, scalar_checks.no_refusals())


def test_contradictions_between_and_within_tables_are_counted(tmp_path):
  first = _write(tmp_path / "b1.csv", GRIP[:2], [(ANN, 30, 31), (BOB, 20, 21)])
  second = _write(tmp_path / "b2.csv", GRIP, [(ANN, 35, "31.0", 7, 8), (BOB, 20, 21, 5, 6), (BOB, 24, 21, 5, 6)])
  scalars = scalar_reader.read([first, second], ["hand_grip"])
  assert scalars.tables["hand_grip"].values.tolist() == [[ANN, 0, 30, 31], [ANN, 2, 7, 8], [BOB, 2, 5, 6]]
  assert scalars.counts["cells_differing_between_tables"] == 1
  assert scalars.counts["contradictory_scalar_samples"] == 1  # Bob's grip at baseline: it is left out
  assert scalars.file_counts[second]["repeated_rows"] == 1


def test_contradictions_of_all_heel_visits_add_up(tmp_path):
  wanted = [column for i in (0, 1) for column in _heel_columns(i)]
  given = _measured(scalar_fields.SINGLE_FOOT, FIRST) | _measured(scalar_fields.LEFT_FOOT, FIRST)
  given |= _measured(scalar_fields.RIGHT_FOOT, SECOND)
  rows = [[ANN, *(given.get(c.field, "") for c in wanted)] for _ in range(2)]
  rows[1][1 + wanted.index(Column(4103, 0))] = rows[1][1 + wanted.index(Column(4103, 1))] = 1500
  scalars = scalar_reader.read([_write(tmp_path / "a.csv", wanted, rows)], ["heel_densitometry"])
  assert scalars.tables["heel_densitometry"].empty and scalars.counts["contradictory_scalar_samples"] == 2


def test_a_column_of_texts_is_refused_by_name(tmp_path):
  rows = [(str(9_000_001 + i), "30;5" if i < 10 else "30", "20", "", "") for i in range(100)]
  with pytest.raises(errors.InputError, match=r"a\.csv, column 46-0\.0: 10 cells \(10\.0%.*`99;9`.*decimal point"):
    scalar_reader.read([_write(tmp_path / "a.csv", GRIP, rows)], ["hand_grip"])


@pytest.mark.parametrize("method", ["Direct entry (device)", "D"])
def test_heels_whose_method_is_not_understood_are_refused(tmp_path, method):
  heel = _measured(scalar_fields.SINGLE_FOOT, FIRST)
  with pytest.raises(errors.InputError, match=r"column 19-0\.0: 2 cells .*Understood are codes, `Direct entry`"):
    _heel(tmp_path, heel, heel | {19: method}, heel | {19: method})


def test_reasons_why_a_heel_was_not_measured_are_understood(tmp_path):
  heel = _measured(scalar_fields.SINGLE_FOOT, FIRST)
  not_done = ("Not performed", "Not performed - equipment failure", "not performed - other reason", "3", "6")
  table, scalars = _heel(tmp_path, heel, *(heel | {19: why} for why in not_done))
  assert len(table) == 1 and scalars.counts[scalar_reader.UNKNOWN_METHODS] == 0
