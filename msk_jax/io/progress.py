"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from absl import logging

_LINE_EVERY_SECONDS = 15.0

Advance = Callable[..., None]


@contextlib.contextmanager
def track(what: str, total: int, unit: str, start: int = 0) -> Iterator[Advance]:
  """Shows how far a long piece of work is, its speed and the time left.

  Args:
    what: the work, as shown: `reading zips`.
    total: units of work in all.
    unit: what is counted: `zips`.
    start: units already done by an earlier run; they do not count for the speed.

  Yields:
    advance(n=1, note=''): call it after every n units, with an optional short note to show.
  """
  if sys.stderr.isatty():
    with _bar(what, total, unit, start) as advance:
      yield advance
  else:
    with _lines(what, total, unit, start) as advance:
      yield advance


def format_seconds(seconds: float) -> str:
  """Returns `1:02:03` or `2:03`, rounded to seconds."""
  minutes, second = divmod(round(max(seconds, 0.0)), 60)
  hours, minute = divmod(minutes, 60)
  return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


@contextlib.contextmanager
def _bar(what: str, total: int, unit: str, start: int) -> Iterator[Advance]:
  from rich import console, progress

  columns = (
    progress.TextColumn("{task.description}"),
    progress.BarColumn(),
    progress.MofNCompleteColumn(),
    progress.TextColumn("{task.fields[speed]}"),
    progress.TimeRemainingColumn(),
    progress.TextColumn("{task.fields[note]}"),
  )
  began, done = time.monotonic(), start
  with progress.Progress(*columns, console=console.Console(stderr=True)) as bar:
    task = bar.add_task(what, total=total, completed=start, speed="", note="")

    def advance(n: int = 1, note: str = "") -> None:
      nonlocal done
      done += n
      speed = (done - start) / max(time.monotonic() - began, 1e-9)
      bar.update(task, advance=n, speed=f"{speed:.1f} {unit}/s", note=note)

    yield advance


@contextlib.contextmanager
def _lines(what: str, total: int, unit: str, start: int) -> Iterator[Advance]:
  began, done, last = time.monotonic(), start, time.monotonic()

  def advance(n: int = 1, note: str = "") -> None:
    nonlocal done, last
    done += n
    now = time.monotonic()
    if now - last < _LINE_EVERY_SECONDS and done < total:
      return
    last = now
    speed = (done - start) / max(now - began, 1e-9)
    left = format_seconds((total - done) / speed) if speed > 0 else "?"
    logging.info("%s: %d of %d %s, %.1f %s/s, %s left %s", what, done, total, unit, speed, unit, left, note)

  yield advance
