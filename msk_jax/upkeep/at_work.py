"""Whether a stage is at work in a workdir: it has read people's data already, and would write them again."""

import pathlib
import re

from msk_jax.io import locks, presence
from msk_jax.upkeep.workdir_files import WorkdirFiles

_LOCK = re.compile(r"(?!\.durable/)(.*/)?\.[^/]*lock")
_OWN = (".prepare_lock", presence.DOOR)  # which a purge holds


def refuse(files: WorkdirFiles) -> None:
  """Makes sure that no stage that writes about people, and no study, is at work.

  Raises:
    InputError: one is.
  """
  for name in files.names:
    if _LOCK.fullmatch(name) and name not in _OWN:
      stage = presence.stage_of(pathlib.PurePosixPath(name).name)
      who = f"the stage {stage}" if stage else f"another process, which holds {name},"
      busy = (
        f"{who} is at work in {files.root}, and would write people who have withdrawn again. Nothing is changed. Wait "
        "for its end or stop it, and run purge again."
      )
      with locks.alone(files.root / name, busy):
        pass
