import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import archives, batches, contact_sheet, ingest, parts, preprocess, skeleton, store, views
from msk_jax.io import errors, privacy
from tests.imaging import conftest

KEY = b"k" * 32
PER_VISIT = {name: 2 if view.is_paired else 1 for name, view in views.VIEWS.items()}


def _ingest(zips, workdir: pathlib.Path, withdrawn=(), workers: int = 0) -> batches.IngestCounts:
  return ingest.ingest_zips(zips, workdir, withdrawn=withdrawn, key=KEY, workers=workers)


def _stores(workdir: pathlib.Path) -> dict[str, store.ImageStore]:
  return {name: store.ImageStore.open(workdir / "images" / name) for name in views.VIEWS}


def _contents(workdir: pathlib.Path) -> dict[tuple, str]:
  """(view, eid, instance, side) -> hash of the pixels as they are read back."""
  found = {}
  for name, images in _stores(workdir).items():
    for position, (eid, instance, side) in enumerate(images.index[["eid", "instance", "side"]].itertuples(index=False)):
      assert images.verify(position)
      found[name, eid, instance, side] = store.image_hash(images.read(position))
  return found


def _files(workdir: pathlib.Path) -> dict[str, tuple[int, bytes]]:
  return {
    str(p.relative_to(workdir)): (p.stat().st_mtime_ns, p.read_bytes())
    for p in sorted(workdir.rglob("*"))
    if p.is_file() and not p.name.endswith(".lock")
  }


def _reasons(workdir: pathlib.Path) -> pd.DataFrame:
  return pd.read_csv(workdir / "qc" / "images.csv", keep_default_na=False)


def test_a_visit_lands_in_all_views(tmp_path: pathlib.Path, make_zip) -> None:
  counts = _ingest([make_zip("9000001_20158_2_0.zip"), make_zip("9000002_20158_3_0.zip", seed=1)], tmp_path / "w")
  assert counts.images == {name: 2 * n for name, n in PER_VISIT.items()} and counts.reasons == {}
  assert counts.sources == counts.read == 2
  for name, images in _stores(tmp_path / "w").items():
    view = views.VIEWS[name]
    assert images.shape == ((*view.network_shape, 3) if name == "full_body/mixed" else view.network_shape)
    assert images.index["eid"].tolist() == ["9000001"] * PER_VISIT[name] + ["9000002"] * PER_VISIT[name]
    assert images.index["side"].tolist() == (["left", "right"] * 2 if view.is_paired else [""] * 2)
    sheet = cv2.imread(str(tmp_path / "w" / "qc" / f"contact_{name.replace('/', '_')}.png"))
    assert sheet is not None and sheet.std() > 5


def test_mixed_layers_are_the_other_views(tmp_path: pathlib.Path, make_zip) -> None:
  _ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "w")
  images = {name: s.read(0) for name, s in _stores(tmp_path / "w").items()}
  for channel, name in enumerate(("skeleton", "flesh", "figure")):
    np.testing.assert_array_equal(images["full_body/mixed"][:, :, channel], images[f"full_body/{name}"])
  assert not np.array_equal(images["full_body/flesh"], images["full_body/figure"])


def _flaws(make_dicom, members: dict[str, bytes]) -> dict[str, tuple[dict[str, bytes], dict[str, int], set[str]]]:
  """Name -> (members of the zip, reasons expected, views expected to lack their image)."""
  body = {"full_body/figure", "full_body/skeleton", "full_body/mixed"}
  rng = np.random.default_rng(0)
  turned = make_dicom(rng.integers(0, 256, (320, 424), dtype=np.uint8), "Right Ortho Knee", 10)
  blank = make_dicom(np.full((390, 358), 30, np.uint8), "AP Spine", 5)
  return {
    "html": ({**members, "9.dcm": b"<html>sign in</html>"}, {"not_dicom": 1, "missing_view": 1}, {"knee"}),
    "truncated": ({**members, "6.dcm": members["6.dcm"][:-999]}, {"truncated": 1}, {"spine/sagittal"}),
    "length": (
      {**members, "5.dcm": make_dicom(rng.integers(0, 9, (9, 9), dtype=np.uint8), "AP Spine", 5, Rows=300)},
      {"pixel_length": 1},
      {"spine/coronal"},
    ),
    "unknown": (
      {**members, "20.dcm": make_dicom(np.eye(300, dtype=np.uint8), "Forearm", 20)},
      {"unknown_protocol": 1},
      set(),
    ),
    "single": ({k: v for k, v in members.items() if k != "12.dcm"}, {"single_total_body": 1}, body),
    "turned": ({**members, "10.dcm": turned}, {"transposed": 1}, {"knee"}),
    "blank": ({**members, "5.dcm": blank}, {"blank": 1}, {"spine/coronal"}),
    "figure": ({**members, "12.dcm": members["12.dcm"][:-9]}, {"truncated": 1}, body),
  }


