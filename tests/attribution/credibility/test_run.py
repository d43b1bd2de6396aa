"""The steps after the maps, on two tiny trained folds: files, what is said, and what can't be checked."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from configs import attention as attention_config
from msk_jax.attribution import group_run, map_files, networks, stages
from msk_jax.attribution.credibility import run as credibility_run
from msk_jax.attribution.credibility import table as credibility_table
from msk_jax.attribution.credibility import unselected
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.run import make_maps
from msk_jax.attribution.spec import AttentionSpec
from msk_jax.biological_age import acceleration
from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import attention_credibility_tables


@pytest.fixture(scope="module")
def made(workdir) -> MadeMaps:
  """The maps of the fixture's network."""
  spec = AttentionSpec(view="knee", methods=("saliency", "grad_ram"), samples_per_cell=3, triplets_per_cell=0)
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(credibility_run, "run", lambda _: None)  # the first test runs it
    folder = make_maps(workdir, spec)
  network = networks.open_network(workdir, "knee/simple_cnn")
  card = network.card
  stage = stages.choose(stages.list_stages(network.model, card.image_shape, card.num_side_inputs), spec.stage)
  pictures = map_files.read_pictures(folder / "maps")
  return MadeMaps(workdir, folder, network, stage, spec.methods, spec.batch_size, pictures)


def test_the_table_has_every_check_of_every_kind_of_maps(made, capsys, caplog, monkeypatch):
  monkeypatch.setattr(MadeMaps, "lack", "a network that knows nothing")
  credibility_run.run(made)
  assert "THESE MAPS SHOW NOTHING OF AGE" in caplog.text and "show nothing of age" in made.titled("knees")
  table = tables.read(made.folder / "credibility" / "credibility.parquet", attention_credibility_tables.CREDIBILITY)
  for method in made.methods:
    assert set(table[table["method"] == method]["check"]) == set(credibility_table.CHECKS)
  weights = table[table["check"] == credibility_table.WEIGHTS]
  assert np.isfinite(weights["value"]).any() and "two folds" in capsys.readouterr().out
  unavailable = table[table["check"] == credibility_table.AGEING]
  assert unavailable["reason"].str.contains("no phantom").all() and unavailable["value"].isna().all()
  folds = table[(table["check"] == credibility_table.FOLDS) & (table["case"] == "same person")]
  assert folds["value"].abs().le(1).all() and (folds["num_people"] >= 5).all()
  known = table[table["value"].notna()]
  assert known["remark"].str.startswith("a network that knows nothing").all()
  assert folds["remark"].str.contains("second network").all()
  shuffled = weights[weights["value"].notna()]
  assert shuffled["num_shuffles"].eq(8).all() and shuffled["remark"].str.contains("; interval over 8").all()


@pytest.mark.parametrize(("slope", "is_said"), [(0.5, False), (0.0, True), (-0.5, True)])
def test_a_network_that_knows_nothing_of_age_is_named(made, monkeypatch, slope, is_said):
  rng = np.random.default_rng(0)
  ages = pd.DataFrame({"eid": [str(number) for number in range(200)], "age_years": rng.uniform(45, 80, 200)})
  ages["predicted_age_years"] = 60 + slope * (ages["age_years"] - 60) + rng.normal(0, 3, 200)
  monkeypatch.setattr(acceleration, "read", lambda *_: ages)
  lack = dataclasses.replace(made).lack
  assert bool(lack) == is_said and ("do not rise with age" in lack) == is_said


def test_the_second_network_is_one_that_was_not_trained_on_the_pictures(made):
  """Split k + 1 validates on fold k; the others train on it."""
  every = {number: made.network.folds[0] for number in range(10)}
  network = dataclasses.replace(made.network, folds=every)
  assert credibility_run._other_fold(network, 3) == 4 and credibility_run._other_fold(network, 9) == 0
  few = dataclasses.replace(network, folds={number: every[number] for number in (3, 7)})
  assert credibility_run._other_fold(few, 3) == 7


