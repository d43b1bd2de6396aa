"""Mutations of bytes, whatever the format: each takes a file's bytes and a generator, and returns other bytes."""

from collections.abc import Mapping

import numpy as np

from tests.mutants.form import Mutation

_MOST_BLOCK = 4096
_HUGE = (2**31 - 1, 2**31, 2**32 - 1, 2**31 + 7, 0)
_HUGE_LONG = (2**63 - 1, 2**63, 2**64 - 1, 2**40, 0)


def flip_bits(data: bytes, rng: np.random.Generator) -> bytes:
  """Flips one to twenty bits."""
  changed = bytearray(data)
  for place in rng.integers(0, len(data), rng.integers(1, 21)):
    changed[place] ^= 1 << int(rng.integers(8))
  return bytes(changed)


def flip_one_bit(data: bytes, rng: np.random.Generator) -> bytes:
  """Flips a single bit."""
  changed = bytearray(data)
  changed[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
  return bytes(changed)


def flip_head(data: bytes, rng: np.random.Generator) -> bytes:
  """Changes a few bytes among the first, where most formats have their header."""
  return _replace_some(data, rng, 0, min(len(data), 256))


def flip_tail(data: bytes, rng: np.random.Generator) -> bytes:
  """Changes a few bytes among the last, where some formats have their directory."""
  return _replace_some(data, rng, max(0, len(data) - 256), len(data))


def cut_off(data: bytes, rng: np.random.Generator) -> bytes:
  """Ends the file early."""
  return data[: rng.integers(len(data))]


def cut_near_end(data: bytes, rng: np.random.Generator) -> bytes:
  """Ends the file a few bytes early."""
  return data[: max(0, len(data) - int(rng.integers(1, 40)))]


def cut_at_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Ends the file at a multiple of 512 bytes, as a full disk or a broken copy does."""
  return data[: 512 * int(rng.integers(0, max(1, len(data) // 512)))]


def cut_head(data: bytes, rng: np.random.Generator) -> bytes:
  """Loses the first bytes."""
  return data[int(rng.integers(1, max(2, min(200, len(data))))) :]


def insert_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Has random bytes somewhere."""
  place = int(rng.integers(len(data)))
  return data[:place] + rng.bytes(int(rng.integers(1, 200))) + data[place:]


def append_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Has random bytes after its end."""
  return data + rng.bytes(int(rng.integers(1, 2000)))


def delete_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Lacks some bytes."""
  start, stop = _block(data, rng)
  return data[:start] + data[stop:]


def repeat_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Has some bytes twice."""
  start, stop = _block(data, rng)
  return data[:stop] + data[start:]


def zero_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Has zeros where a disk has lost a block."""
  start, stop = _block(data, rng)
  return data[:start] + bytes(stop - start) + data[stop:]


def fill_block(data: bytes, rng: np.random.Generator) -> bytes:
  """Has ones in a block."""
  start, stop = _block(data, rng)
  return data[:start] + b"\xff" * (stop - start) + data[stop:]


def swap_bytes(data: bytes, rng: np.random.Generator) -> bytes:
  """Has the bytes of a block in the other order, two by two."""
  start, stop = _block(data, rng)
  stop -= (stop - start) % 2
  return data[:start] + np.frombuffer(data[start:stop], "<u2").byteswap().tobytes() + data[stop:]


def swap_blocks(data: bytes, rng: np.random.Generator) -> bytes:
  """Has two halves of a block in the other order."""
  start, stop = _block(data, rng)
  middle = (start + stop) // 2
  return data[:start] + data[middle:stop] + data[start:middle] + data[stop:]


def other_magic(data: bytes, rng: np.random.Generator) -> bytes:
  """Begins as a file of another kind."""
  magics = (
    b"PK\x03\x04",
    b"\x89PNG\r\n\x1a\n",
    b"PAR1",
    b"\x1f\x8b\x08",
    b"%PDF-1.7",
    b"\xff\xd8\xff\xe0",
    b"\0\0\0\0",
  )
  magic = magics[int(rng.integers(len(magics)))]
  return magic + data[len(magic) :]


def huge_number(data: bytes, rng: np.random.Generator) -> bytes:
  """Declares a huge length, count or size somewhere: four bytes."""
  return _put_number(data, rng, int(rng.integers(max(1, len(data) - 4))), 4, _HUGE)


def huge_number_in_head(data: bytes, rng: np.random.Generator) -> bytes:
  """Declares a huge length, count or size among the first bytes: four or eight bytes."""
  width, choices = ((4, _HUGE), (8, _HUGE_LONG))[int(rng.integers(2))]
  return _put_number(data, rng, int(rng.integers(max(1, min(512, len(data) - width)))), width, choices)


def huge_number_in_tail(data: bytes, rng: np.random.Generator) -> bytes:
  """Declares a huge length, count or size among the last bytes."""
  place = len(data) - int(rng.integers(4, max(5, min(512, len(data)))))
  return _put_number(data, rng, max(0, place), 4, _HUGE)


def empty(data: bytes, rng: np.random.Generator) -> bytes:
  """Has no bytes."""
  del data, rng
  return b""


def one_byte(data: bytes, rng: np.random.Generator) -> bytes:
  """Has only the first bytes."""
  return data[: int(rng.integers(1, 9))]


def all_zeros(data: bytes, rng: np.random.Generator) -> bytes:
  """Has nothing but zeros, as after a crash of the file system."""
  del rng
  return bytes(len(data))


def random_bytes(data: bytes, rng: np.random.Generator) -> bytes:
  """Has nothing but noise."""
  return rng.bytes(min(len(data), 100_000))


def twice(data: bytes, rng: np.random.Generator) -> bytes:
  """Is there twice, one behind the other."""
  del rng
  return data + data


OF_BYTES: Mapping[str, Mutation] = {
  each.__name__: each
  for each in (
    flip_bits,
    flip_one_bit,
    flip_head,
    flip_tail,
    cut_off,
    cut_near_end,
    cut_at_block,
    cut_head,
    insert_block,
    append_block,
    delete_block,
    repeat_block,
    zero_block,
    fill_block,
    swap_bytes,
    swap_blocks,
    other_magic,
    huge_number,
    huge_number_in_head,
    huge_number_in_tail,
    empty,
    one_byte,
    all_zeros,
    random_bytes,
    twice,
  )
}


def _block(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
  start = int(rng.integers(len(data)))
  return start, min(len(data), start + int(rng.integers(1, _MOST_BLOCK)))


def _replace_some(data: bytes, rng: np.random.Generator, start: int, stop: int) -> bytes:
  changed = bytearray(data)
  for place in rng.integers(start, stop, rng.integers(1, 6)):
    changed[place] = int(rng.integers(256))
  return bytes(changed)


def _put_number(data: bytes, rng: np.random.Generator, place: int, width: int, choices: tuple[int, ...]) -> bytes:
  number = choices[int(rng.integers(len(choices)))]
  order = "little" if rng.random() < 0.7 else "big"
  return data[:place] + number.to_bytes(width, order) + data[place + width :]
