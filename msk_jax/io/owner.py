"""Which process a file belongs to, and whether that process is dead: for unfinished files and for locks.

A process number alone says little: numbers are used again, and on a shared file system those of another machine look
dead. So an owner is host, boot, space of process numbers (a container has its own), number and time of start.
"""

import dataclasses
import os
import pathlib
import platform
import re

_PROC = pathlib.Path("/proc")
_MARK = "~"  # between the parts of a tag, none of which holds it
_NUM_PARTS = 5
_ENDED = ("Z", "X")  # states of processes that are over and not yet forgotten
_START_FIELD = 19  # of /proc/<pid>/stat after the command's closing bracket: start in clock ticks since boot


@dataclasses.dataclass(frozen=True)
class Owner:
  """A process.

  Attributes:
    host: the machine's name.
    boot: names the time since the machine was last started; empty where the system does not tell.
    space: names the space of process numbers; empty where the system does not tell.
    pid: the process number.
    start: when it started, in the system's ticks; 0 where the system does not tell.
  """

  host: str
  boot: str
  space: str
  pid: int
  start: int

  @classmethod
  def current(cls) -> "Owner":
    """Returns this process."""
    pid = os.getpid()
    return cls(
      re.sub(r"[^A-Za-z0-9.-]", "-", platform.node() or "unknown"), _boot(), _space(), pid, _start_of(pid) or 0
    )

  @property
  def tag(self) -> str:
    """The owner as part of a file's name: `node7~433434e24091~4026531836~812~5512`."""
    return _MARK.join((self.host, self.boot, self.space, str(self.pid), str(self.start)))

  @classmethod
  def from_tag(cls, tag: str) -> "Owner | None":
    """Returns whom `tag` made a text of; None if it did not."""
    parts = tag.split(_MARK)
    if len(parts) != _NUM_PARTS or not (parts[3].isdecimal() and parts[4].isdecimal()):
      return None
    return cls(parts[0], parts[1], parts[2], int(parts[3]), int(parts[4]))

  def is_elsewhere(self, here: "Owner") -> bool:
    """Returns whether it can't be seen from `here` if this process is alive: another host, or another container."""
    return self.host != here.host or (self.boot == here.boot and self.space != here.space)

  def is_dead(self, here: "Owner") -> bool:
    """Returns whether it is known to be dead, as seen by the process `here`; never for one that is elsewhere."""
    if self.is_elsewhere(here):
      return False
    started = _start_of(self.pid)
    return self.boot != here.boot or started is None or (0 not in (started, self.start) and started != self.start)


def is_dead_pid(pid: int, since: float) -> bool:
  """Returns whether the process that had this number on this machine at the time `since` is dead.

  Args:
    pid: a process number on this machine.
    since: seconds since the epoch.
  """
  ticks = _start_of(pid)
  if not ticks:
    return ticks is None
  booted = re.search(r"^btime (\d+)", (_PROC / "stat").read_text(), re.MULTILINE)
  return booted is not None and int(booted[1]) + ticks / os.sysconf("SC_CLK_TCK") > since + 1


def _start_of(pid: int) -> int | None:
  """Returns when a process started, in ticks; 0 where the system does not tell, None if there is no such process."""
  try:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return None if fields[0] in _ENDED else int(fields[_START_FIELD])
  except (OSError, ValueError, IndexError):
    pass
  try:
    os.kill(pid, 0)
  except (ProcessLookupError, OverflowError):
    return None
  except OSError:  # another user's
    pass
  return 0


def _boot() -> str:
  try:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")[:12]
  except OSError:
    return ""


def _space() -> str:
  try:
    return re.sub(r"\D", "", str((_PROC / "self/ns/pid").readlink()))
  except OSError:
    return ""
