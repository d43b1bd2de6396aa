"""The plan of the published study and of parts of it: which jobs, which waits for which, and what a change redoes."""

import dataclasses
import pathlib

import pytest

from configs import study
from msk_jax import stage_table
from msk_jax.io import errors, specs
from msk_jax.planning import plan, spec, status
from msk_jax.stage_table import STAGES

_PACKAGE = pathlib.Path(stage_table.__file__).parent

pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")  # ml_collections'


def _settings(argument: str = "", **changes) -> spec.StudySpec:
  values = study.get_config(argument).to_dict()["study"]
  return dataclasses.replace(specs.from_mapping(spec.StudySpec, values, "config.study"), **changes)


def _jobs(argument: str = "", **changes):
  return {job.name: job for job in plan.make(_settings(argument, **changes))}


@pytest.fixture(scope="module")
def published():
  return _jobs()


def _sum(jobs, stage: str, unit: str) -> int:
  return sum(job.counts.get(unit, 0) for job in jobs.values() if job.stage == stage)


def test_the_published_study_has_the_published_numbers(published):
  assert _sum(published, "train", "trainings") == 160
  scalars = [name for name in published if name.startswith("scalars/")]
  assert len(scalars) == 15 + 1 and _sum(published, "scalars", "splits") == 150
  assert (_sum(published, "gwas", "GWAS"), _sum(published, "gwas", "pairs")) == (12, 15)
  trainings = [job for job in published.values() if job.stage == "train"]
  assert status.gpu_hours(trainings) == 160 * 10.5


def test_every_stage_of_the_data_flow_is_planned():
  tools = {"study", "tune", "check", "purge"}
  not_planned = {"phantom", "predict", "simulate_predictions", *tools}  # `prepare` draws a phantom
  assert {stage.name for stage in STAGES} - not_planned == set(spec.PLANNED_STAGES)


def test_a_job_comes_after_those_that_it_waits_for(published):
  place = {name: number for number, name in enumerate(published)}
  for job in published.values():
    assert all(place[name] < place[job.name] for name in job.after), job.name


@pytest.mark.parametrize(
  ("first", "then"),
  [
    ("prepare", "train"),
    ("train", "ensemble"),
    ("scalars", "ensemble"),
    ("ensemble", "ages"),
    ("ages", "gwas"),
    ("gwas", "loci"),
    ("loci", "release"),
    ("ages", "xwas"),
    ("xwas", "site"),
    ("loci", "site"),
    ("train", "attention"),
  ],
)
def test_who_reads_what_another_writes_waits_for_all_of_it(published, first, then):
  names = {job.name for job in published.values() if job.stage == first}
  for job in published.values():
    if job.stage == then:
      assert names <= set(job.after), job.name


def test_importances_are_compared_after_all_models_of_all_sets(published):
  models = {name for name in published if name.startswith("scalars/")} - {"scalars/importances"}
  assert models <= set(published["scalars/importances"].after)


def test_some_dimensions_are_a_smaller_study_with_the_same_jobs(published):
  jobs = _jobs("dimensions=knee+hip")
  assert _sum(jobs, "train", "trainings") == 40 and not [name for name in jobs if name.startswith("scalars/")]
  name = "train/knee.inception_v3.fold_3"
  assert jobs[name].arguments == published[name].arguments and jobs[name].identity == published[name].identity
  assert _sum(jobs, "gwas", "pairs") == 3  # general, hip, knee


def test_a_changed_argument_changes_the_jobs_that_have_it_and_no_other(published):
  changed = _jobs(arguments={"xwas": ("--config.xwas.product=participant",)})
  assert [name for name in changed if changed[name].identity != published[name].identity] == ["xwas/all"]


def test_an_argument_that_says_what_is_so_anyway_changes_nothing(published):
  changed = _jobs(arguments={"xwas": ("--config.xwas.product=sample",)})
  assert changed["xwas/all"].identity == published["xwas/all"].identity


def test_arguments_of_the_data_reach_every_stage_that_has_data():
  jobs = _jobs(arguments={"data": ("--config.data.fold_seed=3",)})
  with_data = {job.stage for job in jobs.values() if "--config.data.fold_seed=3" in job.arguments}
  assert with_data == {"prepare", "train", "scalars"}


def test_all_stages_that_have_data_have_the_same():
  jobs = _jobs("miniature")
  data = {
    tuple(each for each in job.arguments if each.startswith("--config.data"))
    for job in jobs.values()
    if job.stage in ("prepare", "train", "scalars")
  }
  assert len(data) == 1 and "--config.data.num_folds=3" in next(iter(data))


def test_genotypes_reach_the_stages_that_read_them():
  jobs = _jobs("genotypes=/data/genotypes")
  assert [name for name, job in jobs.items() if "--genotypes=/data/genotypes" in job.arguments] == [
    "gwas/all",
    "loci/all",
  ]


