"""BOLT-LMM on its own example, from our files to our tables."""

import dataclasses
import gzip
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import estimates, programs, reasons, summary_statistics
from msk_jax.genetics.engines import bolt, costs, plan
from msk_jax.genetics.tasks import Kind
from msk_jax.genome import genotype_files
from tests.genetics.engines import example as example_lib

pytestmark = pytest.mark.gate

_SETTINGS = example_lib.SETTINGS
_ENGINE = bolt.Bolt()


@dataclasses.dataclass(frozen=True)
class Run:
  example: example_lib.Example
  files: object
  places: object
  tasks: tuple
  program: programs.Program
  outcomes: list


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
  folder = tmp_path_factory.mktemp("bolt")
  example = example_lib.make(folder)
  files, places = example.write(folder)
  tasks = _ENGINE.tasks(files, example.analysis, _SETTINGS)
  program = _ENGINE.program(_ENGINE.version(_SETTINGS))
  return Run(example, files, places, tasks, program, programs.run_all(tasks, places, program))


def _association(run: Run, trait: str = "knee", outcomes=None) -> estimates.Association:
  return _ENGINE.read_association(trait, "array", "GRCh37", outcomes or run.outcomes)


def _printed(outcome: programs.Outcome) -> pd.DataFrame:
  return pd.read_csv(outcome.folder / bolt.ARRAY_TABLE, sep="\t")


def _stdout(run: Run, name: str) -> str:
  return next(each.folder / "stdout.txt" for each in run.outcomes if each.task.name == name).read_text()


def test_all_tasks_succeed(run):
  assert [(each.task.name, each.reason) for each in run.outcomes] == [
    ("association.knee", None),
    ("association_with_x.knee", None),
    ("association.hip.x", None),
    ("association_with_x.hip.x", None),
    ("heritability.knee", None),
    ("heritability.hip.x", None),
    ("genetic_correlation.knee+hip.x", None),
  ]
  assert all(outcome.seconds > 0 and 5 < outcome.peak_memory_mb < 500 for outcome in run.outcomes)


def test_inputs_are_what_bolt_takes(run):
  """A text in the sixth column of .fam, chromosomes 0, 25, 26, MT, XY, 24 and chr18 are all in the example's files."""
  assert run.files.num_variants_left_out == 6
  for outcome in run.outcomes:
    stdout = (outcome.folder / "stdout.txt").read_text()
    num_people = 369 if "hip.x" in outcome.task.traits else 370
    assert f"Nused = {num_people}\n" in stdout
    assert "Total indivs stored in memory: N = 370" in stdout


def test_the_table_is_what_bolt_printed(run):
  association = _association(run)
  table = association.table
  assert association.p_value == "P_BOLT_LMM_INF" and association.engine_version == "2.4"
  assert association.num_people == 370
  autosomes, with_x = (_printed(each) for each in run.outcomes[:2])
  printed = pd.concat([autosomes, with_x[with_x["CHR"] == 23]])
  assert set(autosomes["CHR"]) == {17, 18, 19, 20, 21} and set(with_x["CHR"]) == {17, 18, 19, 20, 21, 23}
  assert set(table["chromosome"]) == {"17", "18", "19", "20", "21", "X"}
  assert association.counts["monomorphic"] == (~np.isfinite(printed["SE"])).sum()
  both = table.merge(printed, left_on="rsid", right_on="SNP", validate="1:1")
  assert len(both) == len(table) > 2900
  np.testing.assert_array_equal(both["beta"], both["BETA"])
  np.testing.assert_array_equal(both["se"], both["SE"])
  np.testing.assert_array_equal(both["effect_allele"].astype(str), both["ALLELE1"])
  np.testing.assert_array_equal(both["effect_allele_frequency"], both["A1FREQ"])
  np.testing.assert_array_equal(both["neg_log10_p"], both["neg_log10_p_infinitesimal"])
  for ours, theirs in (("neg_log10_p_infinitesimal", "P_BOLT_LMM_INF"), ("neg_log10_p_mixture", "P_BOLT_LMM")):
    np.testing.assert_allclose(10 ** -both[ours], both[theirs], rtol=0.06)  # two digits are printed
  np.testing.assert_array_equal(both["n"], np.rint(370 * (1 - both["F_MISS"])))
  assert not any(association.counts.values()), association.counts


def test_x_is_of_the_run_with_x_and_the_rest_of_the_other(run):
  """The runs differ on the autosomes, so that a mixture would show."""
  autosomes, with_x = (_printed(each).set_index("SNP") for each in run.outcomes[:2])
  assert (autosomes["BETA"] != with_x["BETA"].reindex(autosomes.index)).mean() > 0.9


