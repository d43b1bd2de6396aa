"""Results of different analyses do not leave side by side."""

import pytest

from msk_jax.genetics import run as gwas_run
from msk_jax.genetics.spec import GwasSpec
from msk_jax.io import errors, run_record
from msk_jax.shared_release import run, spec
from tests.shared_release import study


def test_loci_of_another_gwas_are_refused(tmp_path):
  study.write_all(tmp_path)
  study.write_gwas(tmp_path, study.variants(beta=0.5))
  with pytest.raises(errors.InputError, match=r"loci is not of the GWAS that is there: run `python -m msk_jax\.loci`"):
    run.make_release(tmp_path, spec.ReleaseSpec())


def test_performance_of_other_predictions_is_refused(tmp_path):
  study.write_all(tmp_path)
  study.write_performance(tmp_path, "two")
  with pytest.raises(errors.InputError, match="performance/ and ages/ are of different predictions"):
    run.make_release(tmp_path, spec.ReleaseSpec())


def test_a_gwas_of_other_ages_is_refused(tmp_path):
  study.write_all(tmp_path)
  ages = tmp_path / "ages" / "participant" / "general.parquet"
  ages.parent.mkdir()
  ages.write_bytes(b"ages of today")
  with pytest.raises(errors.InputError, match="gwas is not of the ages that are there"):
    run.make_release(tmp_path, spec.ReleaseSpec())
  inputs = {"general.parquet": run_record.hash_file(ages)}
  study.finish(tmp_path / "gwas", "gwas", gwas_run.settings_of(GwasSpec(engine="bolt"), "bolt"), inputs)
  study.write_loci(tmp_path)
  run.make_release(tmp_path, spec.ReleaseSpec())


def test_damaged_folders_are_refused(tmp_path):
  study.write_all(tmp_path)
  (tmp_path / "performance" / "performance.parquet").unlink()
  with pytest.raises(errors.InputError, match=r"performance is unfinished, .* run python -m msk_jax\.evaluate again"):
    run.make_release(tmp_path, spec.ReleaseSpec())
  study.write_performance(tmp_path)
  run_record.remove(tmp_path / "loci")
  with pytest.raises(errors.InputError, match="loci is unfinished"):
    run.make_release(tmp_path, spec.ReleaseSpec())


def test_a_gwas_with_withdrawn_people_is_refused(tmp_path):
  study.write_all(tmp_path)
  with pytest.raises(errors.InputError, match="made from other inputs than there are now"):
    run.make_release(tmp_path, spec.ReleaseSpec(), withdrawn=["9000001"])
