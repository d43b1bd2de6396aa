"""Jobs that run at the same time have GPUs of their own."""

import contextlib
import threading

import pytest

from msk_jax.io import errors
from msk_jax.planning import accelerators, execution
from tests.planning import fake_study


@pytest.fixture
def four(monkeypatch, tmp_path):
  """A machine whose user may use four GPUs, and the folder of their locks."""
  monkeypatch.setenv(accelerators.VARIABLE, "0,2,3,11")
  monkeypatch.setattr(accelerators, "_list_devices", lambda: "")
  monkeypatch.setattr(accelerators, "_POLL_SECONDS", 0.01)
  monkeypatch.setattr(accelerators.tempfile, "gettempdir", lambda: str(tmp_path))
  return tmp_path


def _never() -> bool:
  return False


def test_each_job_has_its_own(four):
  with contextlib.ExitStack() as jobs:
    seen = [jobs.enter_context(accelerators.assigned(count, _never)) for count in (1, 2, 0, 1)]
  assert [each[accelerators.VARIABLE] for each in seen] == ["0", "2,3", "", "11"]
  with accelerators.assigned(9, _never) as all_of_them:
    assert all_of_them[accelerators.VARIABLE] == "0,2,3,11"


def test_a_job_waits_for_as_many_as_it_needs_and_holds_none_meanwhile(four):
  waited = threading.Event()

  def need_two() -> None:
    with accelerators.assigned(2, _never) as mine:
      assert mine[accelerators.VARIABLE].count(",") == 1
      waited.set()

  with accelerators.assigned(3, _never):
    thread = threading.Thread(target=need_two)
    thread.start()
    assert not waited.wait(0.2)
    with accelerators.assigned(1, _never) as last:  # also while another waits for two
      assert last[accelerators.VARIABLE] == "11"
  thread.join(10)
  assert waited.is_set()


def test_a_job_that_is_stopped_waits_no_longer(four):
  with accelerators.assigned(4, _never), accelerators.assigned(1, lambda: True) as mine:
    assert mine[accelerators.VARIABLE] == ""


_LISTED = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1a-77)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-1b-77)
  MIG 1g.5gb      Device  0: (UUID: MIG-c0ffee)
"""


@pytest.mark.parametrize("name", ["GPU-1a-77", "GPU-1a"])
def test_a_gpu_has_one_lock_whatever_it_is_called(name, four, monkeypatch):
  monkeypatch.setattr(accelerators, "_list_devices", lambda: _LISTED)
  monkeypatch.setenv(accelerators.VARIABLE, "0,1")
  with accelerators.assigned(1, _never) as by_number:
    assert by_number[accelerators.VARIABLE] == "0"
    monkeypatch.setenv(accelerators.VARIABLE, name)
    with accelerators.assigned(1, lambda: True) as by_uuid:
      assert by_uuid[accelerators.VARIABLE] == ""
  monkeypatch.setenv(accelerators.VARIABLE, f"{name},0,1,MIG-c0ffee")
  with accelerators.assigned(4, _never) as each_once:
    assert each_once[accelerators.VARIABLE] == f"{name},1,MIG-c0ffee"


def test_names_that_nobody_can_compare_are_not_mixed(four, monkeypatch):
  monkeypatch.setenv(accelerators.VARIABLE, "0,GPU-1a")
  with pytest.raises(errors.InputError, match="by numbers and by UUIDs"), accelerators.assigned(1, _never):
    pass
  monkeypatch.setenv(accelerators.VARIABLE, "0,1")
  with accelerators.assigned(1, _never):
    monkeypatch.setenv(accelerators.VARIABLE, "GPU-1a")
    with pytest.raises(errors.InputError, match="here or by jobs that run"), accelerators.assigned(1, _never):
      pass
  with accelerators.assigned(1, _never) as alone:
    assert alone[accelerators.VARIABLE] == "GPU-1a"


def test_numbers_of_gpus_of_several_kinds_need_an_order(four, monkeypatch):
  monkeypatch.setattr(accelerators, "_list_devices", lambda: _LISTED.replace("A100", "T4", 1))
  monkeypatch.setenv(accelerators.VARIABLE, "0,1")
  monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
  with pytest.raises(errors.InputError, match="Set CUDA_DEVICE_ORDER=PCI_BUS_ID"), accelerators.assigned(1, _never):
    pass
  monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
  with accelerators.assigned(1, _never) as mine:
    assert mine[accelerators.VARIABLE] == "0"


def test_gpus_are_counted_as_cuda_does(monkeypatch, tmp_path):
  """A container that has some of the machine's GPUs has the files of those."""
  monkeypatch.delenv(accelerators.VARIABLE, raising=False)
  monkeypatch.setattr(accelerators, "_DEVICES", tmp_path)
  for name in ("nvidia2", "nvidia11", "nvidiactl", "nvidia-uvm"):
    (tmp_path / name).touch()
  assert accelerators.visible() == ["0", "1"]


def test_a_job_without_gpus_asks_nobody_which_there_are(four, monkeypatch):
  monkeypatch.setattr(accelerators, "_list_devices", None)
  with accelerators.assigned(0, _never) as mine:
    assert mine == {accelerators.VARIABLE: ""}


def test_without_gpus_nothing_is_assigned(monkeypatch):
  monkeypatch.setenv(accelerators.VARIABLE, "-1")
  with accelerators.assigned(1, _never) as mine:
    assert mine == {}


def test_a_job_of_a_study_sees_its_gpus_alone(four, tmp_path, monkeypatch):
  plan = fake_study.make_plan(tmp_path, {"ensemble": f'echo "<$CUDA_VISIBLE_DEVICES>" > {tmp_path}/seen'})
  assert execution.run(plan, plan.jobs[0]) == 0
  assert (tmp_path / "seen").read_text() == "<>\n"  # it needs none: one that sees all takes memory from the trainings
  slurm = execution.SlurmJob("17", 0, lambda name: True)
  assert execution.run(plan, plan.jobs[0], slurm) == 0
  assert (tmp_path / "seen").read_text() == "<0,2,3,11>\n"
