"""A tiny cohort with two trained folds of many test people, pooled predictions and ages."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import source
from msk_jax.ensembling import run as ensemble_run
from msk_jax.ensembling.spec import EnsembleSpec
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables
from msk_jax.training import experiment
from tests.training import cohort

FOLDS = (0, 1)
_IN_TRAINED_FOLDS = 44  # people


@pytest.fixture(scope="package")
def workdir(tmp_path_factory) -> pathlib.Path:
  """The workdir with folds 0 and 1 of `knee/simple_cnn`, and ages."""
  workdir = tmp_path_factory.mktemp("attention")
  cohort.write_workdir(workdir)
  source.write(workdir, {"kind": "phantom", "root": ""})
  eid = [str(9_000_000 + i) for i in range(cohort.NUM_PEOPLE)]
  numbers = np.arange(cohort.NUM_PEOPLE)
  fold = np.where(numbers < _IN_TRAINED_FOLDS, numbers % len(FOLDS), numbers % 10)
  folds = pd.DataFrame({"eid": eid, "fold": fold})
  tables.write(workdir / "cohort/folds.parquet", folds, cohort_tables.FOLDS, {"hash": fold_map.fold_map_hash(folds)})
  for k in FOLDS:
    settings = cohort.experiment(max_epochs=1)
    experiment.run(dataclasses.replace(settings, fold=k), cohort.VIEW, "phantom", workdir)
  ensemble_run.run(EnsembleSpec(), workdir)
  ages_run.make_ages(workdir, AgesSpec(num_bootstraps=5, has_figures=False))
  return workdir
