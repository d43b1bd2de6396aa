"""Commands of the package as a person gives them, without the seconds that each needs to import what it uses.

For tests that ask what a command does. Tests of how a process starts, of signals or of encodings start a process.
"""

import atexit
import dataclasses
import functools
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

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
    command = server.start(module, arguments, variables, pathlib.Path(folder))
    return server.wait(command)


@dataclasses.dataclass(frozen=True)
class Command:
  """A command that has been started.

  Attributes:
    pid: its process.
    words: its command line.
    printed: `stdout` and `stderr` to their files.
  """

  pid: int
  words: tuple[str, ...]
  printed: dict[str, pathlib.Path]


class Ended(subprocess.CompletedProcess):
  """How a command ended, what it printed, and how much work it was."""

  def __init__(self, args: list[str], returncode: int, stdout: str, stderr: str, cpu_seconds: float):
    super().__init__(args, returncode, stdout, stderr)
    self.cpu_seconds = cpu_seconds


class Server:
  """`command_server`, with one environment for what JAX reads when it is imported."""

  def __init__(self, variables: Mapping[str, str], modules: Sequence[str] = ()):
    self._answers, end = os.pipe()
    self._read = b""
    self._ended: dict[int, dict[str, Any]] = {}
    self._process = subprocess.Popen(
      [sys.executable, "-m", "tests.command_server", str(end), *modules],
      cwd=_ROOT,
      env=dict(variables),
      pass_fds=(end,),
      stdin=subprocess.PIPE,
      text=True,
    )
    os.close(end)
    atexit.register(self._stop)

  def start(
    self,
    module: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    folder: pathlib.Path,
    trouble: Mapping[str, Any] | None = None,
  ) -> Command:
    """Starts `python -m msk_jax.<module>`.

    Args:
      module: the binary.
      arguments: of the command line.
      variables: of its environment.
      folder: where what it prints is kept.
      trouble: `function` (`module:name`) and `arguments` of what is called in its process first.
    """
    printed = {name: folder / name for name in ("stdout", "stderr")}
    request = {
      "module": f"msk_jax.{module}",
      "arguments": list(arguments),
      "environment": dict(variables),
      "trouble": trouble,
      **{name: str(path) for name, path in printed.items()},
    }
    self._process.stdin.write(json.dumps(request) + "\n")
    self._process.stdin.flush()
    while "status" in (answer := self._next(module)):
      self._ended[answer["pid"]] = answer
    return Command(answer["pid"], ("python", "-m", request["module"], *arguments), printed)

  def wait(self, command: Command) -> "Ended":
    """Returns how a command ended."""
    while command.pid not in self._ended:
      answer = self._next(" ".join(command.words))
      self._ended[answer["pid"]] = answer
    ended = self._ended.pop(command.pid)
    texts = {name: path.read_text(encoding="utf-8", errors="replace") for name, path in command.printed.items()}
    return Ended(list(command.words), ended["status"], **texts, cpu_seconds=ended["cpu_seconds"])

  def _next(self, what: str) -> dict[str, Any]:
    """Returns the next answer."""
    while b"\n" not in self._read:
      ready, _, _ = select.select([self._answers], [], [], _TIMEOUT_SECONDS)
      more = os.read(self._answers, 1 << 16) if ready else b""
      assert more, f"no answer to {what}"
      self._read += more
    line, _, self._read = self._read.partition(b"\n")
    return json.loads(line)

  def _stop(self) -> None:
    self._process.stdin.close()
    self._process.wait()
    os.close(self._answers)


@functools.cache
def _server(read_by_jax: tuple[tuple[str, str], ...]) -> Server:
  others = {name: value for name, value in os.environ.items() if not name.startswith(("JAX", "XLA"))}
  return Server({**others, **dict(read_by_jax)})
