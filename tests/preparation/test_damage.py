"""Prepared data that are missing or damaged are noticed, and only what is missing is made again."""

import pathlib
import shutil

import numpy as np
import pytest

from msk_jax.imaging import store
from msk_jax.io import errors, run_record
from msk_jax.preparation import damage, prepare, prepared
from msk_jax.preparation.spec import DataSpec

_SHARD = "images/knee/shard-00000.npy"


@pytest.fixture
def workdir(done, tmp_path) -> pathlib.Path:
  return shutil.copytree(done, tmp_path / "work")


def _spec(root) -> DataSpec:
  return DataSpec(kind="ukb", root=str(root), workers=0)


def _cut(path: pathlib.Path) -> None:
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _grow(path: pathlib.Path) -> None:
  path.write_bytes(path.read_bytes() + b"more")


def _images(workdir: pathlib.Path) -> list[str]:
  images = store.ImageStore.open(workdir / "images/knee")
  assert all(images.verify(position) for position in range(len(images)))
  return images.index["sha256"].tolist()


def _contents(workdir: pathlib.Path) -> dict[str, bytes]:
  paths = [p for p in workdir.rglob("*") if p.is_file() and p.name != run_record.FILE_NAME and "images" not in p.parts]
  return {path.relative_to(workdir).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("damage", [pathlib.Path.unlink, _cut, _grow])
@pytest.mark.parametrize(
  "name",
  [
    _SHARD,
    "images/knee/index.parquet",
    "cohort/folds.parquet",
    "cohort/source.json",
    "qc/images.csv",
    "qc/contact_knee.png",
  ],
)
def test_what_is_gone_or_cut_is_made_again(root, workdir, name, damage):
  if (name, damage) in (("cohort/source.json", _cut), ("cohort/source.json", _grow)):
    pytest.skip("refused: see below")
  hashes, contents = _images(workdir), _contents(workdir)
  damage(workdir / name)
  with pytest.raises(errors.InputError, match=rf"{name}.* is missing or damaged. Run `python -m msk_jax.prepare "):
    prepared.ensure(_spec(root), workdir)
  prepare.prepare(_spec(root), workdir)
  assert _images(workdir) == hashes and _contents(workdir) == contents
  prepared.ensure(_spec(root), workdir)


def test_only_the_view_that_is_read_has_to_be_there(root, workdir):
  """As where a durable folder has given back one view."""
  shutil.rmtree(workdir / "images/knee")
  prepared.ensure(_spec(root), workdir, view="hip")
  prepared.ensure(_spec(root), workdir, view="")
  for view in ("knee", None):
    with pytest.raises(errors.InputError, match=r"images/knee/index.parquet.* is missing or damaged"):
      prepared.ensure(_spec(root), workdir, view=view)


def test_only_the_lost_shards_sources_are_read_again(root, workdir, caplog):
  caplog.set_level("INFO", logger="absl")
  shards = sorted((workdir / "images/knee").glob("shard-*"))
  assert len(shards) > 1
  kept = {path: path.stat().st_mtime_ns for path in shards[1:]}
  shards[0].unlink()
  prepare.prepare(_spec(root), workdir)
  assert {path: path.stat().st_mtime_ns for path in kept} == kept
  assert "3 of 19 zips were read before" in caplog.text


def test_other_content_of_the_same_size_takes_the_full_check(root, workdir):
  hashes = _images(workdir)
  path = workdir / _SHARD
  images = np.load(path)
  images[0, 0, 0] ^= 1
  np.save(path, images)
  assert damage.find_damaged(workdir) == []
  assert damage.find_damaged(workdir, check_hashes=True) == [path]
  assert damage.remove_damaged(workdir, check_hashes=True) and not path.exists()
  prepare.prepare(_spec(root), workdir)
  assert _images(workdir) == hashes


@pytest.mark.parametrize("damage", [_cut, _grow])
def test_a_damaged_source_is_one_line(root, workdir, damage):
  damage(workdir / "cohort/source.json")
  with pytest.raises(errors.InputError, match=r"source.json.*is damaged.*remove the file and prepare the data again"):
    prepare.prepare(_spec(root), workdir)
  (workdir / "cohort/source.json").unlink()
  prepare.prepare(_spec(root), workdir)
  assert (workdir / "cohort/source.json").exists()
