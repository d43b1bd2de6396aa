"""Trains the tiny cohort in a process of its own, alone or with others, and kills it on request."""

import argparse
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from absl import flags

from msk_jax.trained import processes
from msk_jax.training import experiment
from tests import compiling, small_network
from tests.training import cohort, step_hooks

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def start(workdir: pathlib.Path, *arguments: str, devices: int = 2, **environment: str) -> subprocess.Popen:
  """Starts this file on `workdir` with so many simulated devices and these variables on top of this process's.

  It compiles a small network quickly, as `compile_once` does: equal programs are compiled once, and leave equal bits.
  """
  environment = {**os.environ, **compiling.VARIABLES, "JAX_NUM_CPU_DEVICES": str(devices), **environment}
  command = [sys.executable, "-m", "tests.training.run_once", str(workdir), *arguments]
  return subprocess.Popen(
    command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
  )


def main() -> int:
  parser = argparse.ArgumentParser()
  parser.add_argument("workdir", type=pathlib.Path)
  parser.add_argument("--signal", default="KILL")
  parser.add_argument("--signal_at", type=int, default=0)
  parser.add_argument("--distributed", action="store_true", default=None)
  parser.add_argument("--coordinator", default="")
  parser.add_argument("--num_processes", type=int, default=0)
  parser.add_argument("--process_id", type=int, default=-1)
  parser.add_argument("--optimizer_shards", type=int, default=1)
  parser.add_argument("--learning_rate", type=float, default=cohort.LEARNING_RATE)
  parser.add_argument("--steady", action="store_true", help="with the settings cohort.STEADY")
  parser.add_argument("--backbone", default="simple_cnn")
  parser.add_argument("--image_px", type=int, default=0, help="of square images, for a short training")
  parser.add_argument("--epochs", type=int, default=1, help="with --image_px")
  given = parser.parse_args()
  flags.FLAGS(sys.argv[:1])
  processes.join(given.distributed, given.coordinator, given.num_processes, given.process_id)
  if given.signal_at:
    step_hooks.interrupt_at(pytest.MonkeyPatch(), given.signal_at, signal.Signals[f"SIG{given.signal}"])
  steady = cohort.STEADY if given.steady else {}
  train = {"optimizer_shards": given.optimizer_shards, "learning_rate": given.learning_rate, **steady}
  settings = cohort.experiment(checkpoint_every_steps=3, **train)
  if given.image_px:
    shape = (given.image_px, given.image_px)
    model = dataclasses.replace(settings.model, backbone=given.backbone, image_shape=shape)
    train = dataclasses.replace(settings.train, images_per_epoch=32 // given.epochs, max_epochs=given.epochs)
    settings = dataclasses.replace(settings, model=model, train=train)
  with small_network.small():
    ended = experiment.run(settings, cohort.VIEW, "phantom", given.workdir)
  return 0 if ended.result else 75


if __name__ == "__main__":
  sys.exit(main())
