"""Performance of all models, before bias correction.

Command: python -m msk_jax.evaluate --config=configs/evaluate.py --workdir=/scratch/msk
Arguments: num_bootstraps=1000, bootstrap_unit=row|participant (draws people with all their visits), seed=0, smoke.
Hardware: any CPU; 2 GB of memory for 46 models and 500,000 samples.
Expected time: about a minute for the paper's models at 42,000 samples and two products, most of it figures.
Expected: performance/ with tables and figures; UK Biobank, published: R2 .876, RMSE 2.65 years for `general`.
"""

import ml_collections

from configs import common
from msk_jax.evaluation import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  values = common.bootstrap_values(common.parse_argument(argument, **common.BOOTSTRAP_ARGUMENTS))
  config = common.stage_config("evaluate", spec.EvaluateSpec(**values))
  config.lock()
  return config
