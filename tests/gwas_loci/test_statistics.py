"""Summary statistics read part by part: facts of all variants, hits, rows of regions."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import summary_statistics
from msk_jax.gwas_loci import directions, genes, statistics
from msk_jax.io import errors, tables

_GDF5 = ("20", 34_025_756)  # rs143384, GRCh37


def _write(path, count: int = 1000) -> pd.DataFrame:
  rng = np.random.default_rng(1)
  z = rng.normal(size=count)
  z[[5, 900]] = [6, -7]
  table = pd.DataFrame(
    {
      "rsid": [f"rs{number}" for number in range(count)],
      "chromosome": np.where(np.arange(count) < count // 2, "2", "X"),
      "position_bp": 1_000 + 10 * np.arange(count),
      "effect_allele": "A",
      "other_allele": "G",
      "effect_allele_frequency": 0.3,
      "beta": 0.01 * z,
      "se": 0.01,
      "neg_log10_p": summary_statistics.neg_log10_p(z**2),
      "neg_log10_p_infinitesimal": np.nan,
      "neg_log10_p_mixture": np.nan,
      "n": rng.integers(100, 200, count),
      "info": np.nan,
    }
  )
  cleaned, _ = summary_statistics.clean(table, "GRCh37")
  about = summary_statistics.About("bolt", "2.4", "GRCh37", "array", "knee", "P_BOLT_LMM_INF")
  summary_statistics.write(path, cleaned, about)
  return cleaned


@pytest.mark.parametrize("batch", [2**18, 64])
def test_facts_hits_and_regions(tmp_path, monkeypatch, batch):
  monkeypatch.setattr(tables, "BLOCK_ROWS", batch)
  path = tmp_path / "a.parquet"
  table = _write(path)
  facts, hits = statistics.scan(path)
  chi2 = (table["beta"] / table["se"]) ** 2
  assert facts.num_variants == 1000 and facts.n_max == table["n"].max()
  assert facts.lambda_gc == pytest.approx(chi2.median() / 0.4549364, rel=1e-5)
  assert facts.mean_chi2 == pytest.approx(chi2.mean(), rel=1e-5)
  pd.testing.assert_frame_equal(hits, table.iloc[[5, 900]].reset_index(drop=True))
  regions = statistics.surround(hits, 100)
  assert regions == {"2": [(950, 1150)], "X": [(9900, 10100)]}
  rows = statistics.read_regions(path, regions)
  place = table["position_bp"]
  expected = table[place.between(950, 1150) | place.between(9900, 10100)].reset_index(drop=True)
  pd.testing.assert_frame_equal(rows, expected)
  few = statistics.read_regions(path, regions, 2.0)
  pd.testing.assert_frame_equal(few, expected[expected["neg_log10_p"] >= 2].reset_index(drop=True))
  assert statistics.read_regions(path, {"3": [(0, 10**8)]}).empty


def test_regions_that_touch_are_one():
  places = pd.DataFrame({"chromosome": ["1", "1", "1", "2"], "position_bp": [500, 100, 301, 5]})
  assert statistics.surround(places, 100) == {"1": [(0, 600)], "2": [(-95, 105)]}
  np.testing.assert_array_equal(
    statistics.contains([(0, 10), (20, 30)], np.array([-1, 0, 10, 11, 20, 31])), [0, 1, 1, 0, 1, 0]
  )


def test_another_table_is_refused(tmp_path):
  pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
  with pytest.raises(errors.InputError):
    statistics.scan(tmp_path / "a.parquet")


def test_genes_of_hits_and_of_another_build(caplog):
  rows = pd.DataFrame({"chromosome": [_GDF5[0]], "position_bp": [_GDF5[1]]})
  known = genes.add(rows, genes.read(None, "GRCh37"))
  assert "GDF5" in known["genes"][0] and known["relation"][0] == "overlapping"
  assert genes.read(None, "GRCh38") is None and "NO GENES" in caplog.text
  assert list(genes.add(rows, None)["genes"]) == [""]


@pytest.mark.parametrize(
  ("beta", "trait", "words"),
  [
    (0.312, {"model": "knee/best", "unit": "years"}, "each copy of A: ages 0.31 years faster"),
    (-0.05, {"model": "knee/best", "unit": "SD"}, "each copy of A: ages 0.05 SD slower"),
    (-2.0, {"model": "", "unit": "", "dimension": "waist"}, "each copy of A: waist lower by 2"),
  ],
)
def test_effects_in_words(beta, trait, words):
  trait = {"trait": "x", "dimension": "x", **trait}
  assert directions.describe(beta, "A", "7", trait) == words
  of_x = words.replace("copy of A:", "copy of A (a man's counts as two):")
  assert directions.describe(beta, "A", "X", trait) == of_x != words
