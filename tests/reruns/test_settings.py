"""Every setting of every stage, changed by itself: what a rerun does is what README.md says.

The run records are compared, no stage is run. A new setting fails here until README.md has a line on it.
"""

import dataclasses
import pathlib

import pytest

from msk_jax.associations import run as xwas_run
from msk_jax.associations import spec as xwas_spec
from msk_jax.attribution import run as attention_run
from msk_jax.attribution import spec as attention_spec
from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age import spec as ages_spec
from msk_jax.ensembling import run as ensemble_run
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.evaluation import run as evaluate_run
from msk_jax.evaluation import spec as evaluate_spec
from msk_jax.genetics import run as gwas_run
from msk_jax.genetics import spec as gwas_spec
from msk_jax.gwas_loci import run as loci_run
from msk_jax.gwas_loci import spec as loci_spec
from msk_jax.imaging import folder_spec, views
from msk_jax.io import run_record
from msk_jax.preparation import cohort_output, ownership, prepared, table_spec
from msk_jax.preparation import spec as data_spec
from msk_jax.report import run as site_run
from msk_jax.report import spec as site_spec
from msk_jax.scalar_models import data as scalar_data
from msk_jax.scalar_models import experiment as scalar_experiment
from msk_jax.scalar_models import run as scalar_run
from msk_jax.scalar_models import spec as scalar_spec
from msk_jax.shared_release import run as release_run
from msk_jax.shared_release import spec as release_spec
from msk_jax.simulated_predictions import predictions
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation import cohort as phantom
from msk_jax.simulation import spec as phantom_spec
from msk_jax.tabular import algorithms
from msk_jax.training import compute_environment, job
from msk_jax.training import spec as training_spec
from msk_jax.tuning import spec as tune_spec
from msk_jax.tuning import trial_table
from tests.reruns import perturb, reading
from tests.tabular import scalar_cohort

_ROOT = "/data/of/a/person"
_KINDS = ("phantom", "ukb", "folder", "table")


def _is_equal(one, other) -> bool:
  return run_record.fingerprint(one) == run_record.fingerprint(other)


@pytest.mark.parametrize(
  ("title", "spec", "settings_of"),
  [
    ("phantom", phantom_spec.PhantomSpec(), phantom.settings_of),
    ("ensemble", ensemble_spec.EnsembleSpec(), ensemble_run.settings_of),
    ("evaluate", evaluate_spec.EvaluateSpec(), evaluate_run.settings_of),
    ("ages", ages_spec.AgesSpec(), ages_run.settings_of),
    ("attention", attention_spec.AttentionSpec(), attention_run.settings_of),
    ("loci", loci_spec.LociSpec(), loci_run.settings_of),
    ("release", release_spec.ReleaseSpec(), release_run.settings_of),
    ("site", site_spec.SiteSpec(), site_run.settings_of),
    ("xwas", xwas_spec.XwasSpec(), xwas_run.settings_of),
    ("tune", tune_spec.TuneSpec(), trial_table.settings_of),
    ("simulate_predictions", predictions_spec.SimulatedPredictionsSpec(), predictions.settings_of),
  ],
)
def test_stages_that_compare_their_whole_spec(title, spec, settings_of):
  found = {}
  for name in perturb.leaves(spec):
    other = perturb.changed(spec, name)
    assert other is not None, name
    found[name] = {"a rerun": "same" if _is_equal(settings_of(spec), settings_of(other)) else "again"}
  reading.compare(title, found)


def _data(kind: str) -> data_spec.DataSpec:
  grip, missing = {"grip": ("grip_kg", "twin_kg")}, {"grip_kg": ("999",)}
  table = table_spec.TableSpec(sets=grip, limits={"grip_kg": (0.0, 90.0)}, missing_values=missing)
  return data_spec.DataSpec(kind=kind, root="" if kind == "phantom" else _ROOT, table=table)


def _prepares(spec: data_spec.DataSpec, name: str) -> str:
  workdir = pathlib.Path("/work/of/a/person")
  other = perturb.changed(spec, name)
  if other is None:
    return "refused"
  if name != "kind" and ownership.source_of(spec, workdir) != ownership.source_of(other, workdir):
    return "refused"
  if name == "kind":
    return "refused" if other.kind != spec.kind else "same"
  return (
    "same"
    if _is_equal(cohort_output.settings_of(spec, workdir), cohort_output.settings_of(other, workdir))
    else "again"
  )


