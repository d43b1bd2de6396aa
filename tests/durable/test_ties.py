"""What each stage's call gets of a durable folder: trainings and searches their checkpoints, which they mirror."""

import dataclasses
import pathlib

import pytest

from msk_jax import stages
from msk_jax.durable import parts

_VIEWS = {"knee", "hip", "full_body/figure", "full_body/mixed"}


@dataclasses.dataclass
class _Noted:
  """Notes what a link is asked for."""

  scope: parts.Scope = dataclasses.field(default_factory=lambda: parts.Scope(()))
  is_regular: bool = False

  def open(self, workdir: pathlib.Path, folder: pathlib.Path, scope: parts.Scope) -> None:
    self.scope = scope

  def mirror_regularly(self) -> None:
    self.is_regular = True


def _tie(name: str, **arguments) -> _Noted:
  noted = _Noted()
  stages.Call(stages.find(name), noted).tie(pathlib.Path("work"), "durable", **arguments)  # type: ignore[arg-type]
  return noted


def test_stages_that_train_get_checkpoints():
  checkpoint = "cnn/fold_0/checkpoints/6/array"
  needs = {name: _tie(name).scope.needs for name in ("train", "tune", "ensemble")}
  assert needs["train"](f"models/knee/{checkpoint}") and not needs["ensemble"](f"models/knee/{checkpoint}")
  assert needs["tune"](f"tuning/knee/{checkpoint}") and not needs["tune"](f"models/knee/{checkpoint}")
  assert _tie("tune").scope.holds("tuning/knee/cnn/trials/1a2b/fold_0")


def test_stages_that_train_say_themselves_when_to_mirror():
  assert [_tie(name).is_regular for name in ("train", "tune", "ensemble")] == [False, False, True]


def test_a_training_may_name_its_splits():
  scope = _tie("train", folders=["models/knee/cnn"], resumed=["models/knee/cnn/fold_1"]).scope
  assert scope.needs("models/knee/cnn/fold_1/checkpoints/6/array")
  assert not scope.needs("models/knee/cnn/fold_10/checkpoints/6/array")


@pytest.mark.parametrize(
  ("kind", "view", "expected"),
  [
    ("ukb", "knee", {"knee"}),
    ("ukb", "full_body/mixed", {"full_body/mixed"}),
    ("ukb", "", set()),
    ("phantom", "knee", _VIEWS),
  ],
)
def test_only_the_images_of_the_view_come_back(kind, view, expected):
  """Of UK Biobank's data; others are prepared by the call itself, which would make what is missing again."""
  call = stages.Call(stages.find("train"), _Noted())  # type: ignore[arg-type]
  scope = _tie("train", folders=call.folders_of(kind, view)).scope
  came = {each for each in _VIEWS if (part := f"images/{each}") and scope.needs(f"{part}/index.parquet")}
  assert came == expected and all(scope.holds(parts.part_of(f"images/{each}/index.parquet")) for each in came)
  assert scope.needs("cohort/folds.parquet") and scope.needs(".pseudonym_key")


def test_files_beside_a_model_come_back_but_not_other_models():
  """The list of models trained with people who have withdrawn, and weights that a training starts from."""
  scope = _tie("train", folders=["models/knee/cnn", "models/start.safetensors"]).scope
  assert scope.needs("models/trained_with_withdrawn.csv") and scope.needs("models/start.safetensors")
  assert not scope.needs("models/hip/cnn/preset.json")


def test_a_purge_has_everything():
  scope = _tie("purge").scope
  assert all(scope.holds(part) for part in ("attention/knee/cnn", "gwas", "tuning/knee/cnn/trials/1a2b/fold_0", "site"))
