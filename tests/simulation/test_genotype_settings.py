"""With genotypes off nothing of a phantom changes; with them on every setting counts."""

import dataclasses
import hashlib
import pathlib

import pytest

from configs import phantom as phantom_config
from msk_jax.io import run_record, specs
from msk_jax.preparation import cohort_output
from msk_jax.preparation import spec as data_spec
from msk_jax.simulation import cohort
from msk_jax.simulation.spec import GenotypesSpec, PhantomSpec
from tests.reruns import perturb

# Of phantoms made before there were genotypes.
_TABLE = "4f89f05b"
_RELATEDNESS = "f290259d"
_WITHDRAWALS = "72bfab05"
_CLAIM = "43a43be4"
_SETTINGS = "8ed0510e2d2db9200eb90e7789037308cc22e9edcff24978e2f99df5e5c47fe5"
_PREPARED_SETTINGS = "6ad9ad9eb88831b0a919b06424dc23a48ff0be477ed0c0c8d6a6d12993642bd2"


def test_without_genotypes_all_bytes_are_as_before_there_were_any(tmp_path):
  cohort.generate(PhantomSpec(num_participants=60, seed=5, has_images=False), tmp_path / "raw")
  names = {
    "tables/ukb99999.csv": _TABLE,
    "ukb_rel.dat": _RELATEDNESS,
    "w99999_20260101.csv": _WITHDRAWALS,
    ".phantom.json": _CLAIM,
  }
  for name, expected in names.items():
    assert hashlib.sha256((tmp_path / "raw" / name).read_bytes()).hexdigest()[:8] == expected, name
  assert not (tmp_path / "raw" / "genotypes").exists()
  assert not (tmp_path / "raw" / "truth" / "variants.parquet").exists()


def test_records_of_phantoms_without_genotypes_stay_current():
  assert run_record.fingerprint(cohort.settings_of(PhantomSpec())) == _SETTINGS
  assert run_record.fingerprint(cohort.settings_of(PhantomSpec(genotypes=GenotypesSpec.small()))) == _SETTINGS


def test_records_of_cohorts_of_such_phantoms_stay_current():
  """The version of `prepare` is part of the settings: where that is raised, this changes with it."""
  settings = cohort_output.settings_of(data_spec.DataSpec(), pathlib.Path("/w"))
  assert settings["version"] != 8 or run_record.fingerprint(settings) == _PREPARED_SETTINGS
  assert "genotypes" not in settings["phantom"] and "has_genotypes" not in settings["phantom"]


@pytest.mark.parametrize("name", perturb.leaves(GenotypesSpec()))
def test_every_setting_of_genotypes_makes_another_phantom(name):
  spec = PhantomSpec(has_genotypes=True)
  other = perturb.changed(spec, f"genotypes.{name}")
  assert other is not None
  assert cohort.settings_of(other) != cohort.settings_of(spec)


def test_arguments_of_the_config():
  def settings(argument: str) -> PhantomSpec:
    return specs.from_mapping(PhantomSpec, phantom_config.get_config(argument).phantom.to_dict())

  assert settings("") == PhantomSpec()
  assert settings("num_participants=70,images=false") == PhantomSpec(70, has_images=False)
  assert settings("genotypes").genotypes == GenotypesSpec() and settings("genotypes").has_genotypes
  small = settings("genotypes,small,flaws=false")
  assert small.genotypes == dataclasses.replace(GenotypesSpec.small(), num_sex_mismatches=0)
