"""Names and members of DXA zips, and zips that are damaged or hostile."""

import io
import pathlib
import zipfile

import pytest

from msk_jax.imaging import dxa_zips, quality


def test_names_say_participant_visit_and_array() -> None:
  assert dxa_zips.parse_name("9000001_20158_2_0.zip") == dxa_zips.ZipName("9000001", 2, 0)
  for name in ("9000001_20158_2_0.ZIP", "09000001_20158_02_0.Zip"):
    assert dxa_zips.parse_name(name) == dxa_zips.ZipName("9000001", 2, 0)
  for name in (
    "9000001_20158_2.zip",
    "9000001_20227_2_0.zip",
    "x9000001_20158_2_0.zip",
    "9000001_20158_2_0.zip.part",
    "9000001_20158_2_0 (1).zip",
  ):
    assert dxa_zips.parse_name(name) is None


def _zip(path: pathlib.Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> pathlib.Path:
  with zipfile.ZipFile(path, "w", method) as archive:
    for name, data in members.items():
      archive.writestr(name, data)
  return path


def test_members_come_in_order_without_manifest_dicomdir_and_folders(tmp_path: pathlib.Path) -> None:
  members = {
    "a/": b"",
    "a/1.dcm": b"one",
    "manifest.cvs": b"m",
    "a/MANIFEST.CSV": b"m",
    "DICOMDIR": b"d",
    "../../etc/evil.dcm": b"two",
    "C:\\x\\dicomdir": b"d",
  }
  path = _zip(tmp_path / "z.zip", members)
  assert list(dxa_zips.read_members(path)) == [b"one", b"two"]
  assert [p.name for p in tmp_path.iterdir()] == ["z.zip"]  # nothing was extracted


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", b"<html>sign in</html>"])
def test_a_file_that_is_not_a_zip_is_corrupt(tmp_path: pathlib.Path, data: bytes) -> None:
  path = tmp_path / "z.zip"
  path.write_bytes(data)
  with pytest.raises(quality.Refusal, match="corrupt_zip"):
    list(dxa_zips.read_members(path))


def test_a_damaged_member_costs_only_itself(tmp_path: pathlib.Path) -> None:
  path = _zip(tmp_path / "z.zip", {"1.dcm": b"A" * 100, "2.dcm": b"B" * 100}, zipfile.ZIP_STORED)
  path.write_bytes(path.read_bytes().replace(b"A" * 100, b"A" * 99 + b"X"))
  first, second = dxa_zips.read_members(path)
  assert isinstance(first, quality.Refusal) and first.reason == "corrupt_zip"
  assert second == b"B" * 100


def test_every_truncation_is_refused_without_another_error(tmp_path: pathlib.Path) -> None:
  whole = _zip(tmp_path / "z.zip", {"1.dcm": bytes(range(256)) * 4, "2.dcm": b"B" * 100}).read_bytes()
  for length in range(0, len(whole), 7):
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[:length])
    with pytest.raises(quality.Refusal):
      list(dxa_zips.read_members(path))


@pytest.mark.parametrize(
  "caps",
  [
    dxa_zips.Caps(members=2),
    dxa_zips.Caps(member_bytes=99),
    dxa_zips.Caps(total_bytes=299),
    dxa_zips.Caps(zip_bytes=50),
    dxa_zips.Caps(ratio=2.0, ratio_from_bytes=50),
  ],
)
def test_each_cap_holds(tmp_path: pathlib.Path, caps: dxa_zips.Caps) -> None:
  path = _zip(tmp_path / "z.zip", {f"{i}.dcm": bytes([i]) * 100 for i in range(3)})
  assert len(list(dxa_zips.read_members(path))) == 3
  with pytest.raises(quality.Refusal, match="zip_bomb"):
    list(dxa_zips.read_members(path, caps))


def test_a_zip_bomb_is_refused_before_anything_is_inflated(tmp_path: pathlib.Path, monkeypatch) -> None:
  path = _zip(tmp_path / "z.zip", {"1.dcm": bytes(80 * 2**20)})
  assert path.stat().st_size < 200_000
  monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("inflated"))
  with pytest.raises(quality.Refusal, match="zip_bomb"):
    list(dxa_zips.read_members(path))


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_claims(tmp_path: pathlib.Path) -> None:
  path = _zip(tmp_path / "z.zip", {"1.dcm": bytes(100_000)})
  size, lie = (100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
  path.write_bytes(path.read_bytes().replace(size, lie))
  (member,) = dxa_zips.read_members(path)
  assert isinstance(member, quality.Refusal)


def test_encrypted_and_oddly_packed_members_are_refused(tmp_path: pathlib.Path) -> None:
  odd = _zip(tmp_path / "odd.zip", {"1.dcm": b"x" * 50}, zipfile.ZIP_BZIP2)
  (member,) = dxa_zips.read_members(odd)
  assert isinstance(member, quality.Refusal) and member.reason == "corrupt_zip"
  plain = io.BytesIO(_zip(tmp_path / "plain.zip", {"1.dcm": b"x" * 50}).read_bytes()).getvalue()
  locked = bytearray(plain)
  locked[plain.index(b"PK\x03\x04") + 6] |= 1
  locked[plain.index(b"PK\x01\x02") + 8] |= 1
  (tmp_path / "locked.zip").write_bytes(bytes(locked))
  (member,) = dxa_zips.read_members(tmp_path / "locked.zip")
  assert isinstance(member, quality.Refusal) and member.reason == "encrypted"


def test_a_missing_zip_is_unreadable(tmp_path: pathlib.Path) -> None:
  with pytest.raises(quality.Refusal, match="unreadable_file"):
    list(dxa_zips.read_members(tmp_path / "none.zip"))


def test_a_member_without_a_name_is_a_corrupt_zip(tmp_path):
  path = _zip(tmp_path / "a.zip", {"Q": b"x"})
  path.write_bytes(path.read_bytes().replace(b"Q", b"\0"))  # names end at a zero
  with pytest.raises(quality.Refusal, match="corrupt_zip"):
    list(dxa_zips.read_members(path))
