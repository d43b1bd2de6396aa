"""Results of the GWASs for sharing.

Command: python -m msk_jax.release --config=configs/release.py --workdir=study
Arguments: imputed=ukb (says which panel and program imputed UK Biobank's field 22828) or imputed=other (says nothing).
Hardware: any CPU; 2 GB of memory, whatever the number of variants.
Expected time: about 10 seconds for each million of variants and each trait.
Expected: release/ with summary statistics (GWAS-SSF), Table 1 and results in words, the published numbers beside.
"""

import ml_collections

from configs import common
from msk_jax.io import config_files
from msk_jax.shared_release import spec

_IMPUTED = {
  "ukb": spec.ReleaseSpec(imputation_panel="HRC, UK10K and 1000 Genomes phase 3", imputation_software="IMPUTE4"),
  "other": spec.ReleaseSpec(),
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, imputed="other")
  if parsed.imputed not in _IMPUTED:
    raise config_files.ArgumentError(f"imputed is one of {', '.join(_IMPUTED)}, got {parsed.imputed!r}.")
  config = common.stage_config("release", _IMPUTED[parsed.imputed])
  config.lock()
  return config
