"""A whole cohort on disk: the same bytes, its flaws, its tables, and resuming."""

import dataclasses
import hashlib
import io
import pathlib
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pandas as pd
import pydicom
import pytest

from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import truth_tables
from msk_jax.simulation import cohort, people, spec
from msk_jax.simulation.files import biobank_tables as phantom_tables
from msk_jax.simulation.files import dicom_writer, flaws, truth
from msk_jax.simulation.pictures import drawing

_ONE_OF_EACH = spec.FlawCounts(**{name: 1 for name in (*flaws.VISIT_FLAWS, *flaws.PERSON_FLAWS)})
_SPEC = spec.PhantomSpec(num_participants=14, seed=6, max_flawed_fraction=1.0, flaws=_ONE_OF_EACH)
_TINY = spec.PhantomSpec(num_participants=3, seed=6, imaged_fraction=1.0, flaws=spec.FlawCounts.none())


def _hashes(folder: pathlib.Path) -> dict[str, str]:
  files = [path for path in folder.rglob("*") if path.is_file() and path.name != run_record.FILE_NAME]
  return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("phantom") / "raw"
  cohort.generate(_SPEC, folder)
  return folder


@pytest.fixture(scope="module")
def planted(raw) -> pd.DataFrame:
  return tables.read(truth.path(raw, truth_tables.FLAWS), truth_tables.FLAWS).set_index("kind")


def _find(raw: pathlib.Path, name: str) -> pathlib.Path:
  (path,) = raw.glob(f"dxa/*/{name}")
  return path


def _members(raw: pathlib.Path, name: str) -> dict[str, bytes]:
  with zipfile.ZipFile(_find(raw, name)) as opened:
    return {member: opened.read(member) for member in opened.namelist()}


