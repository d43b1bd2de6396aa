"""A file's content decides how it is read; depth, frames and colours of pictures."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from msk_jax.imaging import decoder_client, picture_files, quality

RAMP = np.tile(np.arange(0, 4096, 8, dtype=np.uint16), (40, 1))
IMAGE = np.random.default_rng(3).integers(0, 256, (40, 33), dtype=np.uint8)


@pytest.fixture(scope="module")
def decoder():
  with decoder_client.IsolatedDecoder() as running:
    yield running


def _saved(array: np.ndarray, form: str, **settings: object) -> bytes:
  file = io.BytesIO()
  Image.fromarray(array).save(file, form, **settings)
  return file.getvalue()


@pytest.fixture(scope="module")
def read(decoder):
  """Reads a file's bytes under a name's ending; returns its pixels or the reason, and the doubts' codes."""

  def read(data: bytes, ending: str = ".png", bits: int = 0):
    try:
      pixels, doubts = picture_files.decode(data, ending, decoder, bits)
    except quality.Refusal as refusal:
      return refusal.reason, [refusal.detail]
    return pixels, [doubt.reason for doubt in doubts]

  return read


@pytest.mark.parametrize("ending", ["", ".dcm", ".png", ".4", ".txt"])
def test_the_ending_of_a_name_decides_nothing(read, make_dicom, ending) -> None:
  files = {form: _saved(IMAGE, form) for form in ("PNG", "TIFF", "BMP")} | {
    "WEBP": _saved(IMAGE, "WEBP", lossless=True)
  }
  files |= {"DICOM": make_dicom(IMAGE, "any"), "bare": make_dicom(IMAGE, "any", has_preamble=False)}
  for form, data in files.items():
    pixels, doubts = read(data, ending)
    np.testing.assert_array_equal(pixels, IMAGE, err_msg=form)
    assert doubts == []
  assert np.abs(read(_saved(IMAGE, "JPEG", quality=100), ending)[0].astype(int) - IMAGE).max() < 9


def test_files_that_are_not_pictures_are_refused(read) -> None:
  assert read(b"<html>sign in</html>", ".dcm")[0] == "not_dicom"
  assert read(b"<html>sign in</html>", ".png")[0] == "decode_failed"
  assert read(b"BMW and other words, not a picture", ".txt")[0] == "decode_failed"
  assert read(b"PK\x03\x04", ".png")[0] == "unsupported"


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_twelve_bits_in_sixteen(read, form) -> None:
  data = _saved(RAMP, form)
  pixels, doubts = read(data)
  assert len(np.unique(pixels)) >= 200 and doubts == ["guessed_depth"]
  np.testing.assert_array_equal(pixels, np.rint(RAMP * (255 / 4095)))
  named, doubts = read(data, bits=12)
  np.testing.assert_array_equal(named, pixels)
  assert doubts == []
  dark, doubts = read(data, bits=16)
  assert len(np.unique(dark)) == 17 and doubts == ["few_grey_levels"]
  full = (IMAGE.astype(np.uint16) * 257, IMAGE)
  np.testing.assert_array_equal(read(_saved(full[0], form))[0], full[1])


def test_big_endian_and_inverted_tiffs(read) -> None:
  pixels = read(_saved(RAMP.astype(">u2"), "TIFF"))[0]
  np.testing.assert_array_equal(pixels, np.rint(RAMP * (255 / 4095)))
  inverted = Image.fromarray(RAMP)
  file = io.BytesIO()
  inverted.save(file, "TIFF", tiffinfo={262: 0})
  np.testing.assert_array_equal(read(file.getvalue())[0], 255 - pixels)


def test_colours_of_sixteen_bits_several_frames_and_wide_numbers_are_refused(read) -> None:
  deep = np.dstack([RAMP] * 3)
  for ending in (".png", ".tiff"):
    assert read(cv2.imencode(ending, deep)[1].tobytes()) == ("unsupported", ["colours of 16 bits"])
  page = Image.fromarray(IMAGE)
  file = io.BytesIO()
  page.save(file, "TIFF", save_all=True, append_images=[page])
  assert read(file.getvalue()) == ("unsupported", ["several frames"])
  assert read(_saved(IMAGE.astype(np.float32), "TIFF"))[0] == "unsupported"
  assert read(_saved(IMAGE.astype(np.int32), "TIFF"))[0] == "unsupported"


def test_colours_become_grey(read) -> None:
  np.testing.assert_array_equal(read(_saved(np.dstack([IMAGE] * 3), "PNG"))[0], IMAGE)


@pytest.mark.slow
def test_a_picture_of_the_largest_size_needs_little_memory(make_dicom) -> None:
  words = np.zeros((8192, 8192), np.uint16)
  words[::7] = 4000
  data = make_dicom(words, syntax="1.2.840.10008.1.2.1", BitsStored=12, HighBit=11)
  del words
  with decoder_client.IsolatedDecoder() as running:
    pixels, _ = picture_files.decode(data, ".dcm", running)
    assert pixels.shape == (8192, 8192) and pixels[0, 0] == 249
    assert running._process is not None
    assert _peak_bytes(running._process.pid) < 0.9e9


def _peak_bytes(pid: int) -> int:
  with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - no file of ours
    line = next(line for line in status if line.startswith("VmHWM"))
  return int(line.split()[1]) * 1024
