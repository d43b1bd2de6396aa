"""An ingest that is repeated, interrupted or killed, or whose zips change, ends like one from scratch."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import (
  dxa_ingest,
  dxa_zips,
  ingest_units,
  store,
  views,
)
from msk_jax.io import errors
from tests.imaging import ingesting
from tests.imaging.ingesting import PER_VISIT


def _check_same_images(one: pathlib.Path, other: pathlib.Path) -> None:
  """Checks for the same images of the same people, bit for bit, and the same report.

  The shard of an image may differ: a killed run may have finished any of its units, and the next run numbers the others
  again. Nothing depends on these numbers.
  """
  for name in views.VIEWS:
    first, second = (store.ImageStore.open(workdir / "images" / name) for workdir in (one, other))
    key = ["eid", "instance", "side", "sha256"]
    pd.testing.assert_frame_equal(first.index[key], second.index[key])
    assert all(images.verify(position) for images in (first, second) for position in range(len(images)))
  for path in (other / "qc").iterdir():
    assert (one / "qc" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_second_run_touches_nothing(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip("9000001_20158_2_0.zip"), make_zip("9000002_20158_2_0.zip", seed=1)]
  first = ingesting.ingest(zips, tmp_path / "w")
  before = ingesting.files(tmp_path / "w")
  monkeypatch.setattr(dxa_zips, "read_members", lambda *_: pytest.fail("read again"))
  second = ingesting.ingest(zips[::-1], tmp_path / "w")
  assert ingesting.files(tmp_path / "w") == before
  assert (second.images, second.reasons, second.read) == (first.images, first.reasons, 0)


def test_zips_added_changed_and_removed_later_give_the_same_as_from_scratch(tmp_path, make_zip, monkeypatch) -> None:
  names = [f"900000{i}_20158_2_0.zip" for i in range(1, 5)]
  zips = [make_zip(name, seed=i) for i, name in enumerate(names)]
  ingesting.ingest(zips[:3], tmp_path / "w")
  make_zip(names[1], seed=77)  # changed
  read = []
  whole = dxa_zips.read_members
  monkeypatch.setattr(dxa_zips, "read_members", lambda path, *a: read.append(path.name) or whole(path, *a))
  counts = ingesting.ingest(zips[1:], tmp_path / "w")  # the first removed, the fourth added
  assert sorted(read) == [names[1], names[3]] and counts.read == 2
  ingesting.ingest(zips[1:], tmp_path / "fresh")
  assert ingesting.contents(tmp_path / "w") == ingesting.contents(tmp_path / "fresh")
  shards = {p.name for p in (tmp_path / "w" / "images" / "knee").glob("shard-*")}
  assert shards == {store.shard_name(n) for n in ingesting.stores(tmp_path / "w")["knee"].index["shard"].unique()}


def test_withdrawn_people_leave_with_their_pixels(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 4)]
  ingesting.ingest(zips, tmp_path / "w")
  pixels = ingesting.stores(tmp_path / "w")["knee"].read(2).tobytes()  # of 9000002
  assert any(pixels in p.read_bytes() for p in (tmp_path / "w").rglob("*.npy"))
  monkeypatch.setattr(dxa_zips, "read_members", lambda *_: pytest.fail("nothing needs to be read again"))
  counts = ingesting.ingest(zips, tmp_path / "w", withdrawn={"9000002"})
  assert counts.reasons["withdrawn"] == 1 and counts.images == {name: 2 * n for name, n in PER_VISIT.items()}
  assert "9000002" not in {key[1] for key in ingesting.contents(tmp_path / "w")}
  for path in (tmp_path / "w").rglob("*"):
    if path.is_file():
      data = path.read_bytes()
      assert pixels not in data and b"9000002" not in data


def test_an_interrupted_run_resumes_to_the_same_end(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 5)]
  ingesting.ingest(zips, tmp_path / "whole", smallest_unit=1)

  class Killed(BaseException):
    pass

  whole = dxa_zips.read_members

  def read(path, *rest):
    if path.name.startswith("9000003"):
      raise Killed
    return whole(path, *rest)

  monkeypatch.setattr(dxa_zips, "read_members", read)
  with pytest.raises(Killed):
    ingesting.ingest(zips, tmp_path / "w", smallest_unit=1)
  assert not (tmp_path / "w" / "images" / "knee" / "index.parquet").exists()
  seen = []
  monkeypatch.setattr(dxa_zips, "read_members", lambda path, *a: seen.append(path.name[:7]) or whole(path, *a))
  counts = ingesting.ingest(zips, tmp_path / "w", smallest_unit=1)
  assert seen == ["9000003", "9000004"] and counts.read == 2
  without_times = [{k: v[1] for k, v in ingesting.files(tmp_path / d).items()} for d in ("w", "whole")]
  assert without_times[0] == without_times[1]


def test_a_run_killed_while_shards_were_written_leaves_no_strays(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  knee = tmp_path / "w" / "images" / "knee"
  knee.mkdir(parents=True)
  store.write_shard(knee, 0, np.zeros((9, 347, 286), np.uint8))
  store.write_shard(knee, 5, np.zeros((9, 347, 286), np.uint8))
  (knee / f".shard-00007.npy.{4_194_305}.partial").write_bytes(b"half")
  ingesting.ingest(zips, tmp_path / "w")
  assert sorted(p.name for p in knee.iterdir()) == ["index.parquet", "shard-00000.npy"]
  assert ingesting.stores(tmp_path / "w")["knee"].verify(0)


def test_the_part_of_other_code_is_redone(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  ingesting.ingest(zips, tmp_path / "w")
  (part,) = (tmp_path / "w" / "images" / ".parts" / "zips").glob("unit-*.json")
  part.write_text(json.dumps({**json.loads(part.read_text()), "code": "other"}))
  assert ingesting.ingest(zips, tmp_path / "w").read == 1
  assert len(list((tmp_path / "w" / "images" / "knee").glob("shard-*"))) == 1


def test_two_ingests_of_one_workdir_do_not_meet(tmp_path: pathlib.Path, make_zip) -> None:
  (tmp_path / "w" / "images").mkdir(parents=True)
  with ingest_units.only_one(tmp_path / "w" / "images"), pytest.raises(errors.InputError, match="another prepare"):
    ingesting.ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "w")


def test_an_ingest_waits_for_workers_that_a_killed_one_left(tmp_path: pathlib.Path, make_zip) -> None:
  images = tmp_path / "w" / "images"
  order = []
  with ingest_units.working(images):
    zips = [make_zip("9000001_20158_2_0.zip")]
    run = threading.Thread(target=lambda: order.append(ingesting.ingest(zips, tmp_path / "w").read))
    run.start()
    time.sleep(0.5)
    order.append("worker")
  run.join()
  assert order == ["worker", 1]


def test_a_unit_whose_shard_was_deleted_is_redone(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("9000001_20158_2_0.zip")]
  ingesting.ingest(zips, tmp_path / "w")
  before = ingesting.contents(tmp_path / "w")
  (tmp_path / "w" / "images" / "knee" / "shard-00000.npy").unlink()
  assert ingesting.ingest(zips, tmp_path / "w").read == 1
  assert ingesting.contents(tmp_path / "w") == before


@pytest.mark.slow
def test_a_run_killed_with_its_workers_resumes_to_the_same_end(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip(f"90000{i:02d}_20158_2_0.zip", seed=i % 3) for i in range(1, 33)]
  code = f"""
