"""Trainings as a benchmark runs them: one call of `msk_jax.train` each, kept in a log by all that determines them."""

import dataclasses
import hashlib
import json
import pathlib
import subprocess
import sys
import time
from typing import Any

from msk_jax.io import atomic, run_record
from msk_jax.predictions import split_folder

_ROOT = pathlib.Path(__file__).resolve().parents[1]


@dataclasses.dataclass(frozen=True)
class Training:
  """One training.

  Attributes:
    name: in tables.
    settings: arguments of `train` that determine the result.
    places: arguments that say where things are; another place gives the same result.
    folder: of the split that it writes.
    data_hash: of what it is trained on; empty where the settings say it.
  """

  name: str
  settings: tuple[str, ...]
  places: tuple[str, ...]
  folder: pathlib.Path
  data_hash: str = ""

  @property
  def key(self) -> str:
    """What determines the result, but for the program's revision, which `finish` notes beside the scores."""
    return json.dumps({"name": self.name, "train": list(self.settings), "data": self.data_hash[:12]})

  @property
  def command(self) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "msk_jax.train", *self.settings, *self.places]


def finish(training: Training) -> dict[str, Any]:
  """Trains, or resumes, and returns minutes over all calls, revision, `result` and the epochs' `log`.

  Minutes are None where those of an earlier call can't be read.

  Raises:
    SystemExit: the training has not ended.
  """
  spent_file = training.folder.parent / f".minutes_{training.folder.name}.json"
  spent = _read_minutes(spent_file)
  began = time.perf_counter()
  try:
    status = subprocess.run(training.command, cwd=_ROOT, check=False).returncode
  finally:
    spent.append((time.perf_counter() - began) / 60)
    atomic.write_json(spent_file, spent)
  if status:
    raise SystemExit(f"the training ended with status {status}: the same command again resumes it")
  known = [minutes for minutes in spent if minutes is not None]
  return {"minutes": sum(known) if len(known) == len(spent) else None, **read(training.folder)}


def format_minutes(minutes: float | None) -> str:
  """Returns the minutes of `finish` for a table."""
  return "unknown" if minutes is None else f"{minutes:.1f}"


def _read_minutes(file: pathlib.Path) -> list[float | None]:
  """Returns the minutes of earlier calls; [None] if they can't be read."""
  try:
    minutes = json.loads(file.read_text(encoding="utf-8"))
  except FileNotFoundError:
    return []
  except (OSError, ValueError):
    minutes = None
  if isinstance(minutes, list) and all(isinstance(each, float | None) for each in minutes):
    return minutes
  print(f"{file} is damaged: the minutes of earlier calls are unknown", file=sys.stderr)
  return [None]


def read(folder: pathlib.Path) -> dict[str, Any]:
  """Returns `revision`, `result` and `log` of a finished split."""
  record = run_record.read(folder)
  return {
    "revision": record["git_revision"] if record else "unknown",
    "result": json.loads((folder / split_folder.RESULT_NAME).read_text()),
    "log": [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()],
  }


def hash_folder(folder: pathlib.Path) -> str:
  """Returns a hash of the names and contents of all files in a folder."""
  digest = hashlib.sha256()
  for name in run_record.list_files(folder):
    digest.update(f"{name} {run_record.hash_file(folder / name)}\n".encode())
  return digest.hexdigest()
