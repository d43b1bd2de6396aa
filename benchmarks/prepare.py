"""Image preparation: speed per core of each step beside plain ways to write it, and zips per second end to end.

Command: `python -m benchmarks.prepare` (or `--zips_from=FOLDER` to read a phantom's zips). About half a minute.
Claims: the skeleton is at least 20 times as fast as a transcription with loops over pixels. Two cores read 20 zips a
second.

Peers do the same steps on the same images and must give the same pixels:
  pixel loop   the paper's sentence in plain Python: walk inwards from every border pixel until the first bone
  line loop    the same with NumPy, one row and one column at a time, as a careful person writes it at first
  pydicom      `pydicom.dcmread(...).pixel_array`
All resize with OpenCV, so there is nothing to compare. Steps are timed as process CPU time on one thread, interleaved;
medians are shown. The end-to-end run is timed as wall time and as CPU time.
"""

import argparse
import io
import os
import pathlib
import platform
import resource
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pydicom

from msk_jax.imaging import decoder_client, dicom, dxa_ingest, preprocess, skeleton, views

_EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data" / "dxa_example"
_FIGURE = views.VIEWS["full_body/figure"]
# Sizes and fields of the published example, for where it is not at hand.
_SIZES = {
  "AP Spine": (780, 716),
  "LVA": (1768, 808),
  "Left Femur": (600, 680),
  "Right Femur": (537, 680),
  "Left Ortho Knee": (848, 640),
  "Right Ortho Knee": (850, 640),
  "Total Body 1": (791, 272),
  "Total Body 2": (791, 272),
}


def skeleton_by_pixels(figure: np.ndarray) -> np.ndarray:
  """The published description, pixel by pixel."""
  rows, columns = figure.shape
  out = figure.copy()
  for r in range(rows):
    for path in (range(columns), range(columns - 1, -1, -1)):
      for c in path:
        if 70 <= figure[r, c] < 250:
          break
        out[r, c] = 0
  for c in range(columns):
    for path in (range(rows), range(rows - 1, -1, -1)):
      for r in path:
        if 70 <= figure[r, c] < 250:
          break
        out[r, c] = 0
  return out


def skeleton_by_lines(figure: np.ndarray) -> np.ndarray:
  """The same, with NumPy, line by line."""
  mask = (figure >= 70) & (figure < 250)
  out = figure.copy()
  for lines, bones in ((out, mask), (out.T, mask.T)):
    for line, bone in zip(lines, bones, strict=True):
      places = np.flatnonzero(bone)
      if places.size:
        line[: places[0]] = 0
        line[places[-1] + 1 :] = 0
      else:
        line[:] = 0
  return out


