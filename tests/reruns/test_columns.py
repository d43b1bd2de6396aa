"""Every column of every table that a stage reads, one cell changed: what a rerun does is what README.md says.

The hashes of the run records are compared, no stage is run.
"""

import pathlib
from collections.abc import Callable, Mapping

import pandas as pd
import pytest

from msk_jax.cohort import source
from msk_jax.ensembling import gather
from msk_jax.imaging import store
from msk_jax.io import errors, outputs, run_record, tables
from msk_jax.predictions import pooled_rows, pooled_table, split_table
from msk_jax.preparation import layout
from msk_jax.preparation.spec import DataSpec
from msk_jax.scalar_models import data as scalar_data
from msk_jax.schemas import cohort_tables, image_tables, prediction_tables
from msk_jax.training import data as training_data
from tests.ensembling import workdir as ensemble_workdir
from tests.predictions import pooled_cohort
from tests.preparation import raw_data
from tests.reruns import reading
from tests.tabular import scalar_cohort
from tests.training import cohort as training_cohort

Hashes = Callable[[], Mapping[str, str]]
_COHORT = {
  "participants": ("cohort/participants.parquet", cohort_tables.PARTICIPANTS),
  "visits": ("cohort/visits.parquet", cohort_tables.VISITS),
  "folds": ("cohort/folds.parquet", cohort_tables.FOLDS),
}
_OTHER = {"eid": "9999999x", "side": "right", "sha256": "0" * 64, "ethnicity": 3001, "part": "test"}


def _verb(hashes: Hashes, before: Mapping[str, str]) -> str:
  try:
    after = hashes()
  except errors.InputError:
    return "refused"
  return "same" if run_record.fingerprint(dict(before)) == run_record.fingerprint(dict(after)) else "noticed"


def _change(table: pd.DataFrame, column: str, row: int) -> pd.DataFrame:
  """Returns the table with another value in one cell."""
  changed = table.copy()
  value = table[column].iat[row]
  other = _OTHER[column] if column in _OTHER else (1 - value if column == "sex" else value + 1)
  if other == value:
    other = "left" if column == "side" else "validation"
  changed.loc[changed.index[row], column] = other
  return changed


def _columns(path: pathlib.Path, schema: tables.Schema, hashes: Hashes, row: int = 0) -> dict[str, str]:
  """Changes a table's columns one by one, and puts the table back."""
  table, extra, before = tables.read(path, schema), tables.read_extra(path, schema), hashes()
  found = {}
  for column in schema.columns:
    tables.write(path, _change(table, column, row), schema, extra)
    found[column] = _verb(hashes, before)
  tables.write(path, table, schema, extra)
  assert _verb(hashes, before) == "same"
  return found


def _of_cohort(workdir: pathlib.Path, hashes: Hashes, names=tuple(_COHORT)) -> dict[str, str]:
  found = {}
  for name in names:
    path, schema = _COHORT[name]
    found |= {f"{name}.{column}": verb for column, verb in _columns(workdir / path, schema, hashes).items()}
  return found


def _train(workdir: pathlib.Path) -> dict[str, str]:
  training_cohort.write_workdir(workdir)

  def hashes():
    return training_data.load(training_cohort.experiment(), training_cohort.VIEW, workdir).hashes

  index = _columns(workdir / "images/knee" / store.INDEX_NAME, image_tables.IMAGE_INDEX, hashes)
  return _of_cohort(workdir, hashes) | {f"image_index.{column}": verb for column, verb in index.items()}


def _scalars(workdir: pathlib.Path) -> dict[str, str]:
  scalar_cohort.write_workdir(workdir)

  def hashes():
    return scalar_data.load(workdir, "body").hashes

  path = workdir / "cohort/scalars/body.parquet"
  schema = cohort_tables.scalars(["waist_cm", "noise_cm"])
  measured = _columns(path, schema, hashes)
  return _of_cohort(workdir, hashes) | {f"scalars/<set>.{column}": verb for column, verb in measured.items()}


