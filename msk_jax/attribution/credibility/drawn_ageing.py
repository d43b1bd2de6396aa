"""The drawn ageing of a phantom's pictures: masks and accelerations, with those that are not as drawn left out."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.imaging import views
from msk_jax.input import pipeline
from msk_jax.io import errors, run_record
from msk_jax.simulation.files import phantom_people, truth
from msk_jax.simulation.pictures import ageing_masks, anatomy

RAW = "raw"  # the folder of a phantom in its workdir
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


def is_known(workdir: pathlib.Path, view: str) -> bool:
  """Returns whether there is a phantom, `raw/`, that may have drawn a view's pictures."""
  return view in views.VIEWS and (workdir / RAW / run_record.FILE_NAME).exists()


def hash_inputs(workdir: pathlib.Path) -> dict[str, str]:
  """Returns hashes of what draws the pictures of a phantom again: its settings and its people."""
  record = run_record.read(workdir / RAW)
  assert record is not None
  paths = [truth.path(pathlib.Path(RAW), schema) for schema in phantom_people.SCHEMAS]
  hashes = {path.as_posix(): run_record.hash_file(workdir / path) for path in paths if (workdir / path).exists()}
  return {f"{RAW}, its settings": run_record.fingerprint(record["settings"]), **hashes}


def check(workdir: pathlib.Path, view: str, keys: Sequence[Key], images: np.ndarray) -> None:
  """Refuses a phantom that does not have the people of the pictures, or draws the first few otherwise.

  Args:
    workdir: holds the phantom, `raw/`.
    view: one of the paper's views.
    keys: [n], of the pictures.
    images: uint8 [k, rows, columns, channels], of the first k.

  Raises:
    InputError: there is no phantom, another program drew it, or it drew other pictures.
  """
  phantom, fit = phantom_people.read(workdir / RAW), _fit_to((images.shape[1], images.shape[2]))
  num_same, subjects = 0, [_subject(phantom, key) for key in keys]
  for subject, key, image in zip(subjects, keys, images, strict=False):
    picture = fit(ageing_masks.prepared(subject, view, key.side))
    num_same += np.array_equal(picture, np.squeeze(image))
  if not num_same:
    raise _other_phantom()


def draw(workdir: pathlib.Path, view: str, keys: Sequence[Key], images: np.ndarray) -> Drawn:
  """Draws the masks of pictures again.

  Args:
    workdir: holds the phantom, `raw/`.
    view: one of the paper's views.
    keys: [n], of the pictures.
    images: uint8 [n, rows, columns, channels], as the network takes them.

  Raises:
    InputError: there is no phantom, another program drew it, or it has other people.
  """
  phantom = phantom_people.read(workdir / RAW)
  shape = (images.shape[1], images.shape[2])
  ageings = {
    EVERYTHING: ageing_masks.TEN_YEARS,
    STRUCTURES: dataclasses.replace(ageing_masks.TEN_YEARS, parameters=structures_of(view)),
  }
  rows, accelerations = [], []
  masks: dict[str, list[np.ndarray]] = {name: [] for name in ageings}
  for row, (key, image) in enumerate(zip(keys, images, strict=True)):
    subject = _subject(phantom, key)
    drawn = {
      name: ageing_masks.draw(subject, view, key.side, ageing, _fit_to(shape)) for name, ageing in ageings.items()
    }
    if not np.array_equal(drawn[EVERYTHING].picture, np.squeeze(image)):
      continue
    rows.append(row)
    accelerations.append(subject.person.acceleration_years(anatomy.dimension_of(view)))
    for name, each in drawn.items():
      masks[name].append(each.mask)
  stacked = {name: np.array(each, bool).reshape(len(rows), *shape) for name, each in masks.items()}
  return Drawn(np.array(rows, np.int64), stacked, np.array(accelerations, np.float64), len(images) - len(rows))


def _subject(phantom: phantom_people.Phantom, key: Key) -> ageing_masks.Subject:
  person = phantom.people.get(key.eid)
  visits = [] if person is None else [visit for visit in person.visits if visit.instance == key.instance]
  if person is None or not visits:
    raise _other_phantom()
  return ageing_masks.Subject(phantom.seed, person, visits[0], phantom.scale)


def _other_phantom() -> errors.InputError:
  return errors.InputError(
    f"{RAW}/ holds another phantom than the one that drew these pictures: it has other people, or draws them "
    f"otherwise. Put back the one that prepare read, or move {RAW}/ away: then the checks of drawn ageing are left out."
  )


def structures_of(view: str) -> frozenset[str]:
  """Returns the parameters of a view that change a place and not all of the bone or body."""
  names = [effect.parameter for effect in anatomy.effects_of(view)]
  return frozenset(name for name in names if not any(word in name for word in _EVEN))


def _fit_to(shape: tuple[int, int]):
  return lambda picture: np.squeeze(pipeline.to_image_shape(picture, shape))