def test_data():
  names = perturb.leaves(_data("ukb"))
  reading.compare("prepare", {name: {kind: _prepares(_data(kind), name) for kind in _KINDS} for name in names})


def _trains(spec: training_spec.ExperimentSpec, name: str) -> str:
  other = perturb.changed(spec, name)
  assert other is not None, name
  if (spec.model_name, spec.fold) != (other.model_name, other.fold):
    return "another model"
  view = views.VIEWS["knee"]
  if not _is_equal(*(job.settings_of(one, view, "ukb") for one in (spec, other))):
    return "refused"
  return "same" if compute_environment.describe(spec.train) == compute_environment.describe(other.train) else "warns"


def test_training():
  train = training_spec.OptimizationSpec(mean_keep=0.5, exact_statistics_images=64)  # a mean needs exact statistics
  spec = training_spec.ExperimentSpec("knee", train=train)
  found = {name: {"a rerun": _trains(spec, name)} for name in perturb.leaves(spec)}
  for name in perturb.leaves(views.VIEWS["knee"]):
    changed = perturb.changed(views.VIEWS["knee"], name)
    records = [job.settings_of(spec, view, "ukb") for view in (views.VIEWS["knee"], changed)]
    found[f"(image set) {name}"] = {"a rerun": "same" if _is_equal(*records) else "refused"}
  reading.compare("train", found)


def test_what_a_folder_says_of_pictures_reaches_the_training():
  """Augmentation is drawn in training: no hash of an image knows of it."""
  spec = training_spec.ExperimentSpec("folder")
  data = data_spec.DataSpec(kind="folder", root=_ROOT)
  for name in perturb.leaves(data.folder):
    other = dataclasses.replace(data, folder=perturb.changed(data.folder, name))
    one, two = (job.settings_of(spec, prepared.view_of(d, folder_spec.VIEW), "folder") for d in (data, other))
    reaches = name.startswith("augmentation.") or name in ("rows", "columns", "is_paired", "bits")
    assert _is_equal(one, two) is not reaches, name


def test_scalar_models(tmp_path):
  scalar_cohort.write_workdir(tmp_path)
  samples, spec = scalar_data.load(tmp_path, "body"), scalar_spec.ScalarsSpec(space="sized")

  def models(one: scalar_spec.ScalarsSpec) -> list[tuple[str, str]]:
    chosen = (
      one if set(one.sets) <= {"body", "grip"} else dataclasses.replace(one, sets=("grip",))
    )  # sets that are there
    return [(name, each) for name in scalar_run.choose_sets(chosen, tmp_path) for each in chosen.algorithms]

  def record(one: scalar_spec.ScalarsSpec) -> list[dict]:
    return [scalar_experiment.Job(samples, each, one, "ukb", tmp_path).record() for each in algorithms.ALGORITHMS]

  found = {}
  for name in perturb.leaves(spec):
    other = perturb.changed(spec, name)
    assert other is not None, name
    verb = "same" if models(spec) == models(other) else "other models"
    found[name] = {"a rerun": verb if _is_equal(record(spec), record(other)) else "again"}
  reading.compare("scalars", found)


def test_genetics():
  engines = ("bolt", "embedded", "regenie", "plan")
  found = {}
  for name in perturb.leaves(gwas_spec.GwasSpec()):
    found[name] = {}
    for engine in engines:
      spec = gwas_spec.GwasSpec(engine=engine)
      other = perturb.changed(spec, name)
      assert other is not None, name
      chosen = other.engine if other.engine != "auto" else engine
      is_same = _is_equal(gwas_run.settings_of(spec, engine), gwas_run.settings_of(other, chosen))
      found[name][engine] = "same" if is_same else "again"
  reading.compare("gwas", found)


@pytest.mark.parametrize(
  "title", ["gwas", "release", "phantom", "prepare", "train", "scalars", "ensemble", "evaluate", "ages"]
)
def test_what_changes_nothing_says_why(title):
  for name, row in reading.read(title).items():
    quiet = {"same", "warns", "other models", "another model"} & set(row.values())
    assert not quiet or row["why"], name
