"""Worker processes that measure on request, one per contestant, so that each has its own threads and environment.

A worker is a Python module that calls `serve`. Requests and answers are lines of JSON on its standard input and output.
What libraries print goes to standard error. Between requests a worker is stopped (SIGSTOP), because threads that spin
while they wait for work would take time from the others.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_TAIL_CHARACTERS = 2000  # of a failed worker's messages


class WorkerError(RuntimeError):
  """A worker failed; the message holds the end of what it printed."""


class Worker:
  """A process that answers requests; use as a context manager."""

  def __init__(
    self,
    name: str,
    module: str,
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    python: str = sys.executable,
  ):
    """Starts `python -m module` with `settings` as JSON; does not wait for it.

    Args:
      name: for messages.
      module: whose main calls `serve`.
      settings: given to it.
      environment: variables set on top of this process's.
      python: the interpreter.
    """
    self.name = name
    self._messages = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - closed in `close`
    self._process = subprocess.Popen(
      [python, "-m", module, json.dumps(settings)],
      cwd=_ROOT,
      env={**os.environ, **environment},
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      stderr=self._messages,
      text=True,
      bufsize=1,
    )

  def send(self, **request: Any) -> None:
    """Lets the worker run and asks it; `receive` waits for the answer."""
    assert self._process.stdin is not None
    try:
      self._process.send_signal(signal.SIGCONT)
      self._process.stdin.write(json.dumps(request) + "\n")
    except OSError as error:
      raise WorkerError(self._failure()) from error

  def receive(self) -> Any:
    """Returns the answer and stops the worker.

    Raises:
      WorkerError: it has ended.
    """
    assert self._process.stdout is not None
    line = self._process.stdout.readline()
    if not line:
      raise WorkerError(self._failure())
    self._process.send_signal(signal.SIGSTOP)
    return json.loads(line)

  def ask(self, **request: Any) -> Any:
    """Returns the answer to one request; the worker is stopped before and after."""
    self.send(**request)
    return self.receive()

  def close(self) -> None:
    """Ends the process."""
    self._process.kill()  # also ends a stopped process
    self._process.wait()
    for stream in (self._process.stdin, self._process.stdout, self._messages):
      assert stream is not None
      try:
        stream.close()
      except BrokenPipeError:
        continue

  def __enter__(self) -> "Worker":
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def _failure(self) -> str:
    status = self._process.wait()
    self._messages.seek(0)
    return f"{self.name} ended with status {status}:\n{self._messages.read()[-_TAIL_CHARACTERS:]}"


def serve(build: Callable[[dict[str, Any]], Mapping[str, Callable[..., Any]]]) -> None:
  """Runs the worker's side: builds the answers' functions from the settings, then answers until the input ends.

  Args:
    build: from the settings of `Worker` to functions by request: `{"do": name, ...arguments}` calls one.
  """
  answers = os.fdopen(os.dup(1), "w", buffering=1)
  os.dup2(2, 1)  # what libraries print must not mix with the answers
  functions = build(json.loads(sys.argv[1]))
  for line in sys.stdin:
    request = json.loads(line)
    answers.write(json.dumps(functions[request.pop("do")](**request)) + "\n")
