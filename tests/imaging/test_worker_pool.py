"""Worker processes: all units are done, and an item that kills a worker is left out."""

import os
import pathlib
import signal
from collections.abc import Callable, Collection

import pytest

from msk_jax.imaging import worker_pool
from msk_jax.io import errors

Unit = tuple[str, list[str]]  # a file to write, and what to do one after the other


def work(unit: Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  """Writes which items were done; dies on `die`."""
  path, items = unit
  done = []
  for number, item in enumerate(items):
    if number in bad:
      done.append("left out")
      continue
    starts(number)
    if item == "die":
      os.kill(os.getpid(), signal.SIGSEGV)
    if item == "full":
      raise errors.InputError("the disk is full")
    if item == "bug":
      raise ZeroDivisionError("a bug")
    done.append(item)
  pathlib.Path(path).write_text(" ".join(done))


def die_at_once(unit: Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  """Dies before any item."""
  os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_costs_the_item_it_was_at(tmp_path: pathlib.Path) -> None:
  plans = [["a", "die", "b", "die"], ["c"], ["d", "e"], ["die"]]
  units = [(str(tmp_path / str(i)), plan) for i, plan in enumerate(plans)]
  started = []
  worker_pool.run(units, work, 2, lambda: started.append(1))
  assert [(tmp_path / str(i)).read_text() for i in range(4)] == ["a left out b left out", "c", "d e", "left out"]
  assert len(started) == 8  # each item once, however often it was tried


def test_without_workers_the_same_work_is_done_here(tmp_path: pathlib.Path) -> None:
  started = []
  worker_pool.run([(str(tmp_path / "0"), ["a", "b"])], work, 0, lambda: started.append(1))
  assert (tmp_path / "0").read_text() == "a b" and len(started) == 2


def test_errors_come_back(tmp_path: pathlib.Path) -> None:
  with pytest.raises(errors.InputError, match="the disk is full"):
    worker_pool.run([(str(tmp_path / "0"), ["full"])], work, 1, lambda: None)
  with pytest.raises(RuntimeError, match="ZeroDivisionError"):
    worker_pool.run([(str(tmp_path / "0"), ["bug"])], work, 1, lambda: None)


def test_workers_that_never_begin_do_not_loop_for_ever(tmp_path: pathlib.Path) -> None:
  with pytest.raises(RuntimeError, match="die before they begin"):
    worker_pool.run([(str(tmp_path / "0"), ["a"])], die_at_once, 1, lambda: None)
