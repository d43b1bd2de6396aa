"""GWAS, heritability and genetic correlations of accelerated ageing.

Command: python -m msk_jax.gwas --config=configs/gwas.py --workdir=study --genotypes=/data/ukb/genotypes
  python -m msk_jax.gwas --config=configs/gwas.py:engine=plan --workdir=study (writes commands for a cluster)
Arguments: engine=auto|bolt|regenie|plan, transformation=none|rank_normal, strata=all (or all+female+male),
  num_threads=1.
Hardware: any CPU; BOLT-LMM needs people x variants / 4 bytes and some 10 GB more: 80 GB for 400,000 x 800,000.
Expected time: 6,000 people x 21,000 variants: 2 minutes a trait, 3 minutes a pair of traits on one core.
Expected: gwas/ with overlap, summary statistics (array and imputed variants), heritability, genetic correlations;
  UK Biobank, published: h2 .25 to .35 of the five dimensions.
"""

import ml_collections

from configs import common
from msk_jax.genetics import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, engine="auto", transformation="none", strata="all", num_threads=1)
  settings = spec.GwasSpec(
    engine=parsed.engine,
    transformation=parsed.transformation,
    strata=tuple(parsed.strata.split("+")),
    num_threads=parsed.num_threads,
  )
  config = common.stage_config("gwas", settings)
  config.lock()
  return config
