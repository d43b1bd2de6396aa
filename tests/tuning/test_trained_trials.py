"""Real trainings: a search that a signal stopped ends like one that nothing happened to."""

import signal

import pandas as pd
import pytest

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


def _run(workdir) -> run.Ended:
  with compiling.quickly(), pausing.Budget(pausing.deadline_in(1.0)) as budget:
    return run.run(fake_trainer.plan(workdir, spec.TuneSpec(space=_SPACE, num_bootstraps=50), budget=budget))


@pytest.mark.slow
@pytest.mark.long
def test_a_search_stopped_in_mid_trial_ends_with_the_same_table(tmp_path, monkeypatch):
  straight = _run(tmp_path / "straight")
  step_hooks.interrupt_at(monkeypatch, 11, signal.SIGTERM)
  paused = _run(tmp_path / "paused")
  assert paused.can_continue and "stopped by a signal" in paused.table.rows["reason"].to_list()[0]
  monkeypatch.undo()
  resumed = _run(tmp_path / "paused")
  assert not resumed.can_continue and len(resumed.table.rows) == 2
  columns = [name for name in straight.table.rows if name != "minutes"]
  pd.testing.assert_frame_equal(resumed.table.rows[columns], straight.table.rows[columns])
