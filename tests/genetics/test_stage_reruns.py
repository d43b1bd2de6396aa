"""The stage called again: after failures, withdrawals, damage, and with other settings."""

import dataclasses
import gzip
import json
import multiprocessing
import pathlib

import pytest

from msk_jax.genetics import input_hashes, run
from msk_jax.genetics.spec import BoltSpec, CovariateSpec, GwasSpec, QualitySpec
from msk_jax.genome.genotype_files import FilePatterns
from msk_jax.io import errors, locks
from tests import cases
from tests.genetics import fake_bolt
from tests.genetics.inputs import study as studies


@dataclasses.dataclass
class _Stage:
  """A study and a stand-in for BOLT-LMM."""

  study: studies.Study
  places: run.Places
  spec: GwasSpec
  log: pathlib.Path

  @property
  def folder(self) -> pathlib.Path:
    return self.places.output

  def call(self, *, withdrawn=(), collect: pathlib.Path | None = None, **changes) -> int:
    places = dataclasses.replace(self.places, collect=collect)
    return run.make_gwas(places, dataclasses.replace(self.spec, **changes), withdrawn)

  def record(self) -> dict:
    return json.loads((self.folder / "run.json").read_text())

  def num_runs(self) -> int:
    return len(self.log.read_text().splitlines())

  def with_bolt(self, **changes) -> BoltSpec:
    return dataclasses.replace(self.spec.bolt, **changes)


@pytest.fixture
def stage(tmp_path) -> _Stage:
  study = studies.make(tmp_path / "study")
  program, log = fake_bolt.write(tmp_path)
  files = FilePatterns(bed="a.bed", bim="a.bim", fam="a.fam", bgen="", sample="")
  spec = GwasSpec(
    engine="bolt",
    files=files,
    covariates=CovariateSpec(num_pcs=3),
    genetic_correlations=False,
    bolt=BoltSpec(program=str(program)),
  )
  return _Stage(study, run.Places(study.workdir, study.folder), spec, log)


def test_a_failed_heritability_is_tried_again(stage):
  fake_bolt.write(stage.log.parent, fails=True)
  for _ in range(2):
    assert stage.call() == 1
    assert not (stage.folder / "run.json").exists()
  fake_bolt.write(stage.log.parent)
  assert stage.call() == 0
  assert stage.record()["results"]["engine_versions"] == ["2.4"]
  num_runs = stage.num_runs()
  assert stage.call() == 0 and stage.num_runs() == num_runs


def test_traits_that_are_no_longer_analysed_leave_no_statistics(stage):
  stage.call(heritability=False)
  assert {path.name for path in (stage.folder / "summary_statistics").iterdir()} == {"general", "knee"}
  stage.call(heritability=False, dimensions=("knee",))
  assert {path.name for path in (stage.folder / "summary_statistics").iterdir()} == {"knee"}


def test_threads_and_hours_repeat_no_run(stage):
  stage.call(heritability=False)
  (stage.folder / "run.json").unlink()
  num_runs = stage.num_runs()
  stage.call(heritability=False, num_threads=2, timeout_hours=1.0)
  assert stage.num_runs() == num_runs
  stage.call(heritability=False, num_threads=2, quality=QualitySpec(max_missing_per_variant=0.2))
  assert stage.num_runs() > num_runs


@pytest.mark.parametrize("name", cases.first_of(["source", "ld_scores"]))
def test_every_file_that_reaches_a_result_is_in_the_record(stage, name):
  scores = stage.study.folder / "scores.gz"
  origin = stage.study.workdir / "cohort" / "source.json"

  def write(value: str) -> None:
    if name == "ld_scores":
      scores.write_bytes(gzip.compress(f"SNP\tLDSCORE\nrs100\t{value}\n".encode()))
    else:
      origin.write_text(json.dumps({"kind": "table" if value == "1" else "ukb", "root": ""}))

  write("1")
  bolt = stage.with_bolt(ld_scores=str(scores) if name == "ld_scores" else "")
  stage.call(heritability=False, bolt=bolt)
  before = stage.record()["inputs"]
  write("2")
  stage.call(heritability=False, bolt=bolt)
  assert stage.record()["inputs"] != before


