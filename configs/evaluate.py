"""Performance of all models, before bias correction.

Command: python -m msk_jax.evaluate --config=configs/evaluate.py --workdir=/scratch/msk
Arguments: bootstraps=1000, clustered (draw participants with all their visits), seed=0, smoke.
Hardware: any CPU; 2 GB of memory for 46 models and 500,000 samples.
Expected time: about a minute for the paper's models at 42,000 samples and two products, most of it figures.
Expected: performance/ with tables and figures; UK Biobank, published: R2 .876, RMSE 2.65 years for `general`.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.evaluation import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  given = common.parse_argument(argument, **common.BOOTSTRAP_ARGUMENTS)
  made = spec.EvaluateSpec(**common.bootstrap_values(given))
  config = ml_collections.ConfigDict(dataclasses.asdict(made))
  config.lock()
  return config
