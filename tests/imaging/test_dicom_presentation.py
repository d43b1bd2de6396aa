"""Grey values of DICOM files with a rescale, lookup tables, windows, or an open depth."""

import io
import pathlib

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_voi_lut

from msk_jax.imaging import decoder_client, dicom, dicom_decoding, quality, views

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
RESCALED = {"RescaleSlope": -10, "RescaleIntercept": 3000}
WINDOW = {"WindowCenter": 1725, "WindowWidth": 2550}
STORED = np.array([0, 1200, 2000, 2800, 4095], np.uint16)


@pytest.fixture(scope="module")
def decoder():
  with decoder_client.IsolatedDecoder() as running:
    yield running


@pytest.fixture(scope="module")
def read(make_dicom, decoder):
  """Reads a row of values as a DICOM file; returns the greys, or the reason code, and the doubts' codes."""

  def read(values, syntax=EXPLICIT, protocol="any", named_bits=0, **fields):
    row = np.asarray(values).reshape(1, -1)
    if row.dtype.kind == "i":
      fields = {"PixelRepresentation": 1, **fields}
    if "BitsStored" in fields:
      fields = {"HighBit": fields["BitsStored"] - 1, **fields}
    if syntax == BIG:
      row = row.astype(row.dtype.newbyteorder(">"))
    if syntax == RLE:
      dataset = pydicom.dcmread(io.BytesIO(make_dicom(row, protocol, syntax=EXPLICIT, **fields)))
      dataset.compress(RLE)
      file = io.BytesIO()
      dataset.save_as(file)
      data = file.getvalue()
    else:
      data = make_dicom(row, protocol, syntax=syntax, **fields)
    image = dicom.read(data, decoder, named_bits)
    greys = image.pixels.reason if isinstance(image.pixels, quality.Refusal) else image.pixels[0].tolist()
    return greys, [doubt.reason for doubt in image.doubts]

  return read


def _table(entries, first=0, bits=12, vr="US") -> pydicom.Sequence:
  item = pydicom.Dataset()
  item.add_new("LUTDescriptor", "US", [len(entries) % 65_536, first % 65_536, bits])
  entries = np.asarray(entries)
  item.add_new("LUTData", vr, entries.tolist() if vr == "US" else entries.tobytes())
  return pydicom.Sequence([item])


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG, RLE])
@pytest.mark.parametrize(("kind", "bits"), [(np.uint8, 8), (np.int16, 9), (np.uint16, 9), (np.uint16, 12)])
def test_a_rescale_comes_before_the_window_in_every_syntax(read, syntax, kind, bits) -> None:
  values = np.array([0, 100, 200, 255], kind)
  assert read(values, syntax, **RESCALED, **WINDOW, BitsStored=bits) == ([255, 155, 55, 0], [])
  # Without a window all that the bits can hold is shown: a negative slope turns black and white round.
  low, high = {8: (0, 255), 9: (-256, 255) if kind == np.int16 else (0, 511), 12: (0, 4095)}[bits]
  expected = np.rint(255 * (high - values.astype(float)) / (high - low))
  assert read(values, syntax, **RESCALED, BitsStored=bits)[0] == expected.tolist()


def test_a_rescale_of_an_open_depth(read) -> None:
  values = np.array([0, 100, 200, 255])
  for kind in (np.int16, np.uint16):
    assert read(values.astype(kind), **RESCALED) == ([255, 155, 55, 0], ["guessed_depth"])


def test_signed_bytes_and_monochrome1_after_the_window(read) -> None:
  signed = np.array([-128, -28, 72, 127], np.int8)
  fields = {"RescaleSlope": -10, "RescaleIntercept": 3000 - 1280}
  for window in ({}, WINDOW):
    assert read(signed, **fields, **window)[0] == [255, 155, 55, 0]
    assert read(signed, **fields, **window, PhotometricInterpretation="MONOCHROME1")[0] == [0, 100, 200, 255]


@pytest.mark.parametrize("fields", [{"RescaleSlope": 0}, {"RescaleSlope": "1e999"}])
def test_a_rescale_that_is_none_is_refused(read, fields) -> None:
  assert read(np.array([0, 255], np.uint8), RescaleIntercept=0, **fields)[0] == "unsupported"


def test_a_window_on_eight_bits_is_applied_but_for_the_study_s_scanner(read) -> None:
  values = np.array([0, 100, 110, 120, 255], np.uint8)
  window = {"WindowCenter": 110.5, "WindowWidth": 21}
  for syntax in (IMPLICIT, EXPLICIT, RLE):
    assert read(values, syntax, **window) == ([0, 0, 128, 255, 255], [])
    for protocol in sorted(views.SCANNER_PROTOCOLS):
      assert read(values, syntax, protocol, **window) == (values.tolist(), ["window_not_applied"])
  assert read(values, protocol="LVA", RescaleSlope=1, RescaleIntercept=0) == (values.tolist(), [])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_are_the_standard_s_functions(read, function) -> None:
  x = np.arange(0, 1024, 7, dtype=np.uint16)
  centre, width = 550.0, 300.0
  expected = {
    "LINEAR": np.clip((x - (centre - 0.5)) / (width - 1) + 0.5, 0, 1),
    "LINEAR_EXACT": np.clip((x - centre) / width + 0.5, 0, 1),
    "SIGMOID": 1 / (1 + np.exp(-4 * (x - centre) / width)),
  }[function]
  result, doubts = read(x, BitsStored=10, WindowCenter=centre, WindowWidth=width, VOILUTFunction=function)
  np.testing.assert_array_equal(result, np.rint(255 * expected))
  assert doubts == []


