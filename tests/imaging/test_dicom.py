"""DICOM files: the scanner's own, others through the decoder process, and damaged ones."""

import os
import pathlib
import signal
import struct
import sys
import time

import numpy as np
import pydicom
import pytest

from msk_jax.imaging import decoder_client, dicom, quality


@pytest.fixture(scope="module")
def decoder():
  with decoder_client.IsolatedDecoder() as running:
    yield running


class _NoDecoder:
  def decode(self, kind, data, named_bits=0):
    raise AssertionError("the fast path should have read this")


IMAGE = np.random.default_rng(1).integers(0, 256, (31, 17), dtype=np.uint8)


def test_the_scanner_s_own_format_is_read_without_a_decoder(make_dicom) -> None:
  result = dicom.read(make_dicom(IMAGE, "LVA ", 7), _NoDecoder())
  assert (result.protocol, result.instance_number) == ("LVA", 7)
  np.testing.assert_array_equal(result.pixels, IMAGE)


def test_monochrome1_is_inverted_on_both_paths(make_dicom, decoder) -> None:
  fast = dicom.read(make_dicom(IMAGE, PhotometricInterpretation="MONOCHROME1"), _NoDecoder())
  slow = dicom.read(make_dicom(IMAGE, PhotometricInterpretation="MONOCHROME1", syntax="1.2.840.10008.1.2.1"), decoder)
  np.testing.assert_array_equal(fast.pixels, 255 - IMAGE)
  np.testing.assert_array_equal(slow.pixels, 255 - IMAGE)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"])
def test_other_plain_syntaxes_give_the_same(make_dicom, decoder, syntax: str) -> None:
  data = make_dicom(IMAGE, "LVA", 7, syntax=syntax)
  result = dicom.read(data, decoder)
  assert (result.protocol, result.instance_number) == ("LVA", 7)
  np.testing.assert_array_equal(result.pixels, IMAGE)


def test_a_file_without_preamble_is_read(make_dicom, decoder) -> None:
  result = dicom.read(make_dicom(IMAGE, "LVA", 7, has_preamble=False), decoder)
  assert result.protocol == "LVA"
  np.testing.assert_array_equal(result.pixels, IMAGE)


def test_missing_and_malformed_numbers_are_none(make_dicom) -> None:
  assert dicom.read(make_dicom(IMAGE, instance_number=None), _NoDecoder()).instance_number is None
  data = make_dicom(IMAGE, instance_number=77).replace(b"77", b"x ")
  assert dicom.read(data, _NoDecoder()).instance_number is None


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
@pytest.mark.parametrize(("rows", "why"), [(30, "long"), (32, "short")])
def test_pixel_data_of_the_wrong_length(make_dicom, decoder, syntax: str, rows: int, why: str) -> None:
  result = dicom.read(make_dicom(IMAGE, "LVA", syntax=syntax, Rows=rows), decoder)
  assert result.protocol == "LVA"
  assert isinstance(result.pixels, quality.Refusal)
  assert (result.pixels.reason, result.pixels.detail) == ("pixel_length", why)


@pytest.mark.parametrize(
  "data", [b"", b"<!DOCTYPE html><html>sign in</html>" * 20, b"\0" * 128 + b"DICM" + b"nonsense" * 40, b"\xff" * 999]
)
def test_files_that_are_not_dicom_are_refused(decoder, data: bytes) -> None:
  with pytest.raises(quality.Refusal, match="not_dicom"):
    dicom.read(data, decoder)


def test_every_truncation_ends_in_a_reason(make_dicom) -> None:
  data = make_dicom(IMAGE)
  for length in range(132, len(data) - 1, 13):
    try:
      result = dicom.read(data[:length], _NoDecoder()).pixels
    except quality.Refusal as refusal:
      result = refusal
    assert isinstance(result, quality.Refusal)
    assert result.reason in ("truncated", "not_dicom", "no_pixels")  # the last where the cut is between elements
  assert result.reason == "truncated"


def test_a_truncated_file_of_another_syntax(make_dicom, decoder) -> None:
  data = make_dicom(IMAGE, syntax="1.2.840.10008.1.2.1")
  result = dicom.read(data[:-100], decoder)
  assert isinstance(result.pixels, quality.Refusal)
  assert result.pixels.reason in ("truncated", "pixel_length")


def test_random_damage_never_raises_anything_but_a_refusal(make_dicom, decoder) -> None:
  rng = np.random.default_rng(0)
  data = make_dicom(IMAGE)
  header = data.index(b"\xe0\x7f\x10\x00") + 8
  for _ in range(300):
    damaged = bytearray(data)
    for place in rng.integers(128, header, 3):
      damaged[place] = rng.integers(0, 256)
    try:
      result = dicom.read(bytes(damaged), decoder)
      assert isinstance(result.pixels, np.ndarray | quality.Refusal)
    except quality.Refusal:
      pass


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_refusals_by_header(make_dicom, decoder, syntax: str) -> None:
  def reason(**fields: object) -> str:
    pixels = dicom.read(make_dicom(IMAGE, syntax=syntax, **fields), decoder).pixels
    assert isinstance(pixels, quality.Refusal)
    return pixels.reason

  assert reason(Rows=65535, Columns=65535) == "too_large"
  assert reason(NumberOfFrames=3) == "unsupported"
  assert reason(PhotometricInterpretation="RGB", SamplesPerPixel=3) == "unsupported"


def test_a_report_without_an_image(make_dicom, decoder) -> None:
  result = dicom.read(make_dicom(None), decoder)
  assert isinstance(result.pixels, quality.Refusal) and result.pixels.reason == "no_pixels"


