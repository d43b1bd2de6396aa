"""Clears what killed processes left unfinished, so that nobody's data stay in files that no program looks at."""

import os
import pathlib
import time
from collections.abc import Iterable, Iterator

from absl import logging

from msk_jax.io import atomic, owner

_OTHERS_AFTER_SECONDS = 24 * 3600.0
FOLDERS = (
  *("cohort", "images", "qc", "models", "predictions", "ensembles", "performance", "ages", "gwas", "loci", "release"),
  *("xwas", "attention", "site", "study", "tuning"),
)


def clear(
  folders: Iterable[pathlib.Path],
  *,
  beside: Iterable[pathlib.Path] = (),
  others: bool = False,
  here: owner.Owner | None = None,
) -> int:
  """Removes unfinished files and folders of processes that are dead; says what is left of other hosts.

  Args:
    folders: looked through at all depths.
    beside: folders whose own entries are looked at, without going deeper.
    others: whether those of other hosts are removed too, once they are a day old. Such processes can't be seen from
      here, and may be alive.
    here: this process; another one in tests.

  Returns:
    How many were removed.
  """
  return _clear(_partials(folders, beside), here or owner.Owner.current(), others=others)


def _clear(partials: Iterable[pathlib.Path], here: owner.Owner, *, others: bool) -> int:
  removed = left = 0
  for path in partials:
    process = atomic.owner_of(path)
    is_foreign = process is not None and process.is_elsewhere(here)
    try:
      if atomic.is_deserted(path, here) or (is_foreign and others and _age_seconds(path) > _OTHERS_AFTER_SECONDS):
        atomic.remove(path)
        removed += 1
      else:
        left += is_foreign
    except FileNotFoundError:  # finished just now
      pass
    except OSError as error:
      logging.warning("could not remove an unfinished file in %s: %s", path.parent, error.strerror)
  if removed:
    logging.info("removed %d unfinished files of processes that are dead", removed)
  if left:
    logging.warning(
      "%d unfinished files of processes on other hosts are left. If those are dead, --clear_partials_of_other_hosts "
      "removes what is older than 24 hours.",
      left,
    )
  return removed


def clear_workdir(workdir: pathlib.Path, *, others: bool = False, here: owner.Owner | None = None) -> int:
  """Clears everything that this program writes in a workdir but its phantom, which `simulation.cohort` clears."""
  return clear([workdir / name for name in FOLDERS], beside=[workdir], others=others, here=here)


def clear_outputs(paths: Iterable[pathlib.Path], *, others: bool = False) -> int:
  """Clears what was to become one of these files or folders."""
  paths = list(paths)
  starts = tuple(f".{path.name}" for path in paths)
  return _clear(
    (path for path in _partials((), {path.parent for path in paths}) if path.name.startswith(starts)),
    owner.Owner.current(),
    others=others,
  )


def _age_seconds(path: pathlib.Path) -> float:
  """Returns how far a file's date is from now, also of one of the future: its clock was set back since."""
  return abs(time.time() - path.lstat().st_mtime)


def _partials(folders: Iterable[pathlib.Path], beside: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
  for folder in beside:
    if folder.is_dir():
      yield from [path for path in folder.iterdir() if atomic.is_partial(path.name)]
  for top in folders:
    for place, below, files in os.walk(top):
      yield from (pathlib.Path(place, name) for name in (*below, *files) if atomic.is_partial(name))
      below[:] = [name for name in below if not atomic.is_partial(name)]