def test_unselected_pictures_are_of_as_many_people_as_there_are(made):
  samples = made.network.samples
  few, many = unselected.choose(made.network, 20), unselected.choose(made.network, 10_000)
  assert len(set(samples.eid[few.row])) == 20 == len(few.row)
  rows = samples.where_fold((0, 1))
  assert len(many.row) == int((samples.is_left[rows] == [0, 1]).sum())  # each picture once, both sides
  assert len(set(zip(many.row.tolist(), many.side.tolist(), strict=True))) == len(many.row)
  assert (np.diff(many.fold) >= 0).all()
  loaded = unselected.load(made.network, few)
  image, _ = made.network.load(int(few.fold[-1]), few.row[-1:], few.side[-1:])
  np.testing.assert_array_equal(loaded.image[-1], image[0])


def test_the_config_says_how_many_maps_the_checks_make():
  shuffled, paired, first = (np.arange(num) for num in (16, 48, 24))
  counts = []
  for num_drawn in (0, unselected.MOST):
    drawn = unselected.Unselected(*(np.arange(num_drawn),) * 3, keys=[])
    planted = (drawn, None) if num_drawn else "no phantom"
    plan = credibility_run._Plan(0, 1, shuffled, paired, first, planted)  # pyrefly: ignore
    counts.append(plan.num_maps)
  said = " ".join(str(attention_config.__doc__).split())
  assert f"up to {counts[0]} more per kind of maps, of a phantom {counts[1]}." in said


def test_mean_maps_say_how_pictures_were_registered(made):
  group_run.run(made)
  results = run_record.read(made.folder / "group_means")["results"]
  assert 0 < results["correlation_before"] <= 1 and 0 < results["correlation_after"] <= 1
  assert set(results["methods"]) == set(made.methods)


def test_pictures_with_a_flawed_map_are_in_no_mean(made):
  """All kinds of maps are of the same people; a kind that is mostly flawed has no means."""
  is_registered = np.arange(len(made.pictures)) != 2
  flaws = made.pictures["flaws"].where(made.pictures.index != 1, "grad_ram:zero_map")
  other = dataclasses.replace(made, pictures=made.pictures.assign(flaws=flaws))
  kept, shown = group_run.choose(other, is_registered)
  assert kept.tolist() == [0, *range(3, len(made.pictures))] and shown == list(made.methods)
  other = dataclasses.replace(made, pictures=made.pictures.assign(flaws="grad_ram:dead_stage"))
  kept, shown = group_run.choose(other, is_registered)
  assert len(kept) == len(made.pictures) - 1 and shown == ["saliency"]


def test_a_flawed_map_blanks_no_mean_map(made):
  """Means are of people whose maps have no flaw, and the table counts these alone."""
  pictures = made.pictures.assign(sex="female", age_group="young", rate="normal")
  flawed = pictures["eid"] == pictures["eid"].iloc[0]
  before = _run_means(dataclasses.replace(made, pictures=pictures))
  flaws = pictures["flaws"].mask(flawed, "grad_ram:zero_map")
  after = _run_means(dataclasses.replace(made, pictures=pictures.assign(flaws=flaws)))
  assert after["num_people"].unique().tolist() == [before["num_people"].max() - 1]
  assert np.isfinite(after[["lowest", "highest", "mean"]].to_numpy(float)).all()
  _run_means(made)


def _run_means(made):
  run_record.remove(made.folder / "group_means")
  group_run.run(made)
  return tables.read(made.folder / "group_means/grad_ram.parquet", attention_credibility_tables.GROUPS)


def test_pictures_that_are_not_there_any_more_are_refused(made):
  other = dataclasses.replace(made, pictures=made.pictures.assign(instance=made.pictures["instance"] + 7))
  with pytest.raises(errors.InputError, match="not among those"):
    other.load(np.arange(2))


def test_maps_with_a_flaw_are_nan_to_every_step(made):
  flaws = made.pictures["flaws"].where(made.pictures.index != 1, "grad_ram:zero_map;saliency:no_gradient")
  other = dataclasses.replace(made, pictures=made.pictures.assign(flaws=flaws))
  values = other.read_results("saliency", np.arange(3))
  assert np.isnan(values[1]).all() and np.isfinite(values[[0, 2]]).all()
