"""From a person at a visit to the eight pictures a scanner would take."""

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
    side: `right`, `left` or empty.
    kind: `flesh` or `figure` for the total bodies, else empty.
    instance_number: DICOM InstanceNumber; the total bodies' first is the flesh.
    shape: usual (rows, columns).
    field_mm: DICOM ExposedArea, width and height of the field.
    row_jitter: SD of the rows, as scans are stopped sooner or later.
  """

  protocol: str
  view: str
  side: str
  kind: str
  instance_number: int
  shape: tuple[int, int]
  field_mm: tuple[int, int]
  row_jitter: int


# In the order of the scanner's instance numbers, as in UK Biobank's published example.
PICTURES: tuple[Picture, ...] = (
  Picture("AP Spine", "spine/coronal", "", "", 4, (780, 716), (180, 197), 12),
  Picture("Left Femur", "hip", "left", "", 5, (600, 680), (170, 150), 16),
  Picture("Left Ortho Knee", "knee", "left", "", 6, (848, 640), (160, 212), 3),
  Picture("LVA", "spine/sagittal", "", "", 7, (1768, 808), (200, 438), 20),
  Picture("Right Femur", "hip", "right", "", 8, (600, 680), (170, 150), 16),
  Picture("Right Ortho Knee", "knee", "right", "", 9, (848, 640), (160, 212), 3),
  Picture("Total Body", "full_body", "", "flesh", 11, (791, 272), (658, 1920), 0),
  Picture("Total Body", "full_body", "", "figure", 12, (791, 272), (658, 1920), 0),
)

_PAINTERS = {
  "knee": knee.draw,
  "hip": hip.draw,
  "spine/coronal": spine_coronal.draw,
  "spine/sagittal": spine_sagittal.draw,
}

# SD of shift_mm, rotation_deg, scale, log gain, contrast.
_NUISANCE = {
  "knee": (4.0, 2.0, 0.03, 0.06, 0.08),
  "hip": (4.0, 2.0, 0.03, 0.06, 0.08),
  "spine/coronal": (4.0, 1.5, 0.03, 0.06, 0.08),
  "spine/sagittal": (5.0, 1.5, 0.03, 0.06, 0.08),
  "full_body": (12.0, 0.7, 0.015, 0.05, 0.06),
}
_WIDEST = 2.5  # nuisance is cut off at so many SD, or bones would leave the image
_MEAN_HEIGHT_CM = 169.0


def draw_picture(seed: int, person: people.Person, visit: people.Visit, picture: Picture, scale: "Scale") -> np.ndarray:
  """Returns one image of a visit, uint8 [h, w].

  Args:
    seed: the cohort's seed.
    person: whose.
    visit: when.
    picture: which of PICTURES.
    scale: sizes of nuisance and noise, and which take of the visit this is.
  """
  p = anatomy.draw_parameters(seed, person, visit, picture.view, picture.side)
  key = (person.eid, visit.instance, scale.take, picture.view, picture.side)
  # Both total bodies are two readings of one exposure: they share the position.
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


def _draw_nuisance(rng: np.random.Generator, person: people.Person, view: str, scale: Scale) -> canvas.Nuisance:
  x, y, turn, size, gain, bend, floor = scale.nuisance * np.clip(rng.standard_normal(7), -_WIDEST, _WIDEST)
  shift, rotation, spread, exposure, contrast = _NUISANCE[view]
  # Tall people have large bones; the total body is drawn at the person's height itself.
  height = 1.0 if view == "full_body" else (person.height_cm / _MEAN_HEIGHT_CM) ** 0.5
  return canvas.Nuisance(
    shift_mm=(float(shift * x), float(shift * y)),
    rotation_deg=float(rotation * turn),
    scale=float(height * np.exp(spread * size)),
    gain=float(np.exp(exposure * gain)),
    contrast=float(contrast * bend),
    noise=scale.noise,
    floor=float(np.exp(0.25 * floor)),
  )
