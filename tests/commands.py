"""Commands of the package as a person gives them, without the seconds that each needs to import what it uses.

For tests that ask what a command does. Tests of how a process starts, of signals or of encodings start a process.
"""

import atexit
import functools
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_TIMEOUT_SECONDS = 900
_HIDDEN = ("MSK_DATA", "JAX_NUM_CPU_DEVICES")  # of the tests' own environment


def environment(**changes: str) -> dict[str, str]:
  """Returns the variables of a command: those of the tests, but for data and devices, and `changes`."""
  return {name: value for name, value in os.environ.items() if name not in _HIDDEN} | changes


def run(module: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
  """Runs `python -m msk_jax.<module>` in the project's folder, in a process of its own.

  Args:
    module: the binary.
    *arguments: of the command line.
    **changes: variables of its environment.
  """
  variables = environment(**changes)
  server = _server(tuple(sorted((name, value) for name, value in variables.items() if name.startswith(("JAX", "XLA")))))
  with tempfile.TemporaryDirectory() as folder:
    files = {name: str(pathlib.Path(folder) / name) for name in ("stdout", "stderr")}
    request = {"module": f"msk_jax.{module}", "arguments": arguments, "environment": variables, **files}
    status = server.ask(request)
    printed = {name: pathlib.Path(path).read_text(encoding="utf-8") for name, path in files.items()}
  return subprocess.CompletedProcess(["python", "-m", request["module"], *arguments], status, **printed)


class _Server:
  """`command_server`, with one environment for what JAX reads when it is imported."""

  def __init__(self, variables: dict[str, str]):
    self._answers, end = os.pipe()
    self._process = subprocess.Popen(
      [sys.executable, "-m", "tests.command_server", str(end)],
      cwd=_ROOT,
      env=variables,
      pass_fds=(end,),
      stdin=subprocess.PIPE,
      text=True,
    )
    os.close(end)
    atexit.register(self._stop)

  def ask(self, request: dict) -> int:
    """Returns the exit status of a command."""
    self._process.stdin.write(json.dumps(request) + "\n")
    self._process.stdin.flush()
    ready, _, _ = select.select([self._answers], [], [], _TIMEOUT_SECONDS)
    answer = os.read(self._answers, 100) if ready else b""
    assert answer, f"no answer to {request['module']} {request['arguments']}"
    return int(answer)

  def _stop(self) -> None:
    self._process.stdin.close()
    self._process.wait()
    os.close(self._answers)


@functools.cache
def _server(read_by_jax: tuple[tuple[str, str], ...]) -> _Server:
  others = {name: value for name, value in os.environ.items() if not name.startswith(("JAX", "XLA"))}
  return _Server({**others, **dict(read_by_jax)})
