"""The flaws of the real data, planted by count and recorded in `truth/flaws.parquet`."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from msk_jax.simulation import people, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.files import dxa_files
from msk_jax.simulation.pictures import canvas, drawing

# Flaws of a visit's zip, in the order in which a cohort that is too small for all gets them; then flaws of people.
VISIT_FLAWS = (
  "corrupt_zip",
  "missing_view",
  "single_total_body",
  "duplicate_visit",
  "transposed",
  "white_margin",
  "html_page",
  "truncated_dicom",
  "pixel_length",
  "unknown_protocol",
)
PERSON_FLAWS = ("withdrawn", "implausible_age", "implausible_scalar", "infinite_scalar", "text_scalar")
# Of people with genotypes: the reported sex (field 31) is not the genetic one (22001 and the .fam files).
SEX_MISMATCH = "sex_mismatch"
ABSURD_BIRTH_YEAR = 1885  # of people with an implausible age
# Flaws of a scalar: what the table's cell holds instead of the value.
SCALAR_TEXTS = {"implausible_scalar": "9999.0", "infinite_scalar": "inf", "text_scalar": "not measured"}

_HTML = b"<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head><body>Try again.</body></html>\n"
# Columns that a flaw of a scalar may be in: waist, weight, standing height, impedance, grip, all at baseline.
_SCALAR_COLUMNS = ("48-0.0", "21002-0.0", "50-0.0", "23106-0.0", "46-0.0", "47-0.0")
# Where a transposed image can be told from an upright one.
_OBLONG = tuple(picture for picture in drawing.PICTURES if picture.view in ("spine/sagittal", "knee", "full_body"))
_MARGIN_STEPS = 6  # teeth of a white margin


@dataclasses.dataclass(frozen=True)
class Flaw:
  """One planted flaw.

  Attributes:
    eid: whose; empty for a flaw of a column.
    instance: of which visit, -1 for flaws of a person or column.
    kind: one of VISIT_FLAWS and PERSON_FLAWS, SEX_MISMATCH, or one of `exposures.flaws`.
    file: the zip's name, or the table that shows it.
    member: the file within the zip, or the column of the table; empty where the flaw is of the whole.
    protocol: the ProtocolName of the member, as it was before the flaw.
  """

  eid: str
  instance: int
  kind: str
  file: str
  member: str = ""
  protocol: str = ""


def plan(spec: spec_lib.PhantomSpec, cohort: list[people.Person], genotyped: Sequence[str] = ()) -> list[Flaw]:
  """Chooses who gets which flaw: at most one per visit and per person.

  Args:
    spec: the numbers of flaws.
    cohort: all people.
    genotyped: eids of those with genotypes, some of whom get a SEX_MISMATCH.
  """
  rng = randomness.generator(spec.seed, "flaws")
  visits = [(p.eid, v.instance) for p in cohort for v in p.visits if v.is_imaged]
  kinds = _scaled(spec, VISIT_FLAWS, len(visits))
  chosen = [visits[i] for i in rng.permutation(len(visits))[: len(kinds)]]
  planned = [_plan_for_visit(spec.seed, kind, *visit) for kind, visit in zip(kinds, chosen, strict=True)]
  touched = {flaw.eid for flaw in planned}
  others = [p.eid for p in cohort if p.eid not in touched]
  for kind, i in zip(_scaled(spec, PERSON_FLAWS, len(others)), rng.permutation(len(others)), strict=False):
    planned.append(_plan_for_person(spec.seed, kind, others[i]))
  flawed = {flaw.eid for flaw in planned}
  return planned + _plan_mismatches(spec, [eid for eid in genotyped if eid not in flawed])


def _plan_mismatches(spec: spec_lib.PhantomSpec, candidates: Sequence[str]) -> list[Flaw]:
  number = min(spec.genotypes.num_sex_mismatches, int(spec.max_flawed_fraction * len(candidates)))
  chosen = randomness.generator(spec.seed, "sex mismatches").permutation(len(candidates))[:number]
  return [Flaw(candidates[i], -1, SEX_MISMATCH, "main table", "31-0.0") for i in chosen]


def _plan_for_person(seed: int, kind: str, eid: str) -> Flaw:
  member = ""
  if kind in SCALAR_TEXTS:
    member = str(randomness.generator(seed, "flawed scalar", eid).choice(_SCALAR_COLUMNS))
  return Flaw(eid, -1, kind, "withdrawals" if kind == "withdrawn" else "main table", member)


def _plan_for_visit(seed: int, kind: str, eid: str, instance: int) -> Flaw:
  name = dxa_files.zip_name(eid, instance, int(kind == "duplicate_visit"))
  picture = _choose(kind, randomness.generator(seed, "flawed image", eid, instance))
  if picture is None:
    return Flaw(eid, instance, kind, name)
  return Flaw(eid, instance, kind, name, dxa_files.file_name(seed, eid, instance, 0, picture), picture.protocol)


def _scaled(spec: spec_lib.PhantomSpec, kinds: tuple[str, ...], available: int) -> list[str]:
  """Returns the kinds to plant: one of each in turn, until the counts or the room for flaws are used up."""
  room = int(spec.max_flawed_fraction * available)
  left = {kind: getattr(spec.flaws, kind) for kind in kinds}
  planted: list[str] = []
  while any(left.values()) and len(planted) < room:
    for kind in kinds:
      if left[kind] and len(planted) < room:
        left[kind] -= 1
        planted.append(kind)
  return planted


def plant(flaw: Flaw, seed: int, files: Sequence[dxa_files.DxaFile]) -> list[dxa_files.DxaFile]:
  """Returns a visit's files with a flaw of one image planted; flaws of the whole zip leave them as they are."""
  if flaw.kind in ("missing_view", "single_total_body"):
    return [file for file in files if file.name != flaw.member]
  if flaw.kind not in _CHANGES:
    return list(files)
  rng = randomness.generator(seed, "flaw", flaw.eid, flaw.instance)
  return [_CHANGES[flaw.kind](file, rng) if file.name == flaw.member else file for file in files]


