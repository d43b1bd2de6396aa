"""The pictures: sizes, orientation, and the effect of every parameter of the table."""

import cv2
import numpy as np
import pytest

from msk_jax.imaging import dicom, skeleton, views
from msk_jax.simulation import people, spec
from msk_jax.simulation.pictures import anatomy, canvas, drawing

_SPEC = spec.PhantomSpec(num_participants=12, seed=4)
_USUAL = drawing.Scale()
_STILL = drawing.Scale(nuisance=0.0, noise=0.0)


@pytest.fixture(scope="module")
def visit() -> tuple[people.Person, people.Visit]:
  return next((p, v) for p in people.make_people(_SPEC) for v in p.visits if v.is_imaged)


def _draw(visit, picture: drawing.Picture, scale: drawing.Scale = _USUAL) -> np.ndarray:
  return drawing.draw_picture(_SPEC.seed, *visit, picture, scale)


@pytest.mark.parametrize("picture", drawing.PICTURES, ids=lambda p: f"{p.protocol} {p.kind}")
def test_pictures_have_the_scanners_size_and_range(visit, picture):
  image = _draw(visit, picture)
  assert image.dtype == np.uint8 and image.max() <= canvas.WHITE
  assert image.shape[1] == picture.shape[1]
  assert abs(image.shape[0] - picture.shape[0]) <= 2 * picture.row_jitter
  assert image.std() > 20
  np.testing.assert_array_equal(image, _draw(visit, picture))


def test_the_eight_protocols_are_those_of_the_study():
  protocols = [picture.protocol for picture in drawing.PICTURES]
  assert sorted(set(protocols)) == sorted({*views.PROTOCOLS, views.TOTAL_BODY_PROTOCOL})
  assert len(protocols) == 8 and protocols.count(views.TOTAL_BODY_PROTOCOL) == 2
  for picture in drawing.PICTURES:
    if picture.protocol in views.PROTOCOLS:
      assert views.PROTOCOLS[picture.protocol] == (picture.view, picture.side)
  bodies = sorted((p.instance_number, p.kind) for p in drawing.PICTURES if p.view == "full_body")
  assert [kind for _, kind in bodies] == ["flesh", "figure"]


@pytest.mark.parametrize("view", ["knee", "hip"])
def test_left_pictures_are_mirror_images(visit, view):
  right, left = (next(p for p in drawing.PICTURES if (p.view, p.side) == (view, side)) for side in views.SIDES)
  images = [cv2.resize(_draw(visit, p, _STILL), (60, 60), interpolation=cv2.INTER_AREA).ravel() for p in (right, left)]
  straight = np.corrcoef(images[0], images[1])[0, 1]
  mirrored = np.corrcoef(images[0], images[1].reshape(60, 60)[:, ::-1].ravel())[0, 1]
  assert mirrored > 0.95 > straight + 0.1


def test_the_fibula_of_a_right_knee_is_on_the_images_left(visit):
  picture = next(p for p in drawing.PICTURES if p.protocol == "Right Ortho Knee")
  image = _draw(visit, picture, _STILL).astype(float)
  row = (image[int(0.85 * image.shape[0])] > 45).astype(int)
  starts, ends = np.flatnonzero(np.diff(row) == 1), np.flatnonzero(np.diff(row) == -1)
  widths = ends - starts
  assert len(widths) == 2  # fibula and tibia
  assert widths[0] < 0.7 * widths[1]


def test_the_figure_has_bones_that_the_skeleton_keeps(visit):
  figure = _draw(visit, drawing.PICTURES[-1])
  bones = skeleton.skeleton(figure)
  assert 0.05 < (bones > 0).mean() < (figure > 0).mean()


def _ends(image: np.ndarray, above: int) -> list[int]:
  """Lowest rows of the two hands (outer fifths, middle rows) and of the feet where something is brighter."""
  rows, columns = image.shape
  middle, lower = slice(int(0.35 * rows), int(0.62 * rows)), slice(int(0.7 * rows), rows)
  parts = (
    (middle, slice(0, columns // 5)),
    (middle, slice(columns - columns // 5, columns)),
    (lower, slice(0, columns // 2)),
    (lower, slice(columns // 2, columns)),
  )
  return [int(np.flatnonzero((image[part] > above).sum(axis=1) >= 2).max()) for part in parts]


def test_the_skeleton_keeps_hands_and_feet_to_their_tips():
  imaged = [(p, v) for p in people.make_people(_SPEC) for v in p.visits if v.is_imaged]
  for visit in imaged:
    figure = _draw(visit, drawing.PICTURES[-1])
    lost = np.subtract(_ends(figure, 20), _ends(skeleton.skeleton(figure), 0))
    assert lost.max() <= 0.02 * len(figure)  # as in the published example


@pytest.mark.shared_data
def test_the_published_example_keeps_hands_and_feet(shared_data):
  data = (shared_data / "dxa_example" / "1.2.840.113619.2.110.210419.20180719141313.1.12.12.1.dcm").read_bytes()
  image = dicom.read(data, None).pixels
  assert isinstance(image, np.ndarray)
  assert np.subtract(_ends(image, 20), _ends(skeleton.skeleton(image), 0)).max() <= 0.02 * len(image)


def test_the_flesh_is_brighter_than_the_figure_where_there_is_no_bone(visit):
  flesh, figure = (_draw(visit, p, _STILL).astype(float) for p in drawing.PICTURES[-2:])
  soft = (figure > 20) & (figure < 70)
  assert soft.mean() > 0.05
  assert flesh[soft].mean() > 1.5 * figure[soft].mean()


@pytest.mark.parametrize("picture", drawing.PICTURES, ids=lambda p: f"{p.protocol} {p.kind}")
def test_every_parameter_leaves_its_trace(visit, picture, monkeypatch):
  person, when = visit
  usual = anatomy.draw_parameters(_SPEC.seed, person, when, picture.view, picture.side)
  base = _draw(visit, picture, _STILL).astype(float)
  invisible = []
  for effect in anatomy.effects_of(picture.view):
    changed = usual | {effect.parameter: usual[effect.parameter] + 20 * effect.per_year}
    monkeypatch.setattr(anatomy, "draw_parameters", lambda *_, changed=changed: changed)
    difference = np.abs(_draw(visit, picture, _STILL).astype(float) - base)
    if (difference > 4).sum() < 20:
      invisible.append(effect.parameter)
  # Bones can't be seen in the flesh image.
  bony = {"bone_density", "cortex", "spine_sclerosis", "knee_gap_mm", "hip_sclerosis"}
  assert set(invisible) <= (bony if picture.kind == "flesh" else set())


def test_nuisance_moves_the_picture_and_takes_differ(visit):
  picture = drawing.PICTURES[2]
  images = [_draw(visit, picture, drawing.Scale(nuisance=n, noise=0.0)) for n in (0.0, 1.0)]
  rows = min(image.shape[0] for image in images)
  assert np.abs(images[0][:rows].astype(int) - images[1][:rows]).mean() > 2
  takes = [_draw(visit, picture, drawing.Scale(take=take)) for take in (0, 1)]
  assert takes[0].shape != takes[1].shape or not np.array_equal(*takes)
