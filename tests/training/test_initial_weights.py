"""A training starts from a file's weights and in their input scale, says so in its record, and keeps to it."""

import dataclasses
import json
import re

import jax
import numpy as np
import pytest

from msk_jax.io import errors, run_record
from msk_jax.trained import backbone_weights
from msk_jax.training import experiment, initial_weights, program, spec
from msk_jax.weights import pretrained, safetensors_files
from tests import commands
from tests.training import cohort, step_hooks

pytestmark = pytest.mark.usefixtures("compile_whole_once")


def make_variables(seed: int = 0):
  rng = np.random.default_rng(seed)
  shapes = pretrained.abstract_variables("simple_cnn")
  return jax.tree.map(lambda leaf: rng.uniform(0.01, 0.1, leaf.shape).astype(np.float32), shapes)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
  path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
  safetensors_files.write(path, make_variables(), "simple_cnn", "minus_one_to_one")
  return path


def settings_with(path, **model) -> spec.ExperimentSpec:
  settings = cohort.experiment(max_epochs=1, images_per_epoch=16)
  return dataclasses.replace(settings, model=dataclasses.replace(settings.model, pretrained=str(path), **model))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, weights):
  """A training from the file: its workdir, the parameters before its first step, and how it ended."""
  workdir = tmp_path_factory.mktemp("trained")
  cohort.write_workdir(workdir)
  seen = []

  def look(current):
    seen.append(jax.device_get((current.params, current.batch_stats)))

  with pytest.MonkeyPatch.context() as patch:
    step_hooks.observe_states(patch, look)
    ended = experiment.run(settings_with(weights), cohort.VIEW, "phantom", workdir)
  return workdir, seen, ended


def assert_equal_trees(ours, theirs):
  jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_the_first_step_sees_the_files_weights_and_a_random_head(trained):
  (params, batch_stats), after = trained[1][0], trained[1][1][0]
  expected = make_variables()
  assert_equal_trees(params["backbone"], expected["params"])
  assert_equal_trees(batch_stats["backbone"], expected["batch_stats"])
  assert (
    np.abs(after["backbone"]["conv_0"]["conv"]["kernel"] - expected["params"]["conv_0"]["conv"]["kernel"]).max() > 0
  )
  random = program.Program(settings_with(""), (*cohort.SHAPE, 1), 25).create(jax.random.key(0))
  for name in ("side", "dense_0", "age"):
    assert_equal_trees(params[name], jax.device_get(random.params[name]))


def test_the_record_shows_hash_and_resolved_scale(trained, weights):
  folder = trained[2].folder
  record = json.loads((folder / "run.json").read_text())
  assert record["inputs"]["pretrained"] == run_record.hash_file(weights)
  assert record["settings"]["model"]["input_scale"] == "minus_one_to_one"
  assert json.loads((folder / "model.json").read_text())["network"]["input_scale"] == "minus_one_to_one"
  assert str(weights.parent) not in json.dumps(record)  # the folder, which may be moved; the name is told


def test_going_on_with_other_weights_is_refused(trained, weights, tmp_path):
  workdir, _, ended = trained
  other = tmp_path / "other.safetensors"
  safetensors_files.write(other, make_variables(1), "simple_cnn", "minus_one_to_one")
  for path in (other, ""):
    with pytest.raises(errors.InputError, match=r"trained with other settings or data .*pretrained: "):
      experiment.run(settings_with(path), cohort.VIEW, "phantom", workdir)
  moved = tmp_path / "moved.safetensors"
  moved.write_bytes(weights.read_bytes())
  assert experiment.run(settings_with(moved), cohort.VIEW, "phantom", workdir).result == ended.result


def test_scale_is_the_given_one_else_the_files_else_the_papers(weights):
  def scale_of(path, **model):
    return initial_weights.settle(settings_with(path, **model).model, 0).settings.input_scale

  assert scale_of("") == "zero_to_one"
  assert scale_of("", input_scale="imagenet") == "imagenet"
  assert scale_of(weights) == scale_of(weights, input_scale="minus_one_to_one") == "minus_one_to_one"
  assert scale_of(weights, input_scale="zero_to_one") == "zero_to_one"
  with pytest.raises(errors.InputError, match=r"input_scale is imagenet, but mine\.safetensors .* minus_one_to_one"):
    scale_of(weights, input_scale="imagenet")


def test_an_absent_file_shows_before_anything_else(tmp_path):
  with pytest.raises(errors.InputError, match=r"no file or folder .*nowhere\.h5 .*third_party/README\.md"):
    experiment.run(settings_with(tmp_path / "nowhere.h5"), cohort.VIEW, "phantom", tmp_path)


def test_the_backbone_of_a_trained_fold_starts_the_next_training(trained, tmp_path):
  folder = trained[2].folder
  name, found = backbone_weights.read(folder)
  path = tmp_path / "knee.safetensors"
  safetensors_files.write(path, found.variables, name, found.input_scale)
  made = program.Program(settings_with(path), (*cohort.SHAPE, 1), 25)
  start = made.create(jax.random.key(0), initial_weights.read(settings_with(path).model, made.abstract_state))
  assert found.input_scale == "minus_one_to_one"
  assert_equal_trees(start.params["backbone"], found.variables["params"])
  assert_equal_trees(start.batch_stats["backbone"], found.variables["batch_stats"])
  trained_last = trained[1][-1][0]["backbone"]["conv_0"]["conv"]["kernel"]
  assert np.abs(found.variables["params"]["conv_0"]["conv"]["kernel"] - trained_last).max() < 0.02  # one step on
  with pytest.raises(errors.InputError, match=r"no model\.json"):
    backbone_weights.read(tmp_path)


def test_the_command_converts_a_fold_and_says_what_it_did(trained, tmp_path):
  output = tmp_path / "knee.safetensors"
  done = commands.run("convert_weights", f"--input={trained[2].folder}", f"--output={output}")
  assert done.returncode == 0, done.stderr
  assert "simple_cnn: 10 layers, 1" in done.stdout and "input scale minus_one_to_one" in done.stdout
  assert run_record.hash_file(output) in done.stdout
  assert safetensors_files.read_metadata(output)["source"] == "knee/simple_cnn/fold_0"
  expected = backbone_weights.read(trained[2].folder)[1]
  assert_equal_trees(pretrained.read(output, "simple_cnn").variables, expected.variables)
  refused = commands.run(
    "convert_weights", f"--input={trained[2].folder}", f"--output={output}", "--input_scale=imagenet"
  )
  assert refused.returncode == 1 and re.fullmatch(r"error: --input_scale=imagenet, but .*\n", refused.stderr)
