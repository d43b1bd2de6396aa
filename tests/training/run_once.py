"""Trains the tiny cohort in a process of its own and kills it: `run_once.py WORKDIR STEP`."""

import os
import pathlib
import signal
import sys

from absl import flags

from msk_jax.training import experiment, loop
from tests.training import cohort


def interrupt_at(number: int, sent: signal.Signals) -> None:
  """Makes the loop send itself a signal just before step `number`."""
  original = loop._take_step

  def take_step(program, current, batch, rng, pending, step):
    if step == number:
      os.kill(os.getpid(), sent)
    return original(program, current, batch, rng, pending, step)

  loop._take_step = take_step


if __name__ == "__main__":
  flags.FLAGS(sys.argv[:1])
  interrupt_at(int(sys.argv[2]), signal.SIGKILL)
  experiment.run(cohort.experiment(), cohort.VIEW, "phantom", pathlib.Path(sys.argv[1]))
