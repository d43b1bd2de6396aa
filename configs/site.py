"""The results site.

Command: python -m msk_jax.site --config=configs/site.py --workdir=study
Arguments: none.
Hardware: any CPU; 1 GB of memory.
Expected time: seconds; half a minute for a study of 7,080 variables.
Expected: site/index.html, which a browser opens by double click, and site/tables/ with all tables as CSV.
"""

import ml_collections

from configs import common
from msk_jax.report import spec


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; takes no arguments."""
  common.parse_argument(argument)
  config = common.stage_config("site", spec.SiteSpec())
  config.lock()
  return config
