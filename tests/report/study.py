"""A workdir as the stages before `site` leave it, with numbers that are known."""

import json
import math
import pathlib
from collections.abc import Collection
from typing import Any

import pandas as pd

from msk_jax.io import outputs, run_record, tables
from msk_jax.predictions import model_names
from msk_jax.schemas import age_tables, association_tables, performance_tables
from tests.report import exposure_study, genetic_study, picture_study

PEOPLE = 1_302
_READ = {
  "cohort/participants.parquet": "people",
  "predictions/sample/general.parquet": "predictions",
  "gwas/summary_statistics/general/embedded.parquet": "statistics",
  "ages/participant/of_another_day.parquet": "ages",
}
PLANTED = "Frequency of playing the theremin"
MODELS = (
  "general",
  "spine/ensemble",
  "spine/sagittal/ensemble",
  "spine/sagittal/inception_v3",
  "knee/ensemble",
  "knee/inception_v3",
)


def write_source(workdir: pathlib.Path, kind: str = "simulated") -> None:
  """Writes whose data they are."""
  path = workdir / "cohort" / "source.json"
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(json.dumps({"kind": kind, "root": ""}))


def finish(
  workdir: pathlib.Path,
  folder: str,
  stage: str,
  inputs: dict[str, str] | None = None,
  results: dict[str, Any] | None = None,
) -> None:
  """Writes the run record of a stage's folder, which lists the files that are there.

  Args:
    workdir: of the study.
    folder: in the workdir.
    stage: the binary's name.
    inputs: what the record says that was read; by default predictions that are not there any more, and the cohort.
    results: further results.
  """
  path = workdir / folder
  names = [name for name in run_record.list_files(path) if name != run_record.FILE_NAME]
  results = {**(results or {}), outputs.FILES: run_record.describe_files(path, names)}
  if inputs is None:
    inputs = {
      name: run_record.hash_file(workdir / name) if (workdir / name).exists() else value
      for name, value in _READ.items()
    }
  outputs.finish(outputs.Output(stage, path, {"seed": 0}, inputs), results)


def _row(schema: tables.Schema, **values: Any) -> dict[str, Any]:
  """Returns a row of a schema; what is not given is missing or empty."""
  usual = {"string": "", "float64": math.nan, "Int64": pd.NA, "int64": 0}
  return {name: values.get(name, usual[column.dtype]) for name, column in schema.columns.items()}


def performance() -> pd.DataFrame:
  """Schema performance: R2 falls from model to model, and is higher per participant."""
  schema = performance_tables.PERFORMANCE
  rows = [
    _row(
      schema,
      model=model,
      product=product,
      dimension=model_names.dimension(model),
      n=PEOPLE + 300 if product == "sample" else PEOPLE,
      num_people=PEOPLE,
      num_folds=10,
      r2=0.87 - 0.1 * place + bonus,
      r2_sd_bootstrap=0.0123456,
      rmse=2.5 + place,
      rmse_sd_bootstrap=0.1,
      mae=2.0 + place,
      pearson_r=0.9,
      c_index=0.8,
      published_r2=0.876 if model == "general" else math.nan,
    )
    for product, bonus in (("sample", 0.0), ("participant", 0.01))
    for place, model in enumerate(MODELS)
  ]
  return pd.DataFrame(rows)


def correlations() -> pd.DataFrame:
  """Schema acceleration_correlations: all pairs of models; that of the last two is of few samples."""
  rows = [
    _row(
      age_tables.CORRELATIONS,
      product=product,
      model_1=first,
      model_2=second,
      r=0.9 - 0.1 * abs(MODELS.index(first) - MODELS.index(second)),
      sd=0.01,
      n=12 if (first, second) == MODELS[-2:] else 1_507,
    )
    for product in ("sample", "participant")
    for place, first in enumerate(MODELS)
    for second in MODELS[place + 1 :]
  ]
  return pd.DataFrame(rows)


