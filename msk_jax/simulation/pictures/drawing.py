"""The eight pictures that a scanner takes of a person at a visit."""

import dataclasses

import cv2
import numpy as np

from msk_jax.simulation import people, randomness
from msk_jax.simulation.pictures import anatomy, body, canvas, hip, knee, spine_coronal, spine_sagittal


@dataclasses.dataclass(frozen=True)
class Picture:
  """One of the eight images of a visit.

  Attributes:
    protocol: DICOM ProtocolName.
    view: the anatomy it shows, one of `anatomy.ANATOMIES`.
    instance_number: DICOM InstanceNumber; the total bodies' first is the flesh.
    shape: usual (rows, columns).
    field_mm: DICOM ExposedArea, width and height of the field.
    row_jitter: SD of the rows, as scans are stopped sooner or later.
    side: `right`, `left` or empty.
    kind: `flesh` or `figure` for the total bodies, else empty.
  """

  protocol: str
  view: str
  instance_number: int
  shape: tuple[int, int]
  field_mm: tuple[int, int]
  row_jitter: int = 0
  side: str = ""
  kind: str = ""


# In the order of the scanner's instance numbers, as in UK Biobank's published example.
PICTURES: tuple[Picture, ...] = (
  Picture("AP Spine", "spine/coronal", 4, (780, 716), field_mm=(180, 197), row_jitter=12),
  Picture("Left Femur", "hip", 5, (600, 680), field_mm=(170, 150), row_jitter=16, side="left"),
  Picture("Left Ortho Knee", "knee", 6, (848, 640), field_mm=(160, 212), row_jitter=3, side="left"),
  Picture("LVA", "spine/sagittal", 7, (1768, 808), field_mm=(200, 438), row_jitter=20),
  Picture("Right Femur", "hip", 8, (600, 680), field_mm=(170, 150), row_jitter=16, side="right"),
  Picture("Right Ortho Knee", "knee", 9, (848, 640), field_mm=(160, 212), row_jitter=3, side="right"),
  Picture("Total Body", "full_body", 11, (791, 272), field_mm=(658, 1920), kind="flesh"),
  Picture("Total Body", "full_body", 12, (791, 272), field_mm=(658, 1920), kind="figure"),
)

_PAINTERS = {
  "knee": knee.draw,
  "hip": hip.draw,
  "spine/coronal": spine_coronal.draw,
  "spine/sagittal": spine_sagittal.draw,
}


@dataclasses.dataclass(frozen=True)
class _NuisanceSd:
  """Standard deviations of a view's nuisance; see `canvas.Nuisance`."""

  shift_mm: float = 4.0
  rotation_deg: float = 2.0
  log_scale: float = 0.03
  log_gain: float = 0.06
  contrast: float = 0.08


_NUISANCE = {
  "knee": _NuisanceSd(),
  "hip": _NuisanceSd(),
  "spine/coronal": _NuisanceSd(rotation_deg=1.5),
  "spine/sagittal": _NuisanceSd(shift_mm=5.0, rotation_deg=1.5),
  "full_body": _NuisanceSd(shift_mm=12.0, rotation_deg=0.7, log_scale=0.015, log_gain=0.05, contrast=0.06),
}
_WIDEST = 2.5  # SDs at which nuisance is cut off, so that no bone leaves the image
_MEAN_HEIGHT_CM = 169.0


def draw_picture(
  seed: int,
  person: people.Person,
  visit: people.Visit,
  picture: Picture,
  scale: "Scale",
  ageing: anatomy.Ageing = anatomy.AS_THEY_ARE,
) -> np.ndarray:
  """Returns one image of a visit, uint8 [h, w].

  Args:
    seed: the cohort's seed.
    person: whose.
    visit: when.
    picture: which of PICTURES.
    scale: sizes of nuisance and noise, and which take of the visit this is.
    ageing: years to add to the person's age; position, exposure and noise stay.
  """
  p = anatomy.draw_parameters(seed, person, visit, picture.view, picture.side, ageing)
  key = (person.eid, visit.instance, scale.take, picture.view, picture.side)
  # The total bodies are two readings of one exposure: they share the position.
  position = randomness.generator(seed, "position", *key)
  nuisance = _draw_nuisance(position, person, picture.view, scale)
  shape = (picture.shape[0] + int(np.clip(position.normal(), -2, 2) * picture.row_jitter), picture.shape[1])
  rng = randomness.generator(seed, "noise", *key, picture.kind)
  if picture.view == "full_body":
    return body.draw(p, shape, nuisance, rng, picture.kind, person)
  image = _PAINTERS[picture.view](p, shape, nuisance, rng)
  return cv2.flip(image, 1) if picture.side == "left" else image


@dataclasses.dataclass(frozen=True)
class Scale:
  """Sizes of nuisance and noise (1 as designed), and the number of the take within the visit."""

  nuisance: float = 1.0
  noise: float = 1.0
  take: int = 0


AS_DESIGNED = Scale()


def _draw_nuisance(rng: np.random.Generator, person: people.Person, view: str, scale: Scale) -> canvas.Nuisance:
  x, y, turn, size, gain, bend, floor = scale.nuisance * np.clip(rng.standard_normal(7), -_WIDEST, _WIDEST)
  sd = _NUISANCE[view]
  # Tall people have large bones. The total body is drawn at the person's height itself.
  height = 1.0 if view == "full_body" else (person.height_cm / _MEAN_HEIGHT_CM) ** 0.5
  return canvas.Nuisance(
    shift_mm=(float(sd.shift_mm * x), float(sd.shift_mm * y)),
    rotation_deg=float(sd.rotation_deg * turn),
    scale=float(height * np.exp(sd.log_scale * size)),
    gain=float(np.exp(sd.log_gain * gain)),
    contrast=float(sd.contrast * bend),
    noise=scale.noise,
    floor=float(np.exp(0.25 * floor)),
  )