def cut_zip(data: bytes) -> bytes:
  """Returns the first half of a zip, as after a transfer that broke off."""
  return data[: len(data) // 2]


def _choose(kind: str, rng: np.random.Generator) -> drawing.Picture | None:
  """Returns the image that gets the flaw, or None for a flaw of the whole zip."""
  if kind in ("corrupt_zip", "duplicate_visit"):
    return None
  if kind == "single_total_body":
    return drawing.PICTURES[-1]  # the figure: what is left is taken as flesh
  # A total body is told by the other one: a flaw of one would be a flaw of both.
  candidates = _OBLONG if kind == "transposed" else tuple(p for p in drawing.PICTURES if p.view != "full_body")
  return candidates[rng.integers(len(candidates))]


def _transpose(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  del rng
  return dataclasses.replace(file, pixels=np.ascontiguousarray(file.pixels.T))


def _whiten_margins(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  """Adds strips that the scanner left empty: saturated steps of uneven width on both sides."""
  pixels = file.pixels.copy()
  rows, columns = pixels.shape
  edges = np.linspace(0, rows, _MARGIN_STEPS + 1).astype(int)
  for top, bottom in itertools.pairwise(edges):
    left, right = rng.integers(columns // 50, columns // 12, 2)
    pixels[top:bottom, :left] = canvas.WHITE
    pixels[top:bottom, columns - right :] = canvas.WHITE
  return dataclasses.replace(file, pixels=pixels)


def _replace_by_page(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  del rng
  return dataclasses.replace(file, content=_HTML)


def _truncate(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  whole = file.encode()
  return dataclasses.replace(file, content=whole[: int(len(whole) * rng.uniform(0.3, 0.8))])


def _change_pixel_length(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  pixels = file.pixels.tobytes()
  surplus = 2 * file.pixels.shape[1]
  changed = pixels + pixels[:surplus] if rng.random() < 0.5 else pixels[:-surplus]
  return dataclasses.replace(file, pixel_bytes=changed)


def _rename_protocol(file: dxa_files.DxaFile, rng: np.random.Generator) -> dxa_files.DxaFile:
  protocol = str(rng.choice(["Left Forearm", "Dual Femur", "AP Spine QuickView"]))
  return dataclasses.replace(file, elements={**file.elements, 0x00181030: protocol})


_CHANGES = {
  "transposed": _transpose,
  "white_margin": _whiten_margins,
  "html_page": _replace_by_page,
  "truncated_dicom": _truncate,
  "pixel_length": _change_pixel_length,
  "unknown_protocol": _rename_protocol,
}
