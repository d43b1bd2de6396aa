"""What involves no chance is the same, byte by byte, when it is made again, with the mode that the umask gives."""

import os
import pathlib
import shutil
import stat

import pytest

from msk_jax.biological_age import run as ages
from msk_jax.biological_age import spec as ages_spec
from msk_jax.ensembling import run as ensembling
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.evaluation import run as evaluation
from msk_jax.evaluation import spec as evaluation_spec
from msk_jax.io import run_record
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.simulated_predictions import predictions, spec
from msk_jax.simulation import cohort as phantom
from msk_jax.simulation import spec as phantom_spec
from tests.preparation import raw_data

_KEY = ".pseudonym_key"  # made of chance


@pytest.fixture
def places(tmp_path):
  """Two folders; what is written in them has the modes of a umask that no default gives."""
  before = os.umask(0o027)
  for name in ("one", "other"):
    (tmp_path / name).mkdir()
  yield tmp_path / "one", tmp_path / "other"
  os.umask(before)


def _contents(folder: pathlib.Path) -> dict[str, bytes]:
  """Returns all files but run records and the key; checks modes."""
  found = {}
  for path in folder.rglob("*"):
    mode = stat.S_IMODE(path.stat().st_mode)
    if path.is_dir():
      assert mode == 0o750, path
    elif path.name == _KEY:
      assert mode == 0o600
    else:
      assert mode == 0o640, path
      if path.name != run_record.FILE_NAME:
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
  return found


def _assert_same(one: pathlib.Path, other: pathlib.Path, at_least: int) -> None:
  first, second = _contents(one), _contents(other)
  assert first.keys() == second.keys() and len(first) >= at_least
  assert [name for name in first if first[name] != second[name]] == []


def test_phantom(places):
  for place in places:
    flaws = phantom_spec.FlawCounts.none()
    phantom.generate(phantom_spec.PhantomSpec(2, 6, 1.0, flaws=flaws), place / "raw")
  _assert_same(*places, at_least=8)


def test_prepare(places, tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), places[0])
  shutil.copy2(places[0] / _KEY, places[1] / _KEY)
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), places[1])
  _assert_same(*places, at_least=20)


@pytest.mark.slow
@pytest.mark.long
def test_from_predictions_to_ages(places):
  for place in places:
    predictions.generate(spec.SimulatedPredictionsSpec(300, scalars=False, num_folds=4), place)
    shutil.rmtree(place / "models/full_body")  # half of the models: each has as many figures
    ensembling.run(ensemble_spec.EnsembleSpec(), place)
    evaluation.evaluate(place, evaluation_spec.EvaluateSpec(num_bootstraps=5))
    ages.make_ages(place, ages_spec.AgesSpec(num_bootstraps=5))
  _assert_same(*places, at_least=200)
