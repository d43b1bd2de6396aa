"""A small workdir with a cohort, pictures, models as trainings leave them, ensembles, performance and ages."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.ensembling import run as ensemble_run
from msk_jax.evaluation import run as evaluate_run
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import outputs, run_record, tables
from msk_jax.predictions import split_folder
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import attention_tables, exposure_tables
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles
from tests.ensembling import workdir as models
from tests.preparation import raw_data

GONE = raw_data.IMAGED[9]  # who withdraws
_FILES_OF_NETWORK = ("model.json", "reference.json", "metrics.jsonl")


def spec_of(root: pathlib.Path) -> DataSpec:
  """Returns how the data root is prepared."""
  return DataSpec(kind="ukb", root=str(root), workers=0, num_folds=models.NUM_FOLDS)


def make(folder: pathlib.Path) -> pathlib.Path:
  """Makes `ukb`, a data root, and `work`, the workdir, which is returned."""
  workdir = folder / "work"
  prepare.prepare(spec_of(raw_data.make_ukb(folder / "ukb")), workdir)
  rng = np.random.default_rng(0)
  for name in ("knee/one", "knee/two"):
    models.write_model(workdir, name, rng)
    for path in split_folder.list_folders(split_folder.model_folder(workdir, name)):
      for file in _FILES_OF_NETWORK:
        (path / file).write_text("{}\n")
      run_record.write(path, "train", {}, {})
  run_stages(workdir)
  return workdir


def run_stages(workdir: pathlib.Path, withdrawn: Sequence[str] = ()) -> None:
  """Runs what comes after the trainings."""
  ensemble_run.run(models.SPEC, workdir, withdrawn)
  evaluate_run.evaluate(workdir, EvaluateSpec(num_bootstraps=5, has_figures=False), withdrawn)
  ages_run.make_ages(workdir, AgesSpec(num_bootstraps=5, has_figures=False), withdrawn)


def write_individual_level_files(workdir: pathlib.Path) -> None:
  """Writes what attention, XWAS and GWAS leave: files whose rows have no ids, beside who they are."""
  eids = [GONE, raw_data.EIDS[0]]

  def write(folder: pathlib.Path, name: str, schema: tables.Schema) -> None:
    dtypes = schema.dtypes
    rows = pd.DataFrame({column: eids if column == "eid" else np.zeros(2) for column in dtypes}).astype(dtypes)
    tables.write(folder / name, rows, schema)

  for folder, name, schema, stage in (
    (workdir / "attention/knee/one/maps", "pictures.parquet", attention_tables.PICTURES, "attention"),
    (workdir / "xwas/variables", "samples.parquet", exposure_tables.SAMPLES, "xwas"),
  ):
    output = outputs.Output(stage, folder, {})
    outputs.make_folder(output, lambda temporary, name=name, schema=schema: write(temporary, name, schema) or {})
  (workdir / "gwas/work/regenie").mkdir(parents=True)
  (workdir / "gwas/work/regenie/people.txt").write_text("".join(f"{eid}\n" for eid in eids))


def write_list(tmp_path: pathlib.Path, *lines: str) -> pathlib.Path:
  """Writes a list of withdrawals with these lines."""
  path = tmp_path / "w1_20260101.csv"
  path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
  return path


def holding(workdir: pathlib.Path, eid: str = GONE) -> list[str]:
  """Returns the files that name a person."""
  files = WorkdirFiles(workdir)
  return [name for name in check_people.list_files(files) if eid in check_people.read_people(files, name)]
