"""What a reader may take wrong: changes to a study as the stages leave it (`study.write`)."""

import pathlib

import numpy as np

from msk_jax.io import run_record, tables
from msk_jax.schemas import (
  association_tables,
  attention_credibility_tables,
  exposure_prediction_tables,
  genetics_tables,
)
from tests.report import picture_study, study

NOT_MADE = "own-net/v2"


def write_not_made(workdir: pathlib.Path) -> None:
  """Writes maps of a network whose mean maps were not made."""
  folder = f"attention/{NOT_MADE}"
  picture_study.write_maps(workdir / folder, 0.0)
  study.finish(workdir, f"{folder}/maps", "attention", {})
  names = [name for name in run_record.list_files(workdir / folder / "maps") if name != run_record.FILE_NAME]
  inputs = {f"{folder}/maps/{name}": run_record.hash_file(workdir / folder / "maps" / name) for name in names}
  study.finish(workdir, f"{folder}/group_means", "attention", inputs, {"not_made": "too few pictures are registered"})
  picture_study.write_person(workdir / folder / "overlays" / "male_old.png")
  study.finish(workdir, f"{folder}/overlays", "attention", inputs)


def write_unsigned(workdir: pathlib.Path) -> None:
  """Says of one kind of maps that they have no sign."""
  network = workdir / "attention" / picture_study.NETWORK
  schema = attention_credibility_tables.GROUPS
  path = network / "group_means" / "saliency.parquet"
  tables.write(path, tables.read(path, schema).assign(sign="size", unit="255 is the largest"), schema)
  inputs = picture_study.hash_maps(network)
  made = {"methods": {"grad_ram": {}, "saliency": {}, "patch_saliency": {}}}
  study.finish(workdir, f"attention/{picture_study.NETWORK}/group_means", "attention", inputs, made)


def write_far_estimates(workdir: pathlib.Path) -> None:
  """Gives LD-score regression an estimate below 0 and one beyond 1, as it has with few people."""
  for name, schema, column, value in (
    ("ld_score_regression", genetics_tables.LD_SCORE_REGRESSION, "h2", -1.5),
    ("ld_score_correlations", genetics_tables.LD_SCORE_CORRELATIONS, "rg", 2.5),
  ):
    path = workdir / "gwas" / f"{name}.parquet"
    table = tables.read(path, schema)
    table.loc[0, column] = value
    tables.write(path, table, schema)
  study.finish(workdir, "gwas", "gwas")


def make_circular(workdir: pathlib.Path) -> None:
  """Says of the best prediction of accelerated ageing that its variables fed the dimension's own models."""
  path, schema = workdir / "xwas" / "prediction" / "scores.parquet", exposure_prediction_tables.SCORES
  table = tables.read(path, schema)
  table.loc[0, ["r2", "gain_r2", "num_circular"]] = [0.9, 0.89, 3]
  tables.write(path, table.astype(schema.dtypes), schema)
  study.finish(workdir, "xwas/prediction", "xwas")


def hide_an_error(workdir: pathlib.Path) -> None:
  """Hides the error of a variable's effect, as `xwas` does where it would tell of few people."""
  path, schema = workdir / "xwas" / "associations" / "associations.parquet", association_tables.ASSOCIATIONS
  table = tables.read(path, schema)
  table.loc[table["variable"] == "field_1", "effect_per_sd_se_years"] = np.nan
  tables.write(path, table, schema)
  study.finish(workdir, "xwas/associations", "xwas")