@pytest.mark.parametrize("flaw", ["html", "truncated", "length", "unknown", "single", "turned", "blank", "figure"])
def test_a_flawed_file_ends_as_a_reason_and_the_rest_is_kept(flaw, tmp_path, make_zip, make_dicom, visit) -> None:
  members, reasons, lacking = _flaws(make_dicom, visit)[flaw]
  counts = _ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.reasons == reasons
  assert counts.images == {name: n - (name in lacking) for name, n in PER_VISIT.items()}


def test_flawed_zips_cost_only_themselves(tmp_path: pathlib.Path, make_zip) -> None:
  good = make_zip("9000001_20158_2_0.zip")
  corrupt = make_zip("9000002_20158_2_0.zip")
  corrupt.write_bytes(corrupt.read_bytes()[:5000])
  bomb = make_zip("9000003_20158_2_0.zip", {"1.dcm": bytes(70 * 2**20)})
  misnamed = make_zip("images.zip")
  absent = good.with_name("9000005_20158_2_0.zip")
  counts = _ingest([good, corrupt, bomb, misnamed, absent], tmp_path / "w")
  assert counts.reasons == {"bad_name": 1, "corrupt_zip": 1, "unreadable_file": 1, "zip_bomb": 1}
  assert counts.images == PER_VISIT


def test_the_report_holds_pseudonyms_and_no_ids(tmp_path: pathlib.Path, make_zip, caplog) -> None:
  bad = make_zip("9000002_20158_2_0.zip")
  bad.write_bytes(b"no zip")
  _ingest([make_zip("9000001_20158_2_0.zip"), bad], tmp_path / "w")
  (line,) = _reasons(tmp_path / "w").to_dict("records")
  assert line == {
    "pseudonym": privacy.pseudonym(bad.name, KEY),
    "view": "",
    "reason": "corrupt_zip",
    "severity": "refused",
    "detail": "BadZipFile",
  }
  counts = pd.read_csv(tmp_path / "w" / "qc" / "counts.csv")
  assert counts[["reason", "count"]].to_dict("records") == [{"reason": "corrupt_zip", "count": 1}]
  for path in (tmp_path / "w" / "qc").glob("*.csv"):
    assert "900000" not in path.read_text()
  assert "900000" not in caplog.text


