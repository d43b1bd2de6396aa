"""Runs a program that is held through standard input: `python -m msk_jax.launching.leash PROGRAM ARGUMENTS`.

`t` on standard input, or its end, sends the program SIGTERM, upon which a training writes its checkpoint; `k` kills it.
So a program on any host can be stopped, and does not outlive its starter or the connection to it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from msk_jax.io import children

STOP, KILL = b"t", b"k"
_STDIN = 0


def main(program: Sequence[str]) -> int:
  """Runs the program; returns its exit status, 128 and the signal's number if one ended it."""
  line = children.ending_with_us(program, signal.SIGTERM)
  with subprocess.Popen(line, stdin=subprocess.DEVNULL, start_new_session=True) as process:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
      signal.signal(number, lambda *_: process.terminate())
    threading.Thread(target=_hold, args=(process,), daemon=True).start()
    status = process.wait()
  return 128 - status if status < 0 else status


def _hold(process: subprocess.Popen) -> None:
  while data := os.read(_STDIN, 1):  # not sys.stdin: its lock must be free when the interpreter ends
    if data == KILL:
      process.kill()
    elif data == STOP:
      process.terminate()
  process.terminate()


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
