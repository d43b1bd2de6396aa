"""What is on record of each model: settings, versions, and how its folds ended; never about a single person."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from msk_jax.io import errors, json_files, run_record

_FOLDER = "models"
_OF_A_FOLD = ("fold",)  # settings that differ between folds and should
_NOT_SET = "not set"
_RESULT, _CARD = "result.json", "model.json"


@dataclasses.dataclass(frozen=True)
class ModelRecord:
  """A model, as all its folds say; where these differ, their different values are in one text.

  Attributes:
    settings: by dotted name, of the run records; empty where there are none.
    versions: of the program, and of packages, that the run records name.
    revision: of the program; empty where there is no record.
    results: of each fold, in their order.
    presets: what the folds' cards say of settings that the number of images called for; empty without one.
    started_from: what the backbone's first weights came from, the latest first, in words; empty for random ones.
    data: kind of data, e.g. `ukb`; empty where nothing says.
  """

  settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
  revision: str = ""
  results: tuple[Mapping[str, Any], ...] = ()
  presets: tuple[Mapping[str, Any], ...] = ()
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
    beside = [fold / name for fold in folds for name in (_CARD, run_record.FILE_NAME)]
    beside.append(folder / run_record.FILE_NAME)
    for path in (*paths, *(path for path in beside if path.exists())):
      hashes[path.relative_to(workdir).as_posix()] = run_record.hash_file(path)
  return records, hashes


def _record_of(folder: pathlib.Path, results: list[pathlib.Path]) -> ModelRecord:
  read_results = tuple(map(_read_json, results))
  places = [result.parent for result in results]
  records = [record for place in places if (record := run_record.read(place))]
  records = records or [record for record in [run_record.read(folder)] if record]
  cards = [_read_json(place / _CARD) for place in places if (place / _CARD).exists()]
  settings = {name: value for name, value in _joined(records, "settings").items() if name not in _OF_A_FOLD}
  return ModelRecord(
    settings=settings,
    versions=_join([_versions(record) for record in records]),
    revision=_text([str(record.get("git_revision", "")) for record in records]),
    results=read_results,
    presets=_different([card["preset"] for card in cards if card.get("preset")]),
    started_from=_different([text for card in cards for text in map(_origin_in_words, card.get("started_from") or ())]),
    data=_text([str(result.get("data", "")) for result in read_results]),
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


def _versions(record: Mapping[str, Any]) -> dict[str, str]:
  packages = {name: version for name, version in record.get("packages", {}).items() if version != "not installed"}
  return {"msk_jax": str(record["msk_jax"]), **packages}


def _joined(records: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
  return _join([run_record.flatten(record.get(name, {})) for record in records])


def _join(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
  """Returns each key's value; where folds differ, the different ones as a text."""
  joined: dict[str, Any] = {}
  for key in dict.fromkeys(key for fold in folds for key in fold):
    different: list[Any] = []
    for fold in folds:
      if (value := fold.get(key, _NOT_SET)) not in different:
        different.append(value)
    joined[key] = different[0] if len(different) == 1 else f"differs between folds: {'; '.join(map(str, different))}"
  return joined


def _different(values: Sequence[Any]) -> tuple[Any, ...]:
  """Returns the different ones of some values, in their order."""
  return tuple(value for place, value in enumerate(values) if value not in values[:place])


def _text(values: Sequence[str]) -> str:
  return "; ".join(dict.fromkeys(values))


def _read_json(path: pathlib.Path) -> dict[str, Any]:
  try:
    return json_files.read(path)
  except (OSError, ValueError) as error:
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): it is damaged. Run the stage that wrote it again."
    ) from None