def test_the_lowest_array_of_a_visit_counts(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [
    make_zip("9000001_20158_2_1.zip", seed=1),
    make_zip("9000001_20158_2_0.zip"),
    make_zip("9000001_20158_3_0.zip", seed=2),
  ]
  counts = _ingest(zips, tmp_path / "both")
  assert counts.reasons == {"duplicate_visit": 1}
  _ingest(zips[1:], tmp_path / "one")
  assert _contents(tmp_path / "both") == _contents(tmp_path / "one")
  assert _reasons(tmp_path / "both")["pseudonym"].tolist() == [privacy.pseudonym("9000001_20158_2_1.zip", KEY)]


def test_archives_are_known_in_capitals_and_with_zeros_in_front(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("09000001_20158_2_0.ZIP"), make_zip("009000002_20158_2_0.Zip", seed=1)]
  counts = _ingest(zips, tmp_path / "w", withdrawn={"9000002"})
  assert counts.reasons == {"withdrawn": 1} and counts.images == PER_VISIT
  assert {eid for _, eid, _, _ in _contents(tmp_path / "w")} == {"9000001"}


def test_a_zip_that_lies_there_twice_is_read_once_and_counted(tmp_path: pathlib.Path, make_zip) -> None:
  first = make_zip("9000001_20158_2_0.zip")
  _ingest([first], tmp_path / "one")
  for name in ("09000001_20158_2_0.zip", "9000001_20158_2_0.ZIP"):
    shutil.copy(first, first.with_name(name))
  counts = _ingest(sorted(first.parent.iterdir()), tmp_path / "w")
  assert counts.reasons == {"repeated_zip": 2} and counts.sources == 1
  assert _contents(tmp_path / "w") == _contents(tmp_path / "one")


def test_zips_of_one_name_that_differ_are_refused(tmp_path: pathlib.Path, make_zip) -> None:
  cut, whole = make_zip("09000001_20158_2_0.zip"), make_zip("9000001_20158_2_0.zip")
  cut.write_bytes(cut.read_bytes()[:-100])
  other = [make_zip("9000001_20158_2_1.zip", seed=1), make_zip("9000002_20158_2_0.zip", seed=2)]
  counts = _ingest([whole, cut, *other], tmp_path / "w")
  assert counts.reasons == {"conflicting_zips": 2, "duplicate_visit": 1} and counts.images == PER_VISIT


def test_members_that_occur_twice_count_once(tmp_path: pathlib.Path, make_zip, visit, make_dicom) -> None:
  _ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "once")
  copies = {f"copy/{name}": data for name, data in visit.items()}
  counts = _ingest([make_zip("9000001_20158_2_0.zip", {**visit, **copies})], tmp_path / "w")
  assert counts.reasons == {"repeated_member": 8} and counts.images == PER_VISIT
  assert _contents(tmp_path / "w") == _contents(tmp_path / "once")
  flesh = conftest.picture(*conftest.SIZES["Total Body"], seed=11)  # exported again, with another header
  again = make_dicom(flesh, "Total Body", 11, StudyDescription="again")
  counts = _ingest([make_zip("9000001_20158_2_0.zip", {**visit, "13.dcm": again})], tmp_path / "again")
  assert counts.reasons == {"repeated_member": 1}
  assert _contents(tmp_path / "again") == _contents(tmp_path / "once")


def test_a_cut_member_that_occurs_twice_costs_no_more_than_itself(tmp_path: pathlib.Path, make_zip, visit) -> None:
  members = {**visit, "11.dcm": visit["11.dcm"][:-9], "copy.dcm": visit["11.dcm"][:-9]}
  counts = _ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.reasons == {"repeated_member": 1, "truncated": 1}
  assert {name for name, n in PER_VISIT.items() if counts.images[name] < n} == {"full_body/flesh", "full_body/mixed"}


def test_a_second_run_touches_nothing(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip("9000001_20158_2_0.zip"), make_zip("9000002_20158_2_0.zip", seed=1)]
  first = _ingest(zips, tmp_path / "w")
  before = _files(tmp_path / "w")
  monkeypatch.setattr(archives, "read_members", lambda *_: pytest.fail("read again"))
  second = _ingest(zips[::-1], tmp_path / "w")
  assert _files(tmp_path / "w") == before
  assert (second.images, second.reasons, second.read) == (first.images, first.reasons, 0)


def test_zips_added_changed_and_removed_later_give_the_same_as_from_scratch(tmp_path, make_zip, monkeypatch) -> None:
  names = [f"900000{i}_20158_2_0.zip" for i in range(1, 5)]
  zips = [make_zip(name, seed=i) for i, name in enumerate(names)]
  _ingest(zips[:3], tmp_path / "w")
  make_zip(names[1], seed=77)  # changed
  read = []
  whole = archives.read_members
  monkeypatch.setattr(archives, "read_members", lambda path, *a: read.append(path.name) or whole(path, *a))
  counts = _ingest(zips[1:], tmp_path / "w")  # the first removed, the fourth added
  assert sorted(read) == [names[1], names[3]] and counts.read == 2
  _ingest(zips[1:], tmp_path / "fresh")
  assert _contents(tmp_path / "w") == _contents(tmp_path / "fresh")
  shards = {p.name for p in (tmp_path / "w" / "images" / "knee").glob("shard-*")}
  assert shards == {store.shard_name(n) for n in _stores(tmp_path / "w")["knee"].index["shard"].unique()}


