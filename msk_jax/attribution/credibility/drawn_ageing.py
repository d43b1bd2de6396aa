"""The drawn ageing of a phantom's pictures: masks and accelerations, with those that are not as drawn left out."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.input import pipeline
from msk_jax.simulation.files import phantom_people
from msk_jax.simulation.pictures import ageing_masks, anatomy

EVERYTHING, STRUCTURES = "all ageing", "structures"
# Densities and cortex change all of a bone: to find these it is enough to find bone.
_EVEN = ("density", "cortex", "muscle", "fat")


@dataclasses.dataclass(frozen=True)
class Key:
  """Which picture: a participant, a visit and a side (`right`, `left` or empty)."""

  eid: str
  instance: int
  side: str


@dataclasses.dataclass(frozen=True)
class Drawn:
  """What was planted in pictures.

  Attributes:
    rows: int [m], the pictures that are as they were drawn.
    masks: `all ageing` and `structures` to bool [m, rows, columns].
    acceleration: [m], planted, years.
    num_other: pictures that are not: those with a planted flaw.
  """

  rows: np.ndarray
  masks: dict[str, np.ndarray]
  acceleration: np.ndarray
  num_other: int


def draw(workdir: pathlib.Path, view: str, keys: Sequence[Key], images: np.ndarray) -> Drawn:
  """Draws the masks of pictures again.

  Args:
    workdir: holds the phantom, `raw/`.
    view: one of the paper's views.
    keys: [n], of the pictures.
    images: uint8 [n, rows, columns, channels], as the network takes them.

  Raises:
    InputError: there is no phantom, or another program drew it.
  """
  phantom = phantom_people.read(workdir / "raw")
  shape = (images.shape[1], images.shape[2])
  ageings = {
    EVERYTHING: ageing_masks.TEN_YEARS,
    STRUCTURES: dataclasses.replace(ageing_masks.TEN_YEARS, parameters=structures_of(view)),
  }
  rows, accelerations = [], []
  masks: dict[str, list[np.ndarray]] = {name: [] for name in ageings}
  for row, (key, image) in enumerate(zip(keys, images, strict=True)):
    person = phantom.people[key.eid]
    visit = next(visit for visit in person.visits if visit.instance == key.instance)
    subject = ageing_masks.Subject(phantom.seed, person, visit, phantom.scale)
    drawn = {
      name: ageing_masks.draw(subject, view, key.side, ageing, _fit_to(shape)) for name, ageing in ageings.items()
    }
    if not np.array_equal(drawn[EVERYTHING].picture, np.squeeze(image)):
      continue
    rows.append(row)
    accelerations.append(person.acceleration_years(anatomy.dimension_of(view)))
    for name, each in drawn.items():
      masks[name].append(each.mask)
  stacked = {name: np.array(each, bool).reshape(len(rows), *shape) for name, each in masks.items()}
  return Drawn(np.array(rows, np.int64), stacked, np.array(accelerations, np.float64), len(images) - len(rows))


def structures_of(view: str) -> frozenset[str]:
  """Returns the parameters of a view that change a place and not all of the bone or body."""
  names = [effect.parameter for effect in anatomy.effects_of(view)]
  return frozenset(name for name in names if not any(word in name for word in _EVEN))


def _fit_to(shape: tuple[int, int]):
  return lambda picture: np.squeeze(pipeline.to_image_shape(picture, shape))
