"""DXA zips into the stores: views, flawed files and zips, the QC report, several zips of a visit, workers."""

import pathlib
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import (
  dxa_ingest,
  ingest_parts,
  ingest_units,
  preprocess,
  skeleton,
  views,
)
from msk_jax.io import errors, privacy
from tests.imaging import conftest, ingesting
from tests.imaging.ingesting import KEY, PER_VISIT


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


def _small(raw: np.ndarray) -> np.ndarray:
  return cv2.resize(raw, (181, 541), interpolation=cv2.INTER_AREA)


def test_a_visit_is_stored_in_all_views(tmp_path: pathlib.Path, make_zip) -> None:
  counts = ingesting.ingest(
    [make_zip("9000001_20158_2_0.zip"), make_zip("9000002_20158_3_0.zip", seed=1)], tmp_path / "w"
  )
  assert counts.images == {name: 2 * n for name, n in PER_VISIT.items()} and counts.reasons == {}
  assert counts.sources == counts.read == 2
  for name, images in ingesting.stores(tmp_path / "w").items():
    view = views.VIEWS[name]
    assert images.shape == ((*view.network_shape, 3) if name == "full_body/mixed" else view.network_shape)
    assert images.index["eid"].tolist() == ["9000001"] * PER_VISIT[name] + ["9000002"] * PER_VISIT[name]
    assert images.index["side"].tolist() == (["left", "right"] * 2 if view.is_paired else [""] * 2)
    sheet = cv2.imread(str(tmp_path / "w" / "qc" / f"contact_{name.replace('/', '_')}.png"))
    assert sheet is not None and sheet.std() > 5


def test_mixed_layers_are_the_other_views(tmp_path: pathlib.Path, make_zip) -> None:
  ingesting.ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "w")
  images = {name: s.read(0) for name, s in ingesting.stores(tmp_path / "w").items()}
  for channel, name in enumerate(("skeleton", "flesh", "figure")):
    np.testing.assert_array_equal(images["full_body/mixed"][:, :, channel], images[f"full_body/{name}"])
  assert not np.array_equal(images["full_body/flesh"], images["full_body/figure"])


@pytest.mark.parametrize("flaw", ["html", "truncated", "length", "unknown", "single", "turned", "blank", "figure"])
def test_a_flawed_file_ends_as_a_reason_and_the_rest_is_kept(flaw, tmp_path, make_zip, make_dicom, visit) -> None:
  members, reasons, lacking = _flaws(make_dicom, visit)[flaw]
  counts = ingesting.ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.reasons == reasons
  assert counts.images == {name: n - (name in lacking) for name, n in PER_VISIT.items()}


def test_flawed_zips_cost_only_themselves(tmp_path: pathlib.Path, make_zip) -> None:
  good = make_zip("9000001_20158_2_0.zip")
  corrupt = make_zip("9000002_20158_2_0.zip")
  corrupt.write_bytes(corrupt.read_bytes()[:5000])
  bomb = make_zip("9000003_20158_2_0.zip", {"1.dcm": bytes(70 * 2**20)})
  misnamed = make_zip("images.zip")
  absent = good.with_name("9000005_20158_2_0.zip")
  counts = ingesting.ingest([good, corrupt, bomb, misnamed, absent], tmp_path / "w")
  assert counts.reasons == {"bad_name": 1, "corrupt_zip": 1, "unreadable_file": 1, "zip_bomb": 1}
  assert counts.images == PER_VISIT


def test_the_report_holds_pseudonyms_and_no_ids(tmp_path: pathlib.Path, make_zip, caplog) -> None:
  bad = make_zip("9000002_20158_2_0.zip")
  bad.write_bytes(b"no zip")
  ingesting.ingest([make_zip("9000001_20158_2_0.zip"), bad], tmp_path / "w")
  (line,) = ingesting.reasons(tmp_path / "w").to_dict("records")
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
  counts = ingesting.ingest(zips, tmp_path / "both")
  assert counts.reasons == {"duplicate_visit": 1}
  ingesting.ingest(zips[1:], tmp_path / "one")
  assert ingesting.contents(tmp_path / "both") == ingesting.contents(tmp_path / "one")
  assert ingesting.reasons(tmp_path / "both")["pseudonym"].tolist() == [privacy.pseudonym("9000001_20158_2_1.zip", KEY)]


