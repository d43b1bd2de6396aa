"""Summary statistics come into figures whole, block by block."""

import numpy as np
import pyarrow as pa
import pytest

from msk_jax.figures import manhattan
from msk_jax.gwas_loci.figures import streams
from msk_jax.io import errors, tables
from msk_jax.schemas import genome_tables
from tests.gwas_loci.figures import stand_ins


def _read(path) -> streams.Streamed:
  survey = streams.survey(path)
  return streams.read(path, streams.make_genome([survey], "GRCh37"), survey.betas)


def test_all_variants_come_in(tmp_path):
  parts = stand_ins.whole_genome()
  stand_ins.write_statistics(tmp_path / "a.parquet", *parts)
  streamed = _read(tmp_path / "a.parquet")
  assert streamed.track.cloud.num_points == streamed.quantiles.num_values == streamed.effects.num_points == 115
  x, y = streamed.track.cloud.points()
  on_7 = (x >= streamed.track.genome.offsets[6]) & (x < streamed.track.genome.offsets[7])
  expected = parts[6]["neg_log10_p"].to_numpy()
  assert set(y[on_7]) <= set(expected) and on_7.any()
  np.testing.assert_allclose(x[on_7].min() - streamed.track.genome.offsets[6], 34_000_000)


@pytest.mark.parametrize("batch", [3, 64, 1_000])
def test_blocks_do_not_matter(tmp_path, monkeypatch, batch):
  stand_ins.write_statistics(tmp_path / "a.parquet", *stand_ins.whole_genome(20))
  whole = _read(tmp_path / "a.parquet")
  monkeypatch.setattr(tables, "BLOCK_ROWS", batch)
  cut = _read(tmp_path / "a.parquet")
  for one, other in ((whole.track.cloud, cut.track.cloud), (whole.effects, cut.effects)):
    np.testing.assert_array_equal(np.stack(one.points()), np.stack(other.points()))


def test_one_chromosome_has_an_axis_of_its_own(tmp_path):
  stand_ins.write_statistics(tmp_path / "a.parquet", stand_ins.statistics([1.0, 9.0], "X"))
  assert _read(tmp_path / "a.parquet").track.genome.names == ("X",)
  both = [streams.Survey(frozenset({"X"}), (0, 0)), streams.Survey(frozenset({"1"}), (0, 0))]
  assert len(streams.make_genome(both, "GRCh38").names) == 23
  assert isinstance(streams.make_genome([], "GRCh37"), manhattan.Genome)


def test_no_variant_and_no_effect(tmp_path):
  stand_ins.write_statistics(tmp_path / "a.parquet", stand_ins.statistics([]))
  assert streams.survey(tmp_path / "a.parquet") == streams.Survey(frozenset(), (0.0, 0.0))
  assert _read(tmp_path / "a.parquet").track.cloud.num_points == 0


def test_another_table_is_refused(tmp_path):
  tables.write(tmp_path / "a.parquet", stand_ins.empty(genome_tables.GENES), genome_tables.GENES)
  with pytest.raises(errors.InputError, match="gwas_summary_statistics"):
    streams.survey(tmp_path / "a.parquet")


def test_the_file_is_not_held_in_memory(tmp_path, monkeypatch):
  monkeypatch.setattr(tables, "BLOCK_ROWS", 1_000)
  monkeypatch.setattr(tables, "BUFFER_BYTES", 2**14)
  rng = np.random.default_rng(0)
  parts = (stand_ins.statistics(rng.exponential(0.4, 1_000), first_bp=1 + 1_000_000 * i) for i in range(60))
  path = tmp_path / "a.parquet"
  stand_ins.write_statistics(path, *(part.assign(beta=rng.normal(size=len(part))) for part in parts))
  before, held = pa.total_allocated_bytes(), []
  for _ in streams._iterate(path, ("chromosome", "position_bp", "neg_log10_p", "beta")):
    held.append(pa.total_allocated_bytes() - before)
  assert len(held) == 60 and max(held) < 300_000  # of 1,200,000
