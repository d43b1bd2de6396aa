"""Several splits of one model in one call, one after the other. Each has its own folder, record and checkpoints."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.imaging import views
from msk_jax.io import errors
from msk_jax.trained import processes
from msk_jax.training import command, experiment, spec

ALL = "all"


@dataclasses.dataclass(frozen=True)
class Ended:
  """How the splits of a call ended, by number.

  Attributes:
    finished: (result, folder).
    paused: why, and the scores so far.
    failed: the error.
    not_begun: splits that the call did not come to.
  """

  finished: Mapping[int, tuple[dict[str, Any], pathlib.Path]]
  paused: Mapping[int, str]
  failed: Mapping[int, str]
  not_begun: Sequence[int]


def parse(text: str, num_folds: int) -> list[int]:
  """Returns the splits that `--folds` names, in order.

  Args:
    text: `all`, or numbers with commas between them.
    num_folds: how many there are.

  Raises:
    InputError: it is neither, or a number is twice there or not that of a split.
  """
  if text == ALL:
    return list(range(num_folds))
  parts = [part.strip() for part in text.split(",")]
  numbers = [int(part) for part in parts if part.isdecimal()]
  if len(numbers) < len(parts) or len(set(numbers)) < len(numbers) or max(numbers) >= num_folds:
    raise errors.InputError(
      f"--folds={text}: give {ALL}, or numbers from 0 to {num_folds - 1}, each once, with commas between them, such as "
      "--folds=0,1,2."
    )
  return sorted(numbers)


def check(settings: spec.ExperimentSpec, numbers: Sequence[int], view: views.View, num_folds: int) -> None:
  """Checks settings and devices as `experiment.check` does.

  Raises:
    InputError: see there, or `config.fold` is given too.
  """
  if settings.fold:
    raise errors.InputError(f"--folds is given, and config.fold = {settings.fold} too: leave one of them out.")
  experiment.check(dataclasses.replace(settings, fold=numbers[0]), view, num_folds)


def run(call: command.Call, settings: spec.ExperimentSpec, numbers: Sequence[int]) -> Ended:
  """Trains and evaluates a model on several splits, or resumes it.

  A split that fails does not keep the others back. With several processes it does: they could disagree on whether it
  failed, and wait for each other.

  Args:
    call: its budget is that of all splits together.
    settings: of the model; the fold in it does not matter.
    numbers: the splits.

  Raises:
    InputError: one of several processes failed.
  """
  finished: dict[int, tuple[dict[str, Any], pathlib.Path]] = {}
  paused: dict[int, str] = {}
  failed: dict[int, str] = {}
  for k in numbers:
    if processes.agree_on(int(call.budget.exhausted is not None)):
      break
    logging.info("split %d (of %s)", k, ", ".join(map(str, numbers)))
    try:
      ended = experiment.run_in(call, dataclasses.replace(settings, fold=k))
    except errors.InputError as error:
      if not processes.is_alone():
        raise
      logging.error("split %d FAILED: %s", k, error)
      failed[k] = str(error)
      continue
    if ended.result is not None:
      finished[k] = ended.result, ended.folder
      continue
    paused[k] = f"{ended.status.value}. {ended.so_far}".rstrip()
    break
  begun = finished.keys() | paused.keys() | failed.keys()
  return Ended(finished, paused, failed, [k for k in numbers if k not in begun])
