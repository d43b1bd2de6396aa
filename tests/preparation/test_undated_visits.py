"""Images of visits without a date: counted view by view, and in no fold's balance; visits after the day of the call."""

import datetime
import io

import numpy as np
import pandas as pd
import pytest
from rich import console

from msk_jax.imaging import store
from msk_jax.io import run_record, tables
from msk_jax.preparation import assembly, prepare, summary
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables, image_tables
from tests.preparation import raw_data

_UNDATED = raw_data.EIDS[10:14]


def _root(folder, undated=_UNDATED, date=""):
  root = raw_data.make_ukb(folder)
  rows = [raw_data.HEADER, *raw_data.table_rows()]
  rows = [row.replace("2016-02-29", date) if row.split(",")[0] in undated else row for row in rows]
  (root / "tables/ukb1.csv").write_text("\n".join(rows) + "\n")
  return root


def _spec(root, **changes):
  return DataSpec(kind="ukb", root=str(root), workers=0, **changes)


def test_images_without_age_are_counted_by_view(tmp_path):
  prepare.prepare(_spec(_root(tmp_path / "ukb")), tmp_path / "work")
  results = run_record.read(tmp_path / "work/cohort")["results"]
  index = tables.read(tmp_path / "work/images/knee" / store.INDEX_NAME, image_tables.IMAGE_INDEX)
  visits = tables.read(tmp_path / "work/cohort/visits.parquet", cohort_tables.VISITS)
  assert results["images"]["knee"] == len(index) == 38
  assert results["images_without_age"]["knee"] == 2 * len(_UNDATED) and results["images_without_age"]["hip"] == 0
  assert len(index.merge(visits, on=["eid", "instance"])) == 38 - 2 * len(_UNDATED)
  printer = console.Console(width=160, record=True, file=io.StringIO())
  printer.print(summary.make_table(results))
  text = printer.export_text()
  (knee,), (hip,) = ([line for line in text.splitlines() if f"images {view}" in line] for view in ("knee", "hip"))
  assert f"{2 * len(_UNDATED)} OF VISITS WITHOUT AGE" in knee and "WITHOUT AGE" not in hip


def test_the_balance_is_over_what_a_model_can_see():
  """Of 40 people with images 20 have no date: each of ten folds gets two of the others."""
  eid = [str(9_000_001 + i) for i in range(40)]
  people = pd.DataFrame({"eid": eid, "sex": np.int8(0), "ethnicity": np.int16(1001)})
  baseline = pd.DataFrame({"eid": eid, "instance": np.int8(0), "age_years": 52.0, "centre": np.int32(1)})
  visits = pd.concat([baseline, baseline[::2].assign(instance=np.int8(2), age_years=52.5)], ignore_index=True)
  index = pd.DataFrame({"eid": eid, "instance": np.int8(2)})
  usable, unseen = assembly.usable_images({"knee": index}, visits)
  assert unseen == {"knee": 20} and usable["knee"]["eid"].tolist() == eid[::2]
  for seed in range(5):
    folds = assembly.make_folds(people, visits, usable, {}, num_folds=10, seed=seed)
    assert np.bincount(folds["fold"][::2], minlength=10).tolist() == [2] * 10


@pytest.mark.parametrize(("future", "again"), [(True, True), (False, False)])
def test_visits_of_the_future_are_read_when_their_day_has_come(tmp_path, caplog, future, again):
  root = _root(tmp_path / "ukb", date="2020-06-03") if future else _root(tmp_path / "ukb", undated=())
  prepare.prepare(_spec(root), tmp_path / "work", today=datetime.date(2020, 6, 1))
  num_visits = run_record.read(tmp_path / "work/cohort")["results"]["visits"]
  caplog.clear()
  with caplog.at_level("INFO"):
    prepare.prepare(_spec(root), tmp_path / "work", today=datetime.date(2020, 6, 4))
  now = run_record.read(tmp_path / "work/cohort")["results"]["visits"]
  assert ("nothing to do" in caplog.text) is not again
  assert now - num_visits == (len(_UNDATED) if again else 0)
