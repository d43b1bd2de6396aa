"""The GWAS Catalog's own validator (gwas-sumstats-tools) takes the files, and finds what is wrong with others."""

import gzip
import pathlib
import subprocess

import pytest

from msk_jax.shared_release import run, spec
from tests import programs
from tests.shared_release import study


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("validated")
  study.write_all(folder)
  run.make_release(folder, spec.ReleaseSpec())
  return folder / "release"


def _validate(path: pathlib.Path) -> subprocess.CompletedProcess:
  """Runs the validator; real files have 100,000 rows or more, which it asks for by default."""
  command = [programs.require_ssf_validator(), "validate", "--min-rows", "1", str(path)]
  return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("source", ["array", "imputed"])
def test_files_are_valid(release, source):
  result = _validate(release / "knee" / f"knee_{source}.tsv.gz")
  assert result.returncode == 0 and "Data table is valid." in result.stdout, result.stdout + result.stderr


def test_the_validator_sees_what_is_wrong(release, tmp_path):
  text = gzip.decompress((release / "knee" / "knee_array.tsv.gz").read_bytes()).decode()
  path = tmp_path / "wrong.tsv.gz"
  path.write_bytes(gzip.compress(text.replace("\tA\tG\t", "\tI\tD\t", 1).encode()))
  assert _validate(path).returncode == 1
  path.write_bytes(gzip.compress(text.replace("beta\tstandard_error", "standard_error\tbeta", 1).encode()))
  assert _validate(path).returncode == 1


def test_metadata_fit_its_model(release):
  path = release / "knee" / "knee_imputed.tsv.gz"
  python = pathlib.Path(programs.require_ssf_validator()).with_name("python")
  code = (
    "import sys, yaml\n"
    "from gwas_sumstats_tools.schema.metadata import SumStatsMetadata\n"
    "value = yaml.safe_load(open(sys.argv[1]))\n"
    "model = SumStatsMetadata(**value)\n"
    "assert set(value) <= set(model.__fields__), set(value) - set(model.__fields__)\n"
    "print(model.file_type)\n"
  )
  command = [str(python), "-c", code, str(path.with_name(f"{path.name}-meta.yaml"))]
  result = subprocess.run(command, capture_output=True, text=True, timeout=120)
  assert result.returncode == 0 and result.stdout == "GWAS-SSF v1.1.0\n", result.stderr
