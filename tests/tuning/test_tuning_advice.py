"""The command that a search ends with trains just what the trial did."""

import dataclasses
import sys

from configs import tune
from msk_jax.io import command_line
from msk_jax.training import planned
from msk_jax.tuning import advice, search, spec
from tests.tuning import fake_trainer

_ARGUMENTS = "--config=configs/tune.py:view=hip,backbone=simple_cnn,preset=ukb"


def _experiment(overrides):
  config = tune.get_config("view=hip,backbone=simple_cnn,preset=ukb")
  config.update_from_flattened_dict(overrides)
  values = config.to_dict()
  return planned.provisional({name: values[name] for name in values if name not in ("data", "tune")})


def test_the_command_has_the_flags_of_the_search_and_its_own(tmp_path, monkeypatch):
  trials = fake_trainer.plan(tmp_path).trials
  own = ["--config.tune.num_trials", "4", "-config.tune.space.train.learning_rate=(1e-3,)", "--overwrite"]
  kept = ["--workdir=out dir", "--config.train.max_epochs=3"]
  monkeypatch.setattr(sys, "argv", ["tune.py", _ARGUMENTS, *own, *kept, "--config.train.learning_rate=3e-4"])
  start = f"python -m msk_jax.train {_ARGUMENTS} '--workdir=out dir' --config.train.max_epochs=3"
  assert advice.training_command(trials[0]) == f"{start} --config.train.learning_rate=3e-4"
  assert advice.training_command(trials[1]) == f"{start} --config.train.learning_rate=0.001"
  assert command_line.of_other_program("tune") != command_line.of_other_program("train")


def test_the_commands_settings_are_those_of_the_trial():
  """A config of `tune` is one of `train` with a section more."""
  changes = {"train.learning_rate": 1e-3, "train.optimizer": "rmsprop", "model.dropout": 0.25, "input.augment": False}
  found = _experiment(changes)
  plain = _experiment({})
  assert search.values_of(found) == {**search.values_of(plain), **changes}
  train = dataclasses.replace(found.train, learning_rate=1e-4, optimizer="adam")
  model, inputs = dataclasses.replace(found.model, dropout=0.5), dataclasses.replace(found.input, augment=True)
  assert dataclasses.replace(found, train=train, model=model, input=inputs) == plain


def test_configs_of_every_view_hold_the_search():
  for view in ("knee", "full_body/mixed", "folder"):
    config = tune.get_config(f"view={view},procedure=random,num_trials=7,preset=phantom")
    assert config.is_locked and config.view == view
    assert (config.tune.procedure, config.tune.num_trials) == ("random", 7)
  lists = tune.get_config("smoke,preset=phantom").tune.space.to_dict()
  assert [name for of in lists.values() for name, values in of.items() if values] == ["learning_rate"]
  assert set(spec.SETTINGS) == {f"{section}.{name}" for section, of in lists.items() for name in of}
