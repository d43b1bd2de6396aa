"""A file of each seed's numbers, so that a later call resumes."""

import contextlib
import json
import multiprocessing
import pathlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def read(log: pathlib.Path | None) -> dict[str, dict[str, Any]]:
  """Returns key to numbers of the seeds that are done; half a line, which a kill leaves, is named and skipped."""
  if log is None or not log.exists():
    return {}
  done = {}
  for number, line in enumerate(log.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
    try:
      of_seed = json.loads(line)
      done[of_seed["key"]] = of_seed["scores"]
    except (ValueError, TypeError, KeyError):
      print(f"{log}: line {number} is damaged: its seed is run again", file=sys.stderr)
  return done


def append(log: pathlib.Path | None, key: str, scores: dict[str, Any]) -> None:
  """Adds a seed's numbers."""
  if log is not None:
    begins_line = not log.exists() or log.read_bytes()[-1:] in (b"", b"\n")
    with log.open("a", encoding="utf-8") as file:
      file.write(("" if begins_line else "\n") + json.dumps({"key": key, "scores": scores}) + "\n")


def complete(
  tasks: Mapping[str, Any],
  score: Callable[[Any], dict[str, Any]],
  log: pathlib.Path | None,
  done: dict[str, dict[str, Any]],
  num_workers: int = 1,
) -> None:
  """Scores the tasks that are not done; adds each one's numbers to those that are, and to the log.

  Args:
    tasks: key to task.
    score: from a task to its numbers; with several workers a function of a module.
    log: see `read`.
    done: from `read`.
    num_workers: processes.
  """
  waiting = {key: task for key, task in tasks.items() if key not in done}
  context = multiprocessing.get_context("spawn")
  with context.Pool(num_workers) if num_workers > 1 else contextlib.nullcontext() as pool:
    scores = pool.imap(score, waiting.values()) if pool else map(score, waiting.values())
    for key, numbers in zip(waiting, scores, strict=True):
      done[key] = numbers
      append(log, key, numbers)
