"""The phantom cohort: a UK-Biobank-shaped world with known truth.

Command: python -m msk_jax.phantom --config=configs/phantom.py --workdir=workspace
Arguments: num_participants=1000, seed=0, flaws=true (false for a cohort without a single flaw).
Hardware: any CPU; two cores draw about 10 zips a second, a zip takes about 3 MB.
Expected time: about a hundred seconds for 1000 people.
Expected: workspace/raw with about 1050 zips of eight DICOMs, tables, withdrawals, relatedness, and truth/.
"""

import ml_collections

from configs import common
from msk_jax.simulation import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, num_participants=1000, seed=0, flaws=True)
  flaws = spec.FlawCounts() if parsed.flaws else spec.FlawCounts.none()
  config = common.stage_config("phantom", spec.PhantomSpec(parsed.num_participants, parsed.seed, flaws=flaws))
  config.lock()
  return config
