"""Loci of accelerated ageing: lead variants, genes, fine-mapping, effects within each sex.

Command: python -m msk_jax.loci --config=configs/loci.py --workdir=study --genotypes=/data/ukb/genotypes
Arguments: genotypes=true (false: loci by distance alone), figures=true.
Hardware: any CPU; 4 GB for 40,000 people, more where a locus has over 5,000 variants.
Expected time: seconds for 6,000 people and 21,000 variants; per imputed locus of 40,000 people some minutes.
Expected: loci/ with hits, loci, fine_mapping, credible_sets, sex_differences, inflation, lead_ld; published, of array
  variants below 5e-8: 8 to 22 of general, full body, spine, hip and knee, 2,631 of all scalars.
"""

import ml_collections

from configs import common
from msk_jax.gwas_loci import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, genotypes=True, figures=True)
  settings = spec.LociSpec(uses_genotypes=parsed.genotypes, has_figures=parsed.figures)
  config = common.stage_config("loci", settings)
  config.lock()
  return config
