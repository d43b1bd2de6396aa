"""Whether a stage would refuse its config and its flags, asked before any job runs.

What needs data, such as the names of scalar sets, is checked by the stage alone.
"""

import importlib
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msk_jax.io import errors, specs
from msk_jax.stage_table import Stage

# What tells the jobs of a study apart, or makes them one study: the plan gives it.
_PLANNED = ("workdir", "durable_dir", "config", "config.data.kind", "config.data.num_folds")
_PLANNED_OF = {
  "train": ("folds", "config.view", "config.fold", "config.model.backbone"),
  "scalars": ("config.scalars.sets", "config.scalars.algorithms"),
  "attention": ("config.attention.view",),
}
_DATA = "preparation.spec.from_mapping"
# Defines a binary's flags and parses a command line, in a process of its own: binaries share names of flags.
_PARSE = """
import importlib, sys
from absl import flags
importlib.import_module(f"msk_jax.{sys.argv[1]}")
try:
  rest = flags.FLAGS(sys.argv[1:])[1:]
except flags.Error as error:
  sys.exit(str(error))
if rest:
  sys.exit(f"{' '.join(rest)} is not a flag: flags begin with --.")
"""


def check_settings(stage: Stage, values: Mapping[str, Any], overrides: Collection[str]) -> None:
  """Builds a stage's settings from its config.

  Args:
    stage: the stage.
    values: the config, as plain values.
    overrides: settings that the command line gives besides the config, such as `model.backbone`.

  Raises:
    InputError: a setting is unknown, of the wrong type or impossible.
  """
  if "data" in stage.sections:
    _load(_DATA)(values["data"])
  if not stage.settings:
    return
  check = _load(stage.settings)
  if isinstance(check, type):
    specs.from_mapping(check, values[stage.name], f"config.{stage.name}")
  else:
    check(values, overrides)


def check_given(stage: Stage, arguments: Sequence[str]) -> None:
  """Parses the flags that a study's config gives to a stage, as the stage would; the config is checked for itself.

  Args:
    stage: the stage.
    arguments: of its command line.

  Raises:
    InputError: it has no such flag, or not with this value; or the plan gives it.
  """
  for argument in arguments:
    name = argument.lstrip("-").partition("=")[0]
    if name in (*_PLANNED, *_PLANNED_OF.get(stage.name, ())):
      raise errors.InputError(
        f"{argument}: the plan gives {name} to each job. It follows from other settings of the study."
      )
  rest = [each for each in arguments if not each.startswith("--config")]
  if rest:
    command = [sys.executable, "-c", _PARSE, stage.name, *rest]
    parsed = subprocess.run(command, check=False, capture_output=True, text=True)
    if parsed.returncode:
      raise errors.InputError((parsed.stderr.strip().splitlines() or ["its flags can't be parsed"])[-1])


def check_once(config: str) -> None:
  """Refuses an argument that stands twice after the colon of `--config=FILE:name=value,...`: the last would count."""
  names = [part.partition("=")[0].strip() for part in config.partition(":")[2].split(",") if part]
  if twice := sorted({name for name in names if names.count(name) > 1}):
    raise errors.InputError(f"{config}: the plan gives {', '.join(twice)} to each job; take it out of the study's.")


def _load(name: str) -> Any:
  module, _, attribute = name.rpartition(".")
  return getattr(importlib.import_module(f"msk_jax.{module}"), attribute)