def test_withdrawn_people_leave_with_their_pixels(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 4)]
  _ingest(zips, tmp_path / "w")
  gone = _stores(tmp_path / "w")["knee"].read(2).tobytes()  # of 9000002
  assert any(gone in p.read_bytes() for p in (tmp_path / "w").rglob("*.npy"))
  monkeypatch.setattr(archives, "read_members", lambda *_: pytest.fail("nothing needs to be read again"))
  counts = _ingest(zips, tmp_path / "w", withdrawn={"9000002"})
  assert counts.reasons["withdrawn"] == 1 and counts.images == {name: 2 * n for name, n in PER_VISIT.items()}
  assert "9000002" not in {key[1] for key in _contents(tmp_path / "w")}
  for path in (tmp_path / "w").rglob("*"):
    if path.is_file():
      data = path.read_bytes()
      assert gone not in data and b"9000002" not in data


def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  monkeypatch.setattr(batches, "_SMALLEST_UNIT", 1)
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 5)]
  _ingest(zips, tmp_path / "whole")

  class Killed(BaseException):
    pass

  whole = archives.read_members

  def read(path, *rest):
    if path.name.startswith("9000003"):
      raise Killed
    return whole(path, *rest)

  monkeypatch.setattr(archives, "read_members", read)
  with pytest.raises(Killed):
    _ingest(zips, tmp_path / "w")
  assert not (tmp_path / "w" / "images" / "knee" / "index.parquet").exists()
  seen = []
  monkeypatch.setattr(archives, "read_members", lambda path, *a: seen.append(path.name[:7]) or whole(path, *a))
  counts = _ingest(zips, tmp_path / "w")
  assert seen == ["9000003", "9000004"] and counts.read == 2
  without_times = [{k: v[1] for k, v in _files(tmp_path / d).items()} for d in ("w", "whole")]
  assert without_times[0] == without_times[1]


