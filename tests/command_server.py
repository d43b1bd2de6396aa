"""Starts commands for `commands.run`: imports once what they import, then each command is a fork of this process.

Reads requests, one line of JSON each, from its standard input; answers with an exit status on the file descriptor that
it is called with. What a fork must not inherit (threads, a JAX backend, flags of a binary) is not there before it.
"""

import atexit
import json
import logging
import os
import runpy
import sys

# For their import alone.
from msk_jax.biological_age import run as _ages  # noqa: F401
from msk_jax.ensembling import run as _ensemble  # noqa: F401
from msk_jax.evaluation import run as _evaluate  # noqa: F401
from msk_jax.inference import run as _predict  # noqa: F401
from msk_jax.preparation import prepare as _prepare  # noqa: F401
from msk_jax.scalar_models import run as _scalars  # noqa: F401
from msk_jax.simulated_predictions import predictions as _predictions  # noqa: F401
from msk_jax.training import experiment as _experiment  # noqa: F401


def main() -> None:
  answers = int(sys.argv[1])
  logging.root.handlers.clear()  # Orbax logs when it is imported: in a binary absl's handler is there by then
  for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
      os.close(answers)
      _become(request)
    _, status = os.waitpid(child, 0)
    os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())


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
