"""Prepares a table of one's own: a row per person and visit, with scalar sets."""

import pathlib

from msk_jax.io import errors, privacy
from msk_jax.preparation import (
  assembly,
  cohort_output,
  kept_folds,
  layout,
  leaving,
  own_table,
  ownership,
  scalar_qc,
  scalar_sets,
)
from msk_jax.preparation import spec as data_spec


def prepare(spec: data_spec.DataSpec, workdir: pathlib.Path, requested: leaving.WithdrawalFlags) -> None:
  """Brings the workdir up to date with the table.

  Args:
    spec: the data.
    workdir: the workdir.
    requested: what the call says of withdrawals.

  Raises:
    InputError: there is no such table, or it can't be used.
  """
  path = ownership.root_of(spec, workdir) / spec.table.file
  if not path.is_file():
    raise errors.InputError(f"no table {path} (config.data.root and config.data.table.file).")
  output = cohort_output.describe(spec, workdir, {"table": layout.hash_files([path]), **requested.hashes()})
  if cohort_output.is_up_to_date(output, workdir):
    return
  table = own_table.read(path, spec.table)
  withdrawn = leaving.decide(spec, workdir, (), requested, table.samples["eid"])
  table = table.without(withdrawn.people)
  participants, visits, fold = assembly.from_samples(table.samples, spec.table.file)
  assembly.check_given_folds(fold, spec.table.file, spec.num_folds)
  measured = scalar_sets.ScalarSets(scalar_sets.with_values(table.scalars), table.refused, table.counts)
  if not measured.tables:
    raise errors.InputError(f"{spec.table.file}: all values of all sets of config.data.table.sets are missing.")
  key = privacy.load_key(workdir)
  leaving.take_over(spec, workdir, withdrawn)
  kept = kept_folds.find(spec, workdir, participants, given=fold)
  folds = assembly.make_folds(
    participants, visits, {}, measured.tables, given=kept.given, num_folds=spec.num_folds, seed=spec.fold_seed
  )
  named = kept.remember(workdir, folds)
  cohort = assembly.Cohort(participants, visits, named, measured.tables)
  scalar_qc.write(workdir, measured.refused, key)
  facts = {
    "left_out": table.counts,
    "read_as": table.read_as,
    "withdrawals": withdrawn.facts,
    **measured.facts(),
    **kept.facts(named),
  }
  cohort_output.finish(output, workdir, cohort, facts)
