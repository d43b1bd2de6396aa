"""The command `release`: its output, its second call, its messages."""

import re

import pandas as pd

from tests import commands, tiny_workdir
from tests.shared_release import study


def _write_cohort(workdir) -> None:
  people = pd.DataFrame({"eid": ["9000001"], "sex": [0], "ethnicity": [1]})
  visits = pd.DataFrame({"eid": ["9000001"], "instance": [2], "age_years": [60.0], "centre": [11_010]})
  tiny_workdir.write_cohort(workdir, people, visits)


def test_the_command_writes_a_release_once(tmp_path):
  study.write_all(tmp_path)
  study.write_source(tmp_path, "simulated")
  _write_cohort(tmp_path)
  arguments = ["--config=configs/release.py:imputed=ukb", f"--workdir={tmp_path}", "--config.release.licence=CC0"]
  first = commands.run("release", *arguments)
  assert first.returncode == 0, first.stderr
  assert re.search(r"Knee +20,003 +1 +2 +1", first.stdout) and "Read README.md and results.md" in first.stdout
  metadata = tmp_path / "release" / "knee" / "knee_imputed.tsv.gz-meta.yaml"
  assert "imputation_software: IMPUTE4" in metadata.read_text()
  assert "CC0" in (tmp_path / "release" / "README.md").read_text()
  second = commands.run("release", *arguments)
  assert second.returncode == 0 and "nothing to do: release is up to date" in second.stderr
  assert second.stdout == first.stdout


def test_without_a_gwas_it_says_what_to_run(tmp_path):
  _write_cohort(tmp_path)
  result = commands.run("release", f"--workdir={tmp_path}")
  assert result.returncode == 1 and "run `python -m msk_jax.gwas`" in result.stderr


def test_an_unknown_source_of_imputation_is_refused(tmp_path):
  result = commands.run("release", "--config=configs/release.py:imputed=topmed", f"--workdir={tmp_path}")
  assert result.returncode != 0 and "imputed is one of ukb, other" in result.stderr
