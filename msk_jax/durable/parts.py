"""Which files of a workdir are mirrored, and the parts that they are mirrored in.

A part is mirrored whole or not at all: a split with its checkpoints (of a model, or of a trial of a search), a scalar
model with its splits, the images of a view, the maps of a model, any other folder of the workdir. Several calls may
share a durable folder if each writes parts of its own.

Not mirrored: `raw/` (the data root's, or a phantom, which is drawn again), `study/logs/` (what jobs print), folders
that no stage writes, and hidden files (locks, unfinished files, Snakemake's notes) but for the key of pseudonyms.
"""

import dataclasses
import os
import pathlib
from collections.abc import Iterator, Sequence

from msk_jax.io import leftovers, privacy

TOP = "."  # the part of the files that are in no folder
_MODELS, _TUNING, _SCALARS, _IMAGES, _ATTENTION = "models", "tuning", "scalars", "images", "attention"
_SPLIT = "fold_"
_DEPTH_OF_SCALAR_MODEL = 4  # models/scalars/<set>/<algorithm>
_CHECKPOINTS = "checkpoints"
_LOGS = "study/logs"
_UNFINISHED = "orbax-checkpoint-tmp"  # in the name of a checkpoint that is being written


@dataclasses.dataclass(frozen=True)
class Scope:
  """Which part of a workdir a call works with.

  Attributes:
    prefixes: folders, such as `cohort` or `models/knee/inception_v3`. Files of the folders around them count too, such
      as the list of models in `models/`, and files in no folder.
    resumed: folders of the trainings that the call resumes, such as `models/knee/inception_v3/fold_3`. It needs no
      other checkpoints, which are most of a model's bytes.
  """

  prefixes: tuple[str, ...]
  resumed: tuple[str, ...] = ()

  def holds(self, part: str) -> bool:
    """Returns whether the call works with a part, or with a folder in it."""
    return part == TOP or any(
      f"{part}/".startswith(f"{each}/") or each.startswith(f"{part}/") for each in self.prefixes
    )

  def needs(self, path: str) -> bool:
    """Returns whether a file of such a part is copied back: in a folder of the call, or in one around it."""
    if not self.holds(path.rpartition("/")[0] or TOP):
      return False
    is_resumed = any(path.startswith(f"{each}/") for each in self.resumed)
    return is_resumed or _CHECKPOINTS not in path.split("/")


def part_of(path: str) -> str:
  """Returns the part of a file, by its path in the workdir."""
  folders = path.split("/")[:-1]
  if not folders:
    return TOP
  if folders[0] == _IMAGES:
    return "/".join(folders[:2])
  if folders[0] == _ATTENTION:  # attention/<view>/<backbone>/<what it holds>
    return "/".join(folders[:-1] or folders)
  if folders[0] not in (_MODELS, _TUNING):
    return folders[0]
  if folders[:2] == [_MODELS, _SCALARS]:
    return "/".join(folders[:_DEPTH_OF_SCALAR_MODEL])
  for depth, name in enumerate(folders):
    if name.startswith(_SPLIT):
      return "/".join(folders[: depth + 1])
  return "/".join(folders)


def list_files(workdir: pathlib.Path, scope: Scope) -> dict[str, list[str]]:
  """Returns the paths in the workdir of the files that are mirrored, by part; only parts that the scope holds."""
  parts: dict[str, list[str]] = {}
  for path in _walk(workdir, scope):
    part = part_of(path)
    if scope.holds(part):
      parts.setdefault(part, []).append(path)
  return {part: sorted(paths) for part, paths in parts.items()}


def list_part(workdir: pathlib.Path, part: str) -> list[str]:
  """Returns the paths in the workdir of the files of one part."""
  return list_files(workdir, Scope((part,))).get(part, [])


def is_used(workdir: pathlib.Path) -> bool:
  """Returns whether the workdir has any file that would be mirrored."""
  return next(_walk(workdir, Scope(leftovers.FOLDERS)), None) is not None


def _walk(workdir: pathlib.Path, scope: Scope) -> Iterator[str]:
  if (workdir / privacy.KEY_FILE).is_file():
    yield privacy.KEY_FILE
  tops: Sequence[pathlib.Path] = [workdir / each for each in scope.prefixes if each.split("/")[0] in leftovers.FOLDERS]
  for top in tops:
    for place, folders, files in os.walk(top):
      folders[:] = [name for name in folders if _is_shown(name)]
      inner = pathlib.Path(place).relative_to(workdir)
      if inner.as_posix().startswith(_LOGS):
        continue
      yield from ((inner / name).as_posix() for name in files if _is_shown(name))
  for around in sorted({around for top in tops for around in top.relative_to(workdir).parents} - {pathlib.Path(TOP)}):
    files = (workdir / around).glob("*")
    yield from (path.relative_to(workdir).as_posix() for path in files if _is_shown(path.name) and path.is_file())


def _is_shown(name: str) -> bool:
  return not name.startswith(".") and _UNFINISHED not in name
