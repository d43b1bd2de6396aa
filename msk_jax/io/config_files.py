"""Config files of a binary: mistakes in one are shown with their line; the preset `auto` is chosen after all flags.

A config can't see what the command line changes in it. So one whose data are `auto` is built again here, with the
preset that the data root calls for, before anybody looks at it.
"""

import linecache
import textwrap
from collections.abc import Iterator
from typing import Any

from absl import flags
from ml_collections import config_flags

from msk_jax.io import errors

AUTO = "auto"  # of `config.data.kind`
NAME = "config"  # of the flag
_REAL, _MADE = "ukb", "phantom"
_LONGEST = 200  # characters of an error's own words
_MODULE = f"{NAME}_config"  # what ml_collections calls a config file's module


class ArgumentError(ValueError):
  """What stands after the colon of `--config=file.py:name=value` is not understood; the message is for the user."""


def describe_mistake(error: BaseException) -> str:
  """Returns one line on an error that was raised within a config file, with the file's line; empty if none was."""
  for cause in reversed(list(_causes(error))):
    if isinstance(cause, ArgumentError):
      return str(cause)
    if isinstance(cause, SyntaxError):
      return _shown(cause, str(cause.filename), cause.lineno or 0, cause.msg)
    trace, place = cause.__traceback__, None
    while trace is not None:
      if trace.tb_frame.f_globals.get("__name__") == _MODULE:
        place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
      trace = trace.tb_next
    if place is not None:
      return _shown(cause, *place, str(cause))
  return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
  """Yields an error and the ones before it: flag libraries raise errors of their own over those of a config."""
  current: BaseException | None = error
  while current is not None:
    yield current
    current = current.__cause__ or current.__context__


def _shown(error: BaseException, file: str, number: int, text: str) -> str:
  line = linecache.getline(file, number).strip()
  said = textwrap.shorten(text, _LONGEST, placeholder=" ...")
  return f"{file}, line {number}: {type(error).__name__}: {said}, in the line: {line}"


def choose_preset(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Builds the config of the flag `--config` again where its data are `auto`: real data where a root is named.

  Raises:
    InputError: the command line names an empty root, or the config file can't be built with a preset.
  """
  if NAME not in flag_values:
    return
  flag: Any = flag_values[NAME]
  path, overrides = config_flags.get_config_filename(flag), config_flags.get_override_values(flag)
  kind = _kind_of(flag.value)
  if kind != AUTO and ("data.kind" not in overrides or _kind_of(flag.parser.parse(path)) != AUTO):
    return
  root = flag.value.data.root
  if not root and "data.root" in overrides:
    raise errors.InputError(
      "config.data.root is empty: name the folder that holds the data, or leave the option out for a phantom."
    )
  preset = _MADE if kind == _MADE or (kind == AUTO and not root) else _REAL
  path = _with_preset(path, preset)
  try:
    config = flag.parser.parse(path)
    config.update_from_flattened_dict(overrides)
  except Exception as error:  # whatever the user's file raises
    raise errors.InputError(
      f"--config={path} can't be built, and config.data.kind = {AUTO!r} needs that: "
      f"{describe_mistake(error) or type(error).__name__}"
    ) from error
  flag.value = config


def _kind_of(config: Any) -> str:
  return str(getattr(getattr(config, "data", None), "kind", ""))


def _with_preset(path: str, preset: str) -> str:
  """Returns `file.py:arguments` with a last argument that says the preset."""
  file, _, arguments = path.partition(":")
  return f"{file}:{','.join(part for part in (arguments, f'preset={preset}') if part)}"
