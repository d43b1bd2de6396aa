"""Return to the data's owner: everybody's ages, with a data dictionary, in a folder of their own.

The folder holds individual-level data. It is not part of the site, never passes its gate, and may go to the owner of
the data alone. UK Biobank asks for derived data as tables by eid with a description of every column.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.cohort import withdrawal_memory
from msk_jax.io import atomic, errors, one_analysis, outputs, run_record, tables
from msk_jax.predictions import model_names
from msk_jax.schemas import age_tables

_VERSION = 1  # raise it when the outputs change for equal inputs
_AGES = "ages"
_STAGE = "return_to_owner"
_SHARED = ("site", "release")  # folders of the workdir that may leave
_KEY = ("eid", "instance")
_COMMON = {"fold": "", "age_years": "years"}
_OF_MODEL = {
  "predicted_age_years": "age as the model predicts it",
  "biological_age_years": "predicted age after correction of the bias with age",
  "acceleration_years": "accelerated ageing: biological less chronological age; positive: ages faster",
}
_DESCRIPTIONS = {
  "eid": "participant, as in the application that the data were given for",
  "instance": "visit, as in the owner's tables: 0 first assessment, 2 first imaging, 3 second imaging",
  "fold": "which of the folds tests this participant: the models of this row were not trained on them",
  "age_years": "chronological age at the visit",
}
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


@dataclasses.dataclass(frozen=True)
class _Column:
  """A row of the data dictionary."""

  file: str
  column: str
  description: str
  unit: str
  type: str
  model: str
  num_values: int


def make_return(
  folder: pathlib.Path, workdir: pathlib.Path, withdrawn: Collection[str] = (), contact: str = ""
) -> pathlib.Path:
  """Writes the folder for the data's owner; returns it.

  Args:
    folder: its place, outside of all that may leave; all its own.
    workdir: holds the ages.
    withdrawn: people who have withdrawn; they are left out.
    contact: whom to ask, for the README.

  Raises:
    InputError: the folder is in or around one that may leave, or holds something else; no ages, or unfinished ones.
  """
  _check_place(folder, workdir)
  record = _read_record(workdir)
  sources = _sources(workdir)
  hashes = {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in sources.values()}
  hashes |= withdrawal_memory.hashes(workdir, withdrawn)
  settings = {"version": _VERSION, "contact": contact, "revision": record["git_revision"]}
  output = outputs.Output(_STAGE, folder, settings, hashes, "the return to the data's owner")
  outputs.make_folder(output, lambda temporary: _write(temporary, sources, frozenset(withdrawn), record, contact))
  return folder


def _write(
  folder: pathlib.Path,
  sources: Mapping[tuple[str, str], pathlib.Path],
  withdrawn: frozenset[str],
  record: Mapping[str, Any],
  contact: str,
) -> dict[str, Any]:
  """Fills the folder; returns counts for the run record."""
  folder.chmod(_FOLDER_MODE)
  described: list[_Column] = []
  num_rows: dict[str, int] = {}
  left_out: set[str] = set()
  for product in dict.fromkeys(product for product, _ in sources):
    name = f"ages_{product}.csv"
    models = {model: path for (of, model), path in sources.items() if of == product}
    wide, absent = _join(models, withdrawn)
    left_out |= absent
    _write_csv(folder / name, wide)
    num_rows[name] = len(wide)
    described += _describe(name, wide)
  dictionary = pd.DataFrame([dataclasses.asdict(each) for each in described])
  _write_csv(folder / "data_dictionary.csv", dictionary)
  atomic.write_text(folder / "README.md", _readme(num_rows, record, contact))
  (folder / "README.md").chmod(_FILE_MODE)
  if left_out:
    logging.info("left out: %d people who have withdrawn", len(left_out))
  return {"num_rows": num_rows, "num_withdrawn": len(left_out)}


def _join(models: Mapping[str, pathlib.Path], withdrawn: frozenset[str]) -> tuple[pd.DataFrame, set[str]]:
  """Returns the ages of all models beside each other, a row per sample, and who was left out of them."""
  wide: pd.DataFrame | None = None
  absent: set[str] = set()
  for model, path in models.items():
    ages = tables.read(path, age_tables.AGES)
    has_withdrawn = ages["eid"].isin(withdrawn)
    absent |= set(ages.loc[has_withdrawn, "eid"])
    ages = ages[~has_withdrawn].set_index(list(_KEY))
    common = ages[list(_COMMON)]
    own = ages[list(_OF_MODEL)].rename(columns={name: f"{name}__{_short(model)}" for name in _OF_MODEL})
    if wide is None:
      wide = common.join(own)
    else:
      beside = wide[list(_COMMON)].combine_first(common)
      wide = beside.join(wide.drop(columns=list(_COMMON))).join(own)
  assert wide is not None
  fold = wide["fold"].astype("Int64")
  return wide.assign(fold=fold).sort_index().reset_index(), absent


def _describe(file: str, table: pd.DataFrame) -> Iterator[_Column]:
  """Yields the rows of the data dictionary of a file."""
  for name in map(str, table):
    quantity, _, model = name.partition("__")
    unit = "years" if quantity.endswith("_years") else ""
    description = {**_DESCRIPTIONS, **_OF_MODEL}[quantity]
    is_whole = quantity in ("fold", "instance")
    kind = "text" if quantity == "eid" else "integer" if is_whole else "decimal"
    yield _Column(file, name, description, unit, kind, model.replace("__", "/"), int(table[name].notna().sum()))


def _short(model: str) -> str:
  """Returns a model's name in the name of a column."""
  return model.replace("/", "__")