def test_the_table_goes_to_a_file_and_back(run, tmp_path):
  association = _association(run)
  about = summary_statistics.About("bolt", association.engine_version, "GRCh37", "array", "knee", association.p_value)
  summary_statistics.write(tmp_path / "knee.parquet", association.table, about, association.counts)
  table, read = summary_statistics.read(tmp_path / "knee.parquet")
  assert read == about
  pd.testing.assert_frame_equal(table, association.table)


def test_heritability_is_what_bolt_printed(run):
  result = _ENGINE.read_heritability("knee", run.outcomes)
  printed = re.search(r"h2g \(1,1\): (\S+) \((\S+)\)", _stdout(run, "heritability.knee"))
  assert (result.h2.value, result.h2.se) == (float(printed[1]), float(printed[2]))
  assert result.num_people == 370 and result.reason == "" and result.h2.value > 0.4


def test_correlation_is_what_bolt_printed_in_either_order(run):
  result = _ENGINE.read_correlation(("knee", "hip.x"), run.outcomes)
  stdout = _stdout(run, "genetic_correlation.knee+hip.x")
  for name, ours in (("gen", result.rg), ("resid", result.residual)):
    printed = re.search(rf"{name}\w* corr \(1,2\): (\S+) \((\S+)\)", stdout)
    assert (ours.value, ours.se) == (float(printed[1]), float(printed[2]))
  assert result.num_people == 369 and result.reason == "" and result.rg.value > 0.3
  swapped = _ENGINE.read_correlation(("hip.x", "knee"), run.outcomes)
  assert swapped.h2 == result.h2[::-1] and swapped.rg == result.rg


def test_nothing_is_run_twice(run):
  again = programs.run_all(run.tasks, run.places, run.program)
  assert all(outcome.is_resumed for outcome in again)
  assert [outcome.folder for outcome in again] == [outcome.folder for outcome in run.outcomes]


def test_without_the_run_with_x_there_is_no_x(run):
  outcomes = [
    dataclasses.replace(each, reason=reasons.Reason("killed", "")) if "_with_x" in each.task.name else each
    for each in run.outcomes
  ]
  association = _association(run, outcomes=outcomes)
  assert "X" not in set(association.table["chromosome"])
  assert association.counts["run_with_x_failed"] == 1 and _association(run).counts["run_with_x_failed"] == 0


def _rerun(example: example_lib.Example, folder, settings=_SETTINGS) -> pd.DataFrame:
  """Returns the trait knee's table of a run on the autosomes."""
  files, places = example.write(folder)
  (task, *_) = _ENGINE.tasks(files, example.analysis, settings)
  outcome = programs.run(task, places, _ENGINE.program("2.4"))
  assert outcome.reason is None
  return _ENGINE.read_association("knee", "array", "GRCh37", [outcome]).table


@pytest.mark.parametrize("recodes_calls", [False, True])
def test_swapped_alleles_flip_the_effect_alone(run, tmp_path, recodes_calls):
  """Swapped names alone: the same numbers for the other allele. Recoded calls: the same effect of the same allele."""
  source = run.example.genotypes.array[0]
  array = genotype_files.ArrayFile("", *(tmp_path / f"all.{ending}" for ending in ("bed", "bim", "fam")))
  rows = [line.split() for line in source.bim.read_text().splitlines()]
  array.bim.write_text("".join("\t".join([*row[:4], row[5], row[4]]) + "\n" for row in rows))
  shutil.copy(source.fam, array.fam)
  data = np.fromfile(source.bed, np.uint8)
  if recodes_calls:  # 00 (two of the first allele) and 11 change places; 01 (missing) and 10 stay
    shifts = np.array([0, 2, 4, 6], np.uint8)
    data[3:] = (np.array([3, 1, 2, 0], np.uint8)[(data[3:, None] >> shifts) & 3] << shifts).sum(1).astype(np.uint8)
  data.tofile(array.bed)
  genotypes = dataclasses.replace(run.example.genotypes, array=(array,))
  new = _rerun(dataclasses.replace(run.example, genotypes=genotypes), tmp_path)
  old = _association(run).table.query("chromosome != 'X'")
  both = old.merge(new, on="rsid", suffixes=("", "_new"), validate="1:1")
  assert len(both) == len(old) == len(new) > 2000
  assert (both["effect_allele"] == both["other_allele_new"]).all()
  if recodes_calls:  # BOLT draws other random vectors
    assert np.corrcoef(both["beta_new"], both["beta"])[0, 1] < -0.99
    np.testing.assert_allclose(both["effect_allele_frequency_new"], 1 - both["effect_allele_frequency"], atol=1e-6)
    np.testing.assert_allclose(both["neg_log10_p_new"], both["neg_log10_p"], atol=0.5)
  else:
    for name in ("beta", "se", "neg_log10_p", "effect_allele_frequency"):
      np.testing.assert_array_equal(both[f"{name}_new"], both[name])


