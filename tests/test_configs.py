"""Every config builds, says what to expect, becomes valid specs, and refuses what it does not know."""

import dataclasses
import importlib
import pathlib

import pytest

from configs import common
from msk_jax import stages
from msk_jax.imaging import views
from msk_jax.io import config_files, errors, renamed, specs
from msk_jax.preparation import spec as data_spec
from msk_jax.trained import network_spec
from msk_jax.training import planned, spec
from tests import commands

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_NAMES = sorted(path.stem for path in (_ROOT / "configs").glob("*.py") if path.stem not in ("__init__", "common"))
_TRAINING = ("knee", "hip", "spine", "full_body", "folder")


def _config(name: str, argument: str = ""):
  return importlib.import_module(f"configs.{name}").get_config(argument)


def _with(argument: str, preset: str, name: str) -> str:
  """Adds a preset where the config takes one, as a binary does (tests/io/test_config_files.py)."""
  return argument if name == "folder" else f"{argument},preset={preset}"


def _specs(config) -> tuple[data_spec.DataSpec, spec.ExperimentSpec]:
  values = config.to_dict()
  data = specs.from_mapping(data_spec.DataSpec, values.pop("data"), "config.data")
  return data, planned.provisional(values)


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
  monkeypatch.delenv(common.DATA_VARIABLE, raising=False)


@pytest.mark.parametrize("name", _NAMES)
def test_header_says_command_hardware_time_and_result(name):
  text = importlib.import_module(f"configs.{name}").__doc__
  for word in ("Command:", "Hardware:", "Expected time:", "Expected:"):
    assert word in text
  assert _config(name).is_locked


@pytest.mark.parametrize("name", _TRAINING)
def test_training_configs_become_specs(name):
  data, experiment = _specs(_config(name, _with("backbone=inception_resnet_v2,fold=3", "phantom", name)))
  assert experiment.model.backbone == "inception_resnet_v2" and experiment.fold == 3
  assert data.kind == ("folder" if name == "folder" else "phantom")
  assert experiment.view == "folder" or experiment.view in views.VIEWS


@pytest.mark.parametrize(
  ("name", "argument", "view"),
  [
    ("full_body", "view=flesh", "full_body/flesh"),
    ("spine", "view=coronal", "spine/coronal"),
    ("knee", "", "knee"),
  ],
)
def test_views_by_argument(name, argument, view):
  assert _specs(_config(name, f"{argument},preset=ukb"))[1].view == view


def test_scalar_configs_are_of_tables_alone():
  data = data_spec.from_mapping(_config("scalars", "num_participants=70,seed=4,preset=phantom").data.to_dict())
  assert data.scalars_only and data.phantom == data_spec.PhantomSpec(70, 4, has_images=False)
  assert (
    data_spec.from_mapping(_config("scalars", "smoke,preset=phantom").data.to_dict()).phantom.num_participants <= 500
  )
  real = data_spec.from_mapping(_config("scalars", "preset=ukb").data.to_dict())
  assert real.kind == "ukb" and not real.scalars_only  # images and scalars are prepared by one call
  survey = data_spec.from_mapping(_config("nhanes").data.to_dict())
  assert survey.kind == "table" and set(survey.table.sets) == {"grip", "body_size", "dxa"}


def test_named_data_give_the_papers_settings(monkeypatch):
  monkeypatch.setenv(common.DATA_VARIABLE, "/data/ukb")
  data, experiment = _specs(_config("knee", "preset=ukb"))
  assert (data.kind, data.root) == ("ukb", "/data/ukb")
  assert experiment == spec.ExperimentSpec("knee")  # all the paper's defaults
  assert _specs(_config("knee", "backbone=inception_resnet_v2,preset=ukb"))[1].train.batch_size == 8
  assert _specs(_config("knee", "preset=phantom"))[0].kind == "phantom"


def test_a_config_whose_preset_nobody_has_chosen_is_no_spec():
  with pytest.raises(errors.InputError, match=r"config\.data\.kind: 'auto' is not one of"):
    _specs(_config("knee"))


def test_a_phantom_with_a_root_is_refused():
  config = _config("knee", "preset=phantom")
  config.data.root = "/data/ukb"
  with pytest.raises(errors.InputError, match="a phantom is drawn in the workdir and has no root"):
    _specs(config)


# About a quarter of each view's network size.
_PHANTOM_SHAPES = {
  **{f"full_body/{kind}": (128, 76) for kind in ("figure", "flesh", "skeleton", "mixed")},
  "spine/sagittal": (128, 76),
  "spine/coronal": (96, 96),
  "hip": (96, 88),
  "knee": (96, 80),
}


def test_phantom_shapes_follow_the_view():
  assert {name: common.phantom_image_shape(view) for name, view in views.VIEWS.items()} == _PHANTOM_SHAPES
  wide = views.View("forearm", (600, 1200), (200, 450))
  assert common.phantom_image_shape(wide) == (76, 128)


def test_a_new_view_needs_no_other_entry(monkeypatch):
  monkeypatch.setitem(views.VIEWS, "forearm", views.View("forearm", (600, 400), (300, 200)))
  parsed = common.parse_argument("preset=phantom", backbone="simple_cnn", fold=0, preset="auto", smoke=False)
  assert _specs(common.image_config("forearm", parsed))[1].model.image_shape == (96, 76)
  with pytest.raises(config_files.ArgumentError, match=r"there is no view 'elbow': choose one of .*knee"):
    common.image_config("elbow", parsed)


