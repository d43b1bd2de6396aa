"""Settings of the stage `release`. Light: configs import it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ReleaseSpec:
  """What is said beside the results, and how they are summarised.

  Attributes:
    licence: of the release, for its README; empty: a placeholder that says so.
    citation: how to cite the release; empty: a placeholder that says so.
    genotyping_technology: for the metadata of summary statistics.
    imputation_panel: likewise, e.g. `HRC, UK10K and 1000 Genomes phase 3`; empty: not said.
    imputation_software: likewise, e.g. `IMPUTE4`; empty: not said.
    ancestry: the people's categories of ancestry; empty: `European` if the GWAS analysed White people alone (field
      21000), else `NR`, not reported.
    fewest_people_per_pair: means of genetic correlations are over pairs with more people in common (the paper's are).
    gene_window_bp: variants so near to a gene that the paper names are looked at with those in it.
    num_top_loci: loci of each trait that its paragraph names.
  """

  licence: str = ""
  citation: str = ""
  genotyping_technology: str = "Genome-wide genotyping array"
  imputation_panel: str = ""
  imputation_software: str = ""
  ancestry: tuple[str, ...] = ()
  fewest_people_per_pair: int = 15_000
  gene_window_bp: int = 100_000
  num_top_loci: int = 5

  def __post_init__(self):
    if self.fewest_people_per_pair < 0 or self.gene_window_bp < 0 or self.num_top_loci < 1:
      raise ValueError("fewest_people_per_pair and gene_window_bp must be 0 or more, num_top_loci 1 or more.")