def test_a_run_killed_while_shards_were_written_leaves_no_strays(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  knee = tmp_path / "w" / "images" / "knee"
  knee.mkdir(parents=True)
  store.write_shard(knee, 0, np.zeros((9, 347, 286), np.uint8))
  store.write_shard(knee, 5, np.zeros((9, 347, 286), np.uint8))
  (knee / f".shard-00007.npy.{4_194_305}.partial").write_bytes(b"half")
  _ingest(zips, tmp_path / "w")
  assert sorted(p.name for p in knee.iterdir()) == ["index.parquet", "shard-00000.npy"]
  assert _stores(tmp_path / "w")["knee"].verify(0)


def test_the_part_of_other_code_is_redone(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  _ingest(zips, tmp_path / "w")
  monkeypatch.setattr(ingest, "_PIPELINE", ingest._PIPELINE + 1)
  assert _ingest(zips, tmp_path / "w").read == 1
  assert len(list((tmp_path / "w" / "images" / "knee").glob("shard-*"))) == 1


def test_two_ingests_of_one_workdir_do_not_meet(tmp_path: pathlib.Path, make_zip) -> None:
  (tmp_path / "w" / "images").mkdir(parents=True)
  with batches._only_one(tmp_path / "w" / "images"), pytest.raises(errors.InputError, match="another prepare"):
    _ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "w")


def test_an_ingest_waits_for_workers_that_a_killed_one_left(tmp_path: pathlib.Path, make_zip) -> None:
  images = tmp_path / "w" / "images"
  order = []
  with batches._working(images):
    zips = [make_zip("9000001_20158_2_0.zip")]
    run = threading.Thread(target=lambda: order.append(_ingest(zips, tmp_path / "w").read))
    run.start()
    time.sleep(0.5)
    order.append("worker")
  run.join()
  assert order == ["worker", 1]


def test_a_unit_whose_shard_was_deleted_is_redone(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  _ingest(zips, tmp_path / "w")
  before = _contents(tmp_path / "w")
  (tmp_path / "w" / "images" / "knee" / "shard-00000.npy").unlink()
  assert _ingest(zips, tmp_path / "w").read == 1
  assert _contents(tmp_path / "w") == before


def test_no_zips_is_an_error(tmp_path: pathlib.Path) -> None:
  with pytest.raises(errors.InputError, match="no DXA zips"):
    _ingest([], tmp_path / "w")


def test_a_bug_on_one_file_costs_one_file(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  whole = preprocess.assign_roles
  calls = []

  def fragile(*args, **kwargs):
    calls.append(1)
    if len(calls) == 1:
      raise ZeroDivisionError("9000001 Secret")
    return whole(*args, **kwargs)

  monkeypatch.setattr(preprocess, "assign_roles", fragile)
  counts = _ingest([make_zip(f"900000{i}_20158_2_0.zip") for i in (1, 2)], tmp_path / "w")
  assert counts.reasons == {"unexpected_error": 1} and counts.images == PER_VISIT
  assert _reasons(tmp_path / "w")["detail"].tolist() == ["ZeroDivisionError"]


def test_a_zip_that_kills_its_worker_is_reported(tmp_path: pathlib.Path, make_zip) -> None:
  sources, _, _ = ingest.choose_zips([make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in (1, 2)], ())
  unit = batches._Unit(tmp_path / "w" / "images", "zips", 0, "code", tuple(sources), ingest.read_zip, {})
  batches.do_unit(unit, {0}, lambda number: None)
  (part,) = parts.read_parts(tmp_path / "w" / "images", "zips")
  assert [(note.source, note.reason) for note in part.notes] == [("9000001_20158_2_0.zip", "worker_crashed")]
  assert {row.eid for rows in part.rows.values() for row in rows} == {"9000002"}


@pytest.mark.slow
def test_a_run_killed_with_its_workers_goes_on_to_the_same_end(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  monkeypatch.setattr(batches, "_SMALLEST_UNIT", 8)
  zips = [make_zip(f"90000{i:02d}_20158_2_0.zip", seed=i % 3) for i in range(1, 33)]
  code = f"""
import pathlib
from msk_jax.imaging import batches, ingest
batches._SMALLEST_UNIT = 8
if __name__ == "__main__":
  zips = sorted(pathlib.Path({str(zips[0].parent)!r}).glob("*.zip"))
  ingest.ingest_zips(zips, pathlib.Path({str(tmp_path / "w")!r}), withdrawn=(), key=b"k" * 32, workers=2)
"""
  (tmp_path / "run.py").write_text(code)
  environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ingest.__file__).parents[2])}
  run = subprocess.Popen([sys.executable, str(tmp_path / "run.py")], env=environment, stderr=subprocess.DEVNULL)
  folder = tmp_path / "w" / "images" / ".parts" / "zips"
  while not list(folder.glob("unit-*.json")):
    assert run.poll() is None
    time.sleep(0.02)
  run.kill()
  run.wait()
  time.sleep(2.0)  # the workers notice, and end in the middle of what they do
  finished = len(list(folder.glob("unit-*.json")))
  assert 1 <= finished < 4 and not (tmp_path / "w" / "images" / "knee" / "index.parquet").exists()
  assert _ingest(zips, tmp_path / "w").read == 32 - 8 * finished
  _ingest(zips, tmp_path / "whole")
  _check_same_images(tmp_path / "w", tmp_path / "whole")


def _check_same_images(one: pathlib.Path, other: pathlib.Path) -> None:
  """The same images of the same people, bit for bit, and the same report.

  In which shard an image lies may differ: a killed run may have finished any of its units, and the next run numbers
  what is left anew. Nothing downstream depends on it.
  """
  for name in views.VIEWS:
    first, second = (store.ImageStore.open(workdir / "images" / name) for workdir in (one, other))
    key = ["eid", "instance", "side", "sha256"]
    pd.testing.assert_frame_equal(first.index[key], second.index[key])
    assert all(images.verify(position) for images in (first, second) for position in range(len(images)))
  for path in (other / "qc").iterdir():
    assert (one / "qc" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_full_disk_is_an_input_error_and_leaves_nothing_half_written(tmp_path, make_zip) -> None:
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 4)]
  code = f"""
import pathlib, resource, sys
from msk_jax.imaging import ingest
from msk_jax.io import errors
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
zips = [pathlib.Path(p) for p in {[str(z) for z in zips]!r}]
try:
  ingest.ingest_zips(zips, pathlib.Path({str(tmp_path / "w")!r}), withdrawn=(), key=b"k", workers=int(sys.argv[1]))
except errors.InputError as error:
  print("InputError", error)
"""
  for workers in ("0", "1"):
    found = subprocess.run([sys.executable, "-c", code, workers], capture_output=True, text=True)
    assert found.stdout.startswith("InputError could not write shard-00000.npy"), found.stderr
    left = [p for p in (tmp_path / "w" / "images").rglob("*") if p.is_file() and not p.name.endswith(".lock")]
    assert all(p.name == "shard-00000.npy" and np.load(p).shape[0] in (3, 6) for p in left), left
  assert _ingest(zips, tmp_path / "w").images == {name: 3 * n for name, n in PER_VISIT.items()}


