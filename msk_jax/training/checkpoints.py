"""Checkpoints: the last ones for going on, the best one for predicting. The only place that knows Orbax.

A checkpoint exists under its name only when it is whole, so a run may be killed at any moment.
"""

import pathlib
from typing import Any

import jax
import numpy as np
from orbax.checkpoint import v1 as ocp

from msk_jax.io import errors

_KEPT = 2  # so that one damaged by the disk does not end a run
_SHOWN = 5  # differing layers named in a message


class Checkpoints:
  """The checkpoints of one run in one folder; use as a context manager."""

  def __init__(self, folder: pathlib.Path, kept: int = _KEPT):
    """Opens or makes `folder`; keeps the latest `kept` checkpoints."""
    self._folder = pathlib.Path(folder).absolute()
    try:
      self._folder.mkdir(parents=True, exist_ok=True)
      self._checkpointer = ocp.training.Checkpointer(
        str(self._folder),
        preservation_policy=ocp.training.preservation_policies.LatestN(kept),  # pyrefly: ignore[bad-argument-type]
        cleanup_tmp_directories=True,
      )
    except OSError as error:
      raise _cannot_write(self._folder, error) from error

  def __enter__(self) -> "Checkpoints":
    return self

  def __exit__(self, *unused) -> None:
    self._checkpointer.close()

  @property
  def latest_step(self) -> int | None:
    """Step of the newest checkpoint, None if there is none."""
    latest = self._checkpointer.latest
    return None if latest is None else latest.step

  def save(self, step: int, tree: Any) -> None:
    """Writes a tree of arrays under `step`, unless that step's checkpoint lies there already.

    Raises:
      InputError: the disk is full or the folder can't be written; earlier checkpoints are untouched.
    """
    try:
      if self.latest_step is None or step > self.latest_step:
        self._checkpointer.save(step, tree)
    except (OSError, ValueError) as error:  # tensorstore reports a failed write as ValueError
      raise _cannot_write(self._folder, error) from error

  def load(self, abstract: Any) -> Any:
    """Reads the newest checkpoint into the structure, shapes, dtypes and shardings of `abstract`.

    Raises:
      InputError: there is none, or it is of another architecture.
    """
    if self.latest_step is None:
      raise errors.InputError(f"no checkpoint in {self._folder}: train the model first, with the same --workdir.")
    self._check_architecture(abstract)
    tree = self._checkpointer.load(self.latest_step, abstract)
    jax.tree.map(_check_dtype, abstract, tree)
    return tree

  def _check_architecture(self, abstract: Any) -> None:
    stored = _shapes(self._checkpointer.metadata(self.latest_step).metadata)
    wanted = _shapes(abstract)
    lines = [
      f"{name}: {stored.get(name, 'absent')} in the checkpoint, {wanted.get(name, 'absent')} in the model"
      for name in sorted(stored.keys() | wanted.keys())
      if stored.get(name) != wanted.get(name)
    ]
    if lines:
      shown = "; ".join(lines[:_SHOWN])
      raise errors.InputError(
        f"the checkpoint in {self._folder} is of another architecture, {len(lines)} arrays differ: {shown}. "
        "Give the config it was trained with, or another --workdir."
      )


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
  """Returns path to shape; a path is made of bare names, as dataclasses come back from disk as dicts."""
  flat, _ = jax.tree_util.tree_flatten_with_path(tree)
  return {"/".join(_bare(key) for key in path): tuple(leaf.shape) for path, leaf in flat}


def _bare(key: Any) -> str:
  for attribute in ("key", "name", "idx"):
    if hasattr(key, attribute):
      return str(getattr(key, attribute))
  return str(key)


def _check_dtype(wanted: Any, found: Any) -> None:
  if np.dtype(wanted.dtype) != np.dtype(found.dtype):
    raise errors.InputError(f"a checkpointed array is {found.dtype}, the model wants {wanted.dtype}.")


def _cannot_write(folder: pathlib.Path, error: Exception) -> errors.InputError:
  return errors.InputError(
    f"could not write a checkpoint in {folder}: {error}. Free some space or give another --workdir, then run the "
    "same command again: it goes on from the last whole checkpoint."
  )
