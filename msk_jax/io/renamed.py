"""Config keys and arguments of earlier versions, and what they are called now.

Each stage's settings used to be at the top of its config; now they are in a section that has the stage's name.
"""

from collections.abc import Mapping

_BOOTSTRAPS = ("num_bootstraps", "bootstrap_unit", "seed", "has_figures")
_FLAT = {
  "phantom": (
    "num_participants",
    "seed",
    "imaged_fraction",
    "repeat_imaging_fraction",
    "missing_value_fraction",
    "max_flawed_fraction",
    "flaws",
    "nuisance",
    "noise",
    "has_images",
  ),
  "ensemble": ("inputs", "cases", "stacking", "num_trials", "num_inner_folds", "seed"),
  "evaluate": _BOOTSTRAPS,
  "ages": (*_BOOTSTRAPS, "bias_mode"),
  "simulate_predictions": ("num_participants", "seed", "repeat_imaging_fraction", "scalars", "num_folds"),
}

# Stage to its config's old keys to their new ones.
KEYS: Mapping[str, Mapping[str, str]] = {
  stage: {name: f"{stage}.{name}" for name in names} for stage, names in _FLAT.items()
}

# Old arguments (after the colon of `--config=file.py:name=value`) to the new ones.
ARGUMENTS: Mapping[str, str] = {
  "bootstraps": "num_bootstraps",
  "clustered": "bootstrap_unit",
  "bias": "bias_mode",
  "people": "num_participants",
}
_VALUES = {"clustered": {"true": "participant", "1": "participant", "false": "row", "0": "row"}}


def describe_key(old: str, new: str) -> str:
  """Returns the message on a config key of an earlier version."""
  return f"config.{old} is now config.{new}: give --config.{new}."


def describe_file(file: str, old: str, new: str, example: str) -> str:
  """Returns the message on a config file of an earlier version.

  Args:
    file: the config file.
    old: one of its keys.
    new: the key's new name.
    example: a config file of this version.
  """
  section = new.partition(".")[0]
  return (
    f"{file}: this config file is of an earlier version. config.{old} is now config.{new}: in the file, put all "
    f"settings into a section {section!r}, as {example} does."
  )


def describe_argument(name: str, value: str) -> str:
  """Returns the message on an argument of an earlier version, one of `ARGUMENTS`.

  Args:
    name: the old argument.
    value: what was given for it; `true` for the bare name.
  """
  new = _VALUES.get(name, {}).get(value.lower(), value)
  return f"config argument {name!r} is now {ARGUMENTS[name]!r}: write {ARGUMENTS[name]}={new}."