def test_deflated_files_are_not_inflated(make_dicom, decoder) -> None:
  data = make_dicom(IMAGE, syntax="1.2.840.10008.1.2.1.99")
  result = dicom.read(data, decoder)
  assert isinstance(result.pixels, quality.Refusal) and result.pixels.reason == "unsupported"


def test_sixteen_bits_with_overlay_bits_through_the_decoder(make_dicom, decoder) -> None:
  wide = (np.arange(31 * 17, dtype=np.uint16).reshape(31, 17) * 7) % 1024
  dirty = wide | np.uint16(0x8000)
  result = dicom.read(make_dicom(dirty, BitsStored=10, HighBit=9), decoder)
  np.testing.assert_array_equal(result.pixels, np.rint(wide * (255 / 1023)).astype(np.uint8))


@pytest.mark.shared_data
def test_one_image_in_four_syntaxes_is_the_same(shared_data: pathlib.Path, decoder) -> None:
  arrays = [dicom.read(p.read_bytes(), decoder).pixels for p in sorted((shared_data / "dicom_syntaxes").glob("*.dcm"))]
  assert len(arrays) == 4
  for array in arrays:
    assert isinstance(array, np.ndarray) and array.shape == (1760, 1760) and array.std() > 20
    np.testing.assert_array_equal(array, arrays[0])
  shin, beside = arrays[0][800:900, 900:1000], arrays[0][800:900, 545:585]
  assert shin.mean() > beside.mean() + 50  # MONOCHROME1 was inverted: bright bone on dark


@pytest.mark.shared_data
def test_the_fast_path_equals_pydicom_on_the_real_files(shared_data: pathlib.Path) -> None:
  paths = sorted((shared_data / "dxa_example").glob("*.dcm"))
  assert len(paths) == 8
  for path in paths:
    oracle = pydicom.dcmread(path)
    result = dicom.read(path.read_bytes(), _NoDecoder())
    np.testing.assert_array_equal(result.pixels, oracle.pixel_array)
    assert (result.protocol, result.instance_number) == (oracle.ProtocolName, oracle.InstanceNumber)


_DYING = """
import os, signal, sys
from msk_jax.imaging import decoder_process
def deadly(kind, data, named_bits):
  if b"KILLER" in data: os.kill(os.getpid(), signal.SIGSEGV)
  return decoder_process.answer(kind, data, named_bits)
decoder_process.main(deadly)
"""


def test_a_decoder_that_dies_costs_one_image(make_dicom) -> None:
  good = make_dicom(IMAGE, "LVA", syntax="1.2.840.10008.1.2.1")
  bad = make_dicom(IMAGE, "LVA", syntax="1.2.840.10008.1.2.1", StudyID="KILLER")
  with decoder_client.IsolatedDecoder([sys.executable, "-c", _DYING]) as fragile:
    result = [dicom.read(data, fragile).pixels for data in (good, bad, good)]
  np.testing.assert_array_equal(result[0], IMAGE)
  assert isinstance(result[1], quality.Refusal) and result[1].reason == "decoder_crashed"
  np.testing.assert_array_equal(result[2], IMAGE)


def test_a_decoder_that_hangs_is_stopped() -> None:
  with decoder_client.IsolatedDecoder([sys.executable, "-c", "import time; time.sleep(60)"], 0.3) as stuck:
    began = time.monotonic()
    _, pixels = stuck.decode("dicom", b"x" * 2_000_000)
  assert isinstance(pixels, quality.Refusal) and pixels.reason == "decoder_crashed"
  assert time.monotonic() - began < 10


def test_a_decoder_killed_between_files_is_started_again(make_dicom) -> None:
  data = make_dicom(IMAGE, syntax="1.2.840.10008.1.2.1")
  with decoder_client.IsolatedDecoder() as running:
    dicom.read(data, running)
    assert running._process is not None
    os.kill(running._process.pid, signal.SIGKILL)
    running._process.wait()
    np.testing.assert_array_equal(dicom.read(data, running).pixels, IMAGE)


def test_nothing_of_the_header_reaches_the_log(make_dicom, decoder, capfd, caplog) -> None:
  files = [make_dicom(IMAGE, syntax=syntax) for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")]
  capfd.readouterr()
  caplog.clear()  # pydicom, as the writer of these files, warns of the malformed age
  for data in files:
    dicom.read(data, decoder)
    dicom.read(data[:-60], decoder)
  streams = capfd.readouterr()
  text = streams.out + streams.err + caplog.text
  assert text == ""


def test_pictures_keep_grey_and_turn_colours_grey(decoder) -> None:
  import cv2

  def decode(array: np.ndarray, ending: str = ".png") -> np.ndarray:
    _, pixels = decoder.decode("picture", cv2.imencode(ending, array)[1].tobytes())
    assert isinstance(pixels, np.ndarray)
    return pixels

  np.testing.assert_array_equal(decode(IMAGE), IMAGE)
  np.testing.assert_array_equal(decode(np.dstack([IMAGE] * 3)), IMAGE)
  np.testing.assert_array_equal(decode(IMAGE.astype(np.uint16) * 257), IMAGE)
  assert np.abs(decode(np.full((32, 32), 90, np.uint8), ".jpg").astype(int) - 90).max() <= 1


def test_a_picture_that_claims_too_much_is_refused_unread(decoder) -> None:
  import zlib

  head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
  chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
  _, pixels = decoder.decode("picture", b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + b"\0" * 4)
  assert isinstance(pixels, quality.Refusal) and pixels.reason == "too_large"
  _, pixels = decoder.decode("picture", b"GIF89a")
  assert isinstance(pixels, quality.Refusal) and pixels.reason == "decode_failed"
