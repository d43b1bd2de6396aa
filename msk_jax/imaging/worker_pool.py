"""Worker processes for units of untrusted work: a process that dies costs one item.

Python's own pools break as a whole when a worker is killed by a fault or by the kernel. Here each worker reports which
item it starts. If it dies, the unit is done again without that item.
"""

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Collection, Sequence
from multiprocessing import connection
from typing import Any, TypeVar

from msk_jax.io import errors

Unit = TypeVar("Unit")
# (unit, numbers of items to leave out, call before each item with its number) -> None
Work = Callable[[Unit, Collection[int], Callable[[int], None]], None]

_MOST_DEATHS_AT_START = 3


def run(units: Sequence[Unit], work: Work[Unit], workers: int, on_item: Callable[[], None]) -> None:
  """Does all units, in any order.

  Args:
    units: picklable.
    work: a function of a module (it is imported by the workers). Its results are files.
    workers: number of processes; 0 works in this process.
    on_item: called for each item started for the first time.

  Raises:
    InputError: passed on from a worker.
    RuntimeError: workers die before they begin, or work raises another exception.
  """
  if workers == 0:
    for unit in units:
      work(unit, frozenset(), lambda _: on_item())
    return
  context = multiprocessing.get_context("spawn")  # fork is unsafe once threads run, as they do under JAX
  waiting = list(reversed(range(len(units))))
  desks = [_Desk(context, work) for _ in range(min(workers, len(units)))]
  states = [_State() for _ in units]
  try:
    for desk in desks:
      _give_next(desk, waiting, units, states)
    while busy := {desk.pipe: desk for desk in desks if desk.unit is not None}:
      for pipe in connection.wait(list(busy)):
        _listen(busy[pipe], waiting, units, states, on_item)  # pyrefly: ignore[bad-index]
  finally:
    for desk in desks:
      desk.end()


class _State:
  """Progress of a unit: items started and items that killed a worker."""

  def __init__(self) -> None:
    self.started: set[int] = set()
    self.bad: set[int] = set()
    self.current: int | None = None
    self.deaths_at_start = 0


class _Desk:
  """A worker process and the pipe to it."""

  def __init__(self, context: Any, work: Work[Any]):
    self._context = context
    self._work = work
    self.unit: int | None = None
    self._start()

  def _start(self) -> None:
    self.pipe, theirs = self._context.Pipe()
    self.process = self._context.Process(target=_serve, args=(theirs, self._work), daemon=True)
    self.process.start()
    theirs.close()

  def renew(self) -> None:
    """Starts a new process in the place of a dead one."""
    self.end()
    self._start()

  def end(self) -> None:
    """Kills the process."""
    self.process.kill()
    self.process.join()
    self.pipe.close()


def _give_next(desk: _Desk, waiting: list[int], units: Sequence[Any], states: Sequence[_State]) -> None:
  desk.unit = waiting.pop() if waiting else None
  if desk.unit is not None:
    states[desk.unit].current = None
    with contextlib.suppress(OSError):  # a process that has died is noticed when listening
      desk.pipe.send((units[desk.unit], frozenset(states[desk.unit].bad)))


def _listen(
  desk: _Desk, waiting: list[int], units: Sequence[Any], states: Sequence[_State], on_item: Callable[[], None]
) -> None:
  assert desk.unit is not None
  state = states[desk.unit]
  try:
    kind, value = desk.pipe.recv()
  except (EOFError, OSError):
    _note_death(state)
    waiting.append(desk.unit)
    desk.renew()
    _give_next(desk, waiting, units, states)
    return
  if kind == "item":
    state.current = value
    if value not in state.started:
      state.started.add(value)
      on_item()
  elif kind == "done":
    _give_next(desk, waiting, units, states)
  elif kind == "input_error":
    raise errors.InputError(value)
  else:
    raise RuntimeError(f"a worker failed:\n{value}")


def _note_death(state: _State) -> None:
  if state.current is not None:
    state.bad.add(state.current)
    return
  state.deaths_at_start += 1
  if state.deaths_at_start >= _MOST_DEATHS_AT_START:
    raise RuntimeError(
      "worker processes die before they begin. Is memory short? Try fewer workers, or workers=0 to see the cause."
    )


def _serve(pipe: Any, work: Work[Any]) -> None:
  import traceback

  import cv2

  cv2.setNumThreads(1)  # the workers are the parallelism
  signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the workers
  while True:
    try:
      unit, bad = pipe.recv()
    except (EOFError, OSError):
      return  # the parent has ended
    try:
      work(unit, bad, lambda item: pipe.send(("item", item)))
      pipe.send(("done", None))
    except ConnectionError:
      return
    except errors.InputError as error:
      pipe.send(("input_error", str(error)))
    except Exception:
      pipe.send(("error", traceback.format_exc()))
