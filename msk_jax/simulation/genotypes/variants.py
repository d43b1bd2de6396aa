"""The variants: their places, alleles, frequencies, linkage, and in which files they are."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import special

from msk_jax.genome import chromosomes
from msk_jax.simulation import randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.genotypes import ancestry, loci

BUILD = "GRCh37"
FIRST_RSID = 900_000_001  # beyond all real ones, and no number of seven digits

_ALLELES = np.array(["A", "C", "G", "T"])
_REFERENCE_SHARE = 0.15  # of variants whose rarer allele is the reference
_MARGIN_BP = 100_000  # no variants near the ends of a chromosome
# Pseudo-autosomal parts of X are left out: they end at 2,699,520 and begin again at 154,931,044 in GRCh37.
_X_RANGE = (2_800_000, 154_900_000)
_FREQUENCY = (0.02, 0.5)  # of the rarer allele
_LEAD_FREQUENCY = (0.25, 0.45)
# Linkage: a latent autoregression within blocks. Neighbours around genes get closer, up to r2 .95.
_BLOCK, _CORRELATION = 20, 0.9
_DENSE_BLOCK, _DENSE_LOOSENESS = 40, (5e-4, 0.1)  # 1 - correlation of neighbours, from and to, log-uniform
_DENSE_ARRAY_EVERY = 10  # of the variants around genes, every tenth is on the array
_IMPUTED_EVERY = 20  # of the array variants elsewhere, every twentieth is in the imputed files
_WITHIN_GENE_SHARE = 0.1  # of the variants around a gene, those within it by design
_LEAST_INFO, _MOST_INFO, _LEAD_INFO, _ARRAY_INFO = 0.35, 0.99, 0.95, 0.999


@dataclasses.dataclass(frozen=True)
class Variants:
  """Variants of one chromosome, by position.

  Attributes:
    chromosome: its name.
    position_bp: int64 [m].
    rsid: str [m].
    counted: str [m], the allele that genotypes count: A1 of the .bim file, the rarer one among the British.
    other: str [m], the other allele.
    is_counted_reference: bool [m], whether the counted allele is the reference.
    frequency: float64 [m], of the counted allele among the British.
    correlation: float32 [m], with the latent variable of the variant before it; 0 begins a block.
    loadings: float32 [m, NUM_AXES], on the axes of ancestry.
    gene: str [m], in whose surroundings it is; empty elsewhere.
    is_lead: bool [m].
    is_on_array: bool [m].
    is_imputed: bool [m].
    info: float64 [m], squared correlation of imputed and true genotypes that is aimed at.
  """

  chromosome: str
  position_bp: np.ndarray
  rsid: np.ndarray
  counted: np.ndarray
  other: np.ndarray
  is_counted_reference: np.ndarray
  frequency: np.ndarray
  correlation: np.ndarray
  loadings: np.ndarray
  gene: np.ndarray
  is_lead: np.ndarray
  is_on_array: np.ndarray
  is_imputed: np.ndarray
  info: np.ndarray

  def __len__(self) -> int:
    return len(self.position_bp)

  @property
  def thresholds(self) -> np.ndarray:
    """Float32 [m]: a haplotype has the counted allele where its latent variable is below."""
    return special.ndtri(self.frequency).astype(np.float32)

  def take(self, chosen: np.ndarray) -> "Variants":
    """Returns some of the variants, chosen by bool [m]."""
    arrays = {name: value[chosen] for name, value in vars(self).items() if isinstance(value, np.ndarray)}
    return dataclasses.replace(self, **arrays)

  def keys(self) -> list[str]:
    """Returns `chromosome:position:other:counted` of each variant, as summary statistics have it."""
    parts = zip(self.position_bp.tolist(), self.other, self.counted, strict=True)
    return [f"{self.chromosome}:{position}:{other}:{counted}" for position, other, counted in parts]


def draw(seed: int, spec: spec_lib.GenotypesSpec) -> list[Variants]:
  """Draws all variants, by chromosome in the order of `chromosomes.NAMES`; ids are unique."""
  table = loci.read()
  places = [
    _draw_dense(seed, spec, name, [locus for locus in table if locus.chromosome == name]) for name in chromosomes.NAMES
  ]
  numbers = _numbers_elsewhere(spec, [int(dense.is_on_array.sum()) for dense in places])
  result, first = [], FIRST_RSID
  for name, dense, number in zip(chromosomes.NAMES, places, numbers, strict=True):
    variants = _complete(seed, spec, name, _add_elsewhere(seed, name, dense, number), first)
    result.append(variants)
    first += len(variants)
  return result


@dataclasses.dataclass(frozen=True)
class _Places:
  """Places of variants on a chromosome, by position; see `Variants`. `windows`: int64 [k, 2], where they are dense."""

  position_bp: np.ndarray
  gene: np.ndarray
  is_lead: np.ndarray
  is_on_array: np.ndarray
  windows: np.ndarray


def _draw_dense(
  seed: int, spec: spec_lib.GenotypesSpec, chromosome: str, of_chromosome: Sequence[loci.Locus]
) -> _Places:
  """Draws the variants around the chromosome's genes."""
  rng = randomness.generator(seed, "variants around genes", chromosome)
  gene_of: dict[int, str] = {}
  leads: dict[int, bool] = {}  # position to whether it is on the array
  windows = []
  for locus in of_chromosome:
    window = (locus.start_bp - loci.WINDOW_BP, locus.end_bp + loci.WINDOW_BP)
    num_within = max(3, round(_WITHIN_GENE_SHARE * spec.num_variants_per_gene))
    within = _distinct(rng, locus.start_bp, locus.end_bp, num_within, gene_of)
    gene_of.update(dict.fromkeys(within, locus.gene))
    around = _distinct(rng, *window, spec.num_variants_per_gene - num_within, gene_of)
    gene_of.update(dict.fromkeys(around, locus.gene))
    if locus.dimensions:
      leads[within[num_within // 2]] = locus.is_lead_on_array
    windows.append(window)
  positions = np.array(sorted(gene_of), np.int64)
  is_lead = np.isin(positions, list(leads))
  is_on_array = np.arange(len(positions)) % _DENSE_ARRAY_EVERY == 0
  is_on_array[is_lead] = [leads[position] for position in positions[is_lead].tolist()]
  genes = np.array([gene_of[position] for position in positions.tolist()], dtype=object)
  return _Places(positions, genes, is_lead, is_on_array, np.array(windows, np.int64).reshape(-1, 2))


def _distinct(rng: np.random.Generator, low: int, high: int, number: int, taken: dict[int, str]) -> list[int]:
  """Draws different positions from low to high that are not taken, sorted."""
  drawn: set[int] = set()
  while len(drawn) < number:
    drawn |= set(rng.integers(low, high + 1, number - len(drawn)).tolist()) - taken.keys()
  return sorted(drawn)


def _numbers_elsewhere(spec: spec_lib.GenotypesSpec, on_array: list[int]) -> list[int]:
  """Returns how many array variants each chromosome has outside the windows, in proportion to its length.

  Args:
    spec: numbers of variants.
    on_array: array variants of each chromosome within the windows.
  """
  lengths = np.array([chromosomes.LENGTHS_BP[BUILD][name] for name in chromosomes.AUTOSOMES], float)
  left = spec.num_array_variants - spec.num_array_variants_on_x - sum(on_array[:-1])
  borders = np.round(left * np.cumsum(lengths) / lengths.sum()).astype(int)
  return [*np.diff(borders, prepend=0).tolist(), spec.num_array_variants_on_x - on_array[-1]]


def _add_elsewhere(seed: int, chromosome: str, dense: _Places, number: int) -> _Places:
  """Returns the places with `number` array variants outside the windows added."""
  rng = randomness.generator(seed, "variants elsewhere", chromosome)
  low, high = _MARGIN_BP, chromosomes.LENGTHS_BP[BUILD][chromosome] - _MARGIN_BP
  if chromosome == chromosomes.X:
    low, high = _X_RANGE
  positions: np.ndarray = np.empty(0, np.int64)
  while len(positions) < number:
    drawn = rng.integers(low, high + 1, number - len(positions))
    is_dense = ((drawn[:, None] >= dense.windows[:, 0]) & (drawn[:, None] <= dense.windows[:, 1])).any(axis=1)
    positions = np.unique(np.concatenate([positions, drawn[~is_dense]]))
  order = np.argsort(np.concatenate([dense.position_bp, positions]), kind="stable")
  nowhere, yes = np.full(number, "", object), np.ones(number, bool)
  return _Places(
    np.concatenate([dense.position_bp, positions])[order],
    np.concatenate([dense.gene, nowhere])[order],
    np.concatenate([dense.is_lead, ~yes])[order],
    np.concatenate([dense.is_on_array, yes])[order],
    dense.windows,
  )


def _complete(seed: int, spec: spec_lib.GenotypesSpec, chromosome: str, places: _Places, first_rsid: int) -> Variants:
  """Draws what variants at these places are like."""
  rng = randomness.generator(seed, "variants", chromosome)
  size = len(places.position_bp)
  is_dense = places.gene != ""
  correlation, block = _draw_linkage(rng, is_dense)
  elsewhere = np.flatnonzero(~is_dense)
  is_imputed = is_dense.copy()
  is_imputed[elsewhere[::_IMPUTED_EVERY]] = True
  first = rng.integers(0, 4, size)
  info = rng.uniform(_LEAST_INFO, _MOST_INFO, size)
  info[places.is_lead] = _LEAD_INFO
  info[places.is_on_array] = _ARRAY_INFO
  loadings = rng.standard_normal((size, ancestry.NUM_AXES)) * ancestry.LOADING_SD * spec.structure
  return Variants(
    chromosome=chromosome,
    position_bp=places.position_bp,
    rsid=np.array([f"rs{number}" for number in range(first_rsid, first_rsid + size)]),
    counted=_ALLELES[first],
    other=_ALLELES[(first + rng.integers(1, 4, size)) % 4],
    is_counted_reference=rng.random(size) < _REFERENCE_SHARE,
    frequency=_draw_frequencies(rng, is_dense, places.is_lead, block),
    correlation=correlation,
    loadings=loadings.astype(np.float32),
    gene=places.gene,
    is_lead=places.is_lead,
    is_on_array=places.is_on_array,
    is_imputed=is_imputed,
    info=info,
  )


def _draw_linkage(rng: np.random.Generator, is_dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns the latent correlation with the variant before, float32 [m], and the number of the block, int64 [m]."""
  size = len(is_dense)
  low, high = np.log(_DENSE_LOOSENESS)
  correlation = np.where(is_dense, 1 - np.exp(rng.uniform(low, high, size)), _CORRELATION)
  changes = np.flatnonzero(np.diff(is_dense, prepend=~is_dense[:1]))
  since = np.arange(size) - np.repeat(changes, np.diff(changes, append=size))
  is_first = since % np.where(is_dense, _DENSE_BLOCK, _BLOCK) == 0
  return np.where(is_first, 0.0, correlation).astype(np.float32), np.cumsum(is_first) - 1


def _draw_frequencies(
  rng: np.random.Generator, is_dense: np.ndarray, is_lead: np.ndarray, block: np.ndarray
) -> np.ndarray:
  """Draws frequencies of the rarer allele, float64 [m].

  Around genes most variants of a block have about the same: only then can they be in high linkage.
  """
  size, num_blocks = len(block), block[-1] + 1
  own = rng.uniform(*_FREQUENCY, size)
  of_block = rng.uniform(0.1, _FREQUENCY[1], num_blocks)
  of_block[block[is_lead]] = rng.uniform(*_LEAD_FREQUENCY, int(is_lead.sum()))
  spread = np.where(rng.random(size) < 0.5, 0.01, 0.15)  # half of them very close to the block's
  alike = of_block[block] * np.exp(spread * rng.standard_normal(size))
  is_alike = is_dense & ((rng.random(size) < 0.7) | is_lead)
  frequency = np.where(is_alike, np.clip(alike, *_FREQUENCY), own)
  frequency[is_lead] = of_block[block[is_lead]]
  return frequency
