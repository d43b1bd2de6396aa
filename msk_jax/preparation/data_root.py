"""Files of the data root that a workdir was prepared from, as they are now."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from msk_jax.cohort import source
from msk_jax.io import run_record
from msk_jax.preparation import layout, ownership
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class DataRoot:
  """A data root with lists of withdrawals and relatedness files.

  Attributes:
    workdir: that was prepared from it.
    path: the folder, which may not be there any more.
    settings: those that `prepare` was last run with.
  """

  workdir: pathlib.Path
  path: pathlib.Path
  settings: Mapping[str, Any]

  @property
  def withdrawal_patterns(self) -> tuple[str, ...]:
    """Globs of the lists of withdrawals."""
    return tuple(self.settings.get("withdrawals", data_spec.DataSpec().withdrawals))

  def find_withdrawals(self) -> tuple[pathlib.Path, ...]:
    """Returns the lists of withdrawals."""
    return layout.find_withdrawals(self.path, self.workdir, self.withdrawal_patterns)

  def find_kinship(self) -> tuple[pathlib.Path, ...]:
    """Returns the relatedness files."""
    return layout.find_kinship(
      self.path, self.workdir, tuple(self.settings.get("kinship", data_spec.DataSpec().kinship))
    )


def of_workdir(workdir: pathlib.Path) -> DataRoot | None:
  """Returns the data root of a workdir; None for kinds of data without such files, or an unprepared workdir.

  Raises:
    InputError: what says whose data the workdir holds, or its run record, is damaged.
  """
  origin = source.read(workdir)
  if origin is None or origin["kind"] not in source.WITH_LISTS:
    return None
  record = run_record.read(workdir / cohort_tables.FOLDER) or {"settings": {}}
  root = ownership.root_of(data_spec.DataSpec(kind=origin["kind"], root=origin["root"]), workdir)
  return DataRoot(workdir, root, record["settings"])
