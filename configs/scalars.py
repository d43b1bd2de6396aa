"""Age from body measurements: anthropometry, impedance, heel densitometry, hand grip, and all of them.

Command: python -m msk_jax.scalars --config=configs/scalars.py --workdir=scalars
Arguments: people=20000 (of the phantom), seed=0, preset=auto|phantom|ukb, smoke=true.
Hardware: any CPU. For 500,000 people 3 GB of memory on up to four cores and .25 GB more for each further one, as each
  holds rows of its own; --config.scalars.threads=4 takes no more cores than that, to the same results.
Expected time: the phantom of 20,000 people and its cohort take fifteen seconds (`msk_jax.prepare` makes them alone);
  its 15 models 75 minutes of CPU time with --config.scalars.num_trials=10 (1.4 GB), half of it LightGBM and half the
  network, and four times that with the default of 30: splits share the fits of the first 20 trials alone.
Expected: test R2 of all scalars .205 (elastic net), .252 (LightGBM), .252 (network) in UK Biobank (published); the
  phantom has .229, .287, .291 (10 trials).
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.scalar_models import spec

_SMOKE_PEOPLE = 400


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  given = common.parse_argument(argument, people=20_000, seed=0, preset="auto", smoke=False)
  settings = spec.ScalarsSpec(seed=given.seed)
  config = ml_collections.ConfigDict(
    {"data": common.preset_data(given.preset), "scalars": dataclasses.asdict(settings)}
  )
  if given.preset == "phantom":
    config.data.scalars_only = True
    people = _SMOKE_PEOPLE if given.smoke else given.people
    config.data.phantom.update({"num_participants": people, "seed": given.seed, "has_images": False})
  if given.smoke:
    config.scalars.num_trials = 2
    config.scalars.permutation_repeats = 1
  config.lock()
  return config