def test_windows_without_sense_are_left_out_and_unknown_ones_refused(read) -> None:
  values = np.array([0, 1023], np.uint16)
  fields = {"BitsStored": 10, "WindowCenter": 5}
  assert read(values, **fields) == ([0, 255], ["window_not_applied"])
  assert read(values, **fields, WindowWidth=0) == ([0, 255], ["window_not_applied"])
  assert read(values, **fields, WindowWidth=9, VOILUTFunction="LOG")[0] == "unsupported"


@pytest.mark.parametrize("vr", ["US", "OW"])
@pytest.mark.parametrize("bits", [12, 16])
def test_lookup_tables(read, vr, bits) -> None:
  v = np.arange(4096)
  rising = np.rint(4095 * np.clip((v - 1200) / 1600, 0, 1)).astype(np.uint16)
  stored = {"BitsStored": 12}
  near = pytest.approx
  guessed = [] if bits == 12 else ["guessed_depth"]
  of_interest = {"VOILUTSequence": _table(rising, bits=bits, vr=vr)}
  assert read(STORED, **stored, **of_interest) == (near([0, 0, 127, 255, 255], abs=1), guessed)
  result = read(STORED, **stored, **of_interest, PhotometricInterpretation="MONOCHROME1")
  assert result == (near([255, 255, 128, 0, 0], abs=1), guessed)
  falling = {"VOILUTSequence": _table(rising[::-1].copy(), bits=bits, vr=vr)}
  assert read(4095 - STORED, **stored, **falling)[0] == near([0, 0, 127, 255, 255], abs=1)
  modality = {"ModalityLUTSequence": _table((4095 - v).astype(np.uint16), bits=bits, vr=vr)}
  assert read(STORED, **stored, **modality) == (near([255, 180, 130, 80, 0], abs=1), guessed)
  both = read(STORED, **stored, **modality, WindowCenter=2095.5, WindowWidth=1600)
  assert both[0] == near([255, 255, 127, 0, 0], abs=1)


def test_lookup_tables_in_big_endian_and_implicit_files(read) -> None:
  entries = np.rint(4095 * np.clip((np.arange(4096) - 1200) / 1600, 0, 1)).astype(np.uint16)
  stored = {"BitsStored": 12}
  for syntax, kind in ((BIG, ">u2"), (IMPLICIT, "<u2")):
    table = {"VOILUTSequence": _table(entries.astype(kind), vr="OW")}
    assert read(STORED, syntax, **stored, **table)[0] == pytest.approx([0, 0, 127, 255, 255], abs=1)


def test_a_table_of_bytes_that_starts_below_zero(read) -> None:
  """Eight-bit entries for wide, shifted values, in two spellings: pydicom's own tables wrap here."""
  shifted = {"RescaleSlope": 1, "RescaleIntercept": -1024, "BitsStored": 12}
  entries = np.minimum(np.arange(4096) // 16, 255)
  for kind in (np.uint8, np.uint16):
    table = {"VOILUTSequence": _table(entries.astype(kind), first=-1024, bits=8, vr="OW")}
    assert read(STORED, **shifted, **table) == ([0, 75, 125, 175, 255], [])


def test_the_first_of_several_ways_to_show_a_picture_counts(read) -> None:
  first, second = _table(np.arange(4096)), _table(4095 - np.arange(4096))
  tables = pydicom.Sequence([first[0], second[0]])
  greys, _ = read(STORED, BitsStored=12, VOILUTSequence=tables, WindowCenter=5, WindowWidth=9)
  assert greys == [0, 75, 125, 174, 255]
  assert read(STORED, BitsStored=12, WindowCenter=[2048, 5], WindowWidth=[4096, 9])[0] == greys


def test_a_broken_table_is_refused(read) -> None:
  table = _table(np.arange(4096))
  table[0].LUTDescriptor = [5000, 0, 12]
  assert read(STORED, BitsStored=12, VOILUTSequence=table)[0] == "unsupported"


@pytest.mark.parametrize(
  ("photometric", "shape", "codes"),
  [
    ("MONOCHROME2", "INVERSE", ["presentation_lut"]),
    ("MONOCHROME1", "IDENTITY", ["presentation_lut"]),
    ("MONOCHROME1", "INVERSE", []),
    ("MONOCHROME2", "IDENTITY", []),
  ],
)
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_contradictions_about_white_are_doubted(read, syntax, photometric, shape, codes) -> None:
  values = np.array([0, 55, 255], np.uint8)
  greys, doubts = read(values, syntax, PhotometricInterpretation=photometric, PresentationLUTShape=shape)
  assert greys == (values if photometric == "MONOCHROME2" else 255 - values).tolist() and doubts == codes


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG, RLE])
def test_values_high_in_their_words(read, syntax) -> None:
  greys = [0, 75, 125, 174, 255]
  left = (STORED << 4) | np.uint16(5)  # with an overlay in the lowest bits
  assert read(left, syntax, BitsStored=12, HighBit=15) == (greys, [])
  assert read(STORED | np.uint16(0xF000), syntax, BitsStored=12) == (greys, [])
  for high in (7, 15):  # impossible, and not so: the high bits are empty
    assert read(STORED, syntax, BitsStored=12, HighBit=high)[0] == "unsupported"
  signed = (STORED.astype(np.int16) - 2048) & np.int16(0x0FFF)  # not extended to the sign
  assert read(signed, syntax, BitsStored=12) == (greys, [])
  assert read(np.array([0x12, 0xF3], np.uint8), syntax, BitsStored=4, HighBit=7)[0] == [17, 255]


