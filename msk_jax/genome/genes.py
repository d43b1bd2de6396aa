"""Genes: their names, types and places.

The embedded table holds facts of GENCODE 19 (GRCh37): name, type, chromosome, start and end of the 57,241 genes of
chromosomes 1-22 and X. GENCODE: Frankish et al., Nucleic Acids Research 2019, 47:D766; www.gencodegenes.org.
`rebuild_genes` makes the table again.
"""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from msk_jax.genome import chromosomes
from msk_jax.io import tables
from msk_jax.schemas import genome_tables

if TYPE_CHECKING:
  import pandas as pd

EMBEDDED = pathlib.Path(__file__).with_name("genes_grch37.parquet")
PROTEIN_CODING = "protein_coding"


@dataclasses.dataclass(frozen=True)
class Genes:
  """Genes of one build.

  Attributes:
    table: columns and order of `genome_tables.GENES`.
    build: one of `chromosomes.BUILDS`.
    source: where they come from, in words.
  """

  table: "pd.DataFrame"
  build: str
  source: str

  def of_types(self, *types: str) -> "Genes":
    """Returns the genes of some types, e.g. `PROTEIN_CODING`, in their order."""
    return dataclasses.replace(self, table=self.table[self.table["type"].isin(types)].reset_index(drop=True))


def read_embedded() -> Genes:
  """Returns the embedded genes: GENCODE 19, GRCh37."""
  extra = tables.read_extra(EMBEDDED, genome_tables.GENES)
  return Genes(tables.read(EMBEDDED, genome_tables.GENES), extra["build"], extra["source"])


def in_order(table: "pd.DataFrame") -> "pd.DataFrame":
  """Returns genes with the columns and in the order of `genome_tables.GENES`; chromosomes are `chromosomes.NAMES`."""
  keys = table.assign(number=[chromosomes.number(name) for name in table["chromosome"]])
  ordered = keys.sort_values(["number", "start_bp", "end_bp", "name", "type"], kind="stable", ignore_index=True)
  return ordered[list(genome_tables.GENES.columns)].astype(genome_tables.GENES.dtypes)
