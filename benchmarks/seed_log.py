"""A file of each seed's numbers, so that a later call resumes."""

import json
import pathlib
from typing import Any


def read(log: pathlib.Path | None) -> dict[str, dict[str, Any]]:
  """Returns key to numbers of the seeds that are done."""
  if log is None or not log.exists():
    return {}
  lines = [json.loads(line) for line in log.read_text().splitlines()]
  return {line["key"]: line["scores"] for line in lines}


def append(log: pathlib.Path | None, key: str, scores: dict[str, Any]) -> None:
  """Adds a seed's numbers."""
  if log is not None:
    with log.open("a") as file:
      file.write(json.dumps({"key": key, "scores": scores}) + "\n")
