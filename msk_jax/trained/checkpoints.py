"""Checkpoints: the latest for resuming, the best for predicting. The only place that knows Orbax.

A checkpoint gets its name only when it is whole, so a run may be killed at any moment. A list of file hashes shows
whether it was damaged later. Then the checkpoint before it is used.
"""

import os
import pathlib
import re
import shutil
from typing import Any

import jax
import numpy as np
from absl import logging
from orbax.checkpoint import v1 as ocp

from msk_jax.io import errors
from msk_jax.trained import file_hashes, processes

_KEPT = 2  # so that one damaged by the disk does not end a run
_SHOWN = 5  # differing layers named in a message
_LONGEST_REASON = 300  # letters of another library's error
_HASH_STATES = (None, True, False)  # of `file_hashes.check`, as numbers for `processes.agree_on`


class StartOverError(errors.InputError):
  """What is in a model's folder can't be trained on: only a training from the start can, with --overwrite."""


class Checkpoints:
  """The checkpoints of one run in one folder; use as a context manager."""

  def __init__(self, folder: pathlib.Path, kept: int = _KEPT, *, is_writable: bool = True):
    """Opens `folder`.

    Args:
      folder: of the checkpoints; created if `is_writable`.
      kept: how many of the latest are kept.
      is_writable: whether checkpoints may be written and removed: by the training alone.

    Raises:
      InputError: the folder is absent and may not be created, or can't be created.
    """
    self._folder = pathlib.Path(folder).absolute()
    self._kept, self._is_writable = kept, is_writable
    self._open()

  def __enter__(self) -> "Checkpoints":
    return self

  def __exit__(self, kind: type[BaseException] | None, *unused) -> None:
    try:
      self._checkpointer.close()
    except Exception as error:  # after a failed write it fails again
      if kind is None:
        raise _cannot_write(self._folder, error) from None

  @property
  def latest_step(self) -> int | None:
    """Step of the newest checkpoint, None if there is none."""
    latest = self._checkpointer.latest
    return None if latest is None else latest.step

  def save(self, step: int, tree: Any) -> None:
    """Writes a tree of arrays under `step`, unless there is a checkpoint of that step or a later one.

    Raises:
      InputError: the disk is full or the folder can't be written; earlier checkpoints are untouched.
    """
    if self.latest_step is not None and step <= self.latest_step:
      return
    try:
      self._checkpointer.save(step, tree)
      if processes.is_first():
        file_hashes.write(self._folder / str(step))
    except Exception as error:  # tensorstore and Orbax report a failed write by errors of many kinds
      raise _cannot_write(self._folder, error) from None

  def load(self, expected: Any) -> Any:
    """Reads the newest whole checkpoint into the structure, shapes, dtypes and shardings of `expected`.

    Damaged newer ones are removed, so that the run writes them again.

    Raises:
      StartOverError: all are damaged.
      InputError: there is none, or it is of another architecture.
    """
    steps = [checkpoint.step for checkpoint in self._checkpointer.checkpoints]
    for step in reversed(steps):
      tree = self._try(step, expected)
      if tree is not None:
        self._keep_only([s for s in steps if s <= step][-self._kept :], steps)
        return tree
      logging.warning("the checkpoint of step %d in %s is damaged and is skipped", step, self._folder)
    if not steps:
      raise _none_in(self._folder)
    raise StartOverError(
      f"all checkpoints in {self._folder} are damaged. Train the model again from its start, with --overwrite."
    )

  def has_whole(self, step: int) -> bool:
    """Returns whether a step's checkpoint exists and is as it was written."""
    folder = self._folder / str(step)
    return bool(processes.agree_on(int(folder.is_dir() and file_hashes.check(folder) is not False)))

  def drop_after(self, step: int) -> None:
    """Removes checkpoints of later steps: a run that resumes from `step` writes them again."""
    steps = [checkpoint.step for checkpoint in self._checkpointer.checkpoints]
    self._keep_only([s for s in steps if s <= step], steps)

  def drop_before(self, step: int) -> None:
    """Removes checkpoints of earlier steps, so that nobody takes one of them for a later one that is damaged."""
    steps = [checkpoint.step for checkpoint in self._checkpointer.checkpoints]
    self._keep_only([s for s in steps if s >= step], steps)

  def _open(self) -> None:
    if not self._is_writable and not self._folder.is_dir():
      raise _none_in(self._folder)
    try:
      if self._is_writable:
        self._folder.mkdir(parents=True, exist_ok=True)
      self._checkpointer = ocp.training.Checkpointer(
        str(self._folder),
        preservation_policy=ocp.training.preservation_policies.LatestN(self._kept),  # pyrefly: ignore[bad-argument-type]
        cleanup_tmp_directories=self._is_writable,
      )
    except OSError as error:
      raise _cannot_write(self._folder, error) from error

  def _try(self, step: int, expected: Any) -> Any:
    """Returns the tree of a step, None if it is damaged."""
    state = processes.agree_on(_HASH_STATES.index(file_hashes.check(self._folder / str(step))))
    if _HASH_STATES[state] is False:
      return None
    try:
      self._check_architecture(step, expected)
      tree = self._checkpointer.load(step, expected)
    except errors.InputError:
      raise
    except Exception:
      if _HASH_STATES[state]:  # it is as it was written
        raise
      return None
    jax.tree.map(_check_dtype, expected, tree)
    if _HASH_STATES[state] is None:
      self._write_hashes(step)
    return tree

  def _write_hashes(self, step: int) -> None:
    """Writes the list that a kill between a checkpoint and its list left out."""
    if self._is_writable and processes.is_first():
      try:
        file_hashes.write(self._folder / str(step))
      except errors.InputError as error:
        raise _cannot_write(self._folder, error) from None

  def _keep_only(self, kept: list[int], steps: list[int]) -> None:
    """Removes the other steps and opens the folder again, as Orbax remembers what was in it."""
    removed = [step for step in steps if step not in kept]
    if not removed or not self._is_writable:
      return
    self._checkpointer.close()
    processes.wait_for_all("closed the checkpoints")
    if processes.is_first():
      for step in removed:
        shutil.rmtree(self._folder / str(step), ignore_errors=True)
    processes.wait_for_all("removed checkpoints")
    self._open()

  def _check_architecture(self, step: int, expected: Any) -> None:
    stored_shapes = _shapes(self._checkpointer.metadata(step).metadata)
    expected_shapes = _shapes(expected)
    lines = [
      f"{name}: {stored_shapes.get(name, 'absent')} in the checkpoint, {expected_shapes.get(name, 'absent')} in the "
      "model"
      for name in sorted(stored_shapes.keys() | expected_shapes.keys())
      if stored_shapes.get(name) != expected_shapes.get(name)
    ]
    if lines:
      shown = "; ".join(lines[:_SHOWN])
      raise errors.InputError(
        f"the checkpoint in {self._folder} is of another architecture, {len(lines)} arrays differ: {shown}. "
        "Give the config it was trained with, or another --workdir."
      )


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
  """Returns path to shape; paths are made of bare names, as dataclasses come back from disk as dicts."""
  flat, _ = jax.tree_util.tree_flatten_with_path(tree)
  return {"/".join(_bare_name(key) for key in path): tuple(leaf.shape) for path, leaf in flat}


def _bare_name(key: Any) -> str:
  for attribute in ("key", "name", "idx"):
    if hasattr(key, attribute):
      return str(getattr(key, attribute))
  return str(key)


def _check_dtype(expected: Any, loaded: Any) -> None:
  if np.dtype(expected.dtype) != np.dtype(loaded.dtype):
    raise errors.InputError(f"a checkpointed array is {loaded.dtype}, but the model expects {expected.dtype}.")


def _none_in(folder: pathlib.Path) -> errors.InputError:
  return errors.InputError(f"there is no checkpoint in {folder}: train the model first, with the same --workdir.")


def _cannot_write(folder: pathlib.Path, error: Exception) -> errors.InputError:
  code = re.search(r"os_error_code='(\d+)'", str(error))  # tensorstore's, at the end of a long text
  lines = [os.strerror(int(code[1]))] if code else str(error).strip().splitlines() or [type(error).__name__]
  return errors.InputError(
    f"could not write a checkpoint in {folder}: {lines[0][:_LONGEST_REASON].rstrip('.')}. If the disk is full, free "
    "some space or give another --workdir. Then run the same command again: it resumes from the last whole checkpoint."
  )
