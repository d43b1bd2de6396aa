"""Checkpoints: whole or absent, and refused with names where they do not fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from orbax.checkpoint import v1 as ocp

from msk_jax.io import errors
from msk_jax.trained import checkpoints, file_hashes, sharding


def _tree(width: int = 3, **more) -> dict:
  return {"params": {"dense": {"kernel": jnp.arange(2.0 * width).reshape(2, width)}, **more}, "step": jnp.int32(7)}


def _abstract(tree) -> dict:
  return sharding.abstract(tree, sharding.make().replicated)


def test_round_trip_keeps_the_newest(tmp_path):
  with checkpoints.Checkpoints(tmp_path / "c") as kept:
    assert kept.latest_step is None
    for step in (1, 2, 3):
      tree = jax.tree.map(lambda a, s=step: a + s, _tree())
      kept.save(step, jax.jit(lambda t: t, out_shardings=sharding.make().replicated)(tree))
    kept.save(2, _tree())  # older than the newest: nothing happens
    assert kept.latest_step == 3
    back = kept.load(_abstract(_tree()))
  jax.tree.map(np.testing.assert_array_equal, back, jax.tree.map(lambda a: a + 3, _tree()))
  assert sorted(p.name for p in (tmp_path / "c").iterdir() if p.name.isdigit()) == ["2", "3"]


def test_a_list_of_hashes_that_a_kill_left_out_is_written_by_the_resume(tmp_path):
  with checkpoints.Checkpoints(tmp_path / "c") as kept:
    kept.save(1, _tree())
  folder = tmp_path / "c" / "1"
  (folder / "file_hashes.json").unlink()
  with checkpoints.Checkpoints(tmp_path / "c", is_writable=False) as reader:
    reader.load(_abstract(_tree()))
  assert file_hashes.check(folder) is None  # who only reads writes nothing
  with checkpoints.Checkpoints(tmp_path / "c") as kept:
    kept.load(_abstract(_tree()))
  assert file_hashes.check(folder) is True


@pytest.mark.parametrize(
  ("other", "message"),
  [
    (_tree(4), r"1 arrays differ: params/dense/kernel: \(2, 3\) in the checkpoint, \(2, 4\) in the model"),
    (_tree(bias=jnp.zeros(1)), r"params/bias: absent in the checkpoint, \(1,\) in the model"),
  ],
)
def test_another_architecture_is_refused_by_name(tmp_path, other, message):
  with checkpoints.Checkpoints(tmp_path) as kept:
    kept.save(1, _tree())
    with pytest.raises(errors.InputError, match=message):
      kept.load(_abstract(other))


def test_no_checkpoint_is_an_input_error(tmp_path):
  with checkpoints.Checkpoints(tmp_path) as kept, pytest.raises(errors.InputError, match="train the model first"):
    kept.load(_abstract(_tree()))


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), ValueError("RESOURCE_EXHAUSTED: disk")])
def test_a_full_disk_says_what_to_do_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, failure):
  def fail(*_, **__):
    raise failure

  with checkpoints.Checkpoints(tmp_path) as kept:
    kept.save(1, _tree())
    with monkeypatch.context() as patch:
      patch.setattr(ocp.training.Checkpointer, "save", fail)
      with pytest.raises(errors.InputError, match=r"could not write a checkpoint .*resumes from the last whole"):
        kept.save(2, _tree())
  with checkpoints.Checkpoints(tmp_path) as kept:
    assert kept.latest_step == 1
