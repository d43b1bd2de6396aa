"""The variants of all array files: their chromosomes, ids and places, and which of them no engine can take."""

import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.genome import builds, chromosomes, plink_tables
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.io import errors

NO_ID = frozenset({".", "", "NA", "0", "-"})
_NO_ALLELE = "0"

# Reason -> what it means, for variants that are left out before genotypes are read.
REASONS: Mapping[str, str] = {
  "chromosome_0": "Not placed on the genome.",
  "pseudo_autosomal": "In the region that X and Y share (code 25, XY, PAR): engines know no such chromosome.",
  "chromosome_y": "On chromosome Y (code 24).",
  "mitochondrial": "In the mitochondria (code 26, M, MT).",
  "unknown_chromosome": "On a chromosome that no program knows.",
  "no_position": "Without a position.",
  "no_id": "Without an id. `plink2 --set-all-var-ids @:#:$r:$a` gives ids.",
  "same_id": "With the id of another variant: none of them is analysed, since programs know variants by their id.",
  "same_place": "With chromosome, position and alleles of a variant before it.",
  "one_allele": "With a single allele in the .bim file.",
}
_OF_CHROMOSOME = {
  chromosomes.UNPLACED: "chromosome_0",
  chromosomes.PSEUDO_AUTOSOMAL: "pseudo_autosomal",
  chromosomes.Y: "chromosome_y",
  chromosomes.MITOCHONDRIAL: "mitochondrial",
  plink_tables.UNKNOWN_CHROMOSOME: "unknown_chromosome",
}


def read(files: GenotypeFiles, num_people: int) -> pd.DataFrame:
  """Reads the variants of all array files.

  Args:
    files: the files.
    num_people: people of the .fam files.

  Returns:
    Columns of `plink_tables.read_bim`, `file` (number of the array file), and `reason` (one of REASONS, empty for
    variants that can be analysed); variants in the order of files.

  Raises:
    InputError: a file can't be read, its .bed is not of these people and variants, holds another chromosome than its
      name says, or positions of another build.
  """
  tables = []
  for number, file in enumerate(files.array):
    table = plink_tables.read_bim(file.bim)
    plink_tables.check_bed(file.bed, num_people, len(table))
    _check_chromosome(file.bim, table, file.chromosome)
    builds.check(table, files.build, file.bim.name)
    tables.append(table.assign(file=number))
  variants = pd.concat(tables, ignore_index=True)
  return variants.assign(reason=_reasons(variants))


def _check_chromosome(path: pathlib.Path, table: pd.DataFrame, expected: str) -> None:
  others = [name for name in table["chromosome"].unique() if name in chromosomes.NAMES and name != expected]
  if expected and others:
    raise errors.InputError(
      f"{path.name} is named as that of chromosome {expected}, and holds variants of chromosome {', '.join(others)}. "
      "Correct its name, or give a single file for all chromosomes (config.gwas.files)."
    )


def _reasons(variants: pd.DataFrame) -> np.ndarray:
  """Returns the first reason against each variant, empty if there is none."""
  alleles = np.sort(variants[["allele_1", "allele_2"]].to_numpy(object).astype(str), axis=1)
  places = pd.DataFrame(
    {
      "chromosome": variants["chromosome"],
      "position_bp": variants["position_bp"],
      "first": alleles[:, 0],
      "second": alleles[:, 1],
    }
  )
  reasons = variants["chromosome"].map(_OF_CHROMOSOME).fillna("").to_numpy(object)
  conditions = {
    "no_position": (variants["position_bp"] <= 0).to_numpy(bool),
    "no_id": variants["rsid"].isin(list(NO_ID)).to_numpy(bool),
    "same_id": variants["rsid"].duplicated(keep=False).to_numpy(bool),
    "one_allele": (alleles == _NO_ALLELE).any(axis=1) | (alleles[:, 0] == alleles[:, 1]),
  }
  for reason, is_bad in conditions.items():
    reasons[is_bad & (reasons == "")] = reason
  # Of variants at one place with the same alleles the first that can be analysed stays.
  usable = reasons == ""
  again = np.zeros(len(variants), bool)
  again[usable] = places[usable].duplicated().to_numpy(bool)
  reasons[again] = "same_place"
  return reasons
