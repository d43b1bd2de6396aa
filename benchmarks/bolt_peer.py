"""Heritability and genetic correlation of two traits by BOLT-REML."""

import pathlib
import subprocess
import tempfile

import numpy as np

from benchmarks import plink_files
from msk_jax.genetics import estimates
from msk_jax.genetics.engines import bolt_output


def estimate(
  calls: np.ndarray, chromosomes: np.ndarray, traits: np.ndarray, covariates: np.ndarray
) -> estimates.GeneticCorrelation:
  """Returns what BOLT-REML estimates (`estimates.GeneticCorrelation`).

  Args:
    calls: int8 [n, m].
    chromosomes: int64 [m], numbers from 1.
    traits: float64 [n, 2].
    covariates: float64 [n, q], without a constant.
  """
  n, m = calls.shape
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    plink_files.write(folder / "all", calls, np.arange(m), np.zeros(n), chromosomes)
    names = [f"c{k}" for k in range(covariates.shape[1])]
    lines = [" ".join(["FID", "IID", "y1", "y2", *names])]
    for i in range(n):
      lines.append(" ".join([f"p{i}", f"p{i}", *(f"{value:.9g}" for value in (*traits[i], *covariates[i]))]))
    (folder / "table.txt").write_text("\n".join(lines) + "\n")
    command = ["bolt", "--bfile=all", "--reml", "--phenoFile=table.txt", "--phenoCol=y1", "--phenoCol=y2"]
    command += ["--covarFile=table.txt", *(f"--qCovarCol={name}" for name in names), "--numThreads=1"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
  return bolt_output.parse_correlation(done.stdout)