def test_order_and_scale_matter_less_than_the_seed(run, tmp_path):
  """Rows of the phenotype file in another order and values in months, against another seed."""
  base = _association(run).table.query("chromosome != 'X'").set_index("variant")
  analysis = run.example.analysis
  monthly = [dataclasses.replace(trait, values=12 * trait.values) for trait in analysis.traits]
  scaled = dataclasses.replace(run.example, analysis=dataclasses.replace(analysis, traits=tuple(monthly)))
  (tmp_path / "months").mkdir()
  files, places = scaled.write(tmp_path / "months")
  path = places.inputs / "phenotypes.tab"
  header, *rows = path.read_text().splitlines()
  np.random.default_rng(1).shuffle(rows)
  path.write_text("\n".join([header, *rows]) + "\n")
  (task, *_) = _ENGINE.tasks(files, scaled.analysis, _SETTINGS)
  outcome = programs.run(task, places, _ENGINE.program("2.4"))
  months = _ENGINE.read_association("knee", "array", "GRCh37", [outcome]).table.set_index("variant")
  seed = dataclasses.replace(_SETTINGS, bolt=dataclasses.replace(_SETTINGS.bolt, seed=8))
  (tmp_path / "seed").mkdir()
  other = _rerun(run.example, tmp_path / "seed", seed).set_index("variant")
  moved, by_seed = ((table["neg_log10_p"] - base["neg_log10_p"]).abs().max() for table in (months, other))
  assert moved <= by_seed and 0 < by_seed < 1
  np.testing.assert_allclose(months["beta"], 12 * base["beta"], atol=12 * 0.1 * base["se"].median())


def test_a_value_of_minus_nine_keeps_its_person(run, tmp_path):
  analysis = run.example.analysis
  values = analysis.traits[0].values.copy()
  values[3] = -9.0
  covariates = dict(analysis.covariates.quantitative) | {"one": np.where(np.arange(len(values)) == 4, -9.0, 1.0)}
  analysis = dataclasses.replace(
    analysis,
    traits=(dataclasses.replace(analysis.traits[0], values=values),),
    covariates=dataclasses.replace(analysis.covariates, quantitative=covariates),
  )
  files, places = dataclasses.replace(run.example, analysis=analysis).write(tmp_path)
  assert files.num_nudged == 2
  (task, *_) = _ENGINE.tasks(files, analysis, _SETTINGS)
  outcome = programs.run(task, places, run.program)
  assert "Nused = 370\n" in (outcome.folder / "stdout.txt").read_text()


def test_a_trait_without_heritability_has_its_reason_and_costs_nothing_again(run, tmp_path):
  analysis = run.example.analysis
  noise = dataclasses.replace(analysis.traits[0], values=np.random.default_rng(3).random(len(analysis.people)))
  example = dataclasses.replace(run.example, analysis=dataclasses.replace(analysis, traits=(noise, analysis.traits[1])))
  files, places = example.write(tmp_path)
  settings = dataclasses.replace(_SETTINGS, heritability=False, genetic_correlations=False)
  tasks = [task for task in _ENGINE.tasks(files, example.analysis, settings) if task.kind == Kind.ASSOCIATION]
  outcomes = programs.run_all(tasks, places, run.program)
  assert outcomes[0].reason.code == "h2_near_zero" and outcomes[1].reason is None
  assert programs.run(tasks[0], places, run.program).is_resumed


