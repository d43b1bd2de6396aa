"""Conditions that decide how sums are rounded: recorded, and a resume under others says so in `result.json`."""

import json

import jax
import pytest

from msk_jax.io import errors, run_record
from msk_jax.training import compute_environment, experiment, spec
from tests import small_network
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_quickly")
_FOLDER = "models/knee/simple_cnn/fold_0"


@pytest.fixture(autouse=True)
def _small():
  with small_network.small():
    yield


def _run(workdir, epochs, **train):
  settings = cohort.experiment(max_epochs=epochs, images_per_epoch=16, **train)
  return experiment.run(settings, cohort.VIEW, "phantom", workdir)


def _result(workdir):
  return json.loads((workdir / _FOLDER / "result.json").read_text())


def test_a_resume_under_other_conditions_warns_and_is_in_the_result(tmp_path, monkeypatch, caplog):
  cohort.write_workdir(tmp_path)
  _run(tmp_path, 1)
  assert _result(tmp_path)["adds_in_any_order"] is False
  assert _result(tmp_path)["resumed_otherwise"] == [] and _result(tmp_path)["conditions"]["layers"] == "fast"
  monkeypatch.setenv("MSK_PLAIN_LAYERS", "1")
  _run(tmp_path, 1)
  assert "RESUMED" not in caplog.text  # nothing to do, so nothing is resumed
  _run(tmp_path, 2, evaluation_batch_size=4)
  assert "RESUMED UNDER OTHER CONDITIONS (evaluation_batch_size: 8 -> 4; layers: fast -> plain)" in caplog.text
  monkeypatch.delenv("MSK_PLAIN_LAYERS")
  _run(tmp_path, 3, evaluation_batch_size=4)
  changed = ["evaluation_batch_size: 8 -> 4", "layers: fast -> plain", "layers: plain -> fast"]
  assert _result(tmp_path)["resumed_otherwise"] == changed
  assert _result(tmp_path)["conditions"]["evaluation_batch_size"] == 8
  caplog.clear()
  _run(tmp_path, 4, evaluation_batch_size=4)
  assert "RESUMED" not in caplog.text and _result(tmp_path)["resumed_otherwise"] == changed


@pytest.mark.parametrize(
  ("name", "value", "fact"),
  [
    ("MSK_PLAIN_LAYERS", "1", "layers"),
    ("MSK_STOCK_COMPILER", "1", "compiler_options"),
    ("XLA_FLAGS", "--xla_some_flag", "XLA_FLAGS"),
    ("NVIDIA_TF32_OVERRIDE", "0", "NVIDIA_TF32_OVERRIDE"),
  ],
)
def test_variables_of_the_environment_are_conditions(monkeypatch, name, value, fact):
  before = compute_environment.describe(spec.OptimizationSpec())
  monkeypatch.setenv(name, value)
  after = compute_environment.describe(spec.OptimizationSpec())
  assert [line.partition(":")[0].split(".")[0] for line in run_record.changes(before, after)] == [fact]


@pytest.mark.parametrize(("num_processes", "num_devices", "is_one"), [(1, 4, False), (2, 2, False), (2, 4, True)])
def test_more_than_two_devices_of_several_processes_are_a_condition(monkeypatch, num_processes, num_devices, is_one):
  """One process adds the numbers of four devices in another order than several do."""
  monkeypatch.setattr(jax, "process_count", lambda: num_processes)
  monkeypatch.setattr(jax, "device_count", lambda: num_devices)
  assert ("sums_over_processes" in compute_environment.describe(spec.OptimizationSpec())) == is_one


def test_versions_of_cudas_libraries_are_conditions_on_a_gpu_alone(monkeypatch):
  assert "platform_version" not in compute_environment.describe(spec.OptimizationSpec())
  monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
  found = compute_environment.describe(spec.OptimizationSpec())
  assert found["nvidia-cudnn-cu13"] and isinstance(found["platform_version"], str)
  json.dumps(found)


def test_versions_and_devices_are_conditions(monkeypatch):
  found = compute_environment.describe(spec.OptimizationSpec())
  assert found["jax"] == jax.__version__ and found["num_devices"] == jax.device_count()
  assert found["device_kind"] and found["platform"] == "cpu"
  with jax.default_matmul_precision("float32"):
    assert compute_environment.describe(spec.OptimizationSpec()) != found


@pytest.mark.parametrize(("switch", "adds_in_any_order"), [("", False), ("0", False), ("1", True)])
def test_a_gpu_that_adds_in_any_order_is_a_condition_and_said(monkeypatch, caplog, switch, adds_in_any_order):
  settings = spec.OptimizationSpec()
  monkeypatch.setenv("MSK_STOCK_COMPILER", switch)
  with caplog.at_level("INFO"):
    compute_environment.say_what_differs(compute_environment.describe(settings))
  assert not caplog.text  # a CPU has one order
  monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
  found = compute_environment.describe(settings)
  assert compute_environment.adds_in_any_order(found) == adds_in_any_order
  with caplog.at_level("INFO"):
    compute_environment.say_what_differs(found)
  assert ("Unset it for equal bits" in caplog.text) == adds_in_any_order


def test_fewer_epochs_than_are_done_are_refused(tmp_path):
  cohort.write_workdir(tmp_path)
  _run(tmp_path, 2)
  with pytest.raises(errors.InputError, match=r"has done 2 epochs, more than config\.train\.max_epochs = 1"):
    _run(tmp_path, 1)
  assert _run(tmp_path, 2).result["epochs"] == 2
