"""The stage `xwas`: cleaned variables, their associations with accelerated ageing, summaries."""

import pathlib
from collections.abc import Collection
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.associations import cost, files, inputs, printout, results, testing, variables
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.files import Places
from msk_jax.associations.inputs import Inputs
from msk_jax.associations.prediction import printout as prediction_printout
from msk_jax.associations.prediction import run as prediction_run
from msk_jax.associations.spec import XwasSpec
from msk_jax.io import locks, outputs, tables
from msk_jax.schemas import association_tables

VARIABLES, RESULTS = "variables", "associations"
_VERSION = 5  # raised when the same inputs give other results
_VARIABLES_VERSION = 2  # raised when the same tables give other variables
_LOCK = ".xwas_lock"


def make_xwas(places: Places, settings: XwasSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Tests all variables, or shows the results if they are up to date; returns their folder.

  Args:
    places: where things are.
    settings: what is tested, and how.
    withdrawn: ids of people who have withdrawn.

  Raises:
    InputError: an input is missing or wrong, or there is nothing to test.
  """
  busy = f"another process runs xwas in {places.workdir}: wait for it, or give another --workdir"
  with locks.alone(places.workdir / _LOCK, busy):
    return _make(files.complete(places), settings, withdrawn)


def _make(places: Places, settings: XwasSpec, withdrawn: Collection[str]) -> pathlib.Path:
  gathered = inputs.gather(places, settings, withdrawn)
  of_variables = outputs.Output(
    files.FOLDER,
    places.output / VARIABLES,
    {**settings_of(settings)["exposures"], "version": _VARIABLES_VERSION},
    gathered.variables_hashes,
    "the set of cleaned variables",
  )
  outputs.make_folder(of_variables, lambda folder: _clean(folder, places, settings, gathered, withdrawn))
  folder = places.output / RESULTS
  output = outputs.Output(files.FOLDER, folder, settings_of(settings), gathered.hashes, "the table of associations")
  outputs.make_folder(output, lambda temporary: _test(temporary, places, settings, gathered))
  printout.show(folder, gathered.outcomes.doubted, is_comparable=gathered.is_comparable)
  _predict(places, settings, gathered)
  return folder


def settings_of(settings: XwasSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**settings.recorded(), "version": _VERSION, "variables_version": _VARIABLES_VERSION}


def _clean(
  folder: pathlib.Path, places: Places, settings: XwasSpec, gathered: Inputs, withdrawn: Collection[str]
) -> dict[str, Any]:
  """Fills the folder of cleaned variables; returns counts for the run record."""
  own = places.exposures()
  planned = exposures.plan(own, gathered.cohort, settings.exposures)
  printout.show_lines(["Cost of the variables", planned.text])
  made = exposures.make(folder, own, gathered.cohort, settings.exposures, withdrawn)
  printout.show_lines(["Variables", *printout.describe_variables(made.index, made.counts)])
  return dict(made.counts)


def _test(folder: pathlib.Path, places: Places, settings: XwasSpec, gathered: Inputs) -> dict[str, Any]:
  """Fills the folder of results; returns counts for the run record."""
  opened = variables.load(places.output / VARIABLES)
  num_tests = 1 if gathered.further is None else 2
  printout.show_lines(
    ["Cost of the tests", cost.describe(gathered.outcomes.values, len(opened.names()), num_tests, gathered)]
  )
  tested = testing.run(
    opened, gathered.outcomes.values, gathered.covariates, gathered.further, gathered.groups, settings
  )
  flags = inputs.find_circular(places, settings, gathered, opened.index)
  associations = testing.tabulate(tested, opened.index, gathered.outcomes.names, flags, gathered.wholes(), settings)
  if not (associations["reason"] == "").any():
    logging.warning("NO VARIABLE COULD BE TESTED; the column `reason` of associations.csv says why")
  counts = results.write(folder, associations, gathered, settings)
  return {
    **counts,
    **gathered.outcomes.counts,
    **gathered.groups.counts,
    "samples": len(gathered.outcomes.samples),
    "samples_without_age": gathered.covariates.num_without_age,
    "clustered_by": gathered.groups.unit,
    "covariates": list(gathered.covariates.names),
  }


def _predict(places: Places, settings: XwasSpec, gathered: Inputs) -> None:
  """Predicts accelerated ageing from the categories if the settings say so."""
  if not settings.prediction.is_on:
    printout.show_lines([prediction_printout.HOW_TO_TURN_ON])
    return
  opened = variables.load(places.output / VARIABLES)
  flags = inputs.find_circular(places, settings, gathered, opened.index)
  prediction_run.make(places.output, opened, gathered, settings, flags)


def read_associations(workdir: pathlib.Path) -> pd.DataFrame:
  """Reads the associations (schema xwas_associations).

  Raises:
    InputError: the stage has not run.
  """
  path = workdir / files.FOLDER / RESULTS / "associations.parquet"
  return tables.read(path, association_tables.ASSOCIATIONS)
