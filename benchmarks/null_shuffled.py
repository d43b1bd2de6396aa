"""Ages that belong to somebody else: what `gwas`, `loci` and `xwas` say of them. See `benchmarks.null_study`.

Genes: a person's accelerated ageing in all dimensions goes to another person of the same sex. Genotypes, relatedness,
components and sexes stay together, so that LD and relatedness are as they were, and nobody's trait is their own.
X variables: whole families swap, for families of as many people of the same sexes and visits. So both sides still
have their families, which the errors must allow for, and nothing else in common.
"""

import contextlib
import io
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.associations import files as xwas_files
from msk_jax.associations import run as xwas_run
from msk_jax.associations import spec as xwas_spec
from msk_jax.associations.prediction import model_files
from msk_jax.associations.prediction import scores as prediction_scores
from msk_jax.associations.prediction.run import FOLDER as PREDICTION
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.biological_age import acceleration
from msk_jax.cohort import families
from msk_jax.genetics import run as gwas_run
from msk_jax.genetics import spec as gwas_spec
from msk_jax.genetics import summary_statistics, written_results
from msk_jax.gwas_loci import run as loci_run
from msk_jax.gwas_loci import spec as loci_spec
from msk_jax.io import atomic, run_record, tables
from msk_jax.predictions import pooled_table
from msk_jax.preparation import withdrawn
from msk_jax.schemas import cohort_tables, exposure_prediction_tables, genetics_tables
from msk_jax.simulation.files import biobank_tables

SHUFFLED, AS_THEY_ARE = "of other people", "as they are"
_Z = 1.959964
_LEVEL = -np.log10(0.05)
_HIT = -np.log10(5e-8)
_FEWEST_COMMON = 100  # people with the rarer of two values: below, `xwas` takes the wider errors


def make_base(workdir: pathlib.Path, people: int, *, is_quick: bool) -> None:
  """Simulates people with genotypes, X variables and models, then ensembles and ages, unless that is done."""
  if run_record.read(workdir / acceleration.FOLDER) is not None:  # written last
    return
  config = f"configs/simulated.py:genotypes=true,exposures=true,small=true,num_participants={people}"
  commands = (
    ("simulate_predictions", f"--config={config}" + (",scalars=false" if is_quick else "")),
    ("ensemble", "--config=configs/ensemble.py:smoke"),
    ("ages", "--config=configs/ages.py:num_bootstraps=100"),
  )
  root = pathlib.Path(__file__).resolve().parents[1]
  for name, *arguments in commands:
    command = [sys.executable, "-m", f"msk_jax.{name}", *arguments, f"--workdir={workdir.resolve()}"]
    subprocess.run(command, check=True, cwd=root, stdout=subprocess.DEVNULL)


def read_accelerations(workdir: pathlib.Path, product: pooled_table.Product) -> pd.DataFrame:
  """Returns accelerated ageing in years, a column per dimension, with the columns eid and instance."""
  chosen, _ = acceleration.choose_models(workdir, product, (), "dimensions")
  by_dimension = {
    name: acceleration.read(workdir, product, model).set_index(["eid", "instance"])["acceleration_years"]
    for name, model in chosen.items()
  }
  return pd.DataFrame(by_dimension).reset_index()


