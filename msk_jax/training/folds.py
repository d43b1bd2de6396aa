"""Several splits of one model in one call, one after the other. Each has its own folder, record and checkpoints.

Whoever repeats a call while it pauses comes to an end. Each call trains some split by a step at least, even if its
budget is spent, and splits that failed in the last call come after the others: they can't take the others' time.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.imaging import views
from msk_jax.io import atomic, console, errors
from msk_jax.trained import processes
from msk_jax.training import command, experiment, pausing, spec

ALL = "all"


@dataclasses.dataclass(frozen=True)
class Ended:
  """How the splits of a call ended, by number.

  Attributes:
    finished: (result, folder).
    paused: why, and the scores so far.
    failed: the error, of this call or, for a split that this call did not come to again, of an earlier one.
    not_begun: other splits that the call did not come to.
  """

  finished: Mapping[int, tuple[dict[str, Any], pathlib.Path]]
  paused: Mapping[int, str]
  failed: Mapping[int, str]
  not_begun: Sequence[int]

  @property
  def can_continue(self) -> bool:
    """Whether the same call again would train further, whatever has failed."""
    return bool(self.paused or self.not_begun)


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
  has_trained = False
  marks = {k: _failure_mark(call, settings, k) for k in numbers}
  failed_before = {k for k, mark in marks.items() if processes.agree_on(int(mark.exists()))}
  for k in sorted(numbers, key=lambda k: (k in failed_before, k)):
    if processes.agree_on(int(_has_to_pause(call.budget, has_trained))):
      break
    logging.info("split %d (of %s)", k, ", ".join(map(str, numbers)))
    try:
      ended = experiment.run_in(call, dataclasses.replace(settings, fold=k))
    except errors.InputError as error:
      if not processes.is_alone():
        raise
      logging.error("split %d FAILED: %s", k, error)
      failed[k] = str(error)
      _note_failure(marks[k], error)
      continue
    if processes.is_first():
      marks[k].unlink(missing_ok=True)
    has_trained |= ended.has_trained
    if ended.result is not None:
      finished[k] = ended.result, ended.folder
      continue
    paused[k] = f"{ended.status.value}. {ended.so_far}".rstrip()
    break
  for k in failed_before - finished.keys() - paused.keys() - failed.keys():
    failed[k] = f"in an earlier call, and it was not tried again in this one: {_read_failure(marks[k])}"
    logging.error("split %d FAILED %s", k, failed[k])
  begun = finished.keys() | paused.keys() | failed.keys()
  return Ended(dict(sorted(finished.items())), paused, failed, [k for k in numbers if k not in begun])


def conclude(ended: Ended, num_splits: int) -> int:
  """Logs how the splits of a call ended, failed ones last; returns the exit status.

  While some split can be trained further it is that of a pause, whatever has failed.
  """
  for k, why in ended.paused.items():
    logging.warning("split %d is %s", k, why)
  if ended.can_continue:
    logging.warning(
      "%d of %d splits are finished; run the same command again to resume.", len(ended.finished), num_splits
    )
  if ended.failed:
    listed = ", ".join(map(str, sorted(ended.failed)))
    logging.error("%d of %d splits FAILED, see above: %s", len(ended.failed), num_splits, listed)
  return console.UNFINISHED if ended.can_continue else int(bool(ended.failed))


def _has_to_pause(budget: pausing.Budget, has_trained: bool) -> bool:
  """Returns whether no further split is begun; a spent budget ends a call only once it has made progress."""
  status = budget.exhausted
  return status is pausing.Status.TERMINATED or (status is not None and has_trained)


def _failure_mark(call: command.Call, settings: spec.ExperimentSpec, k: int) -> pathlib.Path:
  """Returns the file that holds the error of a split that failed when it was last tried."""
  folder = call.folder_of(dataclasses.replace(settings, fold=k))
  return folder.with_name(f".{folder.name}.failed")


def _note_failure(mark: pathlib.Path, error: errors.InputError) -> None:
  with contextlib.suppress(errors.InputError):  # it only changes the order of the next call's splits
    atomic.write_text(mark, str(error))


def _read_failure(mark: pathlib.Path) -> str:
  try:
    return mark.read_text(encoding="utf-8")
  except (OSError, UnicodeError):
    return "its error is not on record"
