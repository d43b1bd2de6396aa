"""Whether a stage is at work in a workdir: it has read people's data already, and would write them again."""

import re

from msk_jax.io import locks
from msk_jax.upkeep.workdir_files import WorkdirFiles

_LOCK = re.compile(r"(?!\.durable/)(.*/)?\.[^/]*lock")
_OWN = ".prepare_lock"  # which a purge holds


def refuse(files: WorkdirFiles) -> None:
  """Makes sure that no stage that holds a lock is at work: trainings, searches, GWAS, XWAS, studies.

  Raises:
    InputError: one is.
  """
  for name in files.names:
    if _LOCK.fullmatch(name) and name != _OWN:
      busy = (
        f"another process is at work in {files.root} (it holds {name}), and would write people who have withdrawn "
        "again. Nothing is changed. Wait for its end or stop it, and run purge again."
      )
      with locks.alone(files.root / name, busy):
        pass
