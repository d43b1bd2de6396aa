"""The config that a command line gives: read before anything runs, and part of each job's identity."""

import pathlib
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from absl import flags
from ml_collections import config_flags

import msk_jax
from msk_jax.io import config_files, errors, run_record
from msk_jax.planning import checking
from msk_jax.planning.jobs import Job
from msk_jax.stage_table import Stage


def identity_of(stage: Stage, arguments: Sequence[str]) -> str:
  """Returns a hash of the stage, the program's version, the config's values whatever they come from, and the rest.

  Raises:
    InputError: the config can't be built, the stage would refuse it, or no engine can carry it out.
  """
  of_config, rest = _divide(arguments)
  checking.check_once(of_config[0])
  values, overrides = read(of_config)
  checking.check_settings(stage, values, overrides)
  if values.get(stage.name, {}).get("engine") == "plan":
    raise errors.InputError(
      f"{stage.name} with engine=plan writes commands for another machine and waits for their results, which no study "
      f"can do: leave {stage.name} and the stages after it out (config.study.stages), run them by hand, then the rest."
    )
  return _fingerprint(stage.name, values, rest)


def describe_change(job: Job) -> str:
  """Returns why a job would not do now what it was planned to do; empty if it would.

  Its stage reads config files when it is called, perhaps weeks after the plan was made.
  """
  of_config, rest = _divide(job.arguments)
  if not of_config:
    return ""
  try:
    values, _ = read(of_config)
  except errors.InputError as error:
    return str(error)
  if _fingerprint(job.stage, values, rest) == job.identity:
    return ""
  return (
    f"{of_config[0].partition('=')[2].partition(':')[0]}, MSK_DATA or the program's version has changed since the "
    "study was planned. Run the study again: it makes a new plan, and calls what has changed"
  )


def given_by(argv: Sequence[str], default: str, project: pathlib.Path) -> tuple[str, ...]:
  """Returns what a command line says of the config, so that another process can read it again.

  Args:
    argv: the command line, without the program.
    default: the config file, if it names none.
    project: the folder in which config files are named without a folder before them.
  """
  given = []
  for index, argument in enumerate(argv):
    if re.match(r"--?config(?![^.=])", argument):
      given.append(argument if "=" in argument else "=".join([argument, *argv[index + 1 : index + 2]]))
  path, colon, rest = f"{config_files.path_in(given) or default}".partition(":")
  full = pathlib.Path(path).resolve()
  path = str(full.relative_to(project)) if full.is_relative_to(project) else str(full)
  return f"--config={path}{colon}{rest}", *(each for each in given if each.lstrip("-").startswith("config."))


def _divide(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
  """Returns the arguments that give the config, and the others."""
  of_config = [each for each in arguments if each.startswith("--config")]
  return of_config, [each for each in arguments if not each.startswith("--config")]


def _fingerprint(stage: str, values: dict[str, Any], rest: Sequence[str]) -> str:
  return run_record.fingerprint([stage, msk_jax.__version__, values, list(rest)])


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
