"""The stage `scalars`: all sets, all algorithms, and a comparison of their importances."""

import pathlib
from collections.abc import Collection

from absl import logging

from msk_jax.cohort import scalar_tables
from msk_jax.io import errors
from msk_jax.scalar_models import data, experiment, set_importances, spec
from msk_jax.schemas import cohort_tables


def run(
  settings: spec.ScalarsSpec, workdir: pathlib.Path, data_kind: str, withdrawn: Collection[str] = ()
) -> list[str]:
  """Makes every model that is not finished. All sets are read and checked before the first model is begun.

  Args:
    settings: which models and how.
    workdir: holds `cohort/`; models go to `models/scalars/<set>/<algorithm>/`.
    data_kind: `phantom`, `ukb` or another; noted in the results.
    withdrawn: participants to leave out besides those that `prepare` left out.

  Returns:
    The models' names.

  Raises:
    InputError: a set is missing or unusable.
  """
  models = []
  cases = data.read(workdir, choose_sets(settings, workdir), withdrawn)
  while cases:
    models += _run_set(cases.pop(0).to_scalar_data(), settings, workdir, data_kind, withdrawn)
  return models


def choose_sets(settings: spec.ScalarsSpec, workdir: pathlib.Path) -> list[str]:
  """Returns the sets of the settings or, if they name none, every stored set and, if several, `all` of them joined.

  Raises:
    InputError: no set is stored, or one that the settings name is not.
  """
  stored = scalar_tables.names(workdir / cohort_tables.FOLDER)
  if not stored:
    raise errors.InputError(
      f"no scalar sets in {workdir / cohort_tables.FOLDER / scalar_tables.FOLDER}: run `python -m msk_jax.prepare` on "
      "tables with the fields of anthropometry, impedance, heel densitometry or hand grip first."
    )
  known = [*stored, scalar_tables.ALL] if len(stored) > 1 else stored
  unknown = [name for name in settings.sets if name not in known]
  if unknown:
    raise errors.InputError(f"config.scalars.sets: no set {', '.join(unknown)}; there are {', '.join(known)}.")
  return list(settings.sets or known)


def _run_set(
  loaded: data.ScalarData,
  settings: spec.ScalarsSpec,
  workdir: pathlib.Path,
  data_kind: str,
  withdrawn: Collection[str],
) -> list[str]:
  """Makes a set's models and returns their names. The set's features are freed before the next set's are built."""
  logging.info(
    "scalar set %s: %d complete cases of %d samples, %d features",
    loaded.name,
    len(loaded.eid),
    loaded.num_measured,
    len(loaded.samples.names),
  )
  if doubts := data.describe_suspects(loaded.samples):
    logging.warning("scalar set %s: %s", loaded.name, doubts)
  jobs = [experiment.Job(loaded, name, settings, data_kind, workdir, withdrawn) for name in settings.algorithms]
  for job in jobs:
    experiment.run(job)
  set_importances.write(jobs[0], withdrawn)
  return [job.model_name for job in jobs]
