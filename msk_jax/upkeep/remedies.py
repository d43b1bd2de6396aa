"""Which command makes a file of a workdir again."""

import pathlib
import shlex

from msk_jax.cohort import source
from msk_jax.io import errors
from msk_jax.stage_table import STAGES

_OF_PREPARE = ("cohort", "images", "qc")
_CONFIGS = {"ukb": "ukb", "folder": "folder", "table": "nhanes"}  # of `prepare`, by the kind of data


def run_again(place: str, root: pathlib.Path) -> str:
  """Returns the command that makes a file or folder again, `place` being its path in the workdir."""
  return f"run `{command(place, root)}` again"


def remove_and_run(place: str, root: pathlib.Path, removed: str = "") -> str:
  """Returns the advice to remove a file or folder first, because its stage would take it for whole."""
  return f"remove {removed or place} and run `{command(place, root)}` again"


def command(place: str, root: pathlib.Path) -> str:
  """Returns the command that makes a file or folder."""
  return f"python -m msk_jax.{stage_of(place, root)} {_arguments(place, root)}--workdir={shlex.quote(str(root))}"


def stage_of(place: str, root: pathlib.Path) -> str:
  """Returns the name of the stage that writes a file or folder."""
  top = place.partition("/")[0]
  if top in _OF_PREPARE or place.startswith("."):
    return "prepare"
  writers = [
    (folder, stage.name) for stage in STAGES for folder in stage.writes if f"{place}/".startswith(folder) and folder
  ]
  if top == "models" and _kind_of_data(root) == "simulated":
    return "simulate_predictions"
  known = [(folder, name) for folder, name in writers if name != "simulate_predictions"]
  return max(known, key=lambda each: len(each[0]))[1] if known else "study"


def _arguments(place: str, root: pathlib.Path) -> str:
  """Returns the arguments that name a network and its fold, or the kind of data; else nothing."""
  stage, parts = stage_of(place, root), pathlib.PurePosixPath(place).parts
  if stage == "prepare":
    return f"--config=configs/{_CONFIGS.get(_kind_of_data(root), 'knee')}.py "
  if stage == "train" and len(parts) > 2:
    fold = next((part.removeprefix("fold_") for part in parts if part.startswith("fold_")), "")
    named = parts[1 : parts.index(f"fold_{fold}") if fold else None]
    view = f"view={named[1]}," if len(named) > 2 else ""
    split = f",fold={fold}" if fold else ""
    return f"--config=configs/{named[0]}.py:{view}backbone={named[-1]}{split} "
  if stage == "attention" and len(parts) > 2:
    names = [part for part in parts[1:] if part not in ("maps", "overlays", "group_means", "credibility", "run.json")]
    return f"--config=configs/attention.py:view={'/'.join(names[: 2 if len(names) > 2 else 1])} "
  return ""


def _kind_of_data(root: pathlib.Path) -> str:
  try:
    return (source.read(root) or {"kind": ""})["kind"]
  except errors.InputError:
    return ""