def test_who_comes_while_another_draws_waits_and_has_nothing_to_do(tmp_path, caplog):
  caplog.set_level("INFO", "absl")
  spec_ = dataclasses.replace(_TINY, has_images=False)
  threads = [threading.Thread(target=cohort.generate, args=(spec_, tmp_path / "raw")) for _ in range(2)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert caplog.text.count("nothing to do: phantom") == caplog.text.count("phantom cohort: 3 participants") == 1
  assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_two_workers_write_the_same_bytes_as_none(tmp_path):
  cohort.generate(_TINY, tmp_path / "none")
  cohort.generate(_TINY, tmp_path / "two", workers=2)
  assert _hashes(tmp_path / "none") == _hashes(tmp_path / "two")
  assert len(list((tmp_path / "none").glob("dxa/90/*_20158_*_0.zip"))) >= 3


def test_a_participants_zip_does_not_depend_on_the_cohorts_size(tmp_path):
  cohort.generate(_TINY, tmp_path / "three")
  cohort.generate(spec.PhantomSpec(1, 6, 1.0, flaws=spec.FlawCounts.none()), tmp_path / "one")
  alone = {k: v for k, v in _hashes(tmp_path / "one").items() if k.startswith("dxa")}
  assert alone and alone.items() <= _hashes(tmp_path / "three").items()


def test_a_rerun_does_nothing_and_an_interrupted_run_is_resumed(tmp_path):
  raw = tmp_path / "raw"
  cohort.generate(_TINY, raw)
  before = _hashes(raw)
  zips = sorted(raw.glob("dxa/*/*.zip"))
  times = {path: path.stat().st_mtime_ns for path in raw.rglob("*") if path.is_file()}
  cohort.generate(_TINY, raw)
  assert {path: path.stat().st_mtime_ns for path in times} == times
  zips[0].unlink()
  (raw / run_record.FILE_NAME).unlink()
  (zips[1].parent / f".{zips[1].name}.{4_194_305}.partial").write_bytes(b"half")
  cohort.generate(_TINY, raw)
  assert _hashes(raw) == before
  assert zips[1].stat().st_mtime_ns == times[zips[1]]


def test_another_spec_replaces_the_old_one_only_with_overwrite(tmp_path, caplog):
  caplog.set_level("INFO", logger="absl")
  raw = tmp_path / "raw"
  cohort.generate(_TINY, raw)
  other = spec.PhantomSpec(num_participants=1, seed=7, imaged_fraction=1.0, flaws=spec.FlawCounts.none())
  before = _hashes(raw)
  with pytest.raises(
    errors.InputError, match=r"phantom cohort of other settings \(.*num_participants: 3 -> 1.*--overwrite"
  ):
    cohort.generate(other, raw)
  assert _hashes(raw) == before and " again: " not in caplog.text
  cohort.generate(other, raw, overwrite=True)
  cohort.generate(other, tmp_path / "fresh")
  assert _hashes(raw) == _hashes(tmp_path / "fresh")


def test_a_folder_with_something_else_is_left_alone(tmp_path):
  (tmp_path / "thesis.txt").write_text("precious")
  with pytest.raises(errors.InputError, match="workdir"):
    cohort.generate(_TINY, tmp_path)
  assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_without_images_there_are_the_same_people_but_no_zip(tmp_path):
  bare = dataclasses.replace(_SPEC, has_images=False)
  cohort.generate(bare, tmp_path)
  assert not list(tmp_path.rglob("*.zip"))
  assert set(tables.read(truth.path(tmp_path, truth_tables.FLAWS), truth_tables.FLAWS).kind) == set(flaws.PERSON_FLAWS)
  assert tables.read(truth.path(tmp_path, truth_tables.PARAMETERS), truth_tables.PARAMETERS).empty
  with_, without = (phantom_tables.main_table(s, people.make_people(s), []) for s in (_SPEC, bare))
  pd.testing.assert_frame_equal(with_, without)


def test_every_flaw_is_planted_once_and_on_record(planted):
  assert sorted(planted.index) == sorted((*flaws.VISIT_FLAWS, *flaws.PERSON_FLAWS))
  visits = planted[planted.instance >= 0]
  assert not visits[["eid", "instance"]].duplicated().any()


def test_zips_of_people_without_flaws_are_whole(raw, planted):
  flawed = set(planted.file)
  sound = [path for path in raw.glob("dxa/*/*.zip") if path.name not in flawed]
  assert sound
  for path in sound[:3]:
    with zipfile.ZipFile(path) as opened:
      assert opened.testzip() is None and len(opened.namelist()) == 9


def test_flaws_of_zips_are_as_recorded(raw, planted):
  with pytest.raises(zipfile.BadZipFile):
    zipfile.ZipFile(_find(raw, planted.file["corrupt_zip"]))
  for kind in ("missing_view", "single_total_body"):
    members = _members(raw, planted.file[kind])
    assert planted.member[kind] not in members and len(members) == 8
  assert planted.protocol["single_total_body"] == "Total Body"
  twin = planted.file["duplicate_visit"]
  assert twin.endswith("_1.zip")
  first, second = _members(raw, twin.replace("_1.zip", "_0.zip")), _members(raw, twin)
  assert len(first) == len(second) == 9 and set(first) & set(second) == {"manifest.cvs"}


def test_flaws_of_images_are_as_recorded(raw, planted):
  def member(kind: str) -> bytes:
    return _members(raw, planted.file[kind])[planted.member[kind]]

  def usual(kind: str) -> drawing.Picture:
    return next(p for p in drawing.PICTURES if p.protocol == planted.protocol[kind])

  turned = pydicom.dcmread(io.BytesIO(member("transposed"))).pixel_array
  assert turned.shape[0] == usual("transposed").shape[1]
  white = pydicom.dcmread(io.BytesIO(member("white_margin"))).pixel_array
  assert (white[:, 0] == 252).all() and (white[:, -1] == 252).all()
  assert member("html_page").startswith(b"<!DOCTYPE html>")
  assert 1000 < len(member("truncated_dicom")) < 0.9 * np.prod(usual("truncated_dicom").shape)
  long = pydicom.dcmread(io.BytesIO(member("pixel_length")))
  assert abs(len(long.PixelData) - long.Rows * long.Columns) > long.Columns
  odd = pydicom.dcmread(io.BytesIO(member("unknown_protocol"))).ProtocolName
  assert odd not in {picture.protocol for picture in drawing.PICTURES}


def test_tables_hold_everybody_in_the_spelling_of_ukbconv(raw, planted):
  table = pd.read_csv(raw / phantom_tables.MAIN_TABLE, dtype=str)
  assert list(table.columns)[:16] == [
    "eid",
    "31-0.0",
    "34-0.0",
    "52-0.0",
    "53-0.0",
    "53-1.0",
    "53-2.0",
    "53-3.0",
    "54-0.0",
    "54-1.0",
    "54-2.0",
    "54-3.0",
    "21000-0.0",
    "21000-1.0",
    "21000-2.0",
    "22001-0.0",
  ]
  assert len(table) == _SPEC.num_participants
  absurd = table.set_index("eid").loc[planted.eid["implausible_age"], "34-0.0"]
  assert int(absurd) < 1900
  withdrawn = (raw / phantom_tables.WITHDRAWALS).read_text().split()
  assert planted.eid["withdrawn"] in withdrawn and len(withdrawn) == 2
  assert planted.eid["withdrawn"] in set(table.eid)
  for kind, text in flaws.SCALAR_TEXTS.items():
    assert table.set_index("eid").loc[planted.eid[kind], planted.member[kind]] == text
  assert not (table.drop(columns="eid").isin(list(flaws.SCALAR_TEXTS.values()))).to_numpy().sum() > 3


def test_table_and_truth_agree(raw):
  everybody = people.make_people(_SPEC)
  table = pd.read_csv(raw / phantom_tables.MAIN_TABLE, dtype=str).set_index("eid")
  for person in everybody:
    assert int(table.loc[person.eid, "52-0.0"]) == person.birth_date.month
    for visit in person.visits:
      assert table.loc[person.eid, f"53-{visit.instance}.0"] == visit.date.isoformat()
  accelerations = tables.read(truth.path(raw, truth_tables.ACCELERATIONS), truth_tables.ACCELERATIONS)
  knee = accelerations[accelerations.dimension == "knee"].set_index("eid").acceleration_years
  assert knee[everybody[0].eid] == pytest.approx(everybody[0].acceleration_years("knee"))
  parameters = tables.read(truth.path(raw, truth_tables.PARAMETERS), truth_tables.PARAMETERS)
  visits = tables.read(truth.path(raw, truth_tables.VISITS), truth_tables.VISITS)
  assert len(parameters.groupby(["eid", "instance", "view", "side"])) == 7 * int(visits.is_imaged.sum())


def test_kinship_lists_the_families():
  big = spec.PhantomSpec(num_participants=200, seed=6)
  lines = phantom_tables._kinship_text(big, people.make_people(big)).splitlines()
  assert lines[0] == "ID1 ID2 HetHet IBS0 Kinship" and len(lines) > 3
  planted = dict(((a, b), k) for a, b, k in people.kinship_pairs(people.make_people(big)))
  for line in lines[1:]:
    first, second, *_, kinship = line.split()
    assert abs(float(kinship) - planted[first, second]) < 0.02


def test_flaws_are_scaled_down_in_small_cohorts():
  small = spec.PhantomSpec(num_participants=40)
  planned = flaws.plan(small, people.make_people(small))
  assert 0 < len([flaw for flaw in planned if flaw.instance >= 0]) <= 5
  large = spec.PhantomSpec(num_participants=600)
  counts = pd.Series([flaw.kind for flaw in flaws.plan(large, people.make_people(large))]).value_counts()
  assert counts.to_dict() == {kind: getattr(large.flaws, kind) for kind in (*flaws.VISIT_FLAWS, *flaws.PERSON_FLAWS)}


def test_help_answers_at_once():
  began = time.monotonic()
  done = subprocess.run(
    [sys.executable, "-m", "msk_jax.phantom", "--help"], capture_output=True, text=True, check=False
  )
  assert "--workdir" in done.stdout
  loaded = "import sys, msk_jax.phantom; print([m for m in ('cv2', 'pandas', 'jax', 'rich') if m in sys.modules])"
  assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout.strip() == "[]"
  assert time.monotonic() - began < 20  # generous: the machine may be busy


def test_the_writer_pads_text_to_even_length():
  data = dicom_writer.write({0x00080018: "2.25.11", 0x00181030: "LVA"}, np.zeros((2, 2), np.uint8))
  assert b"LVA " in data and b"2.25.11\0" in data
