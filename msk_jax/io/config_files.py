"""Config files of a binary: mistakes in one are shown with their line; the preset `auto` is chosen after all flags.

A config can't see what the command line changes in it. So a config whose data are `auto` is built again here, with the
preset that the data root calls for, before a stage reads it.
"""

import difflib
import linecache
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ml_collections
from absl import flags
from ml_collections import config_flags

from msk_jax.io import errors, renamed

AUTO = "auto"  # of `config.data.kind`
NAME = "config"  # of the flag
_REAL, _MADE = "ukb", "phantom"
_LONGEST = 200  # characters of an error's own words
_MODULE = f"{NAME}_config"  # what ml_collections calls a config file's module


class ArgumentError(ValueError):
  """An argument after the colon of `--config=file.py:name=value` is not understood; the message is for the user."""


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


def describe_unknown_key(argv: Sequence[str], default: str, renamed_keys: Mapping[str, str]) -> str:
  """Returns one line on the first override `--config.x=y` whose key the config does not have; empty if there is none.

  Args:
    argv: the command line.
    default: the config file, if the command line names none.
    renamed_keys: old keys to new ones (see `renamed`).
  """
  path = path_in(argv) or default
  config: Any = config_flags.config_flags.ConfigFileFlagParser(NAME).parse(path)
  for argument in argv:
    match = re.match(rf"--?(?:no)?{NAME}\.([^=\[]+)", argument)
    if match is None or match[1] in _all_keys(config):
      continue
    key = match[1]
    section, _, name = key.rpartition(".")
    if key.partition(".")[0] in renamed_keys:
      old = key.partition(".")[0]
      return renamed.describe_key(old, renamed_keys[old])
    similar = _similar_keys(config, section, name)
    advice = f"did you mean {' or '.join(f'{NAME}.{each}' for each in similar)}?" if similar else "see that file."
    return f"there is no {NAME}.{key} in the config {path}: {advice}"
  return ""


def path_in(argv: Sequence[str]) -> str:
  """Returns the last value of `--config` on a command line, empty if there is none."""
  path = ""
  for index, argument in enumerate(argv):
    name, equals, value = argument.partition("=")
    if name in (f"-{NAME}", f"--{NAME}"):
      path = value if equals else "".join(argv[index + 1 : index + 2])
  return path


def _all_keys(config: ml_collections.ConfigDict) -> set[str]:
  """Returns the dotted keys of all sections and settings."""
  keys = set()
  for name, value in config.items():
    keys.add(name)
    if isinstance(value, ml_collections.ConfigDict):
      keys |= {f"{name}.{key}" for key in _all_keys(value)}
  return keys


def _similar_keys(config: ml_collections.ConfigDict, section: str, name: str) -> list[str]:
  """Returns keys that may be meant: of the same name, or a new name of it, in any section; else of a similar name."""
  keys = sorted(_all_keys(config))
  siblings = [key for key in keys if key.rpartition(".")[0] == section]
  names = [name, renamed.ARGUMENTS.get(name)]
  for choice in (siblings, keys):
    if same := [key for key in choice if key.rpartition(".")[2] in names]:
      return same
  for choice in (siblings, keys):
    if close := difflib.get_close_matches(name, {key.rpartition(".")[2] for key in choice}, n=1):
      return [key for key in choice if key.rpartition(".")[2] in close]
  return []


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
