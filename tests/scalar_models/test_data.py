"""Complete cases are the right ones, and every kind of bad input is refused by name, without ids."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import ethnicity, scalar_tables
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, privacy, tables
from msk_jax.scalar_models import data
from msk_jax.schemas import cohort_tables
from msk_jax.tabular import algorithm
from tests.tabular import scalar_cohort


def _tables(n=12, num_folds=3):
  eid = [str(9_000_001 + i) for i in range(n)]
  people = pd.DataFrame({"eid": eid, "sex": np.arange(n) % 2, "ethnicity": [1001, 3001, -1] * (n // 3)})
  visits = pd.DataFrame(
    {"eid": eid * 2, "instance": [0] * n + [2] * n, "age_years": np.arange(2.0 * n) + 40, "centre": -1}
  )
  folds = pd.DataFrame({"eid": eid, "fold": np.arange(n) % num_folds})
  measured = pd.DataFrame(
    {"eid": eid * 2, "instance": [0] * n + [2] * n, "waist_cm": np.arange(2.0 * n) + 70, "grip_kg": np.arange(2.0 * n)}
  )
  return measured, people, visits, folds


def _assemble(measured, people, visits, folds):
  return data.assemble("body", measured, people, visits, FoldMap.drawn(folds)).to_scalar_data()


def test_columns_are_measurements_sex_and_ethnicity_of_the_right_person():
  measured, people, visits, folds = _tables()
  shuffled = measured.sample(frac=1, random_state=0)
  loaded = _assemble(shuffled, people, visits, folds)
  samples = loaded.samples
  assert samples.names[:3] == ("waist_cm", "grip_kg", "sex") and len(samples.names) == 2 + 1 + 24
  assert samples.names[3:6] == ("ethnicity_white", "ethnicity_british", "ethnicity_irish")
  assert list(loaded.eid) == sorted(loaded.eid) and len(loaded.eid) == 24
  for i in range(24):
    person = int(loaded.eid[i]) - 9_000_001
    row = person + (12 if loaded.instance[i] == 2 else 0)
    assert samples.features_np[i, 0] == 70 + row and samples.target[i] == 40 + row
    assert samples.fold[i] == person % 3 and samples.features_np[i, 2] == person % 2
    codes = ethnicity.one_hot([people["ethnicity"][person]])[0]
    assert np.array_equal(samples.features_np[i, 3:], codes)


def test_incomplete_samples_and_people_outside_the_cohort_are_dropped():
  measured, people, visits, folds = _tables()
  measured.loc[3, "grip_kg"] = np.nan
  stranger = pd.DataFrame({"eid": ["x"], "instance": [0], "waist_cm": [80.0], "grip_kg": [1.0]})
  loaded = _assemble(pd.concat([measured, stranger]), people, visits, folds)
  assert len(loaded.eid) == 23 and "x" not in loaded.eid
  keys = set(zip(loaded.eid, loaded.instance, strict=True))
  assert (str(9_000_001 + 3), 0) not in keys and (str(9_000_001 + 3), 2) in keys


def test_a_constant_column_is_fine():
  measured, people, visits, folds = _tables()
  measured["grip_kg"] = 1.0
  assert len(_assemble(measured, people, visits, folds).eid) == 24


def _spoil(measured, people, visits, folds, how):
  if how == "all missing":
    measured["grip_kg"] = np.nan
  elif how == "none complete":
    measured.loc[::2, "grip_kg"] = np.nan
    measured.loc[1::2, "waist_cm"] = np.nan
  elif how == "empty fold":
    measured.loc[np.arange(24) % 12 % 3 == 1, "grip_kg"] = np.nan
  elif how == "twice":
    measured.loc[24] = measured.loc[0]
  elif how == "infinite":
    measured.loc[5, "grip_kg"] = -np.inf
  elif how == "absurd":
    measured.loc[5, "grip_kg"] = 1e200
  elif how == "other people":
    measured["eid"] = "y" + measured["eid"]
  elif how == "own sex":
    measured = measured.rename(columns={"grip_kg": "sex"})
  return measured, people, visits, folds


@pytest.mark.parametrize(
  ("how", "message"),
  [
    ("all missing", "grip_kg has no value at all"),
    ("none complete", "no sample has all features"),
    ("empty fold", r"no complete sample in fold 1 \(of 3; 16 samples"),
    ("twice", "1 samples .* more than once"),
    ("infinite", "infinite values in grip_kg"),
    ("absurd", "grip_kg, or values that no measurement has"),
    ("other people", "no measured sample has its age"),
    ("own sex", "sex and ethnicity are features of every set already"),
  ],
)
def test_bad_input_is_named(how, message):
  with pytest.raises(errors.InputError, match=message) as caught:
    _assemble(*_spoil(*_tables(), how))
  assert "body" in str(caught.value)
  assert privacy.redact(str(caught.value)) == str(caught.value)


def test_hashes_change_with_values_folds_and_visits_only():
  loaded = _assemble(*_tables())
  assert _assemble(*_tables()).hashes == loaded.hashes
  measured, people, visits, folds = _tables()
  measured.loc[0, "grip_kg"] += 1e-9
  assert (
    _assemble(measured, people, visits, folds).hashes["samples.features_np"] != loaded.hashes["samples.features_np"]
  )
  measured, people, visits, folds = _tables()
  folds["fold"] = (folds["fold"] + 1) % 3
  assert _assemble(measured, people, visits, folds).fold_map_hash != loaded.fold_map_hash
  measured, people, visits, folds = _tables()
  for table in (measured, visits):
    table["instance"] = table["instance"].replace(2, 3)  # the same values at visits of another number
  renamed = _assemble(measured, people, visits, folds)
  assert np.array_equal(renamed.samples.features_np, loaded.samples.features_np)
  assert renamed.hashes["samples.instance"] != loaded.hashes["samples.instance"]


def test_everything_of_the_samples_is_hashed():
  loaded = _assemble(*_tables())
  fields = {field.name for field in dataclasses.fields(algorithm.Samples)} - {"quantity"}  # always age
  hashed = {name.removeprefix("samples.") for name in loaded.hashes if name.startswith("samples.")}
  assert hashed == fields - {"target"} | {"age_years", "eid", "instance"}
  assert loaded.samples.quantity == data.AGE


def test_withdrawn_people_are_left_out_again(tmp_path):
  scalar_cohort.write_workdir(tmp_path)
  everybody = data.load(tmp_path, "body")
  withdrawn = everybody.eid[:3]
  loaded = data.load(tmp_path, "body", frozenset(withdrawn))
  assert len(loaded.eid) == len(everybody.eid) - 3 and not set(withdrawn) & set(loaded.eid)
  assert loaded.hashes["samples.eid"] != everybody.hashes["samples.eid"]


def test_all_is_the_complete_cases_of_every_set(tmp_path):
  scalar_cohort.write_workdir(tmp_path)
  loaded = data.load(tmp_path, scalar_tables.ALL)
  assert loaded.samples.names[:3] == ("waist_cm", "noise_cm", "grip_kg")
  assert set(loaded.eid) == set(data.load(tmp_path, "grip").eid) < set(data.load(tmp_path, "body").eid)
  folds = tables.read(tmp_path / cohort_tables.FOLDER / "folds.parquet", cohort_tables.FOLDS)
  assert loaded.num_folds == folds["fold"].max() + 1
