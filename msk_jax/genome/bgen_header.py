"""What a .bgen file says of itself: people, variants, compression and, of its first variants, how they are coded.

Source: the BGEN specification, versions 1.1 to 1.3 (https://www.chg.ox.ac.uk/~gav/bgen_format).
"""

import contextlib
import dataclasses
import pathlib
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from msk_jax.genome import chromosomes, text_columns
from msk_jax.io import errors, plain_files

_COMPRESSIONS = {0: "none", 1: "zlib", 2: "zstd"}
_MAGIC = (b"bgen", b"\0\0\0\0")
_MOST_ALLELES, _MOST_BYTES = 1000, 2**31
_MOST_TEXT_BYTES = 2**20  # of an allele or a name
_EXPORT = "plink2 --bgen old.bgen ref-first --sample old.sample --export bgen-1.2 bits=8 --out new"


@dataclasses.dataclass(frozen=True)
class Coding:
  """How a variant is coded.

  Attributes:
    code: the chromosome, as in the file.
    chromosome: its name (`chromosomes.parse`); None for an unknown code.
    num_alleles: alleles.
    min_ploidy: least copies of any person; 1 where males are haploid.
    max_ploidy: most copies of any person.
    is_phased: whether probabilities are of haplotypes.
    bits: of a probability.
  """

  code: str
  chromosome: str | None
  num_alleles: int
  min_ploidy: int
  max_ploidy: int
  is_phased: bool
  bits: int


@dataclasses.dataclass(frozen=True)
class Header:
  """What the start of a .bgen file says.

  Attributes:
    path: the file.
    layout: 1 (version 1.1) or 2 (1.2 and 1.3).
    compression: `none`, `zlib` or `zstd`.
    num_people: people.
    num_variants: variants.
    iid: str [num_people], ids inside the file; None where it has none.
    first: coding of the first variants; empty for layout 1.
  """

  path: pathlib.Path
  layout: int
  compression: str
  num_people: int
  num_variants: int
  iid: np.ndarray | None
  first: tuple[Coding, ...]


def read(path: pathlib.Path, num_first: int = 3) -> Header:
  """Reads the start of a .bgen file.

  Args:
    path: the file.
    num_first: variants whose coding is read.

  Raises:
    InputError: the file can't be read, is not a .bgen file or is damaged, or has no variants.
  """
  try:
    with plain_files.open_binary(path) as file:
      return _read(path, file, num_first)
  except OSError as error:
    raise text_columns.open_error(path, error) from None
  except (struct.error, zlib.error, pa.ArrowException, UnicodeDecodeError, IndexError):
    raise errors.InputError(f"{path.name} is damaged at its start, or not a .bgen file: copy it again.") from None


@contextlib.contextmanager
def damage_named(path: pathlib.Path) -> Iterator[None]:
  """Turns what the reader of variants says of a damaged file into an error that says what to do."""
  try:
    yield
  except (ValueError, OverflowError, MemoryError, EOFError, OSError, zlib.error) as error:
    if isinstance(error, errors.InputError):
      raise
    raise errors.InputError(
      f"{path.name} can't be read to its end ({type(error).__name__}): it is damaged or cut off. Copy it again, and "
      "compare its checksum with that of the source."
    ) from None


def check_for_bolt(header: Header) -> None:
  """Refuses a file that BOLT-LMM would die of.

  Raises:
    InputError: BOLT-LMM can't read it; the message says how to write one that it can.
  """
  problem = _problem_for_bolt(header)
  if problem:
    raise errors.InputError(f"{header.path.name}: {problem}")


