"""The scalar measurements: 21 features in four sets, of a phantom cohort without images or of UK Biobank.

Command: python -m msk_jax.prepare --config=configs/scalars.py --workdir=scalars
Arguments: people=20000, seed=0, preset=auto|phantom|ukb, smoke=true (few people).
Hardware: any CPU, one core; 0.6 GB of memory for 20,000 people.
Expected time: the phantom of 20,000 people and its cohort, fifteen seconds.
Expected: scalars/cohort with four scalar sets of 36,000 to 42,000 complete cases; what was refused in scalars/qc.
"""

import ml_collections

from configs import common

_SMOKE_PEOPLE = 400


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  given = common.parse_argument(argument, people=20_000, seed=0, preset="auto", smoke=False)
  preset = common.default_preset() if given.preset == "auto" else given.preset
  config = ml_collections.ConfigDict({"data": common.data_config(preset)})
  if preset == "phantom":
    config.data.scalars_only = True
    people = _SMOKE_PEOPLE if given.smoke else given.people
    config.data.phantom.update({"num_participants": people, "seed": given.seed, "has_images": False})
  config.lock()
  return config
