"""Complete cases of a scalar set: measurements, sex and ethnicity, age and fold of each sample.

Source: paper's code (`general_predictor.py`). Features are the set's measurements, sex and all 24 ethnicity columns.
Samples that lack any measurement are dropped.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from msk_jax.cohort import ethnicity, fold_table, scalar_fields, scalar_tables, source, suspect_values, withdrawals
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import cohort_tables
from msk_jax.tabular import algorithm, measures

AGE = measures.Quantity("age", "years")
SEX = "sex"
_ETHNICITY_PREFIX = "ethnicity_"
_KEYS = list(scalar_tables.KEYS)


@dataclasses.dataclass(frozen=True)
class ScalarData:
  """The samples of a set, whose they are, and their fold map.

  Attributes:
    name: of the set.
    samples: complete cases, ordered by eid and instance; the target is age.
    eid: [n] participant ids, strings.
    instance: int8 [n] visits.
    num_folds: of the fold map.
    fold_map_hash: SHA-256 of the fold map.
    hashes: name to SHA-256 of what was read, for the run record.
    num_measured: samples with any value of the set, before incomplete ones and people outside the cohort were dropped.
  """

  name: str
  samples: algorithm.Samples
  eid: np.ndarray
  instance: np.ndarray
  num_folds: int
  fold_map_hash: str
  hashes: dict[str, str]
  num_measured: int


@dataclasses.dataclass(frozen=True)
class CompleteCases:
  """Complete cases of a set as a table: far smaller than their features, so that all sets can be held at once.

  Attributes:
    name: of the set.
    table: a row per sample, ordered by eid and instance: keys, features, sex, ethnicity, age_years, fold.
    features: names of the measurements.
    num_folds: of the fold map.
    fold_map_hash: SHA-256 of the fold map.
    num_measured: see `ScalarData`.
  """

  name: str
  table: pd.DataFrame
  features: tuple[str, ...]
  num_folds: int
  fold_map_hash: str
  num_measured: int

  def to_scalar_data(self) -> ScalarData:
    """Returns the samples with all their features."""
    samples = _samples(self.table, self.features)
    eid, instance = self.table["eid"].to_numpy(str), self.table["instance"].to_numpy(np.int8)
    hashes = {"folds": self.fold_map_hash, **_hash_samples(samples, eid, instance)}
    return ScalarData(self.name, samples, eid, instance, self.num_folds, self.fold_map_hash, hashes, self.num_measured)


def read(workdir: pathlib.Path, names: Sequence[str], withdrawn: Collection[str] = ()) -> list[CompleteCases]:
  """Reads scalar sets and joins them with the cohort. Each file is read once.

  Args:
    workdir: holds `cohort/`.
    names: of the sets; `all` for all sets joined.
    withdrawn: ids to leave out besides those that `prepare` left out.

  Raises:
    InputError: a table is missing or unusable; see `assemble`.
  """
  cohort = workdir / cohort_tables.FOLDER
  participants = tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS)
  visits = tables.read(cohort / "visits.parquet", cohort_tables.VISITS)
  folds = fold_table.read(workdir)
  measured = scalar_tables.read_several(cohort, names)
  return [assemble(name, withdrawals.without(measured[name], withdrawn), participants, visits, folds) for name in names]


def load(workdir: pathlib.Path, name: str, withdrawn: Collection[str] = ()) -> ScalarData:
  """Returns the samples of one set; see `read`."""
  return read(workdir, [name], withdrawn)[0].to_scalar_data()


def is_comparable(workdir: pathlib.Path, name: str) -> bool:
  """Returns whether published numbers may stand beside those of a scalar set of this workdir.

  All sets together are the paper's only where just its four are joined.

  Args:
    workdir: holds `cohort/`.
    name: of the set, or `all`.
  """
  joined = scalar_tables.names(workdir / cohort_tables.FOLDER)
  return source.is_comparable(workdir) and (name != scalar_tables.ALL or set(joined) == set(scalar_fields.SETS))


def assemble(
  name: str, measured: pd.DataFrame, participants: pd.DataFrame, visits: pd.DataFrame, folds: FoldMap
) -> CompleteCases:
  """Joins measurements with the cohort and keeps complete cases.

  Args:
    name: of the set.
    measured: eid, instance and the features, NaN where missing.
    participants: schema participants.
    visits: schema visits.
    folds: the fold map.

  Raises:
    InputError: a sample is listed twice, a value is infinite, a feature has no value at all, no sample is complete, or
      a fold has no complete sample.
  """
  features = scalar_tables.features(measured)
  _check_values(name, measured, features)
  people = participants.merge(folds.table, on="eid", validate="one_to_one")
  joined = measured.merge(visits, on=_KEYS, validate="one_to_one").merge(people, on="eid", validate="many_to_one")
  _check_not_all_missing(name, joined, features)
  is_complete = joined[list(features)].notna().all(axis=1)
  kept = joined[is_complete].sort_values(_KEYS, ignore_index=True)
  num_folds = folds.num_folds
  _check_folds(name, kept, num_folds)
  table = kept[[*_KEYS, *features, "sex", "ethnicity", "age_years", "fold"]]
  return CompleteCases(name, table, features, num_folds, folds.name, len(measured))


def describe_suspects(samples: algorithm.Samples) -> str:
  """Returns a sentence on values that are hardly measurements, empty if there are none."""
  lines = [
    suspect_values.describe(name, column) for name, column in zip(samples.names, samples.features_np.T, strict=True)
  ]
  listed = "; ".join(line for line in lines if line)
  return f"some values are hardly measurements: {listed}" if listed else ""


def _samples(kept: pd.DataFrame, features: tuple[str, ...]) -> algorithm.Samples:
  ethnic = ethnicity.one_hot(kept["ethnicity"].to_numpy())
  matrix = np.empty((len(kept), len(features) + 1 + ethnic.shape[1]))
  matrix[:, : len(features)] = kept[list(features)].to_numpy(np.float64)
  matrix[:, len(features)] = kept["sex"].to_numpy(np.float64)
  matrix[:, len(features) + 1 :] = ethnic
  names = (*features, SEX, *(f"{_ETHNICITY_PREFIX}{column.lower()}" for column in ethnicity.ETHNICITY_COLUMNS))
  age, fold = kept["age_years"].to_numpy(np.float64), kept["fold"].to_numpy(np.int64)
  return algorithm.Samples(matrix, age, fold, names, AGE)


def _check_values(name: str, measured: pd.DataFrame, features: tuple[str, ...]) -> None:
  clash = [feature for feature in features if feature == SEX or feature.startswith(_ETHNICITY_PREFIX)]
  if clash:
    raise errors.InputError(
      f"scalar set {name}: {', '.join(clash)}: sex and ethnicity are features of every set already; leave them out."
    )
  if num_twice := int(measured.duplicated(_KEYS).sum()):
    raise errors.InputError(
      f"scalar set {name}: {num_twice} samples (eid, instance) are listed more than once: keep one row of each."
    )
  values = measured[list(features)].to_numpy(np.float64, na_value=np.nan)
  is_bad = np.abs(values) > suspect_values.GREATEST  # NaN is not
  if is_bad.any():
    columns = ", ".join(np.array(features)[is_bad.any(0)])
    raise errors.InputError(
      f"scalar set {name}: infinite values in {columns}, or values that no measurement has (beyond "
      f"{suspect_values.GREATEST:g}): leave them empty (missing)."
    )


def _check_not_all_missing(name: str, joined: pd.DataFrame, features: tuple[str, ...]) -> None:
  if joined.empty:
    raise errors.InputError(
      f"scalar set {name}: no measured sample has its age in cohort/visits.parquet: participants or instances differ. "
      "Prepare both from the same data."
    )
  missing = [feature for feature in features if not joined[feature].notna().any()]
  if missing:
    raise errors.InputError(
      f"scalar set {name}: {', '.join(missing)} has no value at all, so no sample is complete. Leave the feature "
      "out, or name the other sets in --config.scalars.sets."
    )


def _check_folds(name: str, kept: pd.DataFrame, num_folds: int) -> None:
  counts = np.bincount(kept["fold"].to_numpy(np.int64), minlength=num_folds)
  empty = [str(fold) for fold in np.flatnonzero(counts == 0)]
  if len(kept) == 0:
    raise errors.InputError(f"scalar set {name}: no sample has all features; leave sparse features out.")
  if empty:
    raise errors.InputError(
      f"scalar set {name}: no complete sample in fold {', '.join(empty)} (of {num_folds}; {len(kept)} samples in all). "
      "Every fold is tested once: prepare more people or fewer folds (--config.data.num_folds)."
    )


def _hash_samples(samples: algorithm.Samples, eid: np.ndarray, instance: np.ndarray) -> dict[str, str]:
  """Returns a hash of everything that the samples hold, and of whose they are, by name.

  Models do not depend on ids and visits, but predictions name them.
  """
  values = {
    "features_np": samples.features_np,
    "age_years": samples.target,
    "fold": samples.fold,
    "names": np.asarray(samples.names),
    "eid": eid,
    "instance": instance,
  }
  return {f"samples.{name}": run_record.hash_array(array) for name, array in values.items()}
