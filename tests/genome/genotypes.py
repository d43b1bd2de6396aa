"""Writers of small genotype files for tests."""

import pathlib
from collections.abc import Sequence

import numpy as np

_CODES = np.array([3, 2, 0, 1], np.uint8)  # copies of allele 1 (3: missing) to two-bit code


def write_bed(path: pathlib.Path, copies_nm: np.ndarray) -> None:
  """Writes a .bed file.

  Args:
    path: the file.
    copies_nm: int [people, variants], copies of allele 1; 3 for missing.
  """
  codes_mn = _CODES[copies_nm].T
  padded = np.zeros((len(codes_mn), (codes_mn.shape[1] + 3) // 4 * 4), np.uint8)
  padded[:, : codes_mn.shape[1]] = codes_mn
  quads = padded.reshape(len(codes_mn), -1, 4)
  packed = quads[..., 0] | quads[..., 1] << 2 | quads[..., 2] << 4 | quads[..., 3] << 6
  path.write_bytes(b"\x6c\x1b\x01" + packed.astype(np.uint8).tobytes())


def write_fam(path: pathlib.Path, iids: Sequence[str], sexes: Sequence[int], fids: Sequence[str] | None = None) -> None:
  """Writes a .fam file; sexes are 1 male, 2 female, 0 unknown."""
  rows = zip(fids or iids, iids, sexes, strict=True)
  path.write_text("".join(f"{fid} {iid} 0 0 {sex} -9\n" for fid, iid, sex in rows))


def write_bim(path: pathlib.Path, variants: Sequence[tuple[str, str, int]]) -> None:
  """Writes a .bim file of variants (chromosome, id, position) with alleles A and G."""
  path.write_text("".join(f"{code}\t{name}\t0\t{position}\tA\tG\n" for code, name, position in variants))


def write_sample(path: pathlib.Path, iids: Sequence[str], sexes: Sequence[int]) -> None:
  """Writes a .sample file."""
  rows = "".join(f"{iid} {iid} 0 {sex}\n" for iid, sex in zip(iids, sexes, strict=True))
  path.write_text("ID_1 ID_2 missing sex\n0 0 0 D\n" + rows)


def draw(
  num_people: int, num_variants: int, seed: int = 0, missing: float = 0.01, is_male: np.ndarray | None = None
) -> np.ndarray:
  """Returns copies of allele 1, int [people, variants]; men have 0 or 2 where `is_male` is given (chromosome X)."""
  rng = np.random.default_rng(seed)
  frequency = rng.uniform(0.05, 0.5, num_variants)
  haplotypes = rng.random((2, num_people, num_variants)) < frequency
  copies = haplotypes.sum(axis=0)
  if is_male is not None:
    copies = np.where(is_male[:, None], 2 * haplotypes[0], copies)
  return np.where(rng.random(copies.shape) < missing, 3, copies)