def test_order_holds_where_the_stages_between_are_left_out():
  jobs = _jobs(stages=("train", "gwas", "site"))
  trainings = {name for name in jobs if name.startswith("train/")}
  assert trainings <= set(jobs["gwas/all"].after) and trainings < set(jobs["site/all"].after)


def test_resources_are_given_whole():
  with pytest.raises(errors.InputError, match="cores"):
    specs.from_mapping(spec.StudySpec, {"resources": {"train": {"minutes": 1200}}}, "config.study")


def test_the_miniature_can_be_planned():
  jobs = _jobs("miniature")
  assert _sum(jobs, "train", "trainings") == 3 * 7 and list(jobs)[-1] == "site/all"


@pytest.mark.parametrize(
  "changes",
  [
    {"dimensions": ("knees",)},
    {"dimensions": ()},
    {"stages": ("training",)},
    {"models": ("abdomen/inception_v3",)},
    {"models": ("knee/inception_v3", "knee/inception_v3")},
    {"models": ("hip/inception_v3",), "dimensions": ("knee",)},
    {"arguments": {"xwass": ()}},
    {"num_folds": 2},
    {"models": ("scalars/all",), "stages": ("scalars",)},
    {"models": ("knee",)},
    {"models": ("scalars/all/lightgbm", "scalars/anthropometry/mlp")},
    {"resources": {"trains": spec.Resources(1, 1, 1)}},
    {"resources": {"predict": spec.Resources(1, 1, 1)}},
    {"config_arguments": {"predict": "smoke"}},
    {"num_participants": 0},
    {"folds_per_job": "two"},
    {"arguments": {"scalars/all/lightgbm": ("--config.scalars.num_trials=2",)}},
  ],
)
def test_names_that_nothing_has_are_refused(changes):
  with pytest.raises(ValueError):
    _settings(**changes)


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"arguments": {"xwas": ("--config.xwas.produkt=sample",)}}, "did you mean config.xwas.product"),
    ({"config_arguments": {"gwas": "engines=bolt"}}, "unknown config argument 'engines'"),
    ({"arguments": {"train": ("--config.train.max_epochs=many",)}}, "max_epochs"),
    ({"config_arguments": {"gwas": "engine=plan"}}, "run them by hand"),
    (
      {"arguments": {"train": ("--config.train.max_epoch=6",)}},
      "train/.*fold_0 would be refused: .*did you mean config.train.max_epochs.*study.arguments.train = --config",
    ),
    ({"arguments": {"train": ("--config.train.max_epochs=-6",)}}, "max_epochs is at least 1, got -6"),
    (
      {"arguments": {"hip/inception_v3": ("--config.model.dropout=1.5",)}},
      "train/hip.inception_v3.*hip/inception_v3 =",
    ),
    ({"arguments": {"train": ("--config.model.backbone=simple_cnn",)}}, "the plan gives config.model.backbone"),
    ({"arguments": {"hip/inception_v3": ("--config.fold=3",)}}, "the plan gives config.fold"),
    ({"arguments": {"data": ("--config.data.num_folds=5",)}}, "the plan gives config.data.num_folds"),
    ({"config_arguments": {"train": "fold=3"}}, "the plan gives fold to each job"),
    ({"arguments": {"data": ("--config.data.fold_seed=-1",)}}, "prepare/all would be refused.*arguments.data ="),
    ({"arguments": {"ages": ("--config.ages.num_bootstraps=-1",)}}, "ages/all would be refused: config.ages"),
    ({"config_arguments": {"ages": "num_bootstraps=0.5"}}, "ages/all would be refused.*num_bootstraps"),
    (
      {"arguments": {"xwas": ("--own_tabel=x.csv",)}},
      "xwas would be refused: .*own_tabel.*arguments.xwas = --own_tabel",
    ),
    ({"arguments": {"xwas": ("own_table=x.csv",)}}, "xwas would be refused: own_table=x.csv is not a flag"),
    ({"arguments": {"xwas": ("--workdir=elsewhere",)}}, "the plan gives workdir"),
    ({"models": ("knee/inception_v4",)}, "no backbone 'inception_v4'; known are"),
    ({"models": ("spine/lateral/inception_v3",)}, "there is no view 'spine/lateral'"),
    ({"models": ("scalars/all/forest",)}, "algorithms are some of"),
  ],
)
def test_a_config_that_a_stage_would_refuse_is_refused_at_once(changes, message):
  with pytest.raises(errors.InputError, match=message):
    plan.make(_settings(**changes))


def test_every_planned_stage_has_settings_that_can_be_checked():
  for stage in STAGES:
    name = stage.settings.rpartition(".")[2]
    assert (stage.name in ("prepare", "predict", "check", "purge")) == (not name), stage.name
    assert name in ("", "check") or f"spec.{name}" in (_PACKAGE / f"{stage.name}.py").read_text(), stage.name
