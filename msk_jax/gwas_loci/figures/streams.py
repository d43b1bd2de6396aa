"""Summary statistics, read block by block into what the figures of all variants show."""

import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from msk_jax.figures import manhattan, quantiles, thinning
from msk_jax.genetics import results, summary_statistics
from msk_jax.genome import chromosomes
from msk_jax.io import tables

_VOLCANO_CELLS = (1_400, 700)
_HIT = results.SIGNIFICANT_NEG_LOG10_P


@dataclasses.dataclass(frozen=True)
class Streamed:
  """What a table of summary statistics looks like.

  Attributes:
    track: along the genome.
    quantiles: of -log10 p.
    effects: beta and -log10 p.
  """

  track: manhattan.Track
  quantiles: quantiles.Quantiles
  effects: thinning.Cloud


@dataclasses.dataclass(frozen=True)
class Survey:
  """What the axes depend on.

  Attributes:
    chromosomes: with variants.
    betas: the least and the greatest; 0 and 0 without any.
  """

  chromosomes: frozenset[str]
  betas: tuple[float, float]


def survey(path: pathlib.Path) -> Survey:
  """Returns what the axes of a table's figures depend on.

  Raises:
    InputError: it is not a table of summary statistics (schema gwas_summary_statistics).
  """
  summary_statistics.read_about(path)
  present: set[str] = set()
  low, high = np.inf, -np.inf
  for batch in _iterate(path, ("chromosome", "beta")):
    present.update(_encode(batch.column("chromosome"))[1])
    beta = batch.column("beta").to_numpy(zero_copy_only=False)
    finite = beta[np.isfinite(beta)]
    low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
  return Survey(frozenset(present), (float(low), float(high)) if low <= high else (0.0, 0.0))


def make_genome(surveys: Iterable[Survey], build: str) -> manhattan.Genome:
  """Returns the axis of the genome: the chromosome on which all variants are, else all chromosomes."""
  present = {name for each in surveys for name in each.chromosomes}
  lengths = chromosomes.LENGTHS_BP[build]
  return manhattan.Genome({name: lengths[name] for name in (present if len(present) == 1 else chromosomes.NAMES)})


def read(path: pathlib.Path, genome: manhattan.Genome, betas: tuple[float, float]) -> Streamed:
  """Reads a table (schema gwas_summary_statistics) in bounded memory.

  Args:
    path: the file.
    genome: the axis.
    betas: the least and the greatest.
  """
  streamed = Streamed(manhattan.Track(genome, _HIT), quantiles.Quantiles(), thinning.Cloud(betas, _HIT, _VOLCANO_CELLS))
  for batch in _iterate(path, ("chromosome", "position_bp", "neg_log10_p", "beta")):
    codes, known = _encode(batch.column("chromosome"))
    number = np.array([genome.names.index(name) + 1 for name in known], np.int64)[codes]
    neg_log10_p, beta = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("neg_log10_p", "beta"))
    streamed.track.add(number, batch.column("position_bp").to_numpy(zero_copy_only=False), neg_log10_p)
    streamed.quantiles.add(neg_log10_p)
    streamed.effects.add(beta, neg_log10_p)
  return streamed


def _iterate(path: pathlib.Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
  return tables.iterate(path, summary_statistics.SCHEMA, columns, categorical=["chromosome"])


def _encode(column: pa.Array) -> tuple[np.ndarray, list[str]]:
  """Returns names as indices into those that occur, int [n], and these."""
  if not pa.types.is_dictionary(column.type):
    column = column.dictionary_encode()
  codes, known = column.indices.to_numpy(), column.dictionary.to_pylist()
  used, codes = np.unique(codes, return_inverse=True)
  return codes, [known[code] for code in used]
