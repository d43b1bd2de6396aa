"""The stage `scalars`: all sets, all algorithms, and how their importances compare."""

import pathlib
from collections.abc import Collection

from absl import logging

from msk_jax.cohort import scalar_tables, schemas
from msk_jax.io import errors
from msk_jax.scalar_models import data, experiment, set_importances, spec


def run(
  settings: spec.ScalarsSpec, workdir: pathlib.Path, data_kind: str, withdrawn: Collection[str] = ()
) -> list[str]:
  """Makes every model that is not made yet.

  Args:
    settings: which models and how.
    workdir: holds `cohort/`; models go to `models/scalars/<set>/<algorithm>/`.
    data_kind: `phantom`, `ukb` or another; noted in the results.
    withdrawn: participants to leave out besides those that `prepare` left out.

  Returns:
    The models' names.

  Raises:
    InputError: a set is not there or can't be used; all are looked at before the first is begun.
  """
  names = choose_sets(settings, workdir)
  for name in names:
    data.load(workdir, name, withdrawn)
  models = []
  for name in names:
    models += _run_set(data.load(workdir, name, withdrawn), settings, workdir, data_kind)
  return models


def choose_sets(settings: spec.ScalarsSpec, workdir: pathlib.Path) -> list[str]:
  """Returns the sets to be done: those asked for, or all that are there and, if several, `all` of them joined.

  Raises:
    InputError: none is there, or one that is asked for is not.
  """
  stored = scalar_tables.names(workdir / schemas.FOLDER)
  if not stored:
    raise errors.InputError(
      f"no scalar sets in {workdir / schemas.FOLDER / scalar_tables.FOLDER}: run `python -m msk_jax.prepare` on tables "
      "with the fields of anthropometry, impedance, heel densitometry or hand grip first."
    )
  known = [*stored, scalar_tables.ALL] if len(stored) > 1 else stored
  unknown = [name for name in settings.sets if name not in known]
  if unknown:
    raise errors.InputError(f"config.scalars.sets: no set {', '.join(unknown)}; there are {', '.join(known)}.")
  return list(settings.sets or known)


def _run_set(loaded: data.ScalarData, settings: spec.ScalarsSpec, workdir: pathlib.Path, data_kind: str) -> list[str]:
  """Makes one set's models and returns their names; a set's samples are let go before the next set is read."""
  logging.info(
    "scalar set %s: %d complete cases of %d samples, %d features",
    loaded.name,
    len(loaded.eid),
    loaded.num_measured,
    len(loaded.samples.names),
  )
  if doubts := data.describe_suspects(loaded.samples):
    logging.warning("scalar set %s: %s", loaded.name, doubts)
  jobs = [experiment.Job(loaded, each, settings, data_kind, workdir) for each in settings.algorithms]
  for job in jobs:
    experiment.run(job)
  set_importances.write(jobs[0])
  return [job.model_name for job in jobs]