def _problem_for_bolt(header: Header) -> str:
  again = f"Write it again: `{_EXPORT}`."
  if header.layout != 2:
    return f"it is of BGEN 1.1 (layout {header.layout}), and BOLT-LMM reads layout 2. {again}"
  if header.compression != "zlib":
    return f"its variants are compressed by {header.compression}, and BOLT-LMM reads zlib alone. {again}"
  if bits := sorted({coding.bits for coding in header.first if coding.bits != 8}):
    return f"its probabilities have {bits[0]} bits, and BOLT-LMM reads 8 alone. {again}"
  if any(coding.num_alleles != 2 for coding in header.first):
    return "it has variants of more than two alleles, which BOLT-LMM can't read. Split or leave them out."
  if any(coding.min_ploidy < 2 for coding in header.first):
    return (
      "people have one copy of its variants (males on chromosome X), and BOLT-LMM reads two alone. Write males as 0 or "
      f"2 copies: set every sex to 2 in a copy of the sample file, then `{_EXPORT}`. plink2 puts the reference allele "
      "first."
    )
  if any(coding.max_ploidy > 2 for coding in header.first):
    return "people have more than two copies of its variants, which BOLT-LMM can't read."
  if any(coding.is_phased for coding in header.first):
    return f"its probabilities are of haplotypes (phased), and BOLT-LMM reads unphased ones. {again}"
  return ""


def _read(path: pathlib.Path, file: BinaryIO, num_first: int) -> Header:
  (offset,) = struct.unpack("<I", file.read(4))
  header_length, num_variants, num_people = struct.unpack("<III", file.read(12))
  magic = file.read(4)
  if magic not in _MAGIC or not 20 <= header_length <= offset:
    raise errors.InputError(f"{path.name} does not begin as a .bgen file does: is the name right? Copy it again.")
  file.seek(4 + header_length - 4)
  (flags,) = struct.unpack("<I", file.read(4))
  layout, compression, has_ids = flags >> 2 & 15, _COMPRESSIONS.get(flags & 3, "unknown"), bool(flags >> 31)
  if not num_variants or not num_people:
    raise errors.InputError(f"{path.name} holds {num_variants} variants of {num_people} people: copy it again.")
  iid = _read_ids(file, num_people) if has_ids else None
  file.seek(4 + offset)
  first = [_read_coding(file, num_people, compression) for _ in range(min(num_first, num_variants)) if layout == 2]
  return Header(path, layout, compression, num_people, num_variants, iid, tuple(first))


def _read_ids(file: BinaryIO, num_people: int) -> np.ndarray:
  length, num_ids = struct.unpack("<II", file.read(8))
  if num_ids != num_people or not 8 <= length <= _MOST_BYTES:
    raise IndexError
  data, place, texts = file.read(length - 8), 0, []
  for _ in range(num_ids):
    (size,) = struct.unpack_from("<H", data, place)
    texts.append(data[place + 2 : place + 2 + size].decode("latin-1"))
    place += 2 + size
  return np.array(texts, str)


def _read_coding(file: BinaryIO, num_people: int, compression: str) -> Coding:
  """Reads a variant of layout 2, and leaves the file at the next."""
  _read_text(file, "<H")
  _read_text(file, "<H")
  code = _read_text(file, "<H")
  _, num_alleles = struct.unpack("<IH", file.read(6))
  if not 1 <= num_alleles <= _MOST_ALLELES:
    raise IndexError
  for _ in range(num_alleles):
    _read_text(file, "<I")
  (size,) = struct.unpack("<I", file.read(4))
  raw_size = size
  if compression != "none":
    (raw_size,) = struct.unpack("<I", file.read(4))
    size -= 4
  if not 0 < size <= _MOST_BYTES or raw_size > _MOST_BYTES:
    raise IndexError
  data = file.read(size)
  if compression == "zlib":
    data = zlib.decompress(data)
  elif compression == "zstd":
    data = pa.decompress(data, decompressed_size=raw_size, codec="zstd", asbytes=True)
  _, _, min_ploidy, max_ploidy = struct.unpack_from("<IHBB", data, 0)
  is_phased, bits = struct.unpack_from("<BB", data, 8 + num_people)
  return Coding(code, chromosomes.parse(code), num_alleles, min_ploidy, max_ploidy, bool(is_phased), bits)


def _read_text(file: BinaryIO, size_format: str) -> str:
  (size,) = struct.unpack(size_format, file.read(struct.calcsize(size_format)))
  if size > _MOST_TEXT_BYTES:
    raise IndexError
  return file.read(size).decode("latin-1")
