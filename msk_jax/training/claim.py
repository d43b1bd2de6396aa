"""Whose a model's folder is: one training's at a time, of one set of settings and data."""

import contextlib
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import jax
from absl import logging

from msk_jax.io import errors, locks, run_record
from msk_jax.trained import processes
from msk_jax.training import compute_environment, trained_samples
from msk_jax.training.job import Job


@contextlib.contextmanager
def alone(folder: pathlib.Path) -> Iterator[None]:
  """Keeps other trainings away from a model's folder; of several processes that train one model the first does so."""
  busy = f"another training is at work in {folder}: wait for it, or choose another fold or --workdir."
  path = folder.with_name(f".{folder.name}.lock")
  with contextlib.ExitStack() as lock:
    processes.on_first(lambda: lock.enter_context(locks.alone(path, busy)), busy)
    yield


def claim(job: Job, inputs: dict[str, str], environment: dict[str, Any], overwrite: bool) -> bool:
  """Writes the run record of a new run; returns whether another model was removed for it.

  Raises:
    InputError: the folder holds a model, and `overwrite` is not given.
  """
  folder, settings = job.folder, job.settings()
  is_taken = folder.exists() and any(folder.iterdir())
  if is_taken and not overwrite:
    changes = run_record.differences(folder, settings, inputs) if run_record.read(folder) else ["it has no run record"]
    raise errors.InputError(
      f"{folder} holds a model trained with other settings or data ({run_record.listed(changes)}). Give another "
      "--workdir, or --overwrite to remove that model."
    )
  processes.wait_for_all("looked at the model's folder")
  if processes.is_first():
    if is_taken:
      logging.info("--overwrite: removing the model in %s", folder)
      shutil.rmtree(folder)
    devices = [str(device) for device in jax.devices()]
    run_record.write(folder, "train", settings, inputs, devices, {compute_environment.BEGAN: environment})
    trained_samples.write(job)
  processes.wait_for_all("claimed the model's folder")
  return is_taken
