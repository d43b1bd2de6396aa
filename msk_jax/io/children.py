"""Programs that end when the process that started them dies, however it dies."""

import os
import signal
import sys
from collections.abc import Sequence

# Becomes the program, after it asked Linux for a signal when its parent dies (prctl's PR_SET_PDEATHSIG is 1). A
# function between fork and exec would do the same, but must not run beside threads.
_START = """
import ctypes, os, sys
try:
  ctypes.CDLL(None).prctl(1, int(sys.argv[2]))
except (AttributeError, OSError):
  pass
if os.getppid() != int(sys.argv[1]):  # it died before the kernel knew
  os._exit(137)
os.execvp(sys.argv[3], sys.argv[3:])
"""


def ending_with_us(command: Sequence[str], number: signal.Signals = signal.SIGKILL) -> list[str]:
  """Returns a command line that starts a program which gets a signal when this process is dead; on Linux alone.

  Args:
    command: the program's path and its arguments.
    number: the signal.
  """
  return [sys.executable, "-I", "-S", "-c", _START, str(os.getpid()), str(int(number)), *command]