import pathlib
from msk_jax.imaging import dxa_ingest
if __name__ == "__main__":
  zips = sorted(pathlib.Path({str(zips[0].parent)!r}).glob("*.zip"))
  workdir = pathlib.Path({str(tmp_path / "w")!r})
  dxa_ingest.ingest_zips(zips, workdir, withdrawn=(), key=b"k" * 32, workers=2, smallest_unit=8)
"""
  (tmp_path / "run.py").write_text(code)
  environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(dxa_ingest.__file__).parents[2])}
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
  assert ingesting.ingest(zips, tmp_path / "w", smallest_unit=8).read == 32 - 8 * finished
  ingesting.ingest(zips, tmp_path / "whole", smallest_unit=8)
  _check_same_images(tmp_path / "w", tmp_path / "whole")


def test_a_full_disk_is_an_input_error_and_leaves_nothing_half_written(tmp_path, make_zip) -> None:
  zips = [make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in range(1, 4)]
  code = f"""
import pathlib, resource, sys
from msk_jax.imaging import dxa_ingest
from msk_jax.io import errors
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
zips = [pathlib.Path(p) for p in {[str(z) for z in zips]!r}]
try:
  dxa_ingest.ingest_zips(zips, pathlib.Path({str(tmp_path / "w")!r}), withdrawn=(), key=b"k", workers=int(sys.argv[1]))
except errors.InputError as error:
  print("InputError", error)
"""
  for workers in ("0", "1"):
    run = subprocess.run([sys.executable, "-c", code, workers], capture_output=True, text=True)
    assert run.stdout.startswith("InputError could not write shard-00000.npy"), run.stderr
    left = [p for p in (tmp_path / "w" / "images").rglob("*") if p.is_file() and not p.name.endswith(".lock")]
    assert all(p.name == "shard-00000.npy" and np.load(p).shape[0] in (3, 6) for p in left), left
  assert ingesting.ingest(zips, tmp_path / "w").images == {name: 3 * n for name, n in PER_VISIT.items()}