def test_archives_are_known_in_capitals_and_with_zeros_in_front(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip("09000001_20158_2_0.ZIP"), make_zip("009000002_20158_2_0.Zip", seed=1)]
  counts = ingesting.ingest(zips, tmp_path / "w", withdrawn={"9000002"})
  assert counts.reasons == {"withdrawn": 1} and counts.images == PER_VISIT
  assert {eid for _, eid, _, _ in ingesting.contents(tmp_path / "w")} == {"9000001"}


def test_a_zip_in_two_places_is_read_once_and_counted(tmp_path: pathlib.Path, make_zip) -> None:
  first = make_zip("9000001_20158_2_0.zip")
  ingesting.ingest([first], tmp_path / "one")
  for name in ("09000001_20158_2_0.zip", "9000001_20158_2_0.ZIP"):
    shutil.copy(first, first.with_name(name))
  counts = ingesting.ingest(sorted(first.parent.iterdir()), tmp_path / "w")
  assert counts.reasons == {"repeated_zip": 2} and counts.sources == 1
  assert ingesting.contents(tmp_path / "w") == ingesting.contents(tmp_path / "one")


def test_zips_of_one_name_that_differ_are_refused(tmp_path: pathlib.Path, make_zip) -> None:
  cut, whole = make_zip("09000001_20158_2_0.zip"), make_zip("9000001_20158_2_0.zip")
  cut.write_bytes(cut.read_bytes()[:-100])
  other = [make_zip("9000001_20158_2_1.zip", seed=1), make_zip("9000002_20158_2_0.zip", seed=2)]
  counts = ingesting.ingest([whole, cut, *other], tmp_path / "w")
  assert counts.reasons == {"conflicting_zips": 2, "duplicate_visit": 1} and counts.images == PER_VISIT


def test_members_that_occur_twice_count_once(tmp_path: pathlib.Path, make_zip, visit, make_dicom) -> None:
  ingesting.ingest([make_zip("9000001_20158_2_0.zip")], tmp_path / "once")
  copies = {f"copy/{name}": data for name, data in visit.items()}
  counts = ingesting.ingest([make_zip("9000001_20158_2_0.zip", {**visit, **copies})], tmp_path / "w")
  assert counts.reasons == {"repeated_member": 8} and counts.images == PER_VISIT
  assert ingesting.contents(tmp_path / "w") == ingesting.contents(tmp_path / "once")
  flesh = conftest.picture(*conftest.SIZES["Total Body"], seed=11)  # exported again, with another header
  again = make_dicom(flesh, "Total Body", 11, StudyDescription="again")
  counts = ingesting.ingest([make_zip("9000001_20158_2_0.zip", {**visit, "13.dcm": again})], tmp_path / "again")
  assert counts.reasons == {"repeated_member": 1}
  assert ingesting.contents(tmp_path / "again") == ingesting.contents(tmp_path / "once")


def test_a_cut_member_that_occurs_twice_costs_no_more_than_itself(tmp_path: pathlib.Path, make_zip, visit) -> None:
  members = {**visit, "11.dcm": visit["11.dcm"][:-9], "copy.dcm": visit["11.dcm"][:-9]}
  counts = ingesting.ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.reasons == {"repeated_member": 1, "truncated": 1}
  assert {name for name, n in PER_VISIT.items() if counts.images[name] < n} == {
    "full_body/flesh",
    "full_body/mixed",
  }


def test_no_zips_is_an_error(tmp_path: pathlib.Path) -> None:
  with pytest.raises(errors.InputError, match="no DXA zips"):
    ingesting.ingest([], tmp_path / "w")


