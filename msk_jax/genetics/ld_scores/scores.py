"""LD scores of array variants: from the analysed genotypes, or from a file."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.genetics.analysis import Analysis
from msk_jax.genetics.embedded import array_reader
from msk_jax.genetics.ld_scores import text_table, windows
from msk_jax.genetics.spec import LdScoreSpec
from msk_jax.genome import chromosomes
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.io import errors, header_names, progress

_SCORE_COLUMNS = ("LDSCORE", "L2", "LD_SCORE")


@dataclasses.dataclass(frozen=True)
class LdScores:
  """LD scores.

  Attributes:
    table: rsid, chromosome, position_bp, ld_score; in the order of the genome.
    num_reference: variants that they count (M).
    source: where they are from.
  """

  table: pd.DataFrame
  num_reference: float
  source: str


def from_genotypes(analysis: Analysis, files: GenotypeFiles, settings: LdScoreSpec) -> LdScores:
  """Computes LD scores of the autosomes' array variants among some of the analysed people, evenly chosen.

  Args:
    analysis: who is analysed, and which variants are left out.
    files: the genotypes.
    settings: window and number of people.
  """
  n = len(analysis.people)
  chosen = np.unique(np.linspace(0, n - 1, min(n, settings.max_people)).astype(np.int64))
  opened = array_reader.open_files(files, analysis.people.iid[chosen], analysis.excluded_variants)
  opened = [each for each in opened if each.chromosome.name != chromosomes.X]
  parts = []
  with progress.track("LD scores", sum(each.chromosome.num_variants for each in opened), "variants") as advance:
    for each in opened:
      positions = each.table["position_bp"].to_numpy(np.int64)
      score = windows.compute(each.chromosome, positions, settings.window_bp)
      part = each.table[["rsid", "position_bp"]].assign(chromosome=each.chromosome.name, ld_score=score)
      parts.append(part[np.isfinite(score)])
      advance(each.chromosome.num_variants)
  table = pd.concat(parts, ignore_index=True)
  return LdScores(table, float(len(table)), f"genotypes of {len(chosen)} people, {settings.window_bp:,} bp")


def from_file(path: pathlib.Path, num_reference: float) -> LdScores:
  """Reads LD scores: BOLT-LMM's table or LDSC's.

  Args:
    path: a table, also gzipped.
    num_reference: M; 0 for the number of rows.

  Raises:
    InputError: it can't be read, or lacks a column.
  """
  raw = text_table.read(path, "LD scores")
  names = {column.upper(): column for column in raw.columns}
  score = next((names[name] for name in _SCORE_COLUMNS if name in names), None)
  rsid = next((names[name] for name in ("SNP", "RSID") if name in names), None)
  if score is None or rsid is None or "CHR" not in names or "BP" not in names:
    raise errors.InputError(
      f"{path.name} is not a table of LD scores: it needs the columns SNP, CHR, BP, and LDSCORE or L2; "
      f"{header_names.shown(list(raw.columns), 12)}."
    )
  table = pd.DataFrame(
    {
      "rsid": raw[rsid].fillna("").astype(str),
      "chromosome": raw[names["CHR"]].fillna("").astype(str).map(lambda code: chromosomes.parse(code) or ""),
      "position_bp": text_table.positions(raw[names["BP"]]),
      "ld_score": pd.to_numeric(raw[score], errors="coerce"),
    }
  )
  usable = table["chromosome"].isin(chromosomes.AUTOSOMES) & np.isfinite(table["ld_score"]) & (table["position_bp"] > 0)
  return LdScores(table[usable].reset_index(drop=True), num_reference or float(len(raw)), path.name)
