"""A purge and stages at the same time: what a stage has read of people, it would write again."""

import contextlib
import errno
import pathlib
import signal
import subprocess
import sys
import threading

import pytest

from msk_jax import stages
from msk_jax.durable import link
from msk_jax.io import errors, presence
from msk_jax.upkeep import purge
from tests.upkeep import whole_workdir

_GONE, _holding, _list = whole_workdir.GONE, whole_workdir.holding, whole_workdir.write_list
_STAGES = ("ensemble", "evaluate", "ages", "attention", "scalars", "site", "loci", "release")

_WORK = """
import pathlib, sys, time
from msk_jax.io import presence
with presence.shown(pathlib.Path(sys.argv[1]), "scalars"):
  print("ready", flush=True)
  time.sleep(600)
"""


class _Call(stages.Call):
  """A call without flags."""

  withdrawal_lists = ()
  confirms_withdrawals = False


def _locks(workdir: pathlib.Path) -> list[str]:
  return [path.name for path in workdir.iterdir() if path.name.endswith("lock")]


@pytest.mark.parametrize("name", _STAGES)
def test_a_purge_is_refused_while_a_stage_is_at_work(name, workdir_to_purge, tmp_path):
  held = _holding(workdir_to_purge)
  with contextlib.ExitStack() as until_end:
    _Call(stages.find(name), link.Link(), until_end).find_withdrawn(workdir_to_purge)
    with pytest.raises(errors.InputError, match=f"the stage {name} is at work in .* Wait for its end or stop it"):
      purge.purge(workdir_to_purge, [_list(tmp_path, _GONE)])
  assert _holding(workdir_to_purge) == held and not _locks(workdir_to_purge)
  purge.purge(workdir_to_purge)
  assert _holding(workdir_to_purge) == []


def test_several_stages_work_at_once_and_a_killed_one_keeps_nobody_away(workdir_to_purge, tmp_path):
  command = [sys.executable, "-c", _WORK, str(workdir_to_purge)]
  with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
    assert process.stdout.readline() == "ready\n"
    with presence.shown(workdir_to_purge, "ages"):
      assert len(_locks(workdir_to_purge)) == 2
    with pytest.raises(errors.InputError, match=rf"the stage scalars is at work .*process {process.pid} on "):
      purge.purge(workdir_to_purge, [_list(tmp_path, _GONE)])
    process.send_signal(signal.SIGKILL)
  (left,) = _locks(workdir_to_purge)
  purge.purge(workdir_to_purge)
  assert _holding(workdir_to_purge) == [] and not _locks(workdir_to_purge)
  (workdir_to_purge / left).touch()
  with presence.shown(workdir_to_purge, "ages"):
    assert left not in _locks(workdir_to_purge)


def test_a_stage_waits_until_a_purge_has_ended(tmp_path, caplog):
  caplog.set_level("INFO")
  began = threading.Event()

  def work() -> None:
    with presence.shown(tmp_path, "ages"):
      began.set()

  thread = threading.Thread(target=work)
  with presence.shut_out(tmp_path):
    thread.start()
    while "waiting for another process, which purges" not in caplog.text:
      assert not began.is_set()
    assert not began.is_set()
  thread.join()
  assert began.is_set() and not _locks(tmp_path)


@pytest.mark.parametrize("reason", [errno.EROFS, errno.EACCES])
def test_a_stage_runs_where_no_lock_can_be_kept_and_says_so(reason, tmp_path, monkeypatch, caplog):
  def refuse(path, *_, **__):
    raise OSError(reason, "no", str(path))

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "open", refuse)
    with presence.shown(tmp_path, "site"):
      pass
  assert f"no lock can be kept in {tmp_path}: run no purge there while site runs" in caplog.text


def test_an_error_of_the_stage_is_not_taken_for_one_of_the_lock(tmp_path, caplog):
  with pytest.raises(errors.InputError, match="its own"), presence.shown(tmp_path, "site"):
    raise errors.InputError("its own")
  assert "no lock" not in caplog.text and not _locks(tmp_path)
