"""Writes genotypes as UK Biobank does: PLINK files of the array, BGEN and sample files of the imputed variants.

A file for each chromosome, under the names of `genome.genotype_files.FilePatterns`. The .fam file has the batch in
column 6; the BGEN's chromosomes are `01` to `22` and `X`; the first allele of the BGEN is the reference.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence

import bed_reader
import bgen
import numpy as np

from msk_jax.genome import chromosomes, genotype_files
from msk_jax.io import atomic
from msk_jax.simulation.genotypes import genotyping, imputation
from msk_jax.simulation.genotypes import variants as variants_lib

FOLDER = "genotypes"
_MISSING_CALL = -127  # as bed_reader has it
_SEXES = ("2", "1")  # of women and men in PLINK's files


def paths(folder: pathlib.Path, chromosome: str) -> dict[str, pathlib.Path]:
  """Returns the paths of a chromosome's files by kind (`bed`, `bim`, `fam`, `bgen`, `sample`).

  Args:
    folder: the phantom's folder (`<workdir>/raw`).
    chromosome: one of `chromosomes.NAMES`.
  """
  patterns = genotype_files.FilePatterns()
  names = {kind: getattr(patterns, kind) for kind in ("bed", "bim", "fam", "bgen", "sample")}
  return {kind: folder / FOLDER / name.format(chromosome=chromosome) for kind, name in names.items()}


def write_array(
  folder: pathlib.Path,
  variants: variants_lib.Variants,
  samples: Sequence[genotyping.Sample],
  genotypes: np.ndarray,
  is_missing: np.ndarray,
) -> None:
  """Writes the .bed, .bim and .fam files of a chromosome.

  Args:
    folder: the phantom's folder.
    variants: those on the array.
    samples: people, in the files' order.
    genotypes: uint8 [m, n].
    is_missing: bool [m, n], calls that failed.
  """
  calls = np.where(is_missing, np.int8(_MISSING_CALL), genotypes.astype(np.int8)).T
  size, people = len(variants), len(samples)
  eids = [sample.eid for sample in samples]
  properties = {
    "fid": eids,
    "iid": eids,
    "father": ["0"] * people,
    "mother": ["0"] * people,
    "sex": [_SEXES[sample.sex] for sample in samples],
    "pheno": [sample.batch_name for sample in samples],
    "chromosome": [str(chromosomes.number(variants.chromosome))] * size,
    "sid": variants.rsid.tolist(),
    "cm_position": ["0"] * size,
    "bp_position": variants.position_bp.tolist(),
    "allele_1": variants.counted.tolist(),
    "allele_2": variants.other.tolist(),
  }
  place = paths(folder, variants.chromosome)
  with (
    atomic.replacing(place["fam"]) as fam,
    atomic.replacing(place["bim"]) as bim,
    atomic.replacing(place["bed"]) as bed,
  ):
    bed_reader.to_bed(bed, calls, properties, fam_filepath=fam, bim_filepath=bim, num_threads=1)


def write_imputed(
  folder: pathlib.Path,
  variants: variants_lib.Variants,
  samples: Sequence[genotyping.Sample],
  genotypes: np.ndarray,
  noise: np.ndarray,
) -> None:
  """Writes the .bgen and .sample files of a chromosome: layout 2, 8 bits, zlib, two copies of X for everybody.

  Args:
    folder: the phantom's folder.
    variants: those that are imputed.
    samples: people, in the files' order.
    genotypes: uint8 [m, n].
    noise: float32 [m, n], standard normal.
  """
  place = paths(folder, variants.chromosome)
  is_male = np.array([sample.sex == 1 for sample in samples])
  is_haploid = is_male & (variants.chromosome == chromosomes.X)
  with atomic.replacing(place["bgen"]) as path, _scratch(path.parent) as scratch:
    written = scratch / "imputed.bgen"
    with bgen.BgenWriter(str(written), n_samples=len(samples), compression="zlib", layout=2) as writer:
      for j in range(len(variants)):
        shape = variants.frequency[j], variants.info[j]
        _add(writer, variants, j, imputation.posterior(genotypes[j], noise[j], *shape, is_haploid))
    written.replace(path)
  lines = [f"{sample.eid} {sample.eid} 0 {_SEXES[sample.sex]}\n" for sample in samples]
  atomic.write_text(place["sample"], "".join(("ID_1 ID_2 missing sex\n", "0 0 0 D\n", *lines)))


@contextlib.contextmanager
def _scratch(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  """Yields a hidden folder and removes it: the writer puts an index beside its file, which names the file and time."""
  scratch = atomic.partial_of(folder / "scratch")
  scratch.mkdir()
  try:
    yield scratch
  finally:
    atomic.remove(scratch)


def _add(writer: bgen.BgenWriter, variants: variants_lib.Variants, j: int, probabilities: np.ndarray) -> None:
  """Adds a variant to a BGEN file, from the probabilities of 2, 1 and 0 counted alleles, float64 [n, 3]."""
  alleles = [str(variants.counted[j]), str(variants.other[j])]
  if not variants.is_counted_reference[j]:
    alleles, probabilities = alleles[::-1], probabilities[:, ::-1]
  position = int(variants.position_bp[j])
  writer.add_variant(
    varid=f"{variants.chromosome}:{position}_{alleles[0]}_{alleles[1]}",
    rsid=str(variants.rsid[j]),
    chrom=variants.chromosome if variants.chromosome == chromosomes.X else variants.chromosome.zfill(2),
    pos=position,
    alleles=alleles,
    genotypes=np.ascontiguousarray(probabilities),
    bit_depth=8,
  )
