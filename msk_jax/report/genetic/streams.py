"""Summary statistics, read block by block into what the site draws: memory and site don't grow with the variants."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msk_jax.disclosure import variants
from msk_jax.figures import manhattan, quantiles, thinning
from msk_jax.genome import chromosomes
from msk_jax.io import tables
from msk_jax.report.genetic import cells
from msk_jax.schemas import genetics_tables, report_genetics_tables

SCHEMA = genetics_tables.SUMMARY_STATISTICS
HIT = 7.301029995663981  # -log10(5e-8)
_OF_RARITY = (variants.FREQUENCY, variants.PEOPLE)
_BETA_BINS = 4_000
_BETA_RANGE = (-8.0, 4.0)  # log10 |beta|
_CENTRAL_SHARE = 0.9995  # of effects that a volcano plot shows in their place
_QQ_GRID = (500, 500)
CEILING = 330.0  # -log10 p: p = 0 is drawn here


@dataclasses.dataclass(frozen=True)
class About:
  """What a file is of, as its stage wrote it."""

  trait: str
  source: str
  build: str
  engine: str


@dataclasses.dataclass(frozen=True)
class Seen:
  """What a file of summary statistics looks like.

  Attributes:
    along: variants below the line of 5e-8 by place on the genome and -log10 p.
    effects: the same by effect and -log10 p.
    quantiles: of -log10 p.
    reach: the volcano plot's horizontal axis goes from -reach to reach.
    num_beyond: variants drawn at its edges.
    num_variants: all that were tested, with those of too few carriers, which are nowhere drawn.
  """

  along: cells.Cells
  effects: cells.Cells
  quantiles: quantiles.Quantiles
  reach: float
  num_beyond: int
  num_variants: int


def read_about(path: pathlib.Path) -> About:
  """Returns what a file is of.

  Raises:
    InputError: it is not a table of summary statistics.
  """
  extra = tables.read_extra(path, SCHEMA)
  engine = f"{extra.get('engine', '')} {extra.get('engine_version', '')}".strip()
  return About(str(extra["trait"]), str(extra["source"]), str(extra["build"]), engine)


def make_genome(build: str) -> manhattan.Genome:
  """Returns the axis of a build's genome."""
  return manhattan.Genome(chromosomes.LENGTHS_BP[build])


def see(path: pathlib.Path, genome: manhattan.Genome) -> Seen:
  """Reads a file in bounded memory, twice.

  Args:
    path: schema gwas_summary_statistics.
    genome: the axis.
  """
  reach = _find_reach(path)
  along = cells.Cells((0.0, genome.end), HIT)
  effects = cells.Cells((-reach, reach), HIT)
  observed = quantiles.Quantiles()
  num_beyond = num_variants = 0
  for batch in _iterate(path, ("chromosome", "position_bp", "neg_log10_p", "beta", *_OF_RARITY)):
    codes, names = _encode(batch.column("chromosome"))
    number = np.array([genome.names.index(name) + 1 for name in names], np.int64)[codes]
    position, neg_log10_p, beta = (_numbers(batch, name) for name in ("position_bp", "neg_log10_p", "beta"))
    num_variants += int(np.isfinite(neg_log10_p).sum())
    is_rare = _is_rare(batch)
    neg_log10_p, beta = (np.where(is_rare, np.nan, values) for values in (neg_log10_p, beta))
    along.add(genome.places(number, position), neg_log10_p)
    effects.add(beta, neg_log10_p)
    observed.add(neg_log10_p)
    num_beyond += int((np.abs(beta) > reach).sum())
  return Seen(along, effects, observed, reach, num_beyond, num_variants)


