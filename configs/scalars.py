"""Age from body measurements: anthropometry, impedance, heel densitometry, hand grip, and all of them.

Command: python -m msk_jax.scalars --config=configs/scalars.py --workdir=scalars
Arguments: num_participants=20000 (of the phantom), seed=0, preset=auto|phantom|ukb, smoke=true.
Hardware: any CPU. For 500,000 people 3 GB of memory on up to four cores and .25 GB more for each further one, as each
  holds rows of its own; --config.scalars.threads=4 takes no more cores than that, to the same results.
Expected time: the phantom of 20,000 people and its cohort take fifteen seconds (`msk_jax.prepare` makes them alone);
  its 15 models 75 minutes of CPU time with --config.scalars.num_trials=10 (1.4 GB), half of it LightGBM and half the
  network, and four times that with the default of 30: splits share the fits of the first 20 trials alone.
Expected: test R2 of all scalars .205 (elastic net), .252 (LightGBM), .252 (network) in UK Biobank (published); the
  phantom has .229, .287, .291 (10 trials).
"""

import ml_collections

from configs import common
from msk_jax.scalar_models import spec

_SMOKE_PARTICIPANTS = 400


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, num_participants=20_000, seed=0, preset="auto", smoke=False)
  config = common.stage_config("scalars", spec.ScalarsSpec(seed=parsed.seed), common.preset_data(parsed.preset))
  if parsed.preset == "phantom":
    config.data.scalars_only = True
    num_participants = _SMOKE_PARTICIPANTS if parsed.smoke else parsed.num_participants
    config.data.phantom.update({"num_participants": num_participants, "seed": parsed.seed, "has_images": False})
  if parsed.smoke:
    common.shrink_scalars(config)
  config.lock()
  return config
