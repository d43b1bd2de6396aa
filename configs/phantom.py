"""The phantom cohort: a UK-Biobank-shaped world with known truth.

Command: python -m msk_jax.phantom --config=configs/phantom.py --workdir=workspace
Arguments: people=1000, seed=0, flaws=true (false for a cohort without a single flaw).
Hardware: any CPU; two cores draw about 10 zips a second, a zip takes about 3 MB.
Expected time: about a hundred seconds for 1000 people.
Expected: workspace/raw with about 1050 zips of eight DICOMs, tables, withdrawals, kinship, and truth/.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.simulation import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  given = common.parse_argument(argument, people=1000, seed=0, flaws=True)
  flaws = spec.FlawCounts() if given.flaws else spec.FlawCounts.none()
  made = spec.PhantomSpec(num_participants=given.people, seed=given.seed, flaws=flaws)
  config = ml_collections.ConfigDict(dataclasses.asdict(made))
  config.lock()
  return config
