"""Real UK Biobank data for `prepare`: tables, DXA archives (field 20158), withdrawals and relatedness under one root.

Command: MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py --workdir=/scratch/msk
Hardware: any number of CPU cores, 4 GB of memory and 0.5 GB more per core, 50 GB of disk; no accelerator.
Expected time: about two hours for 42,000 archives on 8 cores where the storage keeps up; resumes where it stopped.
Expected: some 41,000 participants with about 42,000 images per view (84,000 of hips and of knees), a QC report and
  contact sheets; then `python -m msk_jax.train --config=configs/knee.py` with the same MSK_DATA and --workdir.
"""

import ml_collections

from configs import common


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config, only the section `data`; takes no arguments."""
  common.parse_argument(argument)
  config = ml_collections.ConfigDict({"data": common.data_config("ukb")})
  config.lock()
  return config
