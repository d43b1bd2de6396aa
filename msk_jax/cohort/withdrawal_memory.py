"""The withdrawals that a workdir remembers, as keyed hashes, so that it keeps no id of theirs.

A list that was given to one call counts in all later ones. With the workdir's key one can test an id; nobody can read
the ids.
"""

import hmac
import pathlib
from collections.abc import Collection, Iterable
from typing import Any

from msk_jax.io import atomic, errors, ids, json_files, privacy
from msk_jax.schemas import cohort_tables

FILE_NAME = "withdrawn.json"
_SCHEMA, _VERSION = "withdrawn", 1
_CHECKED = "key"  # its hash tells whether the file was written with the workdir's key


def remember(workdir: pathlib.Path, people: Iterable[str]) -> None:
  """Adds people to `cohort/withdrawn.json`.

  Raises:
    InputError: see `recall`.
  """
  known = _read(workdir)
  key = privacy.load_key(workdir)
  everybody = known | {_hash(eid, key) for eid in people}
  if everybody != known:
    _write(workdir, everybody, key)


def keep_only(workdir: pathlib.Path, people: Iterable[str]) -> int:
  """Forgets whoever is not among these people; returns how many were forgotten.

  Raises:
    InputError: see `recall`.
  """
  known = _read(workdir)
  if not known:
    return 0
  key = privacy.load_key(workdir)
  kept = known & {_hash(eid, key) for eid in people}
  if kept:
    _write(workdir, kept, key)
  else:
    _path(workdir).unlink()
  return len(known - kept)


def recall(workdir: pathlib.Path, eids: Iterable[str]) -> frozenset[str]:
  """Returns which of these people the workdir knows to have withdrawn.

  Raises:
    InputError: the file is of another version, damaged, or of another key than the workdir's.
  """
  known = _read(workdir)
  if not known:
    return frozenset()
  key = privacy.load_key(workdir)
  return frozenset(eid for eid in map(str, eids) if _hash(eid, key) in known)


def hashes(workdir: pathlib.Path, withdrawn: Collection[str]) -> dict[str, str]:
  """Returns a run record's inputs on people left out: one keyed hash, or nothing where there are none."""
  if not withdrawn:
    return {}
  return {"withdrawn": _digest("\n".join(sorted(withdrawn)), privacy.load_key(workdir))}


def _path(workdir: pathlib.Path) -> pathlib.Path:
  return workdir / cohort_tables.FOLDER / FILE_NAME


def _read(workdir: pathlib.Path) -> frozenset[str]:
  path = _path(workdir)
  if not path.exists():
    return frozenset()
  try:
    record: dict[str, Any] = json_files.read(path)
    is_known = (record["schema"], record["version"]) == (_SCHEMA, _VERSION)
    key_check, people = record["key_check"], frozenset(record["people"])
  except (OSError, ValueError, KeyError, TypeError) as error:
    raise _unusable(path, f"is damaged ({type(error).__name__})") from None
  if not is_known:
    raise _unusable(path, "is of another version of this program")
  if key_check != _hash(_CHECKED, privacy.load_key(workdir)):
    raise _unusable(path, "belongs to another key than this workdir's (was the hidden file .pseudonym_key not copied?)")
  return people


def _write(workdir: pathlib.Path, people: Collection[str], key: bytes) -> None:
  record = {"schema": _SCHEMA, "version": _VERSION, "key_check": _hash(_CHECKED, key), "people": sorted(people)}
  atomic.write_json(_path(workdir), record)


def _unusable(path: pathlib.Path, why: str) -> errors.InputError:
  return errors.InputError(
    f"{path}, which remembers who has withdrawn, {why}. Copy both from the workdir that they belong "
    "to; or remove the file and give all lists again with --withdrawn."
  )


def _hash(eid: str, key: bytes) -> str:
  return _digest(ids.plain(eid), key)


def _digest(text: str, key: bytes) -> str:
  return hmac.digest(key, b"withdrawn " + text.encode(), "sha256").hex()
