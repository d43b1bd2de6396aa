"""Nothing leaves that tells of a single person; what leaves is as it was given."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import PIL.Image
import pytest

from msk_jax.disclosure import door
from msk_jax.io import errors, tables
from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import age_tables, cohort_tables, columns, image_tables, performance_tables

_SCHEMA = Schema(
  "totals",
  1,
  {"model": columns.LABEL, "n": columns.OPTIONAL_SAMPLES, "num_people": columns.NUM_PEOPLE, "r2": columns.estimate()},
  is_shared=True,
)
_GROUPS = Schema(
  "groups",
  1,
  {"model": columns.LABEL, "kind": columns.LABEL, "num_people": columns.NUM_PEOPLE},
  is_shared=True,
)


def _totals(n: int | None = 120, num_people: int = 100, model: str = "a") -> pd.DataFrame:
  return pd.DataFrame({"model": [model], "n": [n], "num_people": [num_people], "r2": [0.5]}).astype(_SCHEMA.dtypes)


def _groups(*counts: int, kind: str = "sex") -> pd.DataFrame:
  return pd.DataFrame({"model": "a", "kind": kind, "num_people": counts})


def test_a_table_that_obeys_the_rules_is_written(tmp_path):
  door.write_table(tmp_path, "totals", _totals(), _SCHEMA, hidden=["r2"])
  assert tables.read(tmp_path / "totals.parquet", _SCHEMA).equals(_totals())
  assert (tmp_path / "totals.csv").read_text() == "model,n,num_people\na,120,100\n"


@pytest.mark.parametrize(
  ("table", "why"),
  [
    (_totals(num_people=4), "num_people holds counts of one to four"),
    (_totals(n=3, num_people=0), "n holds counts of one to four"),
    (_totals(n=101), "n and num_people differ by one to four"),
    (_totals(model="knee/9000001"), "model looks like a participant's id"),
    (_totals(model="knee 09000001"), "model looks like a participant's id"),
    (_totals().assign(r2=9_000_001.0), "r2 looks like a participant's id"),
  ],
)
def test_small_counts_and_ids_are_refused(tmp_path, table, why):
  with pytest.raises(errors.InputError, match=why) as raised:
    door.write_table(tmp_path, "totals", table, _SCHEMA)
  assert "9000001" not in str(raised.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("n", [None, 100, 105])
def test_a_number_of_samples_may_be_missing_or_clear_of_the_people(n):
  door.check_table(_totals(n=n), _SCHEMA)


@pytest.mark.parametrize("schema", [age_tables.AGES, cohort_tables.PARTICIPANTS, image_tables.IMAGE_INDEX])
def test_a_table_of_people_is_refused(schema):
  empty = pd.DataFrame(columns=list(schema.columns))
  with pytest.raises(errors.InputError, match="not one of those that are shared"):
    door.check_table(empty, schema)
  with pytest.raises(errors.InputError, match="are about single persons"):
    door.check_table(empty, Schema(schema.name, schema.version, schema.columns, is_shared=True))


@pytest.mark.parametrize("kind", [Kind.IDENTIFIER, Kind.PERSONAL, Kind.POSITION])
def test_each_kind_of_a_single_person_is_refused(kind):
  schema = Schema("t", 1, {"row": Column("int64", kind)}, is_shared=True)
  with pytest.raises(errors.InputError, match="its columns row are about single persons"):
    door.check_table(pd.DataFrame({"row": [7]}), schema)


@pytest.mark.parametrize(
  ("counts", "is_refused"),
  [
    ((60, 40), False),
    ((60,), False),
    ((97,), True),  # three of the hundred are in no group
    ((60, 38), True),  # the sum
    ((60, 42), True),  # two are in both
    ((60, 64), True),  # the sum and the number of samples
    ((100,), False),
    ((60, 30), False),
  ],
)
def test_groups_are_compared_with_their_whole(counts, is_refused):
  whole = door.Whole(_totals(), _SCHEMA, keys=("model",), partition=("kind",))
  if is_refused:
    with pytest.raises(errors.InputError, match="of table totals differ by one to four"):
      door.check_table(_groups(*counts), _GROUPS, whole)
  else:
    door.check_table(_groups(*counts), _GROUPS, whole)


def test_groups_without_a_total_are_refused():
  whole = door.Whole(_totals(model="b"), _SCHEMA, keys=("model",), partition=("kind",))
  with pytest.raises(errors.InputError, match="some of its groups have no total in table totals"):
    door.check_table(_groups(60, 40), _GROUPS, whole)


def test_a_file_name_that_looks_like_an_id_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="the name of its files looks like"):
    door.write_table(tmp_path, "of_9000001", _totals(), _SCHEMA)
  with pytest.raises(errors.InputError, match="a figure is not written: its name"):
    door.save_figure(tmp_path / "9000001.png", door.SharedFigure(plt.figure(), 40, 5))
  plt.close("all")
  assert not list(tmp_path.iterdir())


def _title(axes: plt.Axes) -> None:
  axes.set_title("person 9000001")


def _tick(axes: plt.Axes) -> None:
  axes.set_xticks([0.5], ["9000001"])


def _note(axes: plt.Axes) -> None:
  axes.annotate("9000001", (0.5, 0.5))


@pytest.mark.parametrize("write", [_title, _tick, _note])
def test_a_figure_with_a_text_that_looks_like_an_id_is_refused(tmp_path, write):
  figure, axes = plt.subplots()
  write(axes)
  with pytest.raises(errors.InputError, match="a text in it, looks like a participant's id") as raised:
    door.save_figure(tmp_path / "a.png", door.SharedFigure(figure, 40, 5))
  plt.close(figure)
  assert "9000001" not in str(raised.value) and not list(tmp_path.iterdir())


def test_groups_of_two_kinds_are_not_added_up():
  whole = door.Whole(_totals(), _SCHEMA, keys=("model",), partition=("kind",))
  both = pd.concat([_groups(60), _groups(42, kind="age_band")], ignore_index=True)
  door.check_table(both, _GROUPS, whole)


def test_the_tables_of_performance_go_through_the_door():
  for schema in (performance_tables.PERFORMANCE, performance_tables.GROUPS, performance_tables.BEST):
    door.check_table(pd.DataFrame(columns=list(schema.columns)), schema)


def test_a_figure_says_what_it_was_made_of(tmp_path):
  door.save_figure(tmp_path / "a.png", door.SharedFigure(plt.figure(), 40, 5))
  with PIL.Image.open(tmp_path / "a.png") as image:
    assert json.loads(image.info["Description"]) == {"fewest_people_per_mark": 5, "num_people": 40}
  assert "fewest_people_per_mark" in (tmp_path / "a.svg").read_text()
  door.save_figure(tmp_path / "b.png", door.SharedFigure(plt.figure(), 5, None))


@pytest.mark.parametrize(("num_people", "fewest"), [(4, None), (40, 4), (40, 0)])
def test_a_figure_of_few_people_is_refused(tmp_path, num_people, fewest):
  shared = door.SharedFigure(plt.figure(), num_people, fewest)
  with pytest.raises(errors.InputError, match=r"figure a\.png is not written"):
    door.save_figure(tmp_path / "a.png", shared)
  plt.close(shared.figure)
  assert not list(tmp_path.iterdir())


def test_arrays_are_written_as_they_are(tmp_path):
  door.write_arrays(tmp_path / "maps.npz", {"maps": np.full((2, 3), 0.5, np.float32)}, 5)
  with np.load(tmp_path / "maps.npz") as arrays:
    np.testing.assert_array_equal(arrays["maps"], np.full((2, 3), 0.5))


@pytest.mark.parametrize(
  ("name", "array", "fewest", "why"),
  [
    ("maps", np.zeros(2), 4, "fewer than 5 people"),
    ("maps_9000001", np.zeros(2), 5, "looks like a participant's id"),
    ("maps", np.zeros(2, int), 5, "other things than means"),
  ],
)
def test_arrays_of_few_people_ids_and_counts_are_refused(tmp_path, name, array, fewest, why):
  with pytest.raises(errors.InputError, match=why):
    door.write_arrays(tmp_path / f"{name}.npz", {"maps": array}, fewest)
  assert not list(tmp_path.iterdir())