def to_stored(figure: np.ndarray, draw: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
  """Native size, skeleton, network size."""
  native = preprocess.to_native(figure, _FIGURE, "")
  return preprocess.to_network(draw(native), _FIGURE)


def interleaved(ways: Sequence[tuple[str, Callable[[], object], int]], rounds: int) -> dict[str, float]:
  """Median CPU seconds of each way; a way with stride n takes part in every n-th round only."""
  seconds: dict[str, list[float]] = {name: [] for name, _, _ in ways}
  for _, way, stride in ways:
    if stride == 1:
      way()  # warm
  for number in range(rounds):
    for name, way, stride in ways:
      if number % stride == 0:
        began = time.process_time()
        way()
        seconds[name].append(time.process_time() - began)
  return {name: statistics.median(found) for name, found in seconds.items()}


def print_steps(members: dict[str, bytes], rounds: int) -> None:
  """Times the single steps on one core and prints them as a table."""
  cv2.setNumThreads(1)
  with decoder_client.IsolatedDecoder() as decoder:
    images = [dicom.read(data, decoder) for data in members.values()]
    figure = max((i for i in images if i.protocol == "Total Body"), key=lambda i: i.instance_number or 0).pixels
    assert isinstance(figure, np.ndarray)
    native = preprocess.to_native(figure, _FIGURE, "")
    for peer in (skeleton_by_pixels, skeleton_by_lines):
      np.testing.assert_array_equal(peer(native), skeleton.skeleton(native))
    data = next(iter(members.values()))
    slow = max(rounds // 3, 1)
    steps = {
      "skeleton, 811 x 272": [
        ("msk_jax", lambda: skeleton.skeleton(native), 1),
        ("line loop", lambda: skeleton_by_lines(native), 1),
        ("pixel loop", lambda: skeleton_by_pixels(native), slow),
      ],
      "native size + skeleton + network size": [
        ("msk_jax", lambda: to_stored(figure, skeleton.skeleton), 1),
        ("line loop", lambda: to_stored(figure, skeleton_by_lines), 1),
        ("pixel loop", lambda: to_stored(figure, skeleton_by_pixels), slow),
      ],
      "header + pixels of one DICOM": [
        ("msk_jax", lambda: dicom.read(data, decoder), 1),
        ("pydicom", lambda: pydicom.dcmread(io.BytesIO(data)).pixel_array, 1),
      ],
    }
    print(f"\n{'step, one core':40s}{'way':14s}{'ms':>10s}{'images/s':>12s}{'msk_jax is':>14s}")
    for step, ways in steps.items():
      seconds = interleaved(ways, rounds)
      for name, median in seconds.items():
        ratio = "" if name == "msk_jax" else f"{median / seconds['msk_jax']:.1f} x as fast"
        print(f"{step:40s}{name:14s}{1e3 * median:10.2f}{1 / median:12.0f}{ratio:>17s}")


def print_end_to_end(zips: Sequence[pathlib.Path], workdir: pathlib.Path, workers: int) -> None:
  """Times a whole ingest: reading, all views, shards, index, QC report, contact sheets."""
  before, began = _cpu_seconds(), time.perf_counter()
  counts = dxa_ingest.ingest_zips(zips, workdir, withdrawn=(), key=b"benchmark", workers=workers)
  wall, cpu = time.perf_counter() - began, _cpu_seconds() - before
  images = sum(counts.images.values())
  print(f"\nend to end: {len(zips)} zips, {images} stored images, {workers} workers (their start included)")
  print(f"  wall  {wall:7.1f} s   {len(zips) / wall:6.1f} zips/s   {images / wall:7.0f} images/s")
  print(f"  CPU   {cpu:7.1f} s   {len(zips) / cpu:6.1f} zips/s per core")


def _cpu_seconds() -> float:
  used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
  return sum(u.ru_utime + u.ru_stime for u in used)


def example_members() -> dict[str, bytes]:
  """The eight published example files, or eight of the same sizes with smooth noise."""
  found = {path.name: path.read_bytes() for path in sorted(_EXAMPLE.glob("*.dcm"))}
  return found or {f"{i}.dcm": _synthetic(name, i) for i, name in enumerate(_SIZES, start=1)}


def _synthetic(name: str, number: int) -> bytes:
  shape = _SIZES[name]
  coarse = np.random.default_rng(number).integers(0, 252, (shape[0] // 8, shape[1] // 8), dtype=np.uint8)
  dataset = pydicom.Dataset()
  dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3"
  dataset.ProtocolName, dataset.InstanceNumber = name.rstrip(" 12"), number
  dataset.Rows, dataset.Columns = shape
  dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
  dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
  dataset.add_new("PixelData", "OW", cv2.resize(coarse, shape[::-1]).tobytes())
  dataset.file_meta = pydicom.dataset.FileMetaDataset()
  dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
  file = io.BytesIO()
  pydicom.dcmwrite(file, dataset, enforce_file_format=True)
  return file.getvalue()


def pack(members: dict[str, bytes], folder: pathlib.Path, n: int) -> list[pathlib.Path]:
  """Writes n zips with the same members."""
  file = io.BytesIO()
  with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in members.items():
      archive.writestr(name, data)
  paths = [folder / f"{9_000_001 + i}_20158_2_0.zip" for i in range(n)]
  for path in paths:
    path.write_bytes(file.getvalue())
  return paths


def main() -> None:
  parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
  parser.add_argument("--zips", type=int, default=256, help="zips of the end-to-end run")
  parser.add_argument("--zips_from", type=pathlib.Path, help="a folder of zips to read in place of generated ones")
  parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 2))
  parser.add_argument("--rounds", type=int, default=31, help="rounds of the single steps")
  args = parser.parse_args()
  members = example_members()
  source = "published example" if _EXAMPLE.exists() else "synthetic"
  print(
    f"Python {platform.python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}, pydicom "
    f"{pydicom.__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, images: {source}"
  )
  print_steps(members, args.rounds)
  with tempfile.TemporaryDirectory() as folder:
    if args.zips_from:
      zips = sorted(args.zips_from.rglob("*_20158_*.zip"))[: args.zips]
    else:
      zips = pack(members, pathlib.Path(folder), args.zips)
    print_end_to_end(zips, pathlib.Path(folder) / "work", args.workers)


if __name__ == "__main__":
  main()
