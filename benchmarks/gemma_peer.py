"""GEMMA's mixed model leaving one chromosome out: an exact relatedness matrix per chromosome. Below 5,000 people."""

import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd

from benchmarks import plink_files


def test_variants(calls: np.ndarray, chromosomes: np.ndarray, trait: np.ndarray, covariates: np.ndarray):
  """Returns GEMMA's effects per copy and their standard errors, float64 [m, 2]; NaN for variants that it leaves out.

  Args:
    calls: int8 [n, m], copies of the effect allele.
    chromosomes: int64 [m], numbers from 1.
    trait: float64 [n].
    covariates: float64 [n, q], a constant among them.
  """
  results = np.full((calls.shape[1], 2), np.nan)
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    np.savetxt(folder / "covariates.txt", covariates)
    for chromosome in np.unique(chromosomes):
      is_own = chromosomes == chromosome
      for label, columns in (("own", is_own), ("other", ~is_own)):
        plink_files.write(folder / label, calls[:, columns], np.flatnonzero(columns), trait)
      _run(folder, "-bfile", "other", "-gk", "2", "-o", "k")
      options = ["-bfile", "own", "-k", "output/k.sXX.txt", "-lmm", "1", "-c", "covariates.txt", "-o", "own"]
      _run(folder, *options, "-maf", "0", "-miss", "1", "-hwe", "0", "-r2", "1")
      table = pd.read_csv(folder / "output" / "own.assoc.txt", sep="\t")
      sign = np.where(table["allele1"] == "A", 1.0, -1.0)
      rows = table["rs"].str[1:].astype(int).to_numpy()
      results[rows] = np.stack([sign * table["beta"], table["se"]], 1)
  return results


def _run(folder: pathlib.Path, *options: str) -> None:
  subprocess.run(["gemma", *options], cwd=folder, check=True, capture_output=True)
