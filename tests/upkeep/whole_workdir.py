"""A small workdir with a cohort, pictures, models as trainings leave them, ensembles, performance and ages."""

import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.ensembling import run as ensemble_run
from msk_jax.evaluation import run as evaluate_run
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import run_record
from msk_jax.predictions import split_folder
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from tests.ensembling import workdir as models
from tests.preparation import raw_data

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
