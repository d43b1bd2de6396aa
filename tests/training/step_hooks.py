"""Lets a test act before the steps of a training, look at its states, or change them."""

import copy
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from msk_jax.input import pipeline
from msk_jax.training import command, state


def interrupt_at(patch: pytest.MonkeyPatch, number: int, sent: signal.Signals) -> None:
  """Makes trainings send themselves a signal just before step `number`."""
  original = pipeline.training_batches

  def training_batches(stream: Any, start_step: int, sharing: Any) -> "_Batches":
    return _Batches(original(stream, start_step, sharing), start_step, number, sent)

  patch.setattr(pipeline, "training_batches", training_batches)


class _Batches(Iterator):
  """Batches that send this process a signal before they give that of one step."""

  def __init__(self, batches: Any, start_step: int, number: int, sent: signal.Signals):
    self._batches, self._step, self._number, self._sent = batches, start_step, number, sent

  def __next__(self) -> Any:
    self._step += 1
    if self._step == self._number:
      os.kill(os.getpid(), self._sent)
    return next(self._batches)

  def close(self) -> None:
    self._batches.close()


def observe_states(patch: pytest.MonkeyPatch, look: Callable[[state.TrainState], None]) -> None:
  """Calls `look` with the state before each step of trainings."""
  _wrap_step(patch, lambda step, current, *rest: (look(current), step(current, *rest))[1])


def change_state(
  patch: pytest.MonkeyPatch, change: Callable[[state.TrainState], state.TrainState], at: int | None = None
) -> None:
  """Changes the state that step `at`, or every step, of trainings leaves."""

  def train_step(step: Callable, current: state.TrainState, *rest: Any) -> tuple[state.TrainState, Any]:
    number = int(current.step) + 1
    after, metrics = step(current, *rest)
    return change(after) if at in (None, number) else after, metrics

  _wrap_step(patch, train_step)


def _wrap_step(patch: pytest.MonkeyPatch, train_step: Callable) -> None:
  make_program = command.Program

  def wrapped(*arguments: Any) -> Any:
    program = copy.copy(make_program(*arguments))
    step = program.train_step
    program.train_step = lambda *of_step: train_step(step, *of_step)
    return program

  patch.setattr(command, "Program", wrapped)
