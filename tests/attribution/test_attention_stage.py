"""The stage `attention` from files to files."""

import dataclasses
import json
import re
import shutil

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax.attribution import gradients, group_run, made_maps, map_files, networks, overlays, pictures, run, stages
from msk_jax.attribution.credibility import run as credibility_run
from msk_jax.attribution.spec import AttentionSpec
from msk_jax.cohort import source
from msk_jax.io import errors, run_record, tables
from msk_jax.models import age_model
from msk_jax.schemas import age_tables, attention_credibility_tables, attention_tables
from tests import id_search

_SPEC = AttentionSpec(
  samples_per_cell=2, batch_size=4, stage="conv_3", triplets_per_cell=0, methods=("saliency", "grad_ram")
)


@pytest.fixture(scope="module", autouse=True)
def _few_checks():
  """The checks of credibility have tests of their own; here they are short."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(credibility_run, "_NUM_SHUFFLES", 1)
    patch.setattr(credibility_run, "_NUM_STAGES", 1)
    patch.setattr(credibility_run, "_MOST_SHUFFLED", 8)
    patch.setattr(credibility_run, "_MOST_PAIRS", 8)
    yield


@pytest.fixture(scope="module")
def made(workdir):
  """The folder of a first run."""
  return run.make_maps(workdir, _SPEC)


def test_files(made):
  names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
  maps = {f"maps/{name}" for name in ("run.json", "cells.parquet", "pictures.parquet", "saliency.npy", "grad_ram.npy")}
  assert {name for name in names if name.startswith(("maps/", "overlays/"))} == maps | {"overlays/run.json"}
  assert {"group_means/run.json", "group_means/saliency.csv", "credibility/credibility.csv"} < names


def test_maps_without_a_sign_are_shown_as_sizes_everywhere(workdir, monkeypatch):
  settings = dataclasses.replace(_SPEC, methods=("published_saliency",), samples_per_cell=10, triplets_per_cell=1)
  drawn = []
  monkeypatch.setattr(overlays.overlay, "draw", lambda *call: drawn.append(call[-1]) or _nothing())
  folder = run.make_maps(workdir, settings)
  stored = map_files.read(folder / "maps", "published_saliency")
  assert (stored < 0).any()  # as the authors have it
  layers = [layer for layers in drawn for layer in layers]
  assert layers and not any(layer.is_signed or (np.array(layer.maps) < 0).any() for layer in layers)
  table = tables.read(folder / "group_means/published_saliency.parquet", attention_credibility_tables.GROUPS)
  assert set(table["sign"]) <= {"size"} and (table["lowest"].dropna() >= 0).all()
  credibility = tables.read(folder / "credibility/credibility.parquet", attention_credibility_tables.CREDIBILITY)
  assert not credibility["measure"].str.contains("signed").any()
  run.make_maps(workdir, _SPEC)


def _nothing():
  figure, _ = plt.subplots()
  return figure


def test_overlays_have_no_ids(made, tmp_path):
  table = map_files.read_pictures(made / "maps")
  names = [name for name, _ in overlays._list_triplets(table, 1)]
  expected = table.query("rank == 0")[["sex", "age_group", "side"]].drop_duplicates()
  assert sorted(names) == sorted(f"{line.sex}_{line.age_group}_{line.side}" for line in expected.itertuples())
  assert any(name.endswith("_2") for name, _ in overlays._list_triplets(table, 2))
  name, rows = next(overlays._list_triplets(table, 1))
  network = networks.open_network(made.parents[2], "knee/simple_cnn")
  stage = stages.Stage("conv_3", "conv_3", (2, 2), is_last=False)
  maps = made_maps.MadeMaps(made.parents[2], made, network, stage, _SPEC.methods, 4, table)
  overlays._draw(tmp_path / f"{name}.png", maps, rows.assign(flaws="saliency:no_gradient"), are_drawn=False)
  text = (tmp_path / f"{name}.svg").read_text()
  shown = re.findall(r"<!-- (.*) -->", text)
  assert not id_search.has_id(text) and any("individual" in line for line in shown)
  assert any("the gradient is 0 everywhere" in line for line in shown)
  assert not any("show nothing of age" in line for line in shown)


def test_every_figure_of_a_network_that_knows_nothing_says_so(made, tmp_path, monkeypatch):
  monkeypatch.setattr(made_maps.MadeMaps, "lack", "a network that knows nothing")
  table, network = map_files.read_pictures(made / "maps"), networks.open_network(made.parents[2], "knee/simple_cnn")
  stage = stages.Stage("conv_3", "conv_3", (2, 2), is_last=False)
  maps = made_maps.MadeMaps(made.parents[2], made, network, stage, _SPEC.methods, 4, table)
  name, rows = next(overlays._list_triplets(table, 1))
  overlays._draw(tmp_path / f"{name}.png", maps, rows, are_drawn=True)
  assert "show nothing of age" in " ".join(re.findall(r"<!-- (.*) -->", (tmp_path / f"{name}.svg").read_text()))
  looks = []
  monkeypatch.setattr(group_run.group_means, "write", lambda *call: looks.append(call[-1].title))
  assert group_run._write(tmp_path, maps)["lack"] == "a network that knows nothing"
  assert looks and all("show nothing of age" in title for title in looks)


def test_each_picture_has_its_maps_by_the_network_of_its_test_fold(workdir, made):
  network = networks.open_network(workdir, "knee/simple_cnn")
  table = map_files.read_pictures(made / "maps")
  assert set(table["fold"]) == {0, 1} and table["map"].tolist() == list(range(len(table)))
  assert {"right", "left"} == set(table["side"])
  saliency = map_files.read(made / "maps", "saliency")
  rows = {key: row for row, key in enumerate(zip(network.samples.eid, network.samples.instance, strict=True))}
  for picture in table.iloc[[0, len(table) // 2, len(table) - 1]].itertuples():
    row = rows[picture.eid, picture.instance]
    assert network.samples.fold[row] == picture.fold
    side = int(picture.side == "left")
    images, inputs = network.load(picture.fold, np.array([row]), np.array([side]))
    card, variables = network.folds[picture.fold].card, network.read_variables(picture.fold)

    def age(image, variables=variables, inputs=inputs, card=card):
      return card.age.invert(network.model.apply(variables, image, inputs, train=False)[0])[0]

    assert age(images) == pytest.approx(picture.picture_age_years, abs=1e-3)
    step = 0.25 * np.sign(saliency[picture.map])[None, ..., None]
    change = age(images + step) - age(images - step)
    assert change == pytest.approx(0.5 * np.abs(saliency[picture.map]).sum(), rel=0.05)


def test_a_missing_side_has_no_map_of_its_own(workdir):
  settings = dataclasses.replace(_SPEC, samples_per_cell=10, methods=("grad_ram",), triplets_per_cell=0)
  table = map_files.read_pictures(run.make_maps(workdir, settings) / "maps")
  sides = {eid: sorted(rows["side"]) for eid, rows in table.groupby("eid")}
  for eid, side in (("9000000", "right"), ("9000001", "left")):
    assert sides.get(eid, [side]) == [side]
  assert ["left", "right"] in sides.values()
  assert not table.duplicated(["eid", "instance", "side"]).any()
  run.make_maps(workdir, _SPEC)


def test_what_is_short_or_untrained_is_said(workdir, made, caplog, capsys):
  run_record.remove(made / "maps")
  with caplog.at_level("INFO"):
    run.make_maps(workdir, _SPEC)
  assert "folds 2, 3, 4, 5, 6, 7, 8, 9 are not trained" in caplog.text and "2 of 10 splits" in caplog.text
  cells = tables.read(made / "maps/cells.parquet", attention_tables.CELLS)
  num_short = int((cells["chosen"] < 2).sum())
  assert num_short > 0 and f"{num_short} of 18 cells" in caplog.text
  table = map_files.read_pictures(made / "maps")
  assert f"{len(table)} pictures, {2 * len(table)} maps (saliency, grad_ram)" in caplog.text
  assert "knee/simple_cnn" in capsys.readouterr().out
  ours = [record.getMessage() for record in caplog.records if "/msk_jax/" in record.pathname]
  assert ours and not id_search.has_id("\n".join(ours))  # Orbax logs addresses of objects, which may look like ids
  assert not any(eid in caplog.text for eid in table["eid"].astype(str))


def test_the_same_command_does_nothing_and_another_setting_redoes(workdir, made, caplog, monkeypatch):
  with caplog.at_level("INFO"):
    run.make_maps(workdir, _SPEC)
  assert caplog.text.count("nothing to do") == 4 and "making" not in caplog.text
  named = dataclasses.replace(_SPEC, backbone="simple_cnn")
  with caplog.at_level("INFO"):  # the best one, by its name
    run.make_maps(workdir, named)
  assert caplog.text.count("nothing to do") == 8 and "making" not in caplog.text
  record = made / "maps/run.json"
  text = record.read_text()
  record.write_text(json.dumps({**json.loads(text), "written": "2001-01-01", "git_revision": "another"}))
  with caplog.at_level("INFO"):  # the same maps, made on another day
    run.make_maps(workdir, _SPEC)
  assert caplog.text.count("nothing to do") == 12 and "making" not in caplog.text
  record.write_text(text)
  caplog.clear()
  with caplog.at_level("INFO"):
    monkeypatch.setattr(overlays, "_draw", lambda path, *rest: path.write_text(""))
    run.make_maps(workdir, dataclasses.replace(_SPEC, triplets_per_cell=2))
  assert "nothing to do: the maps" in caplog.text and "making the overlays again" in caplog.text
  assert len(list((made / "overlays").glob("*_1.png"))) > 1


def test_pictures_of_real_people_need_the_flag(workdir, tmp_path, caplog):
  copy = shutil.copytree(workdir, tmp_path / "real")
  shutil.rmtree(copy / "attention", ignore_errors=True)
  source.write(copy, {"kind": "ukb", "root": "/data"})
  settings = dataclasses.replace(_SPEC, methods=("grad_ram",))
  with caplog.at_level("INFO"):
    folder = run.make_maps(copy, settings)
  assert not (folder / "overlays").exists() and "--with_images" in caplog.text
  run.make_maps(copy, settings, with_images=True)
  assert (folder / "overlays/run.json").exists() and "individual-level data" in caplog.text
  caplog.clear()
  with caplog.at_level("INFO"):
    run.make_maps(copy, settings)
  assert not (folder / "overlays").exists()  # a call without the flag leaves none behind


def test_memory_does_not_grow_with_the_number_of_pictures(workdir, tmp_path, monkeypatch):
  """Each step has one batch of pictures, all of one size, and nothing stays on the devices."""
  network = networks.open_network(workdir, "knee/simple_cnn")
  alive, sizes = {}, set()
  inner = gradients.MapProgram.maps

  def watched(self, variables, images, *rest):
    sizes.add(len(images))
    alive[num] = max(alive.get(num, 0), sum(array.nbytes for array in jax.live_arrays()))
    return inner(self, variables, images, *rest)

  monkeypatch.setattr(gradients.MapProgram, "maps", watched)
  choice = pictures.choose_samples(workdir, network, 10)
  table = pictures.list_pictures(workdir, network, choice.samples)
  table = table[table["fold"] == 0].reset_index(drop=True)
  for num in (4, len(table)):
    folder = tmp_path / str(num)
    folder.mkdir()
    map_files.write(folder, map_files.Job(network, table[:num], ("saliency",), age_model.FEATURES, 4))
  assert sizes == {4} and len(table) > 8 and len(set(alive.values())) == 1


def test_networks_that_predict_otherwise_are_refused_before_maps_are_made(workdir, tmp_path, monkeypatch):
  copy = shutil.copytree(workdir, tmp_path / "changed")
  shutil.rmtree(copy / "attention", ignore_errors=True)
  path = copy / "ages/sample/knee/simple_cnn.parquet"
  ages = tables.read(path, age_tables.AGES)
  extra = tables.read_extra(path, age_tables.AGES)
  tables.write(path, ages.assign(predicted_age_years=ages["predicted_age_years"] + 3), age_tables.AGES, extra)
  monkeypatch.setattr(map_files, "path_of", lambda *_: pytest.fail("maps are made before ages are compared"))
  with pytest.raises(errors.InputError, match="predict other ages than the table"):
    run.make_maps(copy, _SPEC)


@pytest.mark.parametrize(
  ("change", "message"),
  [
    ({"view": "hip"}, "no trained network of hip. There are networks of knee"),
    ({"backbone": "inception_v3"}, "there are knee/simple_cnn"),
    ({"stage": "mixed10"}, "no stage 'mixed10'; there are auto, last, conv_0"),
  ],
)
def test_what_is_not_there_is_refused(workdir, change, message):
  with pytest.raises(errors.InputError, match=message):
    run.make_maps(workdir, dataclasses.replace(_SPEC, **change))


def test_without_ages_it_says_what_to_run(workdir, tmp_path):
  copy = shutil.copytree(workdir, tmp_path / "young", ignore=shutil.ignore_patterns("ages", "attention"))
  with pytest.raises(errors.InputError, match=r"run python -m msk_jax\.ensemble, then"):
    run.make_maps(copy, _SPEC)


def test_withdrawn_people_have_no_maps(workdir, tmp_path):
  copy = shutil.copytree(workdir, tmp_path / "withdrawn", ignore=shutil.ignore_patterns("attention"))
  settings = dataclasses.replace(_SPEC, methods=("grad_ram",), triplets_per_cell=0)
  first = map_files.read_pictures(run.make_maps(copy, settings) / "maps")
  left = set(first["eid"][:2])
  second = map_files.read_pictures(run.make_maps(copy, settings, left) / "maps")
  assert left and not left & set(second["eid"])


@pytest.mark.parametrize(
  "change", [{"methods": ()}, {"methods": ("heat",)}, {"samples_per_cell": 0}, {"view": ""}, {"backbone": ""}]
)
def test_settings_without_meaning_are_refused(change):
  with pytest.raises(ValueError, match=r"methods are|at least 1|have a value"):
    AttentionSpec(**change)


def test_auto_says_which_stage(workdir, caplog):
  network = networks.open_network(workdir, "knee/simple_cnn")
  stage = run._choose_stage(network, dataclasses.replace(_SPEC, stage="auto"))
  assert stage == stages.Stage("conv_2", "conv_2", (5, 4), is_last=False)
  assert "too few to say where" in caplog.text and "conv_2, which has 5 x 4" in caplog.text
