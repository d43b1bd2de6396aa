"""Ensembles of all finished models, at three levels, as published.

Command: python -m msk_jax.ensemble --config=configs/ensemble.py --workdir=workspace
Arguments: inputs=descendants|children, cases=complete|available, stacking=nested|published, seed=0, smoke.
Hardware: any CPU; 2 GB of memory for 31 models of 500,000 samples.
Expected time: 40 seconds for the paper's 31 models on 42,000 samples.
Expected: full body R2 .857, spine .746, hip .690, knee .690, general .876 (published; about so after
  simulate_predictions).
"""

import ml_collections

from configs import common
from msk_jax.ensembling import spec

_SMOKE_TRIALS = 2


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument, inputs="descendants", cases="complete", stacking="nested", seed=0, smoke=False
  )
  settings = spec.EnsembleSpec(parsed.inputs, parsed.cases, parsed.stacking, seed=parsed.seed)
  config = common.stage_config("ensemble", settings)
  if parsed.smoke:
    config.ensemble.num_trials = _SMOKE_TRIALS
  config.lock()
  return config
