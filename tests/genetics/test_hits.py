"""Hits and their genes."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import hits, summary_statistics
from msk_jax.genome import genes
from msk_jax.schemas import genetics_tables

_GDF5 = ("20", 34_025_756)  # rs143384, GRCh37


def _write(folder, trait: str, neg_log10_p) -> tuple:
  count = len(neg_log10_p)
  chromosome, position = _GDF5
  table = pd.DataFrame(
    {
      "rsid": [f"rs{number}" for number in range(count)],
      "chromosome": chromosome,
      "position_bp": position + np.arange(count),
      "effect_allele": "A",
      "other_allele": "G",
      "effect_allele_frequency": 0.3,
      "beta": 0.1,
      "se": 0.01,
      "neg_log10_p": neg_log10_p,
      "neg_log10_p_infinitesimal": neg_log10_p,
      "neg_log10_p_mixture": np.nan,
      "n": 5_000,
      "info": np.nan,
    }
  )
  cleaned, _ = summary_statistics.clean(table, "GRCh37")
  about = summary_statistics.About("bolt", "2.4", "GRCh37", "array", trait, "P_BOLT_LMM_INF")
  path = folder / f"{trait}.parquet"
  summary_statistics.write(path, cleaned, about)
  return trait, "array", path


def test_hits_have_their_genes(tmp_path):
  paths = [_write(tmp_path, "knee", [7.29, 7.31, 400.0]), _write(tmp_path, "hip", [1.0, 2.0, 3.0])]
  found = hits.collect(paths, hits.read_genes(None, "GRCh37"))
  assert list(found.columns) == list(genetics_tables.HITS.columns)
  assert list(found["rsid"]) == ["rs1", "rs2"]
  assert (found["trait"] == "knee").all() and (found["engine_p"] == "P_BOLT_LMM_INF").all()
  assert found["genes"].str.contains("GDF5").all() and (found["relation"] == "overlapping").all()


def test_without_hits_there_is_an_empty_table(tmp_path):
  found = hits.collect([_write(tmp_path, "hip", [1.0, 2.0])], hits.read_genes(None, "GRCh37"))
  assert found.empty and list(found.columns) == list(genetics_tables.HITS.columns)
  assert hits.collect([], None).empty


@pytest.mark.parametrize("known", [None])
def test_genes_of_another_build_are_not_used(tmp_path, known):
  assert genes.read_embedded().build == "GRCh37"
  assert hits.read_genes(None, "GRCh38") is known
  found = hits.collect([_write(tmp_path, "knee", [9.0])], None)
  assert list(found["genes"]) == [""]
