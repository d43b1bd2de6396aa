"""Genotypes in memory as PLINK files, for other programs."""

import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.mixed_models import genotype_blocks

_CODES = np.array([0b11, 0b10, 0b00, 0b01], np.uint8)  # of 0, 1, 2 copies of allele 1, and of a missing call


def write(
  stem: pathlib.Path,
  calls: np.ndarray,
  numbers: np.ndarray,
  trait: np.ndarray,
  chromosomes: Sequence[int] | np.ndarray | None = None,
) -> None:
  """Writes `stem`.bed, .bim and .fam, with the trait in the .fam file.

  Args:
    stem: path without its ending.
    calls: int8 [n, m], copies of allele 1.
    numbers: int64 [m], of the variants; they give names and positions.
    trait: float64 [n].
    chromosomes: int64 [m]; None for 1.
  """
  n, m = calls.shape
  codes = _CODES[np.where(calls == genotype_blocks.MISSING, 3, calls)].T  # [m, n]
  codes = np.pad(codes, ((0, 0), (0, -n % 4))).reshape(m, -1, 4)
  packed = codes[:, :, 0] | codes[:, :, 1] << 2 | codes[:, :, 2] << 4 | codes[:, :, 3] << 6
  stem.with_suffix(".bed").write_bytes(b"\x6c\x1b\x01" + packed.astype(np.uint8).tobytes())
  own = np.ones(m, int) if chromosomes is None else chromosomes
  lines = [f"{chromosome} v{number} 0 {number + 1} A G\n" for chromosome, number in zip(own, numbers, strict=True)]
  stem.with_suffix(".bim").write_text("".join(lines))
  stem.with_suffix(".fam").write_text("".join(f"p{i} p{i} 0 0 1 {value:.9g}\n" for i, value in enumerate(trait)))
