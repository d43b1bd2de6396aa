"""Checkpoints of networks: one damaged is passed over for the one before it, and said."""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.trained import checkpoints, sharding
from tests.mutants.form import Form, Reading, digest


def _tree() -> dict:
  return {"params": {"dense": {"kernel": jnp.arange(12.0).reshape(4, 3)}}, "step": jnp.int32(7)}


def _make(folder: pathlib.Path) -> None:
  with checkpoints.Checkpoints(folder / "checkpoints") as kept:
    for step in (1, 2):
      kept.save(step, jax.tree.map(lambda a, s=step: a + s, _tree()))


def _read(folder: pathlib.Path) -> Reading:
  with checkpoints.Checkpoints(folder / "checkpoints", is_writable=False) as kept:
    tree = kept.load(sharding.abstract(_tree(), sharding.make().replicated))
  return Reading(digest(*map(np.asarray, jax.tree.leaves(tree))))


_FILES = ("checkpoints/*/*", "checkpoints/*/*/*")
FORMS = (
  Form("checkpoint", _make, _read, _FILES, share=0.3, is_checked=True, needs_all=False),  # the older one is not read
)
