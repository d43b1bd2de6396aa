"""Where a phantom's drawn ageing shows: the same person, pose and noise drawn again without some years.

Nothing is stored: all is drawn again from the seed, the participant, the visit and the side. Both pictures go through
the same preparation as those in the store, so that the mask is in the frame of the stored picture.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from msk_jax.imaging import preprocess, views
from msk_jax.simulation import people
from msk_jax.simulation.pictures import anatomy, drawing

TEN_YEARS = anatomy.Ageing(10.0)
_NOISE_SDS = 2.0  # a pixel belongs to the mask if the years change it by more
_UNIT = 1.0  # grey level; pictures are whole numbers, so a smaller change is none


@dataclasses.dataclass(frozen=True)
class Subject:
  """Whose picture: a phantom's participant at a visit.

  Attributes:
    seed: the cohort's seed.
    person: who.
    visit: when.
    scale: the cohort's nuisance and noise.
  """

  seed: int
  person: people.Person
  visit: people.Visit
  scale: drawing.Scale = drawing.AS_DESIGNED


@dataclasses.dataclass(frozen=True)
class DrawnAgeing:
  """What some years change in one prepared picture.

  Attributes:
    picture: uint8 [rows, columns] or [rows, columns, 3], the person as they are: the stored picture.
    change: float32 [rows, columns], grey levels that the years added; over three channels, the largest in size.
    noise_sd: of the picture's noise, grey levels.
    mask: bool [rows, columns], where the change is above the noise.
  """

  picture: np.ndarray
  change: np.ndarray
  noise_sd: float
  mask: np.ndarray


def _unchanged(picture: np.ndarray) -> np.ndarray:
  return picture


def draw(
  subject: Subject,
  view: str,
  side: str,
  ageing: anatomy.Ageing = TEN_YEARS,
  fit: Callable[[np.ndarray], np.ndarray] = _unchanged,
) -> DrawnAgeing:
  """Draws a picture with and without some years, and compares the two.

  Args:
    subject: whose picture.
    view: one of `views.VIEWS`.
    side: `right` or `left` of paired organs, else empty.
    ageing: the years that are taken away, and what they change.
    fit: brings a stored picture to the size that the network takes; [rows, columns] or [rows, columns, 3].

  Raises:
    KeyError: no such view.
  """
  younger = dataclasses.replace(ageing, years=-ageing.years)
  picture = fit(prepared(subject, view, side))
  change = picture.astype(np.float32) - fit(prepared(subject, view, side, younger))
  still = dataclasses.replace(subject, scale=dataclasses.replace(subject.scale, noise=0.0))
  noise = picture.astype(np.float32) - fit(prepared(still, view, side))
  noise_sd = float(noise[picture > 0].std()) if picture.any() else 0.0
  if change.ndim == 3:
    change = np.take_along_axis(change, np.abs(change).argmax(axis=2)[..., None], axis=2)[..., 0]
  mask = np.abs(change) > max(_NOISE_SDS * noise_sd, _UNIT)
  return DrawnAgeing(picture, change, noise_sd, mask)


def prepared(subject: Subject, view: str, side: str, ageing: anatomy.Ageing = anatomy.AS_THEY_ARE) -> np.ndarray:
  """Returns a picture as `prepare` stores it, uint8 of the view's network shape; arguments as for `draw`."""
  if views.VIEWS[view].dimension != "full_body":
    pixels = _drawn(subject, view, side, "", ageing)
    native = preprocess.to_native(pixels, views.VIEWS[view], side)
    return preprocess.to_network(native, views.VIEWS[view])
  natives = {
    source: preprocess.to_native(_drawn(subject, "full_body", "", kind, ageing), views.VIEWS[source], "")
    for source, kind in ((preprocess.FLESH, "flesh"), (preprocess.FIGURE, "figure"))
    if view in (source, preprocess.MIXED) or (view == preprocess.SKELETON and source == preprocess.FIGURE)
  }
  return preprocess.full_body_at_network_size(natives)[view]


def _drawn(subject: Subject, anatomy_name: str, side: str, kind: str, ageing: anatomy.Ageing) -> np.ndarray:
  """Returns the scanner's picture, uint8 [h, w]."""
  wanted = (anatomy_name, side, kind)
  picture = next(each for each in drawing.PICTURES if (each.view, each.side, each.kind) == wanted)
  return drawing.draw_picture(subject.seed, subject.person, subject.visit, picture, subject.scale, ageing)