def test_workers_give_the_same_as_this_process(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  monkeypatch.setattr(batches, "_SMALLEST_UNIT", 2)
  zips = [make_zip(f"90000{i:02d}_20158_2_0.zip", seed=i % 3) for i in range(1, 6)]
  assert _ingest(zips, tmp_path / "two", workers=2) == _ingest(zips, tmp_path / "none", workers=0)
  one, other = ({k: v[1] for k, v in _files(tmp_path / d).items()} for d in ("two", "none"))
  assert one == other


@pytest.mark.shared_data
def test_the_real_example_lands_in_its_views(shared_data: pathlib.Path, tmp_path: pathlib.Path, make_zip) -> None:
  import pydicom

  paths = sorted((shared_data / "dxa_example").glob("*.dcm"))
  members = {path.name: path.read_bytes() for path in paths}
  counts = _ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.images == PER_VISIT
  assert set(counts.reasons) <= {"white_margin"}  # the spine's saw-tooth margins
  images = _stores(tmp_path / "w")
  raw = {p.name: pydicom.dcmread(p) for p in paths}
  by_protocol = {d.ProtocolName: d.pixel_array for d in raw.values()}
  for protocol, (name, side) in views.PROTOCOLS.items():
    view = views.VIEWS[name]
    (position,) = np.flatnonzero(images[name].index["side"] == side)
    straight = by_protocol[protocol][:, ::-1] if side == "left" else by_protocol[protocol]
    expected = cv2.resize(np.ascontiguousarray(straight), view.network_shape[::-1], interpolation=cv2.INTER_AREA)
    found = images[name].read(int(position))
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99
    if view.is_paired:  # and the mirrored left looks like the right
      right = images[name].read(1 - int(position))
      assert np.corrcoef(found.ravel(), right.ravel())[0, 1] > np.corrcoef(found.ravel(), right[:, ::-1].ravel())[0, 1]
  flesh, figure = (
    next(d.pixel_array for d in raw.values() if d.get("InstanceNumber") == n and d.ProtocolName == "Total Body")
    for n in (11, 12)
  )
  assert np.corrcoef(images["full_body/flesh"].read(0).ravel(), _small(flesh).ravel())[0, 1] > 0.99
  assert np.corrcoef(images["full_body/figure"].read(0).ravel(), _small(figure).ravel())[0, 1] > 0.99
  bones = images["full_body/skeleton"].read(0)
  assert 0.1 < (bones > 0).mean() < (images["full_body/figure"].read(0) > 0).mean()
  assert skeleton.skeleton(figure).any()


def _small(raw: np.ndarray) -> np.ndarray:
  return cv2.resize(raw, (181, 541), interpolation=cv2.INTER_AREA)


def test_contact_sheets_choose_by_content_and_stay_small() -> None:
  hashes = [f"{(i * 7919) % 1000:03d}" for i in range(1000)]
  chosen = contact_sheet.spread(hashes)
  assert len(chosen) == 40 and chosen == sorted(chosen) and max(chosen) > 500
  page = contact_sheet.draw([np.full((541, 181), 90, np.uint8)] * 40, ["visit 2"] * 40, "title", "n")
  assert page.dtype == np.uint8 and page.shape[2] == 3 and page.shape[0] < 2400 and page.shape[1] <= 1700
