"""The genes around which variants are dense, and those that hold a lead variant."""

import dataclasses

from msk_jax.genome import genes

WINDOW_BP = 500_000  # on both sides of a gene

# The paper's text names these genes for a dimension. PHEX, whose loss softens the bones, stands for chromosome X.
# Names are GENCODE 19's: GPR126 is ADGRG6 today.
LEADS: dict[str, tuple[str, ...]] = {
  "TBX15": ("full_body",),
  "PKDCC": ("scalars",),
  "ZBTB38": ("scalars",),
  "SUPT3H": ("spine", "hip"),
  "GPR126": ("scalars",),
  "ESR1": ("spine",),
  "WNT16": ("knee",),
  "FGFR1": ("full_body",),
  "POLD3": ("scalars",),
  "SOX5": ("spine",),
  "CCDC91": ("hip", "knee"),
  "TNFSF11": ("spine", "hip"),
  "GDF5": ("scalars",),
  "PHEX": ("full_body", "knee"),
}
# Named without a dimension: dense as well, but without a lead variant.
OTHERS = ("FAM3C", "HTRA1", "SOCS2", "PKD2L1", "AAGAB")


@dataclasses.dataclass(frozen=True)
class Locus:
  """A gene with its surroundings.

  Attributes:
    gene: its name.
    chromosome: its chromosome.
    start_bp: first base of the gene.
    end_bp: last base.
    dimensions: of the accelerations that its lead variant changes; empty without one.
    is_lead_on_array: whether the lead variant is on the array; it is imputed in any case.
  """

  gene: str
  chromosome: str
  start_bp: int
  end_bp: int
  dimensions: tuple[str, ...]
  is_lead_on_array: bool


def read() -> list[Locus]:
  """Returns all loci in order of the genome; the lead variant of every other locus is on the array."""
  table = genes.read_embedded().of_types(genes.PROTEIN_CODING).table
  rows = table[table["name"].isin([*LEADS, *OTHERS])]
  result, num_leads = [], 0
  places = (rows[name].tolist() for name in ("name", "chromosome", "start_bp", "end_bp"))
  for gene, chromosome, start_bp, end_bp in zip(*places, strict=True):
    dimensions = LEADS.get(gene, ())
    num_leads += bool(dimensions)
    is_on_array = bool(dimensions) and num_leads % 2 == 0
    result.append(Locus(gene, chromosome, start_bp, end_bp, dimensions, is_on_array))
  return result
