"""The steps after the maps, on two tiny trained folds: files, what is said, and what can't be checked."""

import numpy as np
import pytest

from msk_jax.attribution import group_run, map_files, networks, stages
from msk_jax.attribution.credibility import run as credibility_run
from msk_jax.attribution.credibility import table as credibility_table
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.run import make_maps
from msk_jax.attribution.spec import AttentionSpec
from msk_jax.io import run_record, tables
from msk_jax.schemas import attention_credibility_tables


@pytest.fixture(scope="module")
def made(workdir) -> MadeMaps:
  """The maps of the fixture's network."""
  spec = AttentionSpec(view="knee", methods=("saliency", "grad_ram"), samples_per_cell=3, triplets_per_cell=0)
  folder = make_maps(workdir, spec)
  network = networks.open_network(workdir, "knee/simple_cnn")
  card = network.card
  stage = stages.choose(stages.list_stages(network.model, card.image_shape, card.num_side_inputs), spec.stage)
  pictures = map_files.read_pictures(folder / "maps")
  return MadeMaps(workdir, folder, network, stage, spec.methods, spec.batch_size, pictures)


def test_the_table_has_every_check_of_every_kind_of_maps(made, capsys):
  credibility_run.run(made)
  table = tables.read(made.folder / "credibility" / "credibility.parquet", attention_credibility_tables.CREDIBILITY)
  for method in made.methods:
    assert set(table[table["method"] == method]["check"]) == set(credibility_table.CHECKS)
  weights = table[table["check"] == credibility_table.WEIGHTS]
  assert np.isfinite(weights["value"]).any() and "two folds" in capsys.readouterr().out
  unavailable = table[table["check"] == credibility_table.AGEING]
  assert unavailable["reason"].str.contains("no phantom").all() and unavailable["value"].isna().all()
  folds = table[(table["check"] == credibility_table.FOLDS) & (table["case"] == "same person")]
  assert folds["value"].abs().le(1).all() and (folds["num_people"] >= 5).all()


def test_mean_maps_say_how_pictures_were_registered(made):
  group_run.run(made)
  results = run_record.read(made.folder / "group_means")["results"]
  assert "correlation_after" in results or "not_made" in results
