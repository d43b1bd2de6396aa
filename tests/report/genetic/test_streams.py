"""Pictures of summary statistics: every variant is counted once, and the site doesn't grow with them."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.disclosure import variants
from msk_jax.io import tables
from msk_jax.report.genetic import cells, streams
from msk_jax.schemas import genetics_tables
from tests.report import genetic_study


def _write(path, table: pd.DataFrame):
  about = {"trait": "knee", "source": "array", "build": "GRCh37", "engine": "bolt", "engine_version": "2.5"}
  tables.write(path, table, genetics_tables.SUMMARY_STATISTICS, about)
  return path


@pytest.fixture
def knee() -> pd.DataFrame:
  return genetic_study.statistics("knee", "array")


def test_each_variant_of_enough_carriers_is_in_a_cell_or_is_a_hit(tmp_path, knee):
  seen = streams.see(_write(tmp_path / "a.parquet", knee), streams.make_genome("GRCh37"))
  is_drawn = ~variants.is_rare(knee)
  hits = int((is_drawn & (knee["neg_log10_p"] >= streams.HIT)).sum())
  assert hits > 30 and 0 < is_drawn.sum() < len(knee) == seen.num_variants
  assert seen.along.counts.sum() == seen.effects.counts.sum() == is_drawn.sum() - hits
  assert seen.quantiles.num_values == is_drawn.sum()


def test_cells_are_where_the_variants_are():
  drawn = cells.Cells((0.0, 120.0), 11.0)
  drawn.add(np.array([0.05, 0.06, 119.99, 500.0, 1.0, 1.0]), np.array([0.0, 0.05, 10.99, 10.99, np.nan, 11.0]))
  assert drawn.counts[0, 0] == 2 and drawn.counts[-1, -1] == 2 and drawn.counts.sum() == 4
  letters = drawn.to_table("manhattan")
  assert letters["cells"].iloc[0] == "b" + "." * (cells.COLUMNS - 1)
  assert letters["low"].tolist() == pytest.approx((np.arange(cells.ROWS) * 0.1).tolist())


@pytest.mark.parametrize(
  ("count", "letter"), [(1, "a"), (2, "b"), (3, "b"), (4, "c"), (7, "c"), (8, "d"), (1_000, "j")]
)
def test_letters_are_powers_of_two(count, letter):
  drawn = cells.Cells((0.0, 1.0), 1.0)
  drawn.add(np.zeros(count), np.zeros(count))
  assert drawn.to_table("volcano")["cells"].iloc[0][0] == letter


def test_the_picture_has_one_size_however_many_variants(tmp_path, knee):
  genome = streams.make_genome("GRCh37")
  few = streams.see(_write(tmp_path / "a.parquet", knee.iloc[:10]), genome)
  many = streams.see(_write(tmp_path / "b.parquet", pd.concat([knee] * 5, ignore_index=True)), genome)
  assert few.along.to_table("manhattan").shape == many.along.to_table("manhattan").shape == (cells.ROWS, 3)
  assert len(streams.make_quantiles(many.quantiles)) < 3_000


def test_a_few_wild_effects_do_not_flatten_the_volcano_plot(tmp_path, knee):
  rng = np.random.default_rng(0)
  wild = pd.concat([knee] * 4, ignore_index=True)
  wild["beta"] = rng.normal(0, 0.1, len(wild))
  wild.loc[0, ["beta", "neg_log10_p"]] = [90.0, 1.0]
  hit = int(np.argmax(wild["neg_log10_p"]))
  wild.loc[hit, "beta"] = -0.9
  seen = streams.see(_write(tmp_path / "a.parquet", wild), streams.make_genome("GRCh37"))
  assert 0.9 < seen.reach < 1.1 and seen.num_beyond == 1  # a hit is never beyond


def test_the_quantiles_begin_with_the_strongest(tmp_path, knee):
  seen = streams.see(_write(tmp_path / "a.parquet", knee), streams.make_genome("GRCh37"))
  table = streams.make_quantiles(seen.quantiles)
  first = table[table["part"] == "variants"].iloc[0]
  assert first["observed"] == knee["neg_log10_p"].max()
  assert first["expected"] == pytest.approx(np.log10((~variants.is_rare(knee)).sum() + 1))
  band = table[table["part"] == "band"]
  assert (band["low"] < band["high"]).all()


def test_variants_near_a_place_alone_are_read(tmp_path, knee):
  path = _write(tmp_path / "a.parquet", knee)
  low, high = genetic_study.LEAD_BP - 20_000, genetic_study.LEAD_BP + 20_000
  near = streams.read_near(path, [("11", low, high), ("12", low, high)])
  expected = knee[knee["chromosome"].isin(["11", "12"]) & knee["position_bp"].between(low, high)]
  assert sorted(near["variant"]) == sorted(expected["variant"]) and genetic_study.RSID in set(near["rsid"])
  assert streams.read_near(path, []).empty


def test_the_effect_of_a_few_carriers_is_in_no_picture(tmp_path, knee):
  knee["beta"] = np.random.default_rng(0).normal(0, 0.1, len(knee))
  genome = streams.make_genome("GRCh37")
  common = streams.see(_write(tmp_path / "a.parquet", knee), genome)
  carrier = knee.iloc[[0, 0]].assign(effect_allele_frequency=0.5 / knee["n"].iloc[0], beta=[17.2345, -11.5])
  carrier["neg_log10_p"] = [9.0, 2.0]
  both = streams.see(_write(tmp_path / "b.parquet", pd.concat([knee, carrier], ignore_index=True)), genome)
  assert both.reach == common.reach and both.num_beyond == common.num_beyond
  np.testing.assert_array_equal(both.effects.counts, common.effects.counts)
