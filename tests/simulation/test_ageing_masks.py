"""Masks of drawn ageing: they cover what was planted, are empty without it, and change nothing else."""

import dataclasses
import pathlib

import cv2
import numpy as np
import pytest

from msk_jax.attribution.credibility import drawn_ageing
from msk_jax.imaging import store, views
from msk_jax.io import errors, run_record
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.simulation import people, spec
from msk_jax.simulation.files import phantom_people
from msk_jax.simulation.pictures import ageing_masks, anatomy, drawing

_SPEC = spec.PhantomSpec(num_participants=12, seed=4)
_FLAWLESS = dataclasses.replace(_SPEC, num_participants=6, flaws=spec.FlawCounts.none())
_STILL = drawing.Scale(nuisance=0.0)


@pytest.fixture(scope="module")
def subject() -> ageing_masks.Subject:
  person, visit = next((p, v) for p in people.make_people(_SPEC) for v in p.visits if v.is_imaged)
  return ageing_masks.Subject(_SPEC.seed, person, visit)


def test_without_years_nothing_changes(subject):
  drawn = ageing_masks.draw(subject, "knee", "right", anatomy.Ageing(0.0))
  assert not drawn.mask.any() and not drawn.change.any()


@pytest.mark.parametrize("view", sorted(views.VIEWS))
def test_ageing_shows_above_the_noise_in_every_view(subject, view):
  side = "left" if views.VIEWS[view].is_paired else ""
  drawn = ageing_masks.draw(subject, view, side)
  assert drawn.mask.shape == views.VIEWS[view].network_shape == drawn.change.shape
  assert 0.03 < drawn.mask.mean() < 0.7  # kyphosis moves all of a spine seen from the side
  assert 0.0 < drawn.noise_sd < 5.0


def test_ageing_makes_bone_darker_and_the_plateau_whiter(subject):
  still = dataclasses.replace(subject, scale=_STILL)
  bone = ageing_masks.draw(still, "knee", "right", anatomy.Ageing(10.0, frozenset({"bone_density"})))
  sclerosis = ageing_masks.draw(still, "knee", "right", anatomy.Ageing(10.0, frozenset({"sclerosis"})))
  assert bone.change[bone.mask].mean() < -2
  assert sclerosis.change[sclerosis.mask].mean() > 2


@pytest.mark.parametrize(("parameter", "rows"), [("patella_density", (0.25, 0.5)), ("sclerosis", (0.48, 0.62))])
def test_the_mask_is_where_the_parameter_is_drawn(subject, parameter, rows):
  still = dataclasses.replace(subject, scale=_STILL)
  drawn = ageing_masks.draw(still, "knee", "right", anatomy.Ageing(10.0, frozenset({parameter})))
  where = np.flatnonzero(drawn.mask.any(axis=1)) / len(drawn.mask)
  assert drawn.mask.any() and rows[0] < where.min() and where.max() < rows[1]


def test_the_background_is_never_in_the_mask(subject):
  drawn = ageing_masks.draw(subject, "knee", "right")
  assert not drawn.mask[drawn.picture == 0].any()


def test_left_masks_are_mirrored_as_the_pictures_are(subject):
  still = dataclasses.replace(subject, scale=_STILL)
  right, left = (ageing_masks.draw(still, "knee", side).mask.astype(float).ravel() for side in views.SIDES)
  mirrored = left.reshape(views.VIEWS["knee"].network_shape)[:, ::-1].ravel()
  assert np.corrcoef(right, left)[0, 1] > np.corrcoef(right, mirrored)[0, 1] + 0.1


def test_masks_are_in_the_networks_frame(subject):
  drawn = ageing_masks.draw(
    subject, "knee", "right", fit=lambda p: cv2.resize(p, (80, 96), interpolation=cv2.INTER_AREA)
  )
  assert drawn.mask.shape == (96, 80) == drawn.picture.shape and drawn.mask.any()


def _prepare(phantom: spec.PhantomSpec, workdir: pathlib.Path) -> pathlib.Path:
  prepare.prepare(DataSpec(kind="phantom", phantom=phantom, num_folds=3, workers=0), workdir)
  return workdir


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> pathlib.Path:
  return _prepare(_FLAWLESS, tmp_path_factory.mktemp("own"))


def test_pictures_drawn_again_equal_the_stored_ones_bit_for_bit(own):
  phantom = phantom_people.read(own / "raw")
  assert phantom.people == {person.eid: person for person in people.make_people(_FLAWLESS)}
  for view in views.VIEWS:
    pictures = store.ImageStore.open(own / "images" / view)
    assert len(pictures) >= 3
    for position, row in enumerate(pictures.index.itertuples()):
      person = phantom.people[row.eid]
      visit = next(visit for visit in person.visits if visit.instance == row.instance)
      subject = ageing_masks.Subject(phantom.seed, person, visit, phantom.scale)
      drawn = ageing_masks.prepared(subject, view, row.side)
      np.testing.assert_array_equal(drawn, pictures.read(position), err_msg=view)


def test_another_phantom_than_the_pictures_is_refused(own, tmp_path):
  smaller = _prepare(dataclasses.replace(_FLAWLESS, num_participants=3), tmp_path / "smaller")
  other_seed = _prepare(dataclasses.replace(_FLAWLESS, seed=5), tmp_path / "other_seed")
  pictures = store.ImageStore.open(own / "images/knee")
  rows = list(pictures.index.itertuples())
  keys = [drawn_ageing.Key(row.eid, row.instance, row.side) for row in rows]
  images = np.stack([pictures.read(position) for position in range(len(rows))])[..., None]
  drawn_ageing.check(own, "knee", keys[:4], images[:4])
  for workdir in (smaller, other_seed):
    with pytest.raises(errors.InputError, match=r"raw/ holds another phantom.*move raw/ away"):
      drawn_ageing.check(workdir, "knee", keys, images[:4])
  first, other = (drawn_ageing.hash_inputs(workdir) for workdir in (own, other_seed))
  assert first.keys() == other.keys() and len(first) == 4
  assert all(first[name] != other[name] for name in list(first)[:2])


def test_a_phantom_of_another_program_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="no finished phantom"):
    phantom_people.read(tmp_path)
  run_record.write(tmp_path, "phantom", {"generator_version": 0}, {})
  with pytest.raises(errors.InputError, match="generator version 0"):
    phantom_people.read(tmp_path)
