"""Starts commands for `commands`: imports once what they import, then each command is a fork of this process.

Called with a file descriptor and, where more than the usual is wanted, names of modules to import. Reads requests, one
line of JSON each, from its standard input: module, arguments, environment, files for what is printed, and under
`trouble` what a function of the tests shall do in the command's process before it begins. Answers on the descriptor,
with a line of JSON as soon as a command is started, and one when it has ended. Several commands can be at work.

What a fork must not inherit (threads, a JAX backend, flags of a binary) is not there before it.
"""

import atexit
import importlib
import json
import logging
import os
import runpy
import selectors
import sys
from collections.abc import Iterator

# For their import alone.
from msk_jax.biological_age import run as _ages  # noqa: F401
from msk_jax.ensembling import run as _ensemble  # noqa: F401
from msk_jax.evaluation import run as _evaluate  # noqa: F401
from msk_jax.inference import run as _predict  # noqa: F401
from msk_jax.preparation import prepare as _prepare  # noqa: F401
from msk_jax.scalar_models import run as _scalars  # noqa: F401
from msk_jax.simulated_predictions import predictions as _predictions  # noqa: F401
from msk_jax.training import experiment as _experiment  # noqa: F401

_REQUESTS = 0  # the standard input


def main() -> None:
  answers = int(sys.argv[1])
  for name in sys.argv[2:]:
    importlib.import_module(name)
  logging.root.handlers.clear()  # Orbax logs when it is imported: in a binary absl's handler is there by then
  watched = selectors.DefaultSelector()
  watched.register(_REQUESTS, selectors.EVENT_READ, None)
  for event in _events(watched):
    if isinstance(event, int):
      _, status, usage = os.wait4(event, 0)
      seconds = usage.ru_utime + usage.ru_stime
      _answer(answers, {"pid": event, "status": os.waitstatus_to_exitcode(status), "cpu_seconds": seconds})
      continue
    child = os.fork()
    if child == 0:
      os.close(answers)
      watched.close()
      _become(json.loads(event))
    watched.register(os.pidfd_open(child), selectors.EVENT_READ, child)
    _answer(answers, {"pid": child})


def _events(watched: selectors.DefaultSelector) -> Iterator[bytes | int]:
  """Yields requests, and the numbers of processes that have ended; ends with the last request."""
  read = b""
  while True:
    for key, _ in watched.select():
      if key.data is not None:
        watched.unregister(key.fd)
        os.close(key.fd)
        yield key.data
        continue
      more = os.read(_REQUESTS, 1 << 20)
      if not more:
        return
      *lines, read = (read + more).split(b"\n")
      yield from lines


def _answer(answers: int, value: dict) -> None:
  os.write(answers, f"{json.dumps(value)}\n".encode())


def _become(request: dict) -> None:
  """Runs a module as `python -m` does, in this process, which then ends."""
  for name, descriptor in (("stdout", 1), ("stderr", 2)):
    file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, descriptor)
    os.close(file)
  nothing = os.open(os.devnull, os.O_RDONLY)
  os.dup2(nothing, 0)
  os.environ.clear()
  os.environ.update(request["environment"])
  sys.argv = [request["module"], *request["arguments"]]
  status = 0
  try:
    if request.get("trouble"):
      module, _, function = request["trouble"]["function"].partition(":")
      getattr(importlib.import_module(module), function)(**request["trouble"]["arguments"])
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
  except SystemExit as error:
    status = error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error.code, str):
      sys.stderr.write(f"{error.code}\n")
  except BaseException:
    sys.excepthook(*sys.exc_info())
    status = 1
  atexit._run_exitfuncs()
  sys.stdout.flush()
  sys.stderr.flush()
  os._exit(status)


if __name__ == "__main__":
  main()
