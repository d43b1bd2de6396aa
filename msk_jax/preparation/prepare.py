"""From raw data to a workdir's `cohort/`, `images/` and `qc/`: everything that `train` reads."""

import datetime
import pathlib

from msk_jax.preparation import kept_folds, leaving, lock, ownership, prepare_folder, prepare_table, prepare_ukb
from msk_jax.preparation import spec as data_spec


def prepare(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path | str,
  *,
  overwrite: bool = False,
  requested: leaving.WithdrawalFlags = leaving.WithdrawalFlags(),  # noqa: B008 - frozen
  today: datetime.date | None = None,
) -> None:
  """Brings the workdir up to date with the data; does nothing if it is.

  Args:
    spec: the data and how they are divided.
    workdir: outputs go to its `cohort/`, `images/` and `qc/`; the phantom's raw data to `raw/`.
    overwrite: whether outputs made from another source (kind or root), and a phantom of other settings, may be
      thrown away.
    requested: what the call says of withdrawals.
    today: visits after this day are left out; the day of the call by default.

  Raises:
    InputError: data are missing or can't be read, the workdir holds another source's and `overwrite` is not set, or
      lists of withdrawals name more people than withdraw.
  """
  workdir = pathlib.Path(workdir)
  workdir.mkdir(parents=True, exist_ok=True)
  with lock.one_at_a_time(workdir):
    ownership.check(spec, workdir, overwrite)
    ownership.check_no_images(spec, workdir, overwrite)
    kept_folds.remember_earlier(spec, workdir)
    if requested.forgets:
      leaving.forget(spec, workdir, requested)
    if spec.kind == "folder":
      prepare_folder.prepare(spec, workdir, requested)
    elif spec.kind == "table":
      prepare_table.prepare(spec, workdir, requested)
    else:
      prepare_ukb.prepare(spec, workdir, requested, overwrite, today or datetime.date.today())
