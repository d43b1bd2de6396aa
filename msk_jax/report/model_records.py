"""What is on record of each model: settings, versions, and how its folds ended; never about a single person."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from msk_jax.io import errors, run_record

_FOLDER = "models"
_RESULT, _CARD = "result.json", "model.json"


@dataclasses.dataclass(frozen=True)
class ModelRecord:
  """A model, as its first fold and all folds' results say.

  Attributes:
    settings: by dotted name, of the run record; empty where there is none.
    versions: of the program, and of packages, that the run record names.
    revision: of the program; empty where there is no record.
    results: of each fold, in their order.
    preset: what the model's card says of settings that the number of images called for; empty without one.
    started_from: what the backbone's first weights came from, the latest first, in words; empty for random ones.
    data: kind of data, e.g. `ukb`; empty where nothing says.
  """

  settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
  revision: str = ""
  results: tuple[Mapping[str, Any], ...] = ()
  preset: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  started_from: tuple[str, ...] = ()
  data: str = ""


def read(workdir: pathlib.Path) -> tuple[dict[str, ModelRecord], dict[str, str]]:
  """Returns the models of a workdir by name, and hashes of the files that were read by path in the workdir.

  Raises:
    InputError: a file can't be read.
  """
  records: dict[str, ModelRecord] = {}
  hashes: dict[str, str] = {}
  base = workdir / _FOLDER
  folders = sorted({path.parents[1] for path in base.rglob(f"fold_*/{_RESULT}")})
  for folder in folders:
    folds = sorted(folder.glob("fold_*"), key=lambda path: path.name)
    paths = [path for fold in folds if (path := fold / _RESULT).exists()]
    records[folder.relative_to(base).as_posix()] = _record_of(folder, paths)
    beside = [folds[0] / _CARD, folds[0] / run_record.FILE_NAME, folder / run_record.FILE_NAME]
    for path in (*paths, *(path for path in beside if path.exists())):
      hashes[path.relative_to(workdir).as_posix()] = run_record.hash_file(path)
  return records, hashes


def _record_of(folder: pathlib.Path, results: list[pathlib.Path]) -> ModelRecord:
  read_results = tuple(map(_read_json, results))
  first = results[0].parent
  record = run_record.read(first) or run_record.read(folder) or {}
  card = _read_json(first / _CARD) if (first / _CARD).exists() else {}
  packages = {name: version for name, version in record.get("packages", {}).items() if version != "not installed"}
  return ModelRecord(
    settings=run_record.flatten(record.get("settings", {})),
    versions={"msk_jax": record["msk_jax"], **packages} if record else {},
    revision=str(record.get("git_revision", "")),
    results=read_results,
    preset=card.get("preset") or {},
    started_from=tuple(_origin_in_words(origin) for origin in card.get("started_from") or ()),
    data=str(read_results[0].get("data", "")),
  )


def _origin_in_words(origin: Mapping[str, Any]) -> str:
  about = [
    text
    for text in (
      f"trained on {origin['data']} data" if origin.get("data") else "",
      f"people: {str(origin.get('people', 'unknown')).replace('_', ' ')}",
    )
    if text
  ]
  return f"{pathlib.PurePath(str(origin['name'])).as_posix()} ({', '.join(about)})"


def _read_json(path: pathlib.Path) -> dict[str, Any]:
  try:
    return dict(json.loads(path.read_text(encoding="utf-8")))
  except (OSError, ValueError, TypeError) as error:
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): it is damaged. Run the stage that wrote it again."
    ) from None
