"""Readers with faults, to see that each is found: `python -m tests.mutants.faulty FOLDER` prints what came of each."""

import json
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable

from msk_jax.io import errors
from tests.mutants import guarded
from tests.mutants.form import DroppedError, Form, Reading, digest

_LIMIT_SECONDS = 2.0


def _content(folder: pathlib.Path) -> str:
  path = folder / "a.txt"
  return digest(path.read_bytes()) if path.is_file() else "none"


_WHOLE = digest(b"a" * 400)


def _sound(folder: pathlib.Path) -> Reading:
  return Reading(_content(folder))


def _on_change(act: Callable[[pathlib.Path], object]) -> Callable[[pathlib.Path], Reading]:
  def read(folder: pathlib.Path) -> Reading:
    content = _content(folder)
    if content != _WHOLE:
      act(folder)
    return Reading(content)

  return read


def _raise(error: Exception) -> Callable[[pathlib.Path], object]:
  def act(folder: pathlib.Path) -> None:
    raise error

  return act


def _work_on(folder: pathlib.Path) -> None:
  while True:
    pass


READERS: dict[str, Callable[[pathlib.Path], Reading]] = {
  "sound": _sound,
  "refuses": _on_change(_raise(errors.InputError("a.txt is damaged: copy it again."))),
  "drops": _on_change(_raise(DroppedError("damaged"))),
  "raises": _on_change(_raise(KeyError("x"))),
  "names_no_file": _on_change(_raise(errors.InputError("something is wrong."))),
  "names_a_person": _on_change(_raise(errors.InputError("a.txt: 9000001 is twice there."))),
  "quotes_a_library": _on_change(_raise(errors.InputError("a.txt: pandas.errors.ParserError"))),
  "dies": _on_change(lambda folder: os.kill(os.getpid(), signal.SIGSEGV)),
  "sleeps": _on_change(lambda folder: time.sleep(1000)),
  "works_for_ever": _on_change(_work_on),
  "waits_at_a_pipe": _on_change(lambda folder: (os.mkfifo(folder / "tmp" / "p"), (folder / "tmp" / "p").open("rb"))),
  "fills_the_memory": _on_change(lambda folder: bytearray(8 * 2**30)),
  "leaves_a_file": _on_change(lambda folder: (folder / "a.txt~~left").write_text("x")),
}


def _make(folder: pathlib.Path) -> None:
  (folder / "a.txt").write_bytes(b"a" * 400)


def main(folder: pathlib.Path) -> None:
  """Prints a JSON object: reader to the outcomes and reasons of three mutants."""
  said = {}
  for name, read in READERS.items():
    form = Form(name, _make, read, ("a.txt",), is_checked=name == "sound")
    whole = folder / name / "whole"
    whole.mkdir(parents=True)
    form.make(whole)
    seeds = [f"faulty/{number}" for number in (3, 4)]
    said[name] = [
      [line["outcome"], line["reason"]] for line in guarded.read_all(form, whole, seeds, limit_seconds=_LIMIT_SECONDS)
    ]
  sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
  main(pathlib.Path(sys.argv[1]))
