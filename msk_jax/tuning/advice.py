"""The command that trains with a trial's settings."""

from msk_jax.io import command_line
from msk_jax.tuning import trial

_OWN_FLAGS = ("--config.tune.", "--overwrite", "--nooverwrite")


def training_command(one: trial.Trial) -> str:
  """Returns the command of `train` for split 0 with the settings of a trial: of this process's config and flags."""
  changes = [f"--config.{name}={value}" for name, value in one.changes.items()]
  return command_line.of_other_program("train", *changes, left_out=_OWN_FLAGS)