def _write_csv(path: pathlib.Path, table: pd.DataFrame) -> None:
  atomic.write_text(path, table.to_csv(index=False, float_format="%.8g", lineterminator="\n"))
  path.chmod(_FILE_MODE)


def _sources(workdir: pathlib.Path) -> dict[tuple[str, str], pathlib.Path]:
  """Returns the tables of ages by product and model, models in order."""
  held: dict[str, dict[str, pathlib.Path]] = {}
  for folder in sorted(path for path in (workdir / _AGES).iterdir() if path.is_dir() and path.name != "figures"):
    paths = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.parquet")}
    held[folder.name] = {model: paths[model] for model in model_names.in_order(paths)}
  sources = {(product, model): path for product, models in held.items() for model, path in models.items()}
  if not sources:
    raise errors.InputError(f"{workdir / _AGES} holds no ages: run `python -m msk_jax.ages` with the same --workdir.")
  return sources


def _read_record(workdir: pathlib.Path) -> dict[str, Any]:
  """Returns the run record of the ages."""
  folder = workdir / _AGES
  record = run_record.read(folder)
  if record is None or run_record.damaged_files(folder):
    raise errors.InputError(
      f"{folder} is missing, unfinished or damaged: run `python -m msk_jax.ages` again, with the same --workdir."
    )
  one_analysis.check(workdir, [one_analysis.Result(_AGES, "ages", record)])
  return record


def _check_place(folder: pathlib.Path, workdir: pathlib.Path) -> None:
  """Refuses a folder in, around or equal to one that may leave, and one that holds something else."""
  place = folder.resolve()
  for name in _SHARED:
    shared = (workdir / name).resolve()
    if place == shared or shared in place.parents or place in shared.parents:
      raise errors.InputError(
        f"--return_to_owner={folder} is in or around {shared}, which may leave: it holds everybody's ages. Give a "
        "folder of its own, outside of the workdir if possible."
      )
  record = run_record.read(folder) if folder.is_dir() else None
  if folder.is_dir() and any(folder.iterdir()) and (record is None or record["stage"] != _STAGE):
    raise errors.InputError(f"--return_to_owner={folder} holds something else: give a folder that is new or empty.")


def _readme(num_rows: Mapping[str, int], record: Mapping[str, Any], contact: str) -> str:
  lines = [
    "# Ages for the data's owner",
    "",
    "**Individual-level data: for the data's owner alone.** Do not put this folder beside results that are shared.",
    "",
    *(f"- `{name}`: {rows:,} rows, each a participant at a visit." for name, rows in num_rows.items()),
    "- `data_dictionary.csv`: every column of these files: description, unit, type, model, number of values.",
    "",
    "`ages_sample` has each visit, `ages_participant` a row per participant with visits averaged. An empty field: the",
    "model has no prediction for the visit. People who have withdrawn are left out. All predictions are of test folds.",
    "",
    f"Made by msk_jax {record['msk_jax']}, ages of {str(record['written'])[:10]}.",
  ]
  return "\n".join([*lines, *([f"Contact: {contact}"] if contact else []), ""])
