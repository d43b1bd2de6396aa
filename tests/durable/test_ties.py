"""What each stage's call gets of a durable folder: trainings and searches their checkpoints, which they mirror."""

import dataclasses
import pathlib

from msk_jax import stages
from msk_jax.durable import parts


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


def test_a_purge_has_everything():
  scope = _tie("purge").scope
  assert all(scope.holds(part) for part in ("attention/knee/cnn", "gwas", "tuning/knee/cnn/trials/1a2b/fold_0", "site"))
