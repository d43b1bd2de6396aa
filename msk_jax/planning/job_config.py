"""The config that a job's command line gives: read before anything runs, and part of the job's identity."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from absl import flags
from ml_collections import config_flags

import msk_jax
from msk_jax.io import config_files, errors, run_record


def identity_of(stage: str, arguments: Sequence[str]) -> str:
  """Returns a hash of the stage, the program's version, the config's values whatever they come from, and the rest.

  Raises:
    InputError: the config can't be built, or no engine can carry it out.
  """
  of_config = [each for each in arguments if each.startswith("--config")]
  rest = [each for each in arguments if not each.startswith("--config")]
  values = read(of_config)
  if values.get(stage, {}).get("engine") == "plan":
    raise errors.InputError(
      f"{stage} with engine=plan writes commands for another machine and waits for their results, which no study can "
      f"do: leave {stage} and the stages after it out (config.study.stages), run them by hand, then the rest."
    )
  return run_record.fingerprint([stage, msk_jax.__version__, values, rest])


def read(arguments: Sequence[str]) -> dict[str, Any]:
  """Returns the values of the config that `--config=FILE` and overrides `--config.key=value` give.

  Raises:
    InputError: there is no such file, argument or key, or a value is of the wrong type.
  """
  values = flags.FlagValues()
  argv = ["study", *arguments]
  try:
    with _command_line(argv):
      config_flags.DEFINE_config_file(config_files.NAME, flag_values=values, lock_config=True)
      values(argv)
    config: Any = values[config_files.NAME].value
    return config.to_dict()
  except Exception as error:  # whatever a config file raises
    why = config_files.describe_mistake(error) or config_files.describe_unknown_key(arguments, "", {}) or str(error)
    raise errors.InputError(f"the plan's {' '.join(arguments)} can't be read: {why}") from error


@contextmanager
def _command_line(argv: list[str]) -> Iterator[None]:
  """Replaces `sys.argv`, in which ml_collections looks for a config's overrides."""
  before, sys.argv = sys.argv, argv
  try:
    yield
  finally:
    sys.argv = before