def associations(num_variables: int = 40) -> pd.DataFrame:
  """Schema xwas_associations: the planted variable is the last one, and the strongest."""
  rows = []
  for dimension in ("general", "spine", "knee"):
    for number in range(num_variables):
      is_planted = number == num_variables - 1
      rows.append(
        _row(
          association_tables.ASSOCIATIONS,
          dimension=dimension,
          variable=f"field_{number}",
          label=PLANTED if is_planted else f"Question, number {number}",
          main_category="environmental" if number % 2 else "biomarkers",
          category="music" if number % 2 else "blood_count",
          kind="continuous",
          num_samples=1_501,
          num_people=1_297,
          num_imputed=0,
          num_covariates=19,
          r=0.412345678 if is_planted else 0.00123456789 * number,
          effect_per_sd_years=1.5 if is_planted else 0.01 * number,
          effect_per_sd_se_years=0.1,
          neg_log10_p=42.0 if is_planted else 0.1 * number,
          neg_log10_p_bonferroni=40.0 if is_planted else 0.0,
          neg_log10_q=41.0 if is_planted else 0.0,
        )
      )
  return pd.DataFrame(rows)


def groups() -> pd.DataFrame:
  """Schema performance_groups: women and men, and two folds."""
  people = {
    ("sex", "female"): PEOPLE // 2,
    ("sex", "male"): PEOPLE - PEOPLE // 2,
    ("fold", "0"): 700,
    ("fold", "1"): 602,
  }
  rows = [
    _row(
      performance_tables.GROUPS,
      product=product,
      model=model,
      kind=kind,
      group=group,
      num_people=num_people,
      r2=0.5,
      rmse=3.0,
      mean_error_years=0.1,
    )
    for product in ("sample", "participant")
    for model in MODELS
    for (kind, group), num_people in people.items()
  ]
  return pd.DataFrame(rows)


def write_performance(workdir: pathlib.Path, table: pd.DataFrame, by_group: pd.DataFrame | None = None) -> None:
  """Writes tables of performance alone, and whose data they are."""
  write_source(workdir)
  if by_group is not None:
    tables.write(workdir / "performance" / "groups.parquet", by_group, performance_tables.GROUPS)
  tables.write(workdir / "performance" / "performance.parquet", table, performance_tables.PERFORMANCE)
  finish(workdir, "performance", "evaluate")


def write(workdir: pathlib.Path, without_signal: Collection[str] = ()) -> None:
  """Writes all that the site can show; the ages of the dimensions `without_signal` are noise."""
  write_pictures(workdir)
  write_performance(workdir, performance(), groups())
  ages, xwas = workdir / "ages", workdir / "xwas" / "associations"
  tables.write(ages / "correlations.parquet", correlations(), age_tables.CORRELATIONS)
  models = {"general": "general", "spine": "spine/ensemble", "knee": "knee/ensemble"}
  picture_study.write_ages(ages, models, without_signal)
  finish(workdir, "ages", "ages")
  tables.write(xwas / "associations.parquet", associations(), association_tables.ASSOCIATIONS)
  exposure_study.write_xwas(xwas)
  finish(workdir, "xwas/associations", "xwas")
  for folder, stage, writer in (
    ("xwas/prediction", "xwas", exposure_study.write_prediction),
    ("gwas", "gwas", genetic_study.write_gwas),
    ("loci", "loci", genetic_study.write_loci),
    ("release", "release", genetic_study.write_release),
  ):
    writer(workdir / folder)
    finish(workdir, folder, stage)


def finish_cohort(workdir: pathlib.Path) -> None:
  """Writes the run record of the cohort, which lists files by their path in the workdir."""
  folder = workdir / "cohort"
  names = [f"cohort/{name}" for name in run_record.list_files(folder) if name != run_record.FILE_NAME]
  files = run_record.describe_files(workdir, names)
  outputs.finish(outputs.Output("prepare", folder, {"seed": 0}, {}), {outputs.FILES: files})


def write_pictures(workdir: pathlib.Path) -> None:
  """Writes the cohort's measurements, importances of scalar models, and attention of a network."""
  scalars, network = "models/scalars/anthropometry", f"attention/{picture_study.NETWORK}"
  picture_study.write_cohort(workdir / "cohort")
  finish_cohort(workdir)
  picture_study.write_importances(workdir / scalars)
  finish(workdir, f"{scalars}/elastic_net", "scalars", {"folds": "of its samples"})
  names = (f"{scalars}/elastic_net/run.json", "cohort/participants.parquet", "cohort/scalars/anthropometry.parquet")
  finish(workdir, scalars, "scalars", outputs.hash_files(workdir, [workdir / name for name in names]))
  picture_study.write_attention(
    workdir / network, lambda part, *given: finish(workdir, f"{network}/{part}", "attention", *given)
  )
