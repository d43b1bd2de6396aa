"""A sound workdir has no finding; each damage is found, with its file and the command that mends it."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import folds as fold_map
from msk_jax.imaging import store
from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import cohort_tables, image_tables, prediction_tables
from msk_jax.upkeep import check
from tests.preparation import raw_data
from tests.upkeep import whole_workdir

_FOLDS = "cohort/folds.parquet"
_SPLIT = "models/knee/one/fold_2"
_SPLIT_TABLE = f"{_SPLIT}/predictions.parquet"


@pytest.fixture(scope="module")
def _sound(tmp_path_factory) -> pathlib.Path:
  return whole_workdir.make(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def workdir(_sound, tmp_path) -> pathlib.Path:
  return shutil.copytree(_sound, tmp_path / "work")


def test_a_sound_workdir_has_no_finding_and_stays_as_it_is(_sound):
  before = {path: path.stat().st_mtime_ns for path in _sound.rglob("*")}
  assert check.check(_sound) == check.check(_sound, thorough=True) == []
  assert {path: path.stat().st_mtime_ns for path in _sound.rglob("*")} == before


def test_what_is_no_workdir_is_refused(tmp_path):
  for folder in (tmp_path, tmp_path / "nothing"):
    with pytest.raises(errors.InputError, match=r"--workdir=|not a workdir"):
      check.check(folder)


def _change(path: pathlib.Path, schema: tables.Schema, change: Callable[[pd.DataFrame], pd.DataFrame], **extra) -> None:
  """Rewrites a table as `change` gives it, with its metadata."""
  kept = tables.read_extra(path, schema)
  tables.write(path, change(tables.read(path, schema)), schema, {**kept, **extra})


def _move_someone(folds: pd.DataFrame) -> pd.DataFrame:
  is_moved = folds["eid"] == raw_data.EIDS[0]  # of a family
  return folds.assign(fold=np.where(is_moved, (folds["fold"] + 1) % 5, folds["fold"]))


def _fold_edited(workdir: pathlib.Path) -> None:
  _change(workdir / _FOLDS, cohort_tables.FOLDS, _move_someone)


def _relatives_parted(workdir: pathlib.Path) -> None:
  moved = _move_someone(tables.read(workdir / _FOLDS, cohort_tables.FOLDS))
  _change(workdir / _FOLDS, cohort_tables.FOLDS, _move_someone, rows=fold_map.fold_map_hash(moved))


def _same_picture_in_two_folds(workdir: pathlib.Path) -> None:
  _change(
    workdir / "images/knee/index.parquet", image_tables.IMAGE_INDEX, lambda index: index.assign(sha256=index.sha256[0])
  )


def _person_twice(workdir: pathlib.Path) -> None:
  _change(workdir / _FOLDS, cohort_tables.FOLDS, lambda folds: pd.concat([folds, folds.iloc[:1].assign(fold=4)]))


def _predicted_by_a_training_fold(workdir: pathlib.Path) -> None:
  _change(workdir / _SPLIT_TABLE, prediction_tables.PREDICTIONS, lambda rows: rows.assign(fold=3))


def _other_fold_map(workdir: pathlib.Path) -> None:
  _change(workdir / _SPLIT_TABLE, prediction_tables.PREDICTIONS, lambda rows: rows, fold_map_hash="0")


def _sample_twice(workdir: pathlib.Path) -> None:
  _change(workdir / _SPLIT_TABLE, prediction_tables.PREDICTIONS, lambda rows: pd.concat([rows, rows.iloc[:1]]))


def _cut_off(workdir: pathlib.Path) -> None:
  path = workdir / "performance/performance.parquet"
  path.write_bytes(path.read_bytes()[:-100])


def _other_type(workdir: pathlib.Path) -> None:
  path = workdir / "cohort/visits.parquet"
  column = dataclasses.replace(cohort_tables.VISITS.columns["centre"], dtype="int64")
  schema = dataclasses.replace(cohort_tables.VISITS, columns={**cohort_tables.VISITS.columns, "centre": column})
  tables.write(path, tables.read(path, cohort_tables.VISITS), schema)


def _older_version(workdir: pathlib.Path) -> None:
  path = workdir / "cohort/visits.parquet"
  tables.write(path, tables.read(path, cohort_tables.VISITS), dataclasses.replace(cohort_tables.VISITS, version=0))


def _text_added(workdir: pathlib.Path) -> None:
  with (workdir / "performance/performance.csv").open("a") as file:
    file.write("\n")


def _file_removed(workdir: pathlib.Path) -> None:
  (workdir / "ages/bias.csv").unlink()


def _ages_changed(workdir: pathlib.Path) -> None:
  _change(
    workdir / "cohort/visits.parquet", cohort_tables.VISITS, lambda rows: rows.assign(age_years=rows.age_years + 1)
  )


def _left_by_a_dead_process(workdir: pathlib.Path) -> None:
  dead = subprocess.Popen(["true"])
  dead.wait()
  (workdir / "ages" / f".bias.csv.{dead.pid}.partial").touch()


def _no_predictions(workdir: pathlib.Path) -> None:
  (workdir / _SPLIT_TABLE).unlink()


def _result_cut_off(workdir: pathlib.Path) -> None:
  (workdir / _SPLIT / "result.json").write_text("{")


def _no_record(workdir: pathlib.Path) -> None:
  (workdir / "ages/run.json").unlink()


def _record_cut_off(workdir: pathlib.Path) -> None:
  (workdir / "performance/run.json").write_text('{"version": 1')


def _shard_cut_off(workdir: pathlib.Path) -> None:
  path = workdir / "images/knee" / store.shard_name(0)
  path.write_bytes(path.read_bytes()[:-1])


def _id_in_a_log(workdir: pathlib.Path) -> None:
  path = workdir / "study/logs/train.log"
  path.parent.mkdir(parents=True)
  path.write_text(f"refused: {raw_data.EIDS[4]}_20158_2_0.zip, and participant {raw_data.EIDS[4]}, too\n")


def _id_in_a_shared_table(workdir: pathlib.Path) -> None:
  (workdir / "qc/more.csv").write_text(f"id,why\n{raw_data.EIDS[4]},dark\n")


def _people_in_a_shared_folder(workdir: pathlib.Path) -> None:
  shutil.copy(workdir / "cohort/participants.parquet", workdir / "performance/who.parquet")


_DAMAGES = {
  _fold_edited: (_FOLDS, "not those that it was written with", "remove cohort/folds.parquet and run `.*prepare"),
  _relatives_parted: (_FOLDS, "1 families are in several folds", "remove cohort/.*prepare.*train again"),
  _same_picture_in_two_folds: ("images/knee/index.parquet", "1 pictures are stored for people of several", "prepare"),
  _person_twice: (_FOLDS, "1 people are in it more than once", "prepare"),
  _predicted_by_a_training_fold: (
    _SPLIT_TABLE,
    r"not of the folds that its split tests",
    f"remove {_SPLIT}/ and .*fold=2",
  ),
  _other_fold_map: (_SPLIT_TABLE, "another map of folds", r"train --config=configs/knee.py:backbone=one,fold=2"),
  _sample_twice: (_SPLIT_TABLE, "1 samples are in it twice", "train"),
  _cut_off: ("performance/performance.parquet", "cut off or damaged", "evaluate"),
  _other_type: ("cohort/visits.parquet", "the column centre is of another type", "prepare"),
  _older_version: ("cohort/visits.parquet", "visits version 0, and this msk_jax reads version 1", "prepare"),
  _text_added: ("performance/performance.csv", "not as it was written: performance/run.json", "evaluate"),
  _file_removed: ("ages/bias.csv", "the file is missing: ages/run.json", "ages"),
  _ages_changed: ("ensembles/", "made from other contents of cohort/visits.parquet", "ensemble"),
  _left_by_a_dead_process: ("ages/.bias.csv", "a process that is dead began it", "run any stage"),
  _no_predictions: (f"{_SPLIT}/", "is finished .*and lacks predictions.parquet", "train .*fold=2"),
  _result_cut_off: (f"{_SPLIT}/result.json", "is damaged", "remove .*result.json and .*train"),
  _no_record: ("ages/", "unfinished: there is no run record", "ages"),
  _record_cut_off: ("performance/run.json", "the run record is damaged", "remove performance/run.json and .*evaluate"),
  _shard_cut_off: ("images/knee/shard-00000.npy", "cut off", "prepare"),
  _id_in_a_log: ("study/logs/train.log", "1 ids of participants", "remove study/logs/train.log"),
  _id_in_a_shared_table: ("qc/more.csv", "1 ids of participants", "remove qc/more.csv"),
  _people_in_a_shared_folder: ("performance/who.parquet", "names people, in a folder that may be shared", "remove"),
}


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_a_damage_is_named_with_its_remedy(damage, workdir):
  import re

  damage(workdir)
  place, problem, remedy = _DAMAGES[damage]
  findings = check.check(workdir)
  named = [each for each in findings if each.place.startswith(place) and re.search(problem, each.problem)]
  assert named and all(re.search(remedy, each.remedy) for each in named), findings
  assert not any(eid in str(findings) for eid in raw_data.EIDS)


def test_withdrawn_people_are_found_wherever_they_are(workdir, tmp_path):
  gone = raw_data.IMAGED[9]
  (tmp_path / "gone.csv").write_text(f"eid\r\n{gone}\r\n\r\n{gone}\r\n77\r\n")
  findings = check.check(workdir, [tmp_path / "gone.csv"])
  holding = {each.place for each in findings if each.problem == "1 people in it have withdrawn"}
  expected = {"cohort/participants.parquet", _FOLDS, "images/knee/index.parquet", "predictions/sample/knee/one.parquet"}
  assert expected <= holding and any(name.startswith("models/knee/two/") for name in holding)
  assert all("purge" in each.remedy for each in findings if each.place in holding)
  stale = {each.place for each in findings if "made with people who have withdrawn" in each.problem}
  assert stale == {"ensembles/", "performance/", "ages/"}
  assert not (workdir / "cohort/withdrawn.json").read_text().count(gone) and len(check.check(workdir)) == 0


def test_a_changed_pixel_is_found_by_a_thorough_check_alone(workdir):
  path = workdir / "images/knee" / store.shard_name(0)
  content = bytearray(path.read_bytes())
  content[-1] ^= 255
  path.write_bytes(content)
  assert check.check(workdir) == []
  assert [each.place for each in check.check(workdir, thorough=True)] == ["images/knee/shard-00000.npy"]


def test_a_list_that_can_not_be_read_is_refused(workdir, tmp_path):
  (tmp_path / "gone.csv").write_text("a,b\n1,2\n")
  with pytest.raises(errors.InputError, match="not a participant id"):
    check.check(workdir, [tmp_path / "gone.csv"])


def test_a_damaged_memory_of_withdrawals_is_a_finding(workdir):
  (workdir / "cohort/withdrawn.json").write_text("{}")
  assert "who has withdrawn can't be told" in str(check.check(workdir))


def test_simulated_predictions_are_recorded_with_the_cohort(workdir):
  records = list((workdir / "models").rglob("run.json"))
  names = [path.relative_to(workdir).as_posix() for path in (workdir / "models").rglob("*.parquet")]
  for path in records:
    path.unlink()
  assert len(check.check(workdir)) == len(records)
  listed = run_record.read(workdir / "cohort")["results"]["files"]
  described = run_record.describe_files(workdir, names)
  run_record.add_results(workdir / "cohort", {"files": {**listed, **described}})
  assert check.check(workdir) == []


def test_a_place_on_the_genome_is_no_id(workdir):
  place = raw_data.EIDS[4]
  (workdir / "loci").mkdir()
  (workdir / "loci/hits.csv").write_text(f"variant,position_bp\nrs7,{place}\n")
  (workdir / "performance.json").write_text(json.dumps({"bytes": int(place)}))
  assert check.check(workdir) == []
