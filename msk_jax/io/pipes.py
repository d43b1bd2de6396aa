"""What happens to a program whose output nobody reads any more: `python -m msk_jax.prepare | head`."""

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

_GONE = (errno.EPIPE, errno.EIO)  # a pipe without a reader, a terminal that was closed


class _ClosedPipe(BaseException):
  """Nobody reads the output; no `except Exception` on the way may take it for a fault of its own."""


@contextlib.contextmanager
def guarded(*, continues: bool) -> Iterator[None]:
  """Ends the process as any program in a closed pipe (status 141), or lets it continue without output.

  Args:
    continues: whether the work is worth more than its output.
  """
  sys.stdout, sys.stderr = _Stream(sys.stdout, continues=continues), _Stream(sys.stderr, continues=continues)
  try:
    try:
      yield
    finally:
      sys.stdout.flush()
      sys.stderr.flush()
  except _ClosedPipe:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)


class _Stream:
  """Standard output or error."""

  def __init__(self, stream: IO[str], *, continues: bool):
    self._stream, self._continues = stream, continues

  def write(self, text: str) -> int:
    """Writes as the stream itself."""
    return self._try(self._stream.write, text)

  def writelines(self, lines: list[str]) -> None:
    """Writes as the stream itself."""
    self._try(self._stream.writelines, lines)

  def flush(self) -> None:
    """Flushes as the stream itself."""
    self._try(self._stream.flush)

  def __getattr__(self, name: str) -> Any:
    return getattr(self._stream, name)

  def _try(self, call: Callable, *arguments: Any) -> Any:
    try:
      return call(*arguments)
    except OSError as error:
      if error.errno not in _GONE:
        raise
      if not self._continues:
        raise _ClosedPipe from None
      nowhere = os.open(os.devnull, os.O_WRONLY)
      os.dup2(nowhere, self._stream.fileno())
      os.close(nowhere)
      return 0
