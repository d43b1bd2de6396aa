"""The phantom, made on the spot and read like real data."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import scalar_fields, scalar_tables
from msk_jax.cohort import scalar_reader as cohort_scalars
from msk_jax.imaging import dxa_ingest
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import prepare, prepared, stored_images
from msk_jax.preparation.spec import DataSpec, PhantomSpec
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulation import people
from msk_jax.simulation.files import flaws as phantom_flaws
from msk_jax.simulation.files import truth
from msk_jax.simulation.scalars import measurements
from msk_jax.simulation.spec import FlawCounts


def test_a_phantom_is_made_read_and_then_left_alone(tmp_path, caplog, monkeypatch):
  flaws = FlawCounts(**{name: 0 for name in vars(FlawCounts.none())} | {"withdrawn": 1})
  phantom = PhantomSpec(num_participants=6, flaws=flaws, max_flawed_fraction=0.5, repeat_imaging_fraction=0.0)
  spec = DataSpec(workers=0, phantom=phantom, num_folds=3)
  prepared.ensure(spec, tmp_path / "work")
  participants = tables.read(tmp_path / "work" / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  listed = next((tmp_path / "work" / "raw").glob("w*_*.csv")).read_text().split()
  assert len(participants) == 5 and not participants["eid"].isin(listed).any()
  indexes = stored_images.read_indexes(tmp_path / "work", ["knee", "hip", "full_body/mixed"])
  assert all(set(index["eid"]) <= set(participants["eid"]) and len(index) for index in indexes.values())
  (tmp_path / "work").rename(tmp_path / "moved")  # a workdir is whole in itself
  monkeypatch.setattr(dxa_ingest, "ingest_zips", None)
  with caplog.at_level("INFO"):
    prepared.ensure(spec, tmp_path / "moved")
  assert "nothing to do" in caplog.text


_MANY = PhantomSpec(num_participants=400, seed=3, has_images=False)
_TABLES_ALONE = DataSpec(workers=0, scalars_only=True, phantom=_MANY)


@pytest.fixture(scope="module")
def scalar_workdir(tmp_path_factory):
  workdir = tmp_path_factory.mktemp("scalars")
  prepare.prepare(_TABLES_ALONE, workdir)
  return workdir


def test_the_phantoms_scalars_come_through_unchanged(scalar_workdir):
  """What was drawn is what is stored, to the devices' digits, through text cells, protocols and the mean of feet."""
  cohort = {person.eid: i for i, person in enumerate(people.make_people(_MANY))}
  drawn = measurements.draw(_MANY.seed, people.make_people(_MANY)).values
  for name in scalar_fields.SETS:
    table = scalar_tables.read(scalar_workdir / "cohort", name)
    assert len(table.dropna()) > 600
    rows, instance = table["eid"].map(cohort).to_numpy(), table["instance"].to_numpy()
    for feature in scalar_tables.features(table):
      stored = table[feature].to_numpy()
      is_known = ~np.isnan(stored)
      if name == scalar_fields.HEEL_DENSITOMETRY:
        left, right = (drawn[foot, feature][rows, instance] for foot in ("left", "right"))
        fits = np.isclose(stored, (left + right) / 2) | (np.isclose(stored, right) & (instance == 0))
      else:
        fits = np.isclose(stored, drawn[feature][rows, instance])
      assert fits[is_known].all(), feature


