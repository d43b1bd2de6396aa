"""The phantom cohort: a UK-Biobank-shaped world with known truth.

Command: python -m msk_jax.phantom --config=configs/phantom.py --workdir=workspace
Arguments: num_participants=1000, seed=0, flaws=true (false for a cohort without a single flaw), images=true (false for
  tables alone), genotypes=false (true: genotypes, and accelerations that come from them), small=false (true: genotypes
  of 4,000 array variants instead of 21,000, and 120 X variables instead of 600), exposures=false (true: X variables,
  some with planted effects of the accelerations).
Hardware: any CPU; two cores draw about 10 zips a second, a zip takes about 3 MB.
Expected time: about a hundred seconds for 1000 people; without images seconds, with genotypes of 6000 people a minute.
Expected: workspace/raw with about 1050 zips of eight DICOMs, tables, withdrawals, relatedness, and truth/; with
  genotypes also genotypes/ with PLINK, BGEN and sample files of chromosomes 1-22 and X; with X variables a table for
  each of the six main categories.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.simulation import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument, num_participants=1000, seed=0, flaws=True, images=True, genotypes=False, exposures=False, small=False
  )
  genotypes = spec.GenotypesSpec.small() if parsed.small else spec.GenotypesSpec()
  if not parsed.flaws:
    genotypes = dataclasses.replace(genotypes, num_sex_mismatches=0)
  exposures = spec.ExposuresSpec.small() if parsed.small else spec.ExposuresSpec()
  settings = spec.PhantomSpec(
    parsed.num_participants,
    parsed.seed,
    flaws=spec.FlawCounts() if parsed.flaws else spec.FlawCounts.none(),
    has_images=parsed.images,
    has_genotypes=parsed.genotypes,
    genotypes=genotypes,
    has_exposures=parsed.exposures,
    exposures=exposures if parsed.flaws else exposures.without_flaws(),
  )
  config = common.stage_config("phantom", settings)
  config.lock()
  return config