def test_a_bug_on_one_file_costs_one_file(tmp_path: pathlib.Path, make_zip, monkeypatch) -> None:
  whole = preprocess.assign_roles
  calls = []

  def fragile(*args, **kwargs):
    calls.append(1)
    if len(calls) == 1:
      raise ZeroDivisionError("9000001 Secret")
    return whole(*args, **kwargs)

  monkeypatch.setattr(preprocess, "assign_roles", fragile)
  counts = ingesting.ingest([make_zip(f"900000{i}_20158_2_0.zip") for i in (1, 2)], tmp_path / "w")
  assert counts.reasons == {"unexpected_error": 1} and counts.images == PER_VISIT
  assert ingesting.reasons(tmp_path / "w")["detail"].tolist() == ["ZeroDivisionError"]


def test_a_zip_that_kills_its_worker_is_reported(tmp_path: pathlib.Path, make_zip) -> None:
  sources, _, _ = dxa_ingest.choose_zips([make_zip(f"900000{i}_20158_2_0.zip", seed=i) for i in (1, 2)], ())
  unit = ingest_units.Unit(tmp_path / "w" / "images", "zips", 0, "code", tuple(sources), dxa_ingest.read_zip, {})
  ingest_units.do_unit(unit, {0}, lambda number: None)
  (part,) = ingest_parts.read_parts(tmp_path / "w" / "images", "zips")
  assert [(note.source, note.reason) for note in part.notes] == [("9000001_20158_2_0.zip", "worker_crashed")]
  assert {row.eid for rows in part.rows.values() for row in rows} == {"9000002"}


def test_workers_give_the_same_as_this_process(tmp_path: pathlib.Path, make_zip) -> None:
  zips = [make_zip(f"90000{i:02d}_20158_2_0.zip", seed=i % 3) for i in range(1, 6)]
  assert ingesting.ingest(zips, tmp_path / "two", workers=2, smallest_unit=2) == ingesting.ingest(
    zips, tmp_path / "none", workers=0, smallest_unit=2
  )
  one, other = ({k: v[1] for k, v in ingesting.files(tmp_path / d).items()} for d in ("two", "none"))
  assert one == other


@pytest.mark.shared_data
def test_the_real_example_is_stored_in_its_views(shared_data: pathlib.Path, tmp_path: pathlib.Path, make_zip) -> None:
  import pydicom

  paths = sorted((shared_data / "dxa_example").glob("*.dcm"))
  members = {path.name: path.read_bytes() for path in paths}
  counts = ingesting.ingest([make_zip("9000001_20158_2_0.zip", members)], tmp_path / "w")
  assert counts.images == PER_VISIT
  assert set(counts.reasons) <= {"white_margin"}  # the spine's saw-tooth margins
  images = ingesting.stores(tmp_path / "w")
  raw = {p.name: pydicom.dcmread(p) for p in paths}
  by_protocol = {d.ProtocolName: d.pixel_array for d in raw.values()}
  for protocol, (name, side) in views.PROTOCOLS.items():
    view = views.VIEWS[name]
    (position,) = np.flatnonzero(images[name].index["side"] == side)
    straight = by_protocol[protocol][:, ::-1] if side == "left" else by_protocol[protocol]
    expected = cv2.resize(np.ascontiguousarray(straight), view.network_shape[::-1], interpolation=cv2.INTER_AREA)
    pixels = images[name].read(int(position))
    assert np.corrcoef(pixels.ravel(), expected.ravel())[0, 1] > 0.99
    if view.is_paired:  # and the mirrored left looks like the right
      right = images[name].read(1 - int(position))
      assert (
        np.corrcoef(pixels.ravel(), right.ravel())[0, 1] > np.corrcoef(pixels.ravel(), right[:, ::-1].ravel())[0, 1]
      )
  flesh, figure = (
    next(d.pixel_array for d in raw.values() if d.get("InstanceNumber") == n and d.ProtocolName == "Total Body")
    for n in (11, 12)
  )
  assert np.corrcoef(images["full_body/flesh"].read(0).ravel(), _small(flesh).ravel())[0, 1] > 0.99
  assert np.corrcoef(images["full_body/figure"].read(0).ravel(), _small(figure).ravel())[0, 1] > 0.99
  bones = images["full_body/skeleton"].read(0)
  assert 0.1 < (bones > 0).mean() < (images["full_body/figure"].read(0) > 0).mean()
  assert skeleton.skeleton(figure).any()