def _ensemble(workdir: pathlib.Path) -> dict[str, str]:
  ensemble_workdir.write(workdir, num_people=30)

  def hashes():
    return gather.Cohort(workdir).hashes | outputs.hash_files(workdir, gather.list_tables(workdir, "knee/one"))

  path = workdir / "models/knee/one/fold_1" / split_table.FILE_NAME
  read = _columns(path, prediction_tables.PREDICTIONS, hashes)
  return _of_cohort(workdir, hashes) | {f"predictions.{column}": verb for column, verb in read.items()}


def _evaluate(workdir: pathlib.Path) -> dict[str, str]:
  pooled_cohort.write_workdir(workdir, {"knee/one": 4.0}, n=30)

  def hashes():
    return pooled_rows.hash_inputs(workdir)

  path = pooled_table.path_of(workdir, "sample", "knee/one")
  read = _columns(path, prediction_tables.PREDICTIONS, hashes)
  found = {f"predictions.{column}": verb for column, verb in read.items()}
  source.write(workdir, {"kind": "ukb", "root": "/a"})
  before = hashes()
  for name in ("kind", "root"):
    source.write(workdir, {"kind": "ukb", "root": "/a", name: "folder"})
    found[f"source.{name}"] = _verb(hashes, before)
  return _of_cohort(workdir, hashes, ("participants", "visits")) | found


_STAGES = {"train": _train, "scalars": _scalars, "ensemble": _ensemble, "evaluate and ages": _evaluate}


def test_columns_of_the_workdirs_tables(tmp_path):
  by_stage = {name: ask(tmp_path / name.split()[0]) for name, ask in _STAGES.items()}
  names = dict.fromkeys(name for found in by_stage.values() for name in found)
  found = {name: {stage: verbs.get(name, "not read") for stage, verbs in by_stage.items()} for name in names}
  reading.compare("columns", found)
  for name, row in reading.read("columns").items():
    assert "same" not in row.values() or row["why"], name


@pytest.mark.parametrize("row", [1, 30])
def test_a_cell_of_any_raw_table_is_noticed(tmp_path, row):
  """Also of columns that are not read: another file, another cohort."""
  root = raw_data.make_ukb(tmp_path / "ukb")
  spec = DataSpec(kind="ukb", root=str(root))

  def hashes():
    return layout.find(spec, root, tmp_path / "work").hashes()

  before, path = hashes(), root / "tables/ukb1.csv"
  lines = path.read_text().splitlines()
  for column in range(len(raw_data.HEADER.split(","))):
    cells = lines[row].split(",")
    cells[column] += "1"
    path.write_text("\n".join([*lines[:row], ",".join(cells), *lines[row + 1 :]]) + "\n")
    assert _verb(hashes, before) == "noticed", column
  path.write_text("\n".join(lines) + "\n")
  assert _verb(hashes, before) == "same"
  for name in ("w1_20240101.csv", "ukb_rel.dat"):
    text = (root / name).read_text()
    (root / name).write_text(text[:-2] + "7\n")
    assert _verb(hashes, before) == "noticed", name
    (root / name).write_text(text)
  assert _verb(hashes, before) == "same"


def test_the_order_of_tables_is_noticed(tmp_path):
  """Of two tables that differ the one at the first place counts: moving one to another place changes the cohort."""
  root = raw_data.make_ukb(tmp_path / "ukb")
  spec = DataSpec(kind="ukb", root=str(root))
  (root / "tabular").mkdir()
  (root / "tabular/a.csv").write_text((root / "tables/ukb1.csv").read_text().replace("1001", "3001"))
  before = layout.find(spec, root, tmp_path / "work").hashes()
  (root / "phenotypes").mkdir()
  (root / "tables/ukb1.csv").rename(root / "phenotypes/ukb1.csv")
  after = layout.find(spec, root, tmp_path / "work").hashes()
  assert [name for name in before if before[name] != after[name]] == ["tables"]