def swap_people(traits: pd.DataFrame, sex: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
  """Gives the rows to other people of the same sex; nobody keeps their own, unless they are alone with their sex.

  Args:
    traits: a row per person, with the column eid.
    sex: by eid.
    rng: draws the permutation.
  """
  eid = traits["eid"].to_numpy(object)
  of_sex = sex.loc[eid].to_numpy()
  given = eid.copy()
  for value in np.unique(of_sex):
    own = np.flatnonzero(of_sex == value)
    given[own] = eid[own[_others(len(own), rng)]]
  return traits.assign(eid=given)


def _others(num: int, rng: np.random.Generator) -> np.ndarray:
  """Returns a permutation, int [num], that leaves nobody in place: a plain one would leave one of them on average."""
  order, other = rng.permutation(num), np.empty(num, np.int64)
  other[order] = np.roll(order, 1)
  return other


def swap_families(traits: pd.DataFrame, sex: pd.Series, family: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
  """Gives the rows of a family to another one with as many people, of the same sexes and visits.

  No family keeps its own. One that is like no other is left out.

  Args:
    traits: a row per person and visit, with the columns eid and instance.
    sex: by eid.
    family: by eid, equal for relatives.
    rng: draws the permutation.
  """
  visits = traits.groupby("eid")["instance"].agg(lambda values: str(sorted(values)))
  people = pd.DataFrame({"eid": visits.index, "kind": sex.loc[visits.index].astype(str).to_numpy() + visits.to_numpy()})
  people = people.assign(family=family.loc[people["eid"]].to_numpy(), tie=rng.random(len(people)))
  people = people.sort_values(["family", "kind", "tie"])
  members = people.groupby("family")["eid"].agg(list)
  alike = people.groupby("family")["kind"].agg(tuple)
  receiver: dict[str, str] = {}
  for _, group in alike.groupby(alike):
    if len(group) > 1:
      for giver, other in zip(group.index, group.index[_others(len(group), rng)], strict=True):
        receiver.update(zip(members[giver], members[other], strict=True))
  kept = traits[traits["eid"].isin(list(receiver))]
  return kept.assign(eid=kept["eid"].map(receiver))


def score_genes(workdir: pathlib.Path, case: str, seed: int) -> dict[str, Any]:
  """Runs `gwas` and `loci` on a seed's traits; returns the numbers of `_genes`."""
  traits = read_accelerations(workdir, "participant")
  if case == SHUFFLED:
    traits = swap_people(traits, _read_sex(workdir), np.random.default_rng([1, seed]))
  for name in (gwas_run.FOLDER, loci_run.FOLDER):
    atomic.remove(workdir / name)
  path = workdir / "traits_of_genes.parquet"
  traits.drop(columns="instance").to_parquet(path, index=False)
  with contextlib.redirect_stdout(io.StringIO()):
    gone, genotypes = withdrawn.of_workdir(workdir), workdir / "raw" / "genotypes"
    places = gwas_run.Places(workdir, genotypes, phenotypes=path)
    gwas_run.make_gwas(places, gwas_spec.GwasSpec(engine="embedded"), gone)
    settings = loci_spec.LociSpec(has_figures=False)
    loci_run.make_loci(loci_run.Places(workdir, genotypes, phenotypes=path), settings, gone)
  return _genes(workdir, [str(name) for name in traits if name not in ("eid", "instance")])


def _genes(workdir: pathlib.Path, names: list[str]) -> dict[str, Any]:
  """Returns by source and trait the share of p < .05; hits, loci, heritabilities, genetic correlations."""
  folder = workdir / gwas_run.FOLDER
  logs: dict[str, list[np.ndarray]] = {"array": [], "imputed": []}
  for source, found in logs.items():
    for name in names:
      table, _ = summary_statistics.read(written_results.statistics_path(folder, name, source))
      found.append(table["neg_log10_p"].to_numpy())
  num_tests = sum(len(each) for found in logs.values() for each in found)
  best = max(float(np.nanmax(each)) for found in logs.values() for each in found)
  h2 = tables.read(folder / "heritability.parquet", genetics_tables.HERITABILITY)
  rg = tables.read(folder / "genetic_correlations.parquet", genetics_tables.GENETIC_CORRELATIONS)
  about = pd.read_parquet(folder / "traits.parquet")
  return {
    **{f"p < .05, {source}": [float((each > _LEVEL).mean()) for each in found] for source, found in logs.items()},
    "tests": num_tests,
    "is any below Bonferroni": bool(best - np.log10(num_tests) > _LEVEL),
    "hits": int(sum((each > _HIT).sum() for found in logs.values() for each in found)),
    "loci": len(pd.read_parquet(workdir / loci_run.FOLDER / "loci.parquet")),
    "lambda": [float(value) for value in about["lambda_gc"]],
    "h2": _estimates(h2, "h2"),
    "rg": _estimates(rg, "rg"),
    "people": int(h2["n"].max()),
  }


def _estimates(table: pd.DataFrame, name: str) -> list[dict[str, Any]]:
  """Returns value, standard error and reason per row; None for cells that are not numbers."""
  values = table[[name, f"{name}_se"]].astype(float).to_numpy()
  numbers = [[float(each) if np.isfinite(each) else None for each in row] for row in values]
  return [
    {"value": value, "se": se, "reason": reason}
    for (value, se), reason in zip(numbers, table["reason"].astype(str), strict=True)
  ]


def covers_zero(estimate: dict[str, Any]) -> bool:
  """Returns whether the interval of 95% reaches zero."""
  return abs(estimate["value"]) <= _Z * estimate["se"]


def score_variables(workdir: pathlib.Path, case: str, seed: int) -> dict[str, Any]:
  """Runs the associations of `xwas` on a seed's accelerations; returns the numbers of `_variables`."""
  return {"samples": _run_xwas(workdir, case, seed, PredictionSpec(is_on=False)), **_variables(workdir)}


def score_predictions(workdir: pathlib.Path, case: str, seed: int) -> dict[str, Any]:
  """Runs `xwas` with predictions on a seed's accelerations; returns the numbers of `_predictions`."""
  spec = PredictionSpec(is_on=True, level="main_category", algorithms=("elastic_net",), most_variables=1_000)
  return {"samples": _run_xwas(workdir, case, seed, spec), **_predictions(workdir)}


def _run_xwas(workdir: pathlib.Path, case: str, seed: int, predictions: PredictionSpec) -> int:
  """Runs `xwas` on a seed's accelerations; the cleaned variables stay. Returns the number of samples."""
  traits = read_accelerations(workdir, "sample")
  if case == SHUFFLED:
    sex = _read_sex(workdir)
    pairs = families.read([workdir / "raw" / biobank_tables.KINSHIP]).pairs
    family = pd.Series(families.label_families(sex.index.to_numpy(str), pairs), index=sex.index)
    traits = swap_families(traits, sex, family, np.random.default_rng([2, seed]))
  for name in (xwas_run.RESULTS, PREDICTION, model_files.FOLDER):
    atomic.remove(workdir / xwas_files.FOLDER / name)
  settings = xwas_spec.XwasSpec(sensitivity=(), has_figures=False, prediction=predictions)
  path = workdir / "traits_of_variables.parquet"
  traits.to_parquet(path, index=False)
  with contextlib.redirect_stdout(io.StringIO()):
    places = xwas_files.Places(workdir, accelerations=path)
    xwas_run.make_xwas(places, settings, withdrawn.of_workdir(workdir))
  return len(traits)


def _variables(workdir: pathlib.Path) -> dict[str, Any]:
  """Returns shares of p < .05 over all dimensions, by kind, and by dimension whether anything counts as found."""
  table = xwas_run.read_associations(workdir)
  table = table[table["reason"] == ""]
  rarer = table["num_people_rarer"].astype(float)
  kinds = {
    "all": pd.Series(data=True, index=table.index),
    "of many values": rarer.isna(),
    "of two values": rarer >= _FEWEST_COMMON,
    "of two values, rare": rarer < _FEWEST_COMMON,
  }
  by_dimension = table.groupby("dimension", sort=False)
  return {
    "p < .05": {
      name: [int((table.loc[own, "neg_log10_p"] > _LEVEL).sum()), int(own.sum())] for name, own in kinds.items()
    },
    "is any below Bonferroni": [bool((own > _LEVEL).any()) for _, own in by_dimension["neg_log10_p_bonferroni"]],
    "is any false discovery": [bool((own > _LEVEL).any()) for _, own in by_dimension["neg_log10_q"]],
  }


def _predictions(workdir: pathlib.Path) -> dict[str, Any]:
  """Returns R2, its SD over folds, its gain over age, sex and ethnicity, and whether it is called better, by model."""
  path = workdir / xwas_files.FOLDER / PREDICTION / "scores.parquet"
  scores = tables.read(path, exposure_prediction_tables.SCORES)
  scores = scores[scores["reason"] == ""]
  names = ("r2", "r2_sd_folds", "gain_r2")
  return {
    "predictions": [[float(row[name]) for name in names] for row in scores.to_dict("records")],
    "is better": [bool(says == prediction_scores.BETTER) for says in scores["says"]],
  }


def _read_sex(workdir: pathlib.Path) -> pd.Series:
  path = workdir / cohort_tables.FOLDER / "participants.parquet"
  return tables.read(path, cohort_tables.PARTICIPANTS).set_index("eid")["sex"]


SCORES: dict[str, Callable[[pathlib.Path, str, int], dict[str, Any]]] = {
  "genes": score_genes,
  "variables": score_variables,
  "predictions": score_predictions,
}