def test_an_open_depth_is_decided_by_the_content_or_named(read) -> None:
  ramp = np.arange(0, 4081, dtype=np.uint16)
  greys, doubts = read(ramp)
  assert len(set(greys)) >= 200 and doubts == ["guessed_depth"]
  np.testing.assert_array_equal(greys, np.rint(ramp * (255 / 4095)))
  assert read(ramp, named_bits=12) == (greys, [])
  assert read(ramp, BitsStored=12) == (greys, [])
  named, doubts = read(ramp, named_bits=10)
  assert max(named) == 255 and named[1023] == 255 and doubts == ["beyond_depth"]
  assert read(np.array([0, 65_535], np.uint16)) == ([0, 255], [])
  windowed = read(ramp, WindowCenter=2048, WindowWidth=4096, named_bits=8)
  assert windowed == (greys, [])  # a window says what is white


def test_signed_content_and_padding_values(read) -> None:
  values = np.arange(-1024, 3072, dtype=np.int16)
  greys, doubts = read(values)
  assert len(set(greys)) >= 200 and doubts == ["guessed_depth"]
  padded = np.concatenate([[-32_768], values]).astype(np.int16)
  assert read(padded, PixelPaddingValue=-32_768)[0] == [0, *greys]


def test_few_grey_levels_are_doubted(read) -> None:
  values = np.arange(256, dtype=np.uint16)
  assert read(values, BitsStored=12)[1] == ["few_grey_levels"]
  assert read(np.arange(12, dtype=np.uint16), BitsStored=8)[1] == []


def test_the_whole_chain_is_pydicom_s_where_that_is_right(read, make_dicom) -> None:
  values = np.random.default_rng(0).integers(0, 4096, 500).astype(np.uint16)
  fields = {"BitsStored": 12, "WindowCenter": -100, "WindowWidth": 700, "RescaleSlope": 0.5, "RescaleIntercept": -1024}
  dataset = pydicom.dcmread(io.BytesIO(make_dicom(values.reshape(1, -1), syntax=EXPLICIT, **fields)))
  shown = apply_voi_lut(dataset.pixel_array * 0.5 - 1024, dataset)[0]
  np.testing.assert_array_equal(read(values, **fields)[0], np.rint((shown + 1024) / 2047.5 * 255))


def test_padding_after_the_pixels_is_cut(make_dicom, decoder) -> None:
  image = np.random.default_rng(1).integers(0, 256, (31, 17), dtype=np.uint8)
  for syntax in (IMPLICIT, EXPLICIT):
    for filler in (b"\0" * 101, b"\xff" * 101):
      data = make_dicom(image, syntax=syntax, PixelData=image.tobytes() + filler)
      result = dicom.read(data, decoder)
      np.testing.assert_array_equal(result.pixels, image)
      assert [doubt.reason for doubt in result.doubts] == ["padded_pixels"]


def test_a_jpeg_of_twelve_bits() -> None:
  """pydicom's own example; the values at two places are those that its authors give."""
  path = pathlib.Path(str(pydicom.data.get_testdata_file("JPEG-lossy.dcm", download=False)))
  data = path.read_bytes()
  words, _ = dicom_decoding._stored_words(pydicom.dcmread(path), dicom_decoding._JPEG_EXTENDED)
  assert (words[420, 140], words[230, 120]) == (244, 95)
  _, pixels = dicom_decoding.decode(data)
  assert isinstance(pixels, np.ndarray) and pixels.shape == (1024, 256) and pixels.std() > 1
  cut = dicom_decoding.decode(data[:-3000])[1]
  assert isinstance(cut, np.ndarray | quality.Refusal)