def test_a_plan_run_by_a_shell_gives_the_same_tables(run, tmp_path):
  folder = tmp_path / "plan"
  shutil.copytree(run.places.inputs, folder)
  about = {"engine": "bolt", "build": "GRCh37", "num_threads": 1}
  rows = [dataclasses.asdict(row) for row in costs.estimate(run.tasks, run.files, _SETTINGS, "bolt")]
  plan.write(folder, run.tasks, about, rows)
  environment = {"PATH": "/usr/bin:/bin", "GENOTYPES": str(run.files.genotypes), "OUT": str(tmp_path / "out")}
  wanted = ["association.knee", "association_with_x.knee", "genetic_correlation.knee+hip.x"]
  subprocess.run(["sh", folder / plan.COMMANDS, *wanted], env=environment, check=True, capture_output=True)
  outcomes = plan.collect(folder, tmp_path / "out", run.program)
  assert {each.task.name for each in outcomes if each.reason is None} == set(wanted)
  assert {each.reason.code for each in outcomes if each.reason} == {"not_collected"}
  pd.testing.assert_frame_equal(_association(run, outcomes=outcomes).table, _association(run).table)
  pair = ("knee", "hip.x")
  assert _ENGINE.read_correlation(pair, outcomes) == _ENGINE.read_correlation(pair, run.outcomes)
  again = subprocess.run(["sh", folder / plan.COMMANDS, wanted[0]], env=environment, check=True, capture_output=True)
  assert again.stdout == b"association.knee was done before\n"
  _break_results(tmp_path / "out")
  outcomes = {each.task.name: each.reason for each in plan.collect(folder, tmp_path / "out", run.program)}
  assert outcomes["association.knee"].code == "incomplete_output"
  assert outcomes["association_with_x.knee"].code == "other_plan"


def _break_results(out) -> None:
  path = out / "association.knee" / bolt.ARRAY_TABLE
  path.write_bytes(path.read_bytes()[:-100])
  (out / "association_with_x.knee" / "plan.txt").write_text("another\n")


def test_a_short_table_is_not_a_result(run, tmp_path):
  """Half the rows in a whole gzip file, status 0 and the last line printed."""
  outcome = run.outcomes[0]
  folder = shutil.copytree(outcome.folder, tmp_path / "copy")
  lines = gzip.decompress((folder / bolt.ARRAY_TABLE).read_bytes()).splitlines(keepends=True)
  (folder / bolt.ARRAY_TABLE).write_bytes(gzip.compress(b"".join(lines[: len(lines) // 2])))
  assert programs.judge(outcome.task, outcome.folder, run.program, 0) is None
  assert programs.judge(outcome.task, folder, run.program, 0).code == "incomplete_output"


def test_what_bolt_drops_without_a_word_is_counted(run, tmp_path):
  """A repeated id is masked; a phenotype file with a changed row loses its person."""
  source = run.example.genotypes.array[0]
  array = genotype_files.ArrayFile("", *(tmp_path / f"all.{ending}" for ending in ("bed", "bim", "fam")))
  rows = [line.split() for line in source.bim.read_text().splitlines()]
  excluded = set(run.example.analysis.excluded_variants)
  kept = [row for row in rows[6:] if row[1] not in excluded]
  kept[1][1] = kept[0][1]
  array.bim.write_text("".join("\t".join(row) + "\n" for row in rows))
  shutil.copy(source.bed, array.bed)
  shutil.copy(source.fam, array.fam)
  genotypes = dataclasses.replace(run.example.genotypes, array=(array,))
  example = dataclasses.replace(run.example, genotypes=genotypes)
  files, places = example.write(tmp_path)
  path = places.inputs / "phenotypes.tab"
  lines = path.read_text().splitlines()
  row = lines[7].split("\t")
  lines[7] = "\t".join([*row[:2], "-9.0", *row[3:]])
  path.write_text("\n".join(lines) + "\n")
  (task, *_) = _ENGINE.tasks(files, example.analysis, _SETTINGS)
  outcome = programs.run(task, places, run.program)
  counts = _ENGINE.read_association("knee", "array", "GRCh37", [outcome]).counts
  assert (counts["people_dropped_by_bolt"], counts["variants_dropped_by_bolt"]) == (1, 1)


def test_bolt_that_is_stopped_or_killed_leaves_nothing_and_can_be_run_again(run, tmp_path):
  places = dataclasses.replace(run.places, results=tmp_path)
  task = run.tasks[0]
  stopped = programs.run(dataclasses.replace(task, timeout_s=0.3), places, run.program)
  assert stopped.reason.code == "timeout"
  killing = ("sh", "-c", '"$@" & sleep 0.3; kill -9 $!; wait $!; exit $?', "sh", *task.command)
  killed = programs.run(dataclasses.replace(task, command=killing), places, run.program)
  assert killed.reason.code == "killed"
  assert not (tmp_path / task.name).exists()
  outcome = programs.run(task, places, run.program)
  assert outcome.reason is None and not outcome.is_resumed
  pd.testing.assert_frame_equal(_printed(outcome), _printed(run.outcomes[0]))
