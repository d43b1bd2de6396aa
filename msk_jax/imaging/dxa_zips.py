"""Zips of UK Biobank field 20158: their names, and their members read one by one in memory.

A zip is untrusted input. Every claimed size is compared with a cap before a byte is inflated. Nothing is extracted, and
no path from inside is used. `DICOMDIR` and the manifest (`manifest.cvs`, sic) are skipped.
"""

import dataclasses
import filecmp
import io
import itertools
import pathlib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from msk_jax.imaging import quality
from msk_jax.io import ids, plain_files

_MIB = 2**20
_NAME = re.compile(r"(?P<eid>[0-9]{1,12})_20158_(?P<instance>[0-9]{1,2})_(?P<array>[0-9]{1,3})\.zip", re.IGNORECASE)
_SKIPPED = re.compile(r"(dicomdir|manifest\.(cvs|csv)|\..*)", re.IGNORECASE)  # base names that hold no image
_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_FLAG = 0x1


@dataclasses.dataclass(frozen=True, order=True)
class ZipName:
  """What a zip's name says: the participant (no zeros in front), the visit, the number of the zip within the visit."""

  eid: str
  instance: int
  array: int


@dataclasses.dataclass(frozen=True)
class Caps:
  """Limits on an archive. A real one holds 9 members, 4 MB in all, compressed 2 to 5 times.

  Attributes:
    zip_bytes: size of the zip file.
    members: number of members.
    member_bytes: inflated size of one member.
    total_bytes: inflated size of all members.
    ratio: inflated over compressed size of a member.
    ratio_from_bytes: inflated size from which on `ratio` counts: a small blank image packs well.
  """

  zip_bytes: int = 256 * _MIB
  members: int = 64
  member_bytes: int = 64 * _MIB
  total_bytes: int = 256 * _MIB
  ratio: float = 200.0
  ratio_from_bytes: int = 4 * _MIB


CAPS = Caps()


def parse_name(name: str) -> ZipName | None:
  """Returns what `9000001_20158_2_0.zip` says, in any case and with zeros in front, or None for any other name."""
  match = _NAME.fullmatch(name)
  if match is None:
    return None
  return ZipName(ids.plain(match["eid"]), int(match["instance"]), int(match["array"]))


def one_per_visit(
  named: Iterable[tuple[ZipName, pathlib.Path]],
) -> tuple[list[pathlib.Path], list[tuple[pathlib.Path, str, str]]]:
  """Chooses the zip of each participant and visit: that of the lowest array.

  Several zips may have that array (in two folders, with zeros in front, `.ZIP`). They must be equal, byte for byte.

  Args:
    named: zips and what their names say.

  Returns:
    chosen: ordered by participant and visit.
    remarks: (path, reason, detail) of every other zip.
  """
  chosen: list[pathlib.Path] = []
  remarks: list[tuple[pathlib.Path, str, str]] = []
  for _, group in itertools.groupby(sorted(named), key=lambda pair: (pair[0].eid, pair[0].instance)):
    of_visit = list(group)
    copies = [path for name, path in of_visit if name == of_visit[0][0]]
    remarks.extend((path, "duplicate_visit", "") for _, path in of_visit[len(copies) :])
    first, *others = copies
    try:
      is_same = all(filecmp.cmp(first, other, shallow=False) for other in others)
    except OSError as error:
      remarks.extend((path, "unreadable_file", type(error).__name__) for path in copies)
      continue
    if is_same:
      chosen.append(first)
      remarks.extend((path, "repeated_zip", "") for path in others)
    else:
      remarks.extend((path, "conflicting_zips", "") for path in copies)
  return chosen, remarks


def read_members(path: pathlib.Path, caps: Caps = CAPS) -> Iterator[bytes | quality.Refusal]:
  """Yields the bytes of every member that may be an image, in the archive's order; a bad member as its Refusal.

  Raises:
    Refusal: the zip as a whole is refused: `unreadable_file`, `corrupt_zip` or `zip_bomb`.
  """
  data = _read_file(path, caps)
  try:
    archive = zipfile.ZipFile(io.BytesIO(data))
  except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, UnicodeError, EOFError) as error:
    raise quality.Refusal("corrupt_zip", type(error).__name__) from None
  with archive:
    if not all(info.filename for info in archive.infolist()):
      raise quality.Refusal("corrupt_zip", "a member without a name")
    members = [info for info in archive.infolist() if not info.is_dir()]
    _check_caps(members, caps)
    for info in members:
      if not _SKIPPED.fullmatch(info.filename.replace("\\", "/").rsplit("/", 1)[-1]):
        yield _read_member(archive, info)


def _read_file(path: pathlib.Path, caps: Caps) -> bytes:
  """Reads a file in one call: each call is slow where storage is mounted over a network."""
  try:
    data = plain_files.read_at_most(path, caps.zip_bytes)
  except OSError as error:
    raise quality.Refusal("unreadable_file", type(error).__name__) from None
  if len(data) > caps.zip_bytes:
    raise quality.Refusal("zip_bomb", "zip file too large")
  return data


def _check_caps(members: list[zipfile.ZipInfo], caps: Caps) -> None:
  if len(members) > caps.members:
    raise quality.Refusal("zip_bomb", "too many members")
  if sum(info.file_size for info in members) > caps.total_bytes:
    raise quality.Refusal("zip_bomb", "too large in all")
  for info in members:
    if info.file_size > caps.member_bytes:
      raise quality.Refusal("zip_bomb", "member too large")
    if info.file_size > caps.ratio_from_bytes and info.file_size > caps.ratio * max(info.compress_size, 1):
      raise quality.Refusal("zip_bomb", "compression ratio")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | quality.Refusal:
  if info.flag_bits & _ENCRYPTED_FLAG:
    return quality.Refusal("encrypted")
  if info.compress_type not in _STORED_OR_DEFLATED:
    return quality.Refusal("corrupt_zip", "compression method")
  try:
    # zipfile inflates no more than the size that the directory claims, and that was checked.
    return archive.read(info)
  except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, OSError) as error:
    return quality.Refusal("corrupt_zip", type(error).__name__)
