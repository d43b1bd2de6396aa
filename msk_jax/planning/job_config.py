"""The config that a job's command line gives: read before anything runs, and part of the job's identity."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from absl import flags
from ml_collections import config_flags

import msk_jax
from msk_jax.io import config_files, errors, run_record
from msk_jax.planning import checking
from msk_jax.stage_table import Stage


def identity_of(stage: Stage, arguments: Sequence[str]) -> str:
  """Returns a hash of the stage, the program's version, the config's values whatever they come from, and the rest.

  Raises:
    InputError: the config can't be built, the stage would refuse it, or no engine can carry it out.
  """
  of_config = [each for each in arguments if each.startswith("--config")]
  rest = [each for each in arguments if not each.startswith("--config")]
  checking.check_once(of_config[0])
  values, overrides = read(of_config)
  checking.check_settings(stage, values, overrides)
  if values.get(stage.name, {}).get("engine") == "plan":
    raise errors.InputError(
      f"{stage.name} with engine=plan writes commands for another machine and waits for their results, which no study "
      f"can do: leave {stage.name} and the stages after it out (config.study.stages), run them by hand, then the rest."
    )
  return run_record.fingerprint([stage.name, msk_jax.__version__, values, rest])


def read(arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
  """Returns the values of the config that `--config=FILE` and overrides `--config.key=value` give, and what they give.

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
    return config.to_dict(), list(config_flags.get_override_values(values[config_files.NAME]))
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
