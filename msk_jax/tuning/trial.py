"""A trial: settings, the folder of its training, and a note on how it stands."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any, Literal

from absl import logging

from msk_jax.io import atomic, json_files, run_record
from msk_jax.predictions import split_folder
from msk_jax.training import kept_preset

FOLDER = "trials"
NOTE_NAME = "trial.json"
_SCHEMA, _VERSION = "tuning_trial", 1
_KEY_LENGTH = 12

State = Literal["finished", "paused", "not begun", "diverged", "failed", "too large"]
FINISHED: State = "finished"
PAUSED: State = "paused"
NOT_BEGUN: State = "not begun"
DIVERGED: State = "diverged"
FAILED: State = "failed"
TOO_LARGE: State = "too large"


@dataclasses.dataclass(frozen=True)
class Trial:
  """Settings that are tried.

  Attributes:
    number: in this search; 0 is the config itself.
    changes: what differs from the config, by name.
    settled: the settings of its training.
    folder: of the trial; its training is in `fold_0` there.
    too_large: why it can't be trained; empty if it can.
  """

  number: int
  changes: Mapping[str, Any]
  settled: kept_preset.Settled
  folder: pathlib.Path
  too_large: str = ""

  @property
  def training_folder(self) -> pathlib.Path:
    """The folder of its training."""
    return self.folder / split_folder.name_of(self.settled.experiment.fold)

  def describe(self) -> str:
    """Returns what differs from the config, for people."""
    changes = [f"{name.partition('.')[2]} {value}" for name, value in self.changes.items()]
    return ", ".join(changes) or "the config's own settings"


def folder_of(search_folder: pathlib.Path, identity: Any) -> pathlib.Path:
  """Returns the folder of a trial.

  Args:
    search_folder: of the model's search.
    identity: JSON values: everything that determines the training but the data.
  """
  return search_folder / FOLDER / run_record.fingerprint(identity)[:_KEY_LENGTH]


@dataclasses.dataclass(frozen=True)
class Note:
  """How a trial stands after the last call that came to it.

  Attributes:
    state: see `State`.
    reason: why it is not finished; empty if it is.
    minutes: that calls have trained it, those that were killed left out.
    data: fingerprint of the data that it was trained on.
  """

  state: State = NOT_BEGUN
  reason: str = ""
  minutes: float = 0.0
  data: str = ""


def read_note(folder: pathlib.Path) -> Note:
  """Returns a trial's note; that of one not begun where there is none, or a damaged one (a warning says so)."""
  path = folder / NOTE_NAME
  try:
    values = json_files.read(path)
    if (values.pop("schema"), values.pop("version")) != (_SCHEMA, _VERSION):
      raise ValueError
    return Note(**values)
  except FileNotFoundError:
    return Note()
  except (OSError, ValueError, KeyError, TypeError, AttributeError):
    logging.warning(
      "%s is damaged, or of another version: its minutes do not count, and a trial that diverged is trained again", path
    )
    return Note()


def write_note(folder: pathlib.Path, note: Note) -> None:
  """Writes a trial's note, unless it is there."""
  if read_note(folder) != note:
    atomic.write_json(folder / NOTE_NAME, {"schema": _SCHEMA, "version": _VERSION, **dataclasses.asdict(note)})
