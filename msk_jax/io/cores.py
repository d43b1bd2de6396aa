"""How many cores a process may use."""

import os


def usable() -> int:
  """Returns how many cores this process may run on, at least 1.

  Linux knows the share that a batch system or a container leaves to the process; elsewhere all cores count.
  """
  if hasattr(os, "sched_getaffinity"):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1