def make_quantiles(observed: quantiles.Quantiles) -> pd.DataFrame:
  """Returns the points of a Q-Q plot and its band: schema report_gwas_quantiles."""
  schema = report_genetics_tables.QUANTILES
  expected, values = observed.points()
  values = np.minimum(values, CEILING)
  expected, values = thinning.thin(expected, values, 1.001 * float(values.max(initial=1.0)), _QQ_GRID)
  parts = [pd.DataFrame({"part": "variants", "expected": expected, "observed": values})]
  if observed.num_values:
    ranks, low, high = quantiles.band(observed.num_values)
    parts.append(pd.DataFrame({"part": "band", "expected": ranks, "low": low, "high": high}))
  table = pd.concat(parts, ignore_index=True).reindex(columns=list(schema.columns))
  return table.astype(schema.dtypes)


def read_near(path: pathlib.Path, regions: Sequence[tuple[str, int, int]]) -> pd.DataFrame:
  """Returns the variants of some stretches of the genome, in the file's order.

  Args:
    path: schema gwas_summary_statistics.
    regions: chromosome, first and last base pair of each; they may overlap.

  Returns:
    Columns variant, rsid, chromosome, position_bp, effect_allele_frequency, neg_log10_p, n.
  """
  names = ("variant", "rsid", "chromosome", "position_bp", "effect_allele_frequency", "neg_log10_p", "n")
  parts = []
  for batch in _iterate(path, names):
    codes, known = _encode(batch.column("chromosome"))
    position = _numbers(batch, "position_bp")
    is_near = np.zeros(len(codes), bool)
    for chromosome, low, high in regions:
      if chromosome in known:
        is_near |= (codes == known.index(chromosome)) & (position >= low) & (position <= high)
    if is_near.any():
      parts.append(batch.filter(pa.array(is_near)).to_pandas())
  if not parts:
    return pd.DataFrame(columns=list(names))
  return pd.concat([part.astype({"chromosome": "string"}) for part in parts], ignore_index=True)


def _find_reach(path: pathlib.Path) -> float:
  """Returns the size that all but a few effects are below, of rare variants above all; 1 without any."""
  counts = np.zeros(_BETA_BINS, np.int64)
  low, high = _BETA_RANGE
  hits = 0.0
  for batch in _iterate(path, ("chromosome", "beta", "neg_log10_p", *_OF_RARITY)):
    is_shown = ~_is_rare(batch) & np.isfinite(_numbers(batch, "beta"))
    beta, neg_log10_p = np.abs(_numbers(batch, "beta"))[is_shown], _numbers(batch, "neg_log10_p")[is_shown]
    hits = max(hits, float(beta[neg_log10_p > HIT].max(initial=0.0)))
    size = np.log10(np.clip(beta, 10**low, 10**high))
    counts += np.histogram(size, _BETA_BINS, _BETA_RANGE)[0]
  if not counts.any():
    return 1.0
  shares = np.cumsum(counts) / counts.sum()
  bound = low + (np.searchsorted(shares, _CENTRAL_SHARE) + 1) * (high - low) / _BETA_BINS
  return 1.05 * max(float(10**bound), hits)


def _iterate(path: pathlib.Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
  return tables.iterate(path, SCHEMA, columns, categorical=["chromosome"] if "chromosome" in columns else [])


def _numbers(batch: pa.RecordBatch, name: str) -> np.ndarray:
  return batch.column(name).to_numpy(zero_copy_only=False)


def _is_rare(batch: pa.RecordBatch) -> np.ndarray:
  """Returns whether too few people carry a variant for its effect to be drawn: it would be theirs."""
  table = batch.select(["chromosome", *_OF_RARITY]).to_pandas()
  table[variants.PEOPLE] = variants.round_people(table[variants.PEOPLE])
  return variants.is_rare(table)


def _encode(column: pa.Array) -> tuple[np.ndarray, list[str]]:
  """Returns names as indices into those that occur, int [n], and these."""
  if not pa.types.is_dictionary(column.type):
    column = column.dictionary_encode()
  codes, known = column.indices.to_numpy(), column.dictionary.to_pylist()
  used, codes = np.unique(codes, return_inverse=True)
  return codes, [known[code] for code in used]