def test_damaged_outputs_of_a_finished_run_are_made_again(stage):
  stage.call(heritability=False)
  (stage.folder / "run.json").unlink()
  path = stage.folder / "work/bolt/tasks/association.knee/array.stats.gz"
  whole = path.read_bytes()
  path.write_bytes(whole[:-20])
  assert stage.call(heritability=False) == 0
  assert gzip.decompress(path.read_bytes()) == gzip.decompress(whole)


def test_an_unreadable_output_costs_one_trait(stage, caplog):
  stage.call(heritability=False)
  (stage.folder / "run.json").unlink()
  path = stage.folder / "work/bolt/tasks/association.knee/array.stats.gz"
  whole = bytearray(path.read_bytes())
  whole[len(whole) // 2] ^= 255
  path.write_bytes(whole)
  assert stage.call(heritability=False) == 1
  assert "knee" in caplog.text and (stage.folder / "summary_statistics/general/array.parquet").exists()
  assert stage.call(heritability=False) == 0  # the damaged run was thrown away


@pytest.mark.parametrize("later", ["bolt", "regenie_plan", pytest.param("embedded", marks=pytest.mark.gate)])
def test_whoever_withdraws_is_gone_from_every_file(stage, later):
  person = studies.EIDS[17]
  stage.call(heritability=False, engine="plan")
  stage.call(heritability=False)

  def holding() -> list[str]:
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if person.encode() in path.read_bytes()]

  assert {"phenotypes.tab", "covariates.tab", "people.fam"} <= set(holding())
  if later == "regenie_plan":
    stage.call(withdrawn=[person], engine="plan", plan_engine="regenie")
  else:
    stage.call(withdrawn=[person], heritability=False, engine=later)
  assert holding() == []


def test_people_who_are_not_analysed_have_no_id_in_the_inputs(stage):
  stage.call(heritability=False, strata=("female",))
  words = {word for path in (stage.folder / "work/bolt/inputs").iterdir() for word in path.read_text().split()}
  men = {eid for eid, is_male in zip(studies.EIDS, studies.IS_MALE, strict=True) if is_male}
  assert words & set(studies.EIDS) and not words & men


@pytest.mark.parametrize(
  "changes", [{"heritability": False}, {"dimensions": ("knee",)}, {"transformation": "rank_normal"}]
)
def test_a_plan_of_other_settings_is_not_collected(stage, tmp_path, changes):
  stage.call(engine="plan")
  (tmp_path / "out").mkdir()
  with pytest.raises(errors.InputError, match="of other inputs or settings"):
    stage.call(engine="plan", collect=tmp_path / "out", **changes)
  assert not (stage.folder / "traits.parquet").exists()
  assert stage.call(engine="plan", collect=tmp_path / "out", num_threads=3, timeout_hours=1.0) == 1  # nothing there


def test_results_of_a_plan_need_a_plan(stage, tmp_path):
  with pytest.raises(errors.InputError, match="engine=plan"):
    stage.call(collect=tmp_path)
  with pytest.raises(errors.InputError, match="no plan"):
    stage.call(engine="plan", collect=tmp_path)


def test_collected_files_of_the_same_size_are_noticed(tmp_path):
  (tmp_path / "out").mkdir()
  path = tmp_path / "out" / "status.txt"
  path.write_text("1")
  before = input_hashes.of_folder(tmp_path / "out")
  path.write_text("0")
  assert input_hashes.of_folder(tmp_path / "out") != before


def _hold(path: str, begun, end) -> None:
  with locks.alone(pathlib.Path(path), "busy"):
    begun.set()
    end.wait(60)


def test_a_second_call_at_the_same_time_is_refused(stage):
  context = multiprocessing.get_context("spawn")
  begun, end = context.Event(), context.Event()
  process = context.Process(target=_hold, args=(str(stage.places.workdir / ".gwas_lock"), begun, end))
  process.start()
  try:
    assert begun.wait(60)
    with pytest.raises(errors.InputError, match="another process runs gwas"):
      stage.call()
  finally:
    end.set()
    process.join()
  assert not stage.folder.exists()