def test_flawed_values_are_missing_and_in_the_report_under_pseudonyms(scalar_workdir):
  raw = scalar_workdir / "raw"
  planted = tables.read(truth.path(raw, truth_tables.FLAWS), truth_tables.FLAWS)
  planted = planted[planted["kind"].isin(list(phantom_flaws.SCALAR_TEXTS))]
  reported = pd.read_csv(scalar_workdir / "qc" / "scalars.csv")
  assert len(reported) == len(planted) == 6
  assert sorted(reported["detail"]) == sorted(planted["member"])
  assert reported["reason"].value_counts().to_dict() == {"not_a_number": 2, "infinite": 2, "implausible": 2}
  assert set(reported.columns) == {"pseudonym", "set", "feature", "instance", "reason", "detail"}
  assert reported["pseudonym"].str.fullmatch("[a-p]{10}").all()
  fields = {str(f.field): (name, f.name) for name, fs in scalar_fields.FEATURES.items() for f in fs if f.field}
  for eid, column in zip(planted["eid"], planted["member"], strict=True):
    name, feature = fields[column.split("-")[0]]
    table = scalar_tables.read(scalar_workdir / "cohort", name).set_index(["eid", "instance"])
    assert (eid, 0) not in table.index or np.isnan(table.loc[(eid, 0), feature])
  counts = pd.read_csv(scalar_workdir / "qc" / "scalar_counts.csv")
  assert counts["count"].sum() == 6 and counts["meaning"].notna().all()


def test_withdrawn_people_and_unknown_ages_are_in_no_scalar_table(scalar_workdir):
  cohort = scalar_workdir / "cohort"
  listed = next((scalar_workdir / "raw").glob("w*_*.csv")).read_text().split()
  visits = tables.read(cohort / "visits.parquet", cohort_tables.VISITS).set_index(["eid", "instance"])
  for name in scalar_fields.SETS:
    table = scalar_tables.read(cohort, name)
    assert not table["eid"].isin(listed).any()
    assert table.set_index(["eid", "instance"]).index.isin(visits.index).all()
  record = run_record.read(cohort)
  everything = cohort_scalars.read((scalar_workdir / "raw" / "tables").iterdir()).tables.values()
  num_present = sum((~table["eid"].isin(listed)).sum() for table in everything)
  num_kept = sum(len(scalar_tables.read(cohort, name)) for name in scalar_fields.SETS)
  assert record["results"]["left_out"]["scalar_samples_without_known_age"] == num_present - num_kept > 0
  assert not any(eid in json.dumps(record) for eid in visits.index.get_level_values(0))


def test_every_scalar_set_is_spread_evenly_over_the_folds(scalar_workdir):
  cohort = scalar_workdir / "cohort"
  folds = tables.read(cohort / "folds.parquet", cohort_tables.FOLDS).set_index("eid")["fold"]
  for name in scalar_fields.SETS:
    people_of_set = scalar_tables.read(cohort, name).dropna()["eid"].unique()
    sizes = np.bincount(folds.loc[people_of_set], minlength=10)
    assert sizes.max() - sizes.min() <= 4, (name, sizes)


def test_without_images_stages_that_need_them_say_so_and_nothing_is_overwritten_in_silence(scalar_workdir, tmp_path):
  assert not (scalar_workdir / "images").exists()
  for spec in (_TABLES_ALONE, dataclasses.replace(_TABLES_ALONE, scalars_only=False)):
    with pytest.raises(errors.InputError, match="no images"):
      prepared.view_of(spec, "knee")
  with pytest.raises(errors.InputError, match="scalars_only=True"):
    prepare.prepare(dataclasses.replace(_TABLES_ALONE, scalars_only=False), tmp_path)
  (tmp_path / "images").mkdir()
  with pytest.raises(errors.InputError, match="holds images"):
    prepare.prepare(_TABLES_ALONE, tmp_path)
  prepare.prepare(
    dataclasses.replace(_TABLES_ALONE, phantom=dataclasses.replace(_MANY, num_participants=20)),
    tmp_path,
    overwrite=True,
  )
  assert not (tmp_path / "images").exists() and scalar_tables.names(tmp_path / "cohort")


def test_a_set_not_wanted_is_not_there(tmp_path):
  few = dataclasses.replace(_MANY, num_participants=30)
  prepare.prepare(dataclasses.replace(_TABLES_ALONE, phantom=few), tmp_path)
  assert len(scalar_tables.names(tmp_path / "cohort")) == 4
  wanted = dataclasses.replace(_TABLES_ALONE, phantom=few, scalar_sets=("impedance",))
  prepare.prepare(wanted, tmp_path)
  assert scalar_tables.names(tmp_path / "cohort") == ["impedance"]
