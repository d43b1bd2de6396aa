"""A folder of radiographs with the variety of real ones: each file has the right greys, or is refused or doubted."""

import csv

import numpy as np
import pytest

from msk_jax.imaging import decoder_client, folder_ingest, folder_spec, folder_table, store, views
from msk_jax.inference import sample, sample_images
from msk_jax.trained import model_card
from tests.imaging import reshaped_folder

SIDE = reshaped_folder.SIDE_PX
SPEC = folder_spec.FolderSpec(rows=SIDE, columns=SIDE)
_CASES = list(enumerate(reshaped_folder.cases()))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
  root = tmp_path_factory.mktemp("reshaped") / "root"
  return root, reshaped_folder.write(root)


@pytest.fixture(scope="module")
def stored(drawn, tmp_path_factory):
  """The images by id, and the reason codes by file."""
  root, _ = drawn
  workdir = tmp_path_factory.mktemp("work")
  table = folder_table.read(root, SPEC)
  folder_ingest.ingest_folder(root, table, workdir, SPEC, key=b"k" * 32, workers=0)
  images = store.ImageStore.open(workdir / "images" / "folder")
  codes: dict[str, list[str]] = {}
  with (workdir / "qc" / "rows.csv").open() as file:
    for row in csv.DictReader(file):
      if row["reason"] != "white_margin":  # the drawn bands reach the edges
        codes.setdefault(row["file"], []).append(row["reason"])
  return {eid: images.read(n) for n, eid in enumerate(images.index["eid"])}, codes


def _bands(image: np.ndarray, number: int) -> list[int]:
  height = -(-SIDE // number)
  return [int(np.median(image[n * height : min((n + 1) * height, SIDE - 1)])) for n in range(number)]


@pytest.mark.parametrize(("place", "case"), _CASES, ids=[case.name for _, case in _CASES])
def test_each_file_has_its_greys_or_its_reason(stored, place, case) -> None:
  images, codes = stored
  eid = f"P{place:02d}"
  assert tuple(codes.get(case.name, ())) == case.codes
  assert (eid in images) == bool(case.greys)
  if case.greys:
    assert _bands(images[eid], len(case.greys)) == pytest.approx(case.greys, abs=1)


def test_predict_reads_the_same(drawn, stored) -> None:
  root, people = drawn
  images, codes = stored
  wanted = model_card.ImageFormat(views.View(folder_spec.VIEW, (SIDE, SIDE), (SIDE, SIDE)), True, (SIDE, SIDE, 1))
  with decoder_client.IsolatedDecoder() as decoder:
    for eid, case in people.items():
      row = sample.Sample(eid, 0, (sample.File(root / case.name, case.name),))
      pictures, notes = sample_images.read_sample(row, wanted, decoder)
      reasons = [note.reason for note in notes if note.reason != "white_margin"]
      assert reasons == codes.get(case.name, [])
      if eid in images:
        np.testing.assert_array_equal(pictures[0].pixels[..., 0], images[eid])
      else:
        assert not pictures
