"""Where the stage finds its inputs: by flags, else beside what `prepare` read."""

import dataclasses
import pathlib
from collections.abc import Sequence

from absl import logging

from msk_jax.associations.cleaning.inputs import Inputs
from msk_jax.cohort import scalar_tables, source
from msk_jax.io import errors
from msk_jax.preparation import layout
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables

FOLDER = "xwas"
_RAW = "raw"  # of a phantom, in the workdir


@dataclasses.dataclass(frozen=True)
class Places:
  """What the flags say.

  Attributes:
    workdir: holds `cohort/` and `ages/`; gets `xwas/`.
    tables: UK Biobank's tables; by default those under the data root that `prepare` read.
    relatedness: relatedness files; by default those under that root.
    own_table: a table of own variables.
    kinds: CSV of its columns' kinds.
    more_fields: CSV of fields beside the catalogue's.
    accelerations: an own table of accelerated ageing instead of `ages/`.
  """

  workdir: pathlib.Path
  tables: tuple[pathlib.Path, ...] = ()
  relatedness: tuple[pathlib.Path, ...] = ()
  own_table: pathlib.Path | None = None
  kinds: pathlib.Path | None = None
  more_fields: pathlib.Path | None = None
  accelerations: pathlib.Path | None = None

  @property
  def output(self) -> pathlib.Path:
    """The stage's folder."""
    return self.workdir / FOLDER

  def exposures(self) -> Inputs:
    """Returns what variables are made from; the cohort's measurements count where tables are read."""
    scalars = self.workdir / cohort_tables.FOLDER / scalar_tables.FOLDER if self.tables else None
    return Inputs(self.tables, scalars, self.own_table, self.kinds, self.more_fields)

  def named(self) -> list[pathlib.Path]:
    """Returns all files that flags name."""
    single = (self.own_table, self.kinds, self.more_fields, self.accelerations)
    return [*self.tables, *self.relatedness, *(path for path in single if path is not None)]


def complete(places: Places) -> Places:
  """Returns the places with tables and relatedness files that are found by default.

  An own table stands alone: UK Biobank's tables are read beside it only if they are named.

  Raises:
    InputError: a named file does not exist, `kinds` has no table, or there is no table at all.
  """
  if absent := [path for path in places.named() if not path.is_file()]:
    raise errors.InputError(f"there is no file {', '.join(map(str, absent))}: check the flags.")
  if places.kinds is not None and places.own_table is None:
    raise errors.InputError("--kinds says what the columns of --own_table are: give both.")
  if places.tables and places.relatedness:
    return places
  found = _under_root(places.workdir)
  tables = places.tables or (() if places.own_table is not None else found.tables)
  if not tables and places.own_table is None:
    raise errors.InputError(
      f"{places.workdir} was not prepared from UK Biobank's tables: name tables with --tables, or an own table with "
      "--own_table."
    )
  relatedness = places.relatedness or found.kinship
  return dataclasses.replace(places, tables=tables, relatedness=relatedness)


def _under_root(workdir: pathlib.Path) -> layout.Files:
  """Returns what is under the data root that the workdir was prepared from; nothing if that can't be read any more."""
  nothing = layout.Files((), (), (), ())
  made_from = source.read(workdir)
  if made_from is None or made_from["kind"] not in source.LIKE_UK_BIOBANK:
    return nothing
  root = pathlib.Path(made_from["root"]) if made_from["root"] else workdir / _RAW
  if not root.is_dir():
    logging.warning("the data root %s is not there any more: no tables are found by themselves", root)
    return nothing
  spec = data_spec.DataSpec(
    kind="ukb", root=str(root), scalars_only=True, allow_no_withdrawals=True, allow_no_relatedness=True
  )
  return layout.find(spec, root, workdir)


def hash_named(paths: Sequence[pathlib.Path | None]) -> str:
  """Returns one hash of files; see `layout.hash_files`."""
  return layout.hash_files([path for path in paths if path is not None])