def test_papers_settings():
  """Those of the paper; of the authors' scripts: patience 7, epochs of 32,768 images, RMSE, clipping at 1."""
  train, model = spec.OptimizationSpec(), network_spec.ModelSpec()
  assert (train.batch_size, train.learning_rate, train.images_per_epoch) == (32, 1e-4, 32_768)
  assert (train.plateau_patience, train.plateau_factor, train.early_stopping_patience) == (7, 0.5, 15)
  assert (train.clip_norm, train.max_hours, train.optimizer) == (1.0, 10.0, "adam")
  assert (model.dropout, model.l2, model.num_dense_layers, model.num_dense_nodes, model.side_nodes) == (
    0.5,
    0.1,
    1,
    1024,
    16,
  )


@pytest.mark.parametrize(
  ("argument", "message"),
  [
    ("fould=1", "unknown config argument 'fould': known are"),
    ("fold=x", "fold: 'x' is not of type int"),
    ("smoke=maybe", "smoke is true or false"),
    ("preset=real", "preset is one of auto, phantom, ukb, got"),
  ],
)
def test_mistakes_in_arguments_are_named(argument, message):
  with pytest.raises(ValueError, match=message):
    _config("knee", argument)


def test_smoke_shrinks_any_config():
  for name in _TRAINING:
    experiment = _specs(_config(name, _with("smoke", "phantom", name)))[1]
    assert experiment.train.max_epochs == 2 and experiment.train.images_per_epoch <= 64


def test_smoke_shrinks_what_comes_after_training():
  assert _config("ensemble", "smoke").ensemble.num_trials < _config("ensemble").ensemble.num_trials == 30
  for name in ("evaluate", "ages"):
    assert _config(name, "smoke")[name].num_bootstraps < _config(name)[name].num_bootstraps == 1000
  for name in ("scalars", "nhanes"):
    assert _config(name, "smoke").scalars.num_trials < _config(name).scalars.num_trials == 30


def test_impossible_values_are_refused():
  config = _config("knee", "preset=ukb")
  config.train.batch_size = 0
  with pytest.raises(errors.InputError, match=r"config\.train: batch_size is at least 1"):
    _specs(config)


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--config=configs/knee.py", "--config.train.batchsize=3"], "batchsize"),
    (["--config=configs/elbow.py"], "elbow"),
    (["--config=configs/knee.py:fould=3"], "fould"),
    (["--config=configs/knee.py", "--confg=3"], "confg"),
  ],
)
def test_mistakes_on_the_command_line_end_in_one_line(arguments, message):
  done = commands.run("train", *arguments)
  assert done.returncode != 0 and message in done.stderr
  assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["evaluate", "ages"])
def test_bootstraps_by_argument(name):
  settings = _config(name, "num_bootstraps=70,bootstrap_unit=participant,seed=4")[name]
  assert (settings.num_bootstraps, settings.bootstrap_unit, settings.seed) == (70, "participant", 4)
  assert _config(name)[name].num_bootstraps == 1000
  assert _config(name, "smoke,num_bootstraps=700")[name].num_bootstraps == 50


def test_a_backbone_without_its_batch_size_is_refused():
  with pytest.raises(errors.InputError, match=r"backbone=inception_resnet_v2 leaves .* after the colon"):
    spec.check_overrides({"model.backbone": "inception_resnet_v2", "model.dropout": 0.1})
  spec.check_overrides({"model.backbone": "simple_cnn", "train.batch_size": 4})
  spec.check_overrides({})


@pytest.mark.parametrize("stage", renamed.KEYS)
def test_every_renamed_key_is_there_under_its_new_name(stage):
  """And only the names that the config had at its top: a new setting was never there."""
  config = importlib.import_module(stages.find(stage).config.removesuffix(".py").replace("/", ".")).get_config()
  keys = renamed.KEYS[stage]
  assert set(keys) <= set(config[stage]) and not set(keys) & set(config)
  assert all(new == f"{stage}.{old}" for old, new in keys.items())


@pytest.mark.parametrize(
  ("name", "old", "new"),
  [
    ("evaluate", "bootstraps=70", "num_bootstraps=70"),
    ("evaluate", "clustered", "bootstrap_unit=participant"),
    ("ages", "clustered=false", "bootstrap_unit=row"),
    ("ages", "bias=out_of_fold", "bias_mode=out_of_fold"),
    ("phantom", "people=14", "num_participants=14"),
    ("scalars", "people=14", "num_participants=14"),
    ("simulated", "people=140", "num_participants=140"),
  ],
)
def test_renamed_arguments_name_the_new_one(name, old, new):
  with pytest.raises(config_files.ArgumentError, match=f"config argument '{old.split('=')[0]}' is now .*: write {new}"):
    _config(name, old)
  _config(name, new)
  with pytest.raises(config_files.ArgumentError, match="unknown config argument"):
    _config("knee", old)


def test_data_have_the_keys_of_their_kind_alone():
  own = {"kind", "root", "num_folds", "fold_seed", "workers"}
  assert set(_config("folder").data) == own | {"folder"} and set(_config("nhanes").data) == own | {"table"}
  real, phantom = (set(_config("knee", f"preset={preset}").data) for preset in ("ukb", "phantom"))
  assert phantom - real == {"phantom"} and not {"folder", "table"} & real
  assert set(_config("knee").data) == phantom  # until the preset is chosen


@pytest.mark.parametrize(("kind", "key"), [("table", "folder"), ("folder", "zips"), ("table", "scalars_only")])
def test_a_setting_of_other_data_is_refused(kind, key):
  values = _config({"table": "nhanes"}.get(kind, kind)).data.to_dict()
  with pytest.raises(errors.InputError, match=rf"config\.data\.{key}: data of kind {kind} have no such setting"):
    data_spec.from_mapping({**values, key: dataclasses.asdict(data_spec.DataSpec())[key]})
