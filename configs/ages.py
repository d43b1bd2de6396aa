"""Biological ages, accelerated ageing and their correlations.

Command: python -m msk_jax.ages --config=configs/ages.py --workdir=/scratch/msk
Arguments: bias=in_sample|out_of_fold, bootstraps=1000, clustered (draw people with all their visits), seed=0, smoke.
Hardware: any CPU; 2.2 GB of memory for 46 models and 500,000 samples.
Expected time: under a minute for the paper's models at 42,000 samples.
Expected: ages/ with one table per model and product, bias, correlations and heat maps; UK Biobank, published:
  accelerated ageing of hip and knee correlates .351, of figure and skeleton views .714.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.biological_age import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  given = common.parse_argument(argument, bias="in_sample", **common.BOOTSTRAP_ARGUMENTS)
  made = spec.AgesSpec(**common.bootstrap_values(given), bias_mode=given.bias)
  config = ml_collections.ConfigDict(dataclasses.asdict(made))
  config.lock()
  return config
