"""Simulated predictions of the paper's 31 models, as accurate and as correlated as published.

Command: python -m msk_jax.simulate_predictions --config=configs/simulated.py --workdir=simulated
Arguments: num_participants=41000, seed=0, scalars=true (false for the 16 image models alone).
Hardware: any CPU.
Expected time: about twenty seconds.
Expected: 42,000 samples; R2 of the best full-body model .81, of hip and knee about .66, of all scalars .25.
"""

import ml_collections

from configs import common
from msk_jax.simulated_predictions import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, num_participants=41_000, seed=0, scalars=True)
  settings = spec.SimulatedPredictionsSpec(parsed.num_participants, parsed.seed, scalars=parsed.scalars)
  config = common.stage_config("simulate_predictions", settings)
  config.lock()
  return config
