"""Results of different analyses do not go side by side: what each stage read is there as it was read."""

import pathlib

import pytest

from msk_jax.io import errors, one_analysis, outputs, run_record

_PREDICTIONS = "predictions/sample/general.parquet"
_OF_GENERAL = "ages/participant/general.parquet"
_ABOUT = {"ages": "ages", "gwas": "gwas", "loci": "loci", "xwas/associations": "xwas", "performance": "evaluate"}


def _write(workdir: pathlib.Path, name: str, content: str = "first") -> None:
  (workdir / name).parent.mkdir(parents=True, exist_ok=True)
  (workdir / name).write_text(content)


def _finish(workdir: pathlib.Path, folder: str, names: list[str]) -> None:
  """Writes a stage's record, made from files that are there."""
  inputs = outputs.hash_files(workdir, [workdir / name for name in names])
  outputs.finish(outputs.Output(_ABOUT[folder], workdir / folder, {}, inputs), {})


def _check(workdir: pathlib.Path, *folders: str) -> None:
  results = []
  for folder in folders:
    record = run_record.read(workdir / folder)
    assert record is not None
    results.append(one_analysis.Result(folder, _ABOUT[folder], record))
  one_analysis.check(workdir, results)


@pytest.fixture
def workdir(tmp_path) -> pathlib.Path:
  for name in ("cohort/participants.parquet", _PREDICTIONS, _OF_GENERAL):
    _write(tmp_path, name)
  _finish(tmp_path, "performance", [_PREDICTIONS])
  _finish(tmp_path, "ages", [_PREDICTIONS])
  _finish(tmp_path, "gwas", ["cohort/participants.parquet", _OF_GENERAL])
  _finish(tmp_path, "xwas/associations", ["cohort/participants.parquet", _OF_GENERAL])
  _finish(tmp_path, "loci", ["gwas/run.json"])
  return tmp_path


def test_one_analysis_passes(workdir):
  _check(workdir, *_ABOUT)


@pytest.mark.parametrize(
  ("shown", "changed", "command"),
  [
    ("ages", _PREDICTIONS, r"Run `python -m msk_jax\.ages` again"),
    ("performance", _PREDICTIONS, r"`python -m msk_jax\.evaluate`"),
    ("gwas", _OF_GENERAL, r"`python -m msk_jax\.gwas`"),
    ("xwas/associations", _OF_GENERAL, r"`python -m msk_jax\.xwas`"),
    ("loci", "cohort/participants.parquet", r"gwas/ does not belong.*`python -m msk_jax\.gwas`"),
  ],
)
def test_what_was_made_from_other_contents_is_refused(workdir, shown, changed, command):
  """Loci are refused for their GWAS' sake, though the GWAS is as they read it."""
  _write(workdir, changed, "second")
  with pytest.raises(errors.InputError, match=rf"other contents of {changed} than there are now\. Run .*") as raised:
    _check(workdir, shown)
  assert raised.match(command)


def test_all_that_is_stale_is_named_in_the_order_of_the_data_flow(workdir):
  _write(workdir, _OF_GENERAL, "second")
  with pytest.raises(errors.InputError, match=r"gwas/ does not .*\(so are xwas/associations/\).*gwas`, `.*xwas` again"):
    _check(workdir, "xwas/associations", "loci")


def test_a_gwas_that_was_run_again_makes_its_loci_stale(workdir):
  outputs.finish(outputs.Output("gwas", workdir / "gwas", {"seed": 1}, {"cohort/participants.parquet": "x"}), {})
  (workdir / "cohort/participants.parquet").unlink()
  with pytest.raises(errors.InputError, match=r"loci/ does not belong.*gwas/run\.json.*msk_jax\.loci`"):
    _check(workdir, "loci")


def test_without_the_file_the_records_are_compared(workdir):
  _write(workdir, _PREDICTIONS, "second")
  _finish(workdir, "performance", [_PREDICTIONS])
  (workdir / _PREDICTIONS).unlink()
  with pytest.raises(errors.InputError, match=r"performance/ and ages/ are not of one analysis.*general\.parquet"):
    _check(workdir, "ages", "performance")
  _check(workdir, "ages")


def test_a_record_that_names_no_file_of_the_workdir_is_refused(workdir):
  outputs.finish(outputs.Output("xwas", workdir / "xwas/associations", {}, {"accelerations": "x"}), {})
  with pytest.raises(errors.InputError, match=r"an earlier version wrote it.*msk_jax\.xwas"):
    _check(workdir, "xwas/associations")


@pytest.mark.parametrize(
  ("stage", "inputs"),
  [
    ("xwas", {"cohort/participants.parquet": "x", "accelerations": "x"}),
    ("release", {"gwas/traits": "x", "gwas/run": "x"}),
    ("scalars", {"elastic_net": "x"}),
  ],
)
def test_records_of_earlier_versions_are_refused(tmp_path, stage, inputs):
  outputs.finish(outputs.Output(stage, tmp_path / "old", {}, inputs), {})
  record = run_record.read(tmp_path / "old")
  assert record is not None
  with pytest.raises(errors.InputError, match=rf"an earlier version wrote it.*msk_jax\.{stage}"):
    one_analysis.check(tmp_path, [one_analysis.Result("old", stage, record)])


def test_an_own_table_of_accelerated_ageing_stands_for_the_ages(workdir):
  inputs = {"cohort/participants.parquet": run_record.hash_file(workdir / "cohort/participants.parquet")}
  outputs.finish(outputs.Output("xwas", workdir / "xwas/own", {}, {**inputs, "own_accelerations": "x"}), {})
  record = run_record.read(workdir / "xwas/own")
  assert record is not None
  one_analysis.check(workdir, [one_analysis.Result("xwas/own", "xwas", record)])


def test_a_folder_of_another_stage_is_never_replaced(workdir):
  kept = run_record.read(workdir / "ages")
  with pytest.raises(errors.InputError, match="holds results of the stage ages, which evaluate does not replace"):
    outputs.make_folder(outputs.Output("evaluate", workdir / "ages", {}), lambda folder: {})
  assert run_record.read(workdir / "ages") == kept
