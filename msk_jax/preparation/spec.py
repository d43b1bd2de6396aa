"""Where the data come from: the `data` section of a config, frozen and validated. Light: configs import it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from msk_jax.imaging import folder_spec
from msk_jax.io import errors, specs
from msk_jax.preparation import table_spec
from msk_jax.simulation import spec as phantom_spec

FolderSpec = folder_spec.FolderSpec
PhantomSpec = phantom_spec.PhantomSpec
TableSpec = table_spec.TableSpec
# As the data's owner names them: w12345_20240101.csv, withdraw12345_1.txt; ukb12345_rel_s488264.dat, ukb_rel.dat.
_WITHDRAWALS = ("**/w[0-9]*.{csv,txt}{,.gz}", "**/withdraw*.{csv,txt}{,.gz}")
_KINSHIP = ("**/ukb*_rel*.dat{,.gz}", "**/ukb*_rel{,_*}.{txt,csv,tsv}{,.gz}")

Kind = Literal["phantom", "ukb", "folder", "table"]
ScalarSet = Literal["anthropometry", "impedance", "heel_densitometry", "hand_grip"]


@dataclasses.dataclass(frozen=True)
class DataSpec:
  """The data and how they are divided.

  Globs are relative to `root`; `**` stands for any number of folders, `[0-9]` for one of these characters, `{csv,txt}`
  for one of these texts.

  Attributes:
    kind: `phantom` (drawn by this program), `ukb` (UK Biobank files), `folder` (a CSV with radiographs) or `table` (a
      CSV with measurements).
    root: the folder that holds the data; empty for the phantom, which is in the workdir.
    tables: globs of the tables (CSV, TSV, Parquet), each of which must match; empty for all tables in the
      usual places, see `table_places.USUAL`. Where two tables differ, the one named first counts.
    zips: globs of the DXA archives of field 20158, in any case.
    withdrawals: globs of the lists of withdrawn participants, in any case.
    kinship: globs of the relatedness files, in any case.
    allow_no_withdrawals: confirms that there is no list of withdrawals for this application.
    allow_no_relatedness: confirms that there is no relatedness file; without one a warning says what that means.
    images_only: read the archives alone, without tables: for a look at the images and the QC report. There is no
      cohort then, and nothing to train on; a later call without it uses the images that are there.
    scalars_only: read the tables alone, without archives: a cohort with scalar measurements and no images.
    scalar_sets: the scalar sets to read from UK Biobank tables, those whose fields are there; see
      `cohort.scalar_fields`.
    num_folds: folds of participants.
    fold_seed: another seed, another division.
    workers: processes that read images; 0 reads in this process, -1 takes one per core.
    phantom: for kind `phantom`.
    folder: for kind `folder`.
    table: for kind `table`.
  """

  kind: Kind = "phantom"
  root: str = ""
  tables: tuple[str, ...] = ()
  zips: tuple[str, ...] = ("**/*20158*.zip",)
  withdrawals: tuple[str, ...] = _WITHDRAWALS
  kinship: tuple[str, ...] = _KINSHIP
  allow_no_withdrawals: bool = False
  allow_no_relatedness: bool = False
  images_only: bool = False
  scalars_only: bool = False
  scalar_sets: tuple[ScalarSet, ...] = ("anthropometry", "impedance", "heel_densitometry", "hand_grip")
  num_folds: int = 10
  fold_seed: int = 0
  workers: int = -1
  phantom: PhantomSpec = dataclasses.field(default_factory=PhantomSpec)
  folder: FolderSpec = dataclasses.field(default_factory=FolderSpec)
  table: TableSpec = dataclasses.field(default_factory=TableSpec)

  def __post_init__(self):
    if self.kind == "phantom" and self.root:
      raise ValueError(
        f"a phantom is drawn in the workdir and has no root, got {self.root!r}: leave the root out, or choose the "
        "preset or kind of your data (ukb, folder, table)."
      )
    if self.images_only and self.scalars_only:
      raise ValueError("images_only and scalars_only together leave nothing to read: choose one.")
    if not 3 <= self.num_folds <= 100:
      raise ValueError(f"num_folds must be from 3 (training, validation, test) to 100, got {self.num_folds}.")
    if self.fold_seed < 0:
      raise ValueError(f"fold_seed must not be negative, got {self.fold_seed}.")
    if self.workers < -1:
      raise ValueError(f"workers is a number of processes, 0 for none, -1 for one per core; got {self.workers}.")


_OF_ALL = ("kind", "root", "num_folds", "fold_seed", "workers")
_OF_ONE = ("phantom", "folder", "table")


def names_of(kind: str) -> list[str]:
  """Returns the settings that data of a kind have: own radiographs and own tables have none of UK Biobank's files."""
  own = [kind] if kind in _OF_ONE else []
  if kind in ("folder", "table"):
    return [*_OF_ALL, *own]
  return [name for name in specs.names(DataSpec) if name not in _OF_ONE] + own


def from_mapping(values: Mapping[str, Any]) -> DataSpec:
  """Builds the spec from `config.data.to_dict()`.

  Raises:
    InputError: an unknown key, one that data of this kind do not have, a wrong type or an impossible value; the
      message names the key.
  """
  kind = values.get("kind", DataSpec().kind)
  foreign = [name for name in specs.names(DataSpec) if name in values and name not in names_of(kind)]
  if foreign and kind in get_args(Kind):
    raise errors.InputError(f"config.data.{foreign[0]}: data of kind {kind} have no such setting. Take it out.")
  return specs.from_mapping(DataSpec, values, "config.data")
