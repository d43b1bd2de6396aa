"""Real trainings: a search that a signal stopped ends like one that nothing happened to."""

import shutil
import signal

import pandas as pd
import pytest

from msk_jax.durable import link, parts
from msk_jax.training import pausing
from msk_jax.tuning import run, spec
from tests import compiling
from tests.training import step_hooks
from tests.tuning import fake_trainer

_SPACE = spec.SearchSpace(
  spec.TrainLists(learning_rate=(1e-3,), optimizer=()),
  spec.ModelLists(num_dense_layers=(), num_dense_nodes=(), dropout=(), l2=()),
  spec.InputLists(augment=()),
)


def _run(workdir, durable_dir=None) -> run.Ended:
  tied = link.Link()
  if durable_dir:
    tied.open(workdir, durable_dir, parts.Scope(("cohort", "images", "tuning"), resumed=("tuning",)))
  settings = spec.TuneSpec(space=_SPACE, num_bootstraps=50)
  with compiling.quickly(), pausing.Budget(pausing.deadline_in(1.0)) as budget:
    search = fake_trainer.plan(workdir, settings, budget=budget, saved=lambda _: tied.mirror("tuning"))
    tied.mirror()
    return run.run(search)  # the link is never closed: the job is lost


@pytest.mark.slow
@pytest.mark.long
def test_a_search_stopped_in_mid_trial_ends_with_the_same_table(tmp_path, monkeypatch, caplog):
  """Also where its work folder is lost."""
  caplog.set_level("INFO", "absl")
  straight = _run(tmp_path / "straight")
  step_hooks.interrupt_at(monkeypatch, 11, signal.SIGTERM)
  paused = _run(tmp_path / "paused", tmp_path / "durable")
  assert paused.can_continue and "stopped by a signal" in paused.table.rows["reason"].to_list()[0]
  monkeypatch.undo()
  shutil.rmtree(tmp_path / "paused")
  resumed = _run(tmp_path / "paused", tmp_path / "durable")
  assert "resuming from step" in caplog.text
  assert not resumed.can_continue and len(resumed.table.rows) == 2
  columns = [name for name in straight.table.rows if name != "minutes"]
  pd.testing.assert_frame_equal(resumed.table.rows[columns], straight.table.rows[columns])
