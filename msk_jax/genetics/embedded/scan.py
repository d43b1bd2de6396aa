"""The second step: every variant is read once and tested for all traits; a file per chunk."""

import collections
import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from msk_jax.genetics.embedded import chunks, imputed_reader
from msk_jax.genetics.embedded.array_reader import ArrayVariants
from msk_jax.genetics.embedded.chunks import Chunk
from msk_jax.genetics.embedded.groups import Group
from msk_jax.genetics.spec import QualitySpec
from msk_jax.genome.genotype_files import ImputedFile
from msk_jax.mixed_models import association, genotype_blocks
from msk_jax.mixed_models.leave_one_out import Residuals

CHUNK_SIZE = 8192  # variants
_BLOCK_SIZE = 512
_BLOCK_NUMBERS = 2**25  # people x variants of a block at most: 256 MB in double precision

Advance = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Scan:
  """What is tested.

  Attributes:
    groups: the traits, by the people who have them.
    residuals: of each group.
    order: names of all traits, the order of a chunk's columns.
    is_male: bool [n], of the analysis' people.
    folder: of the chunks.
    fingerprint: of all that results depend on.
  """

  groups: Sequence[Group]
  residuals: Sequence[Residuals]
  order: tuple[str, ...]
  is_male: np.ndarray
  folder: pathlib.Path
  fingerprint: str


def scan_array(scan: Scan, variants: ArrayVariants, advance: Advance) -> list[pathlib.Path]:
  """Tests the array variants of a chromosome; returns the files of its chunks.

  Args:
    scan: what is tested.
    variants: read for all people of the analysis.
    advance: is told of numbers of variants that are done.
  """
  name, total = variants.chromosome.name, variants.chromosome.num_variants
  responses = _respond(scan, name)
  size = max(1, min(_BLOCK_SIZE, _BLOCK_NUMBERS // len(scan.is_male)))
  paths = []
  for number, start in enumerate(range(0, total, CHUNK_SIZE)):
    stop = min(start + CHUNK_SIZE, total)
    path = scan.folder / f"array_{name}_{number:05d}.npz"
    paths.append(path)
    if not chunks.is_done(path, scan.fingerprint):
      parts = []
      for first in range(start, stop, size):
        last = min(first + size, stop)
        calls = variants.chromosome.read(first, last)
        dosages = np.where(calls == genotype_blocks.MISSING, np.nan, calls)
        table = variants.table.iloc[first:last]
        parts.append(_test(scan, responses, dosages, table.assign(chromosome=name), None))
      chunks.write(path, scan.fingerprint, chunks.join(parts))
    advance(stop - start)
  return paths


def scan_imputed(
  scan: Scan, file: ImputedFile, iid: np.ndarray, quality: QualitySpec, num_variants: int, advance: Advance
) -> list[pathlib.Path]:
  """Tests the variants of an imputed file; returns the files of its chunks.

  Args:
    scan: what is tested.
    file: imputed genotypes.
    iid: str [n], the analysis' people.
    quality: imputed variants below its limits of INFO and frequency have no results.
    num_variants: in the file.
    advance: is told of numbers of variants that are done.
  """
  count = -(-num_variants // CHUNK_SIZE)
  label = file.chromosome or "all"
  paths = [scan.folder / f"imputed_{label}_{number:05d}.npz" for number in range(count)]
  done = {number for number in range(count) if chunks.is_done(paths[number], scan.fingerprint)}
  advance(sum(min(CHUNK_SIZE, num_variants - number * CHUNK_SIZE) for number in done))
  parts: list[Chunk] = []
  responses: dict[str, list[association.Response]] = {}
  current = -1

  def finish(number: int) -> None:
    joined = chunks.join(parts or [_empty(scan)], skipped.pop(number, None))
    chunks.write(paths[number], scan.fingerprint, joined)
    parts.clear()
    advance(min(CHUNK_SIZE, num_variants - number * CHUNK_SIZE))

  skipped: dict[int, collections.Counter[str]] = {}
  for block in imputed_reader.iterate(file, iid, CHUNK_SIZE, done, skipped):
    for number in range(current if current >= 0 else 0, block.chunk):
      if number not in done:
        finish(number)
    current = block.chunk
    if block.chromosome not in responses:
      responses = {block.chromosome: _respond(scan, block.chromosome)}
    table = block.table.assign(chromosome=block.chromosome)
    parts.append(_test(scan, responses[block.chromosome], block.dosages, table, quality))
  for number in range(max(current, 0), count):
    if number not in done:
      finish(number)
  return paths


def _respond(scan: Scan, chromosome: str) -> list[association.Response]:
  return [
    residuals.respond(group.basis, chromosome) for group, residuals in zip(scan.groups, scan.residuals, strict=True)
  ]


def _test(
  scan: Scan,
  responses: Sequence[association.Response],
  dosages: np.ndarray,
  table: pd.DataFrame,
  quality: QualitySpec | None,
) -> Chunk:
  """Tests a block of variants on one chromosome for all groups.

  Args:
    scan: what is tested.
    responses: of the groups, for this chromosome.
    dosages: [n, m], of the analysis' people, NaN where there is none.
    table: a row per variant.
    quality: limits for imputed variants; None for array variants.
  """
  by_group, info = [], np.full((dosages.shape[1], len(scan.order)), np.nan)
  chromosome = str(table["chromosome"].iloc[0])
  for group, response in zip(scan.groups, responses, strict=True):
    own = dosages[group.rows].astype(np.float64)
    numbers = [scan.order.index(name) for name in group.traits]
    tests = association.test_variants(own, response)
    if quality is not None:
      of_group = imputed_reader.compute_info(own, scan.is_male[group.rows], chromosome)
      info[:, numbers] = of_group[:, None]
      tests = _mask(tests, of_group, quality)
    by_group.append((numbers, tests))
  return Chunk(table.reset_index(drop=True), chunks.collect(by_group, len(scan.order)), info)


def _mask(tests: association.Tests, info: np.ndarray, quality: QualitySpec) -> association.Tests:
  """Returns tests without results of variants below the limits."""
  rarer = np.minimum(tests.effect_allele_frequency, 1 - tests.effect_allele_frequency)
  is_good = (info >= quality.min_info) & (rarer >= quality.min_imputed_allele_frequency)
  masked = {name: np.where(is_good[:, None], getattr(tests, name), np.nan) for name in ("beta", "se", "neg_log10_p")}
  return dataclasses.replace(tests, **masked)


def _empty(scan: Scan) -> Chunk:
  """Returns a chunk without variants."""
  nothing = np.empty((0, len(scan.order)))
  statistics = dict.fromkeys(("n", "effect_allele_frequency", "beta", "se", "neg_log10_p"), nothing)
  return Chunk(pd.DataFrame(columns=list(chunks.COLUMNS)), statistics, nothing)
