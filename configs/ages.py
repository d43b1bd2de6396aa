"""Biological ages, accelerated ageing and their correlations.

Command: python -m msk_jax.ages --config=configs/ages.py --workdir=/scratch/msk
Arguments: bias_mode=in_sample|out_of_fold, num_bootstraps=1000, bootstrap_unit=row|participant (draws people with all
  their visits), seed=0, smoke.
Hardware: any CPU; 2.2 GB of memory for 46 models and 500,000 samples.
Expected time: under a minute for the paper's models at 42,000 samples.
Expected: ages/ with one table per model and product, bias, correlations and heat maps; UK Biobank, published:
  accelerated ageing of hip and knee correlates .351, of figure and skeleton views .714.
"""

import ml_collections

from configs import common
from msk_jax.biological_age import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, bias_mode="in_sample", **common.BOOTSTRAP_ARGUMENTS)
  settings = spec.AgesSpec(**common.bootstrap_values(parsed), bias_mode=parsed.bias_mode)
  config = common.stage_config("ages", settings)
  config.lock()
  return config
