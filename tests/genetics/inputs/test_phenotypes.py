"""Accelerated ageing as traits: which models, which people, and settings that do not fit."""

import dataclasses

import pytest

from msk_jax.biological_age import acceleration
from msk_jax.genetics import phenotypes
from msk_jax.io import errors, tables
from msk_jax.schemas import age_tables
from tests.genetics.inputs import study as studies


def test_best_models_of_the_dimensions_per_participant(study):
  table = phenotypes.read(study.workdir)
  assert [(column.name, column.model, column.unit) for column in table.columns] == [
    ("general", "general", "years"),
    ("knee", "knee/ensemble", "years"),
  ]
  assert [column.name for column in phenotypes.read(study.workdir, ("knee",)).columns] == ["knee"]
  withdrawn = frozenset(studies.EIDS[:3])
  assert not withdrawn & set(phenotypes.read(study.workdir, (), withdrawn).key)


def test_dimensions_without_ages_are_named(study):
  with pytest.raises(errors.InputError, match=r"no ages of hip; there are of general, knee"):
    phenotypes.read(study.workdir, ("knee", "hip"))


def test_ages_that_are_missing_say_which_stage_writes_them(study):
  acceleration.path_of(study.workdir / "ages", "participant", "general").unlink()
  with pytest.raises(errors.InputError, match=r"general\.parquet"):
    phenotypes.read(study.workdir)


def test_a_participant_twice_is_refused(study):
  path = acceleration.path_of(study.workdir / "ages", "participant", "general")
  ages = tables.read(path, age_tables.AGES)
  ages.loc[1, "eid"] = ages.loc[0, "eid"]
  tables.write(path, ages, age_tables.AGES)
  with pytest.raises(errors.InputError, match="several rows of one participant") as caught:
    phenotypes.read(study.workdir)
  assert studies.EIDS[0] not in str(caught.value)


def test_settings_of_the_other_source_are_refused(study):
  with pytest.raises(errors.InputError, match="--phenotypes"):
    study.gather(dataclasses.replace(studies.SPEC, traits=("height",)))
  with pytest.raises(errors.InputError, match="--phenotypes"):
    study.gather(dataclasses.replace(studies.SPEC, dimensions=("knee",)), table=study.path("a.csv"))
