"""Prepares data for training: `MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py`.

Reads tables, lists of withdrawals, the relatedness file and the DXA archives under the data root; writes `cohort/`,
`images/` and `qc/` under the workdir. The same command again goes on where it stopped, and does nothing once all is
done; changed data are done again.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

_CONFIG = console.define_config("configs/ukb.py", "Says in its section `data` what to prepare.")
_WORKDIR = flags.DEFINE_string("workdir", "workspace", "Folder for the prepared data.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Throw away what the workdir holds of another data root.")


def main(argv: Sequence[str]) -> int:
  """Prepares the data; returns the exit status."""
  del argv
  from msk_jax.preparation import prepare, spec

  data = spec.from_mapping(_CONFIG.value.data.to_dict())
  prepare.prepare(data, pathlib.Path(_WORKDIR.value), overwrite=_OVERWRITE.value)
  return 0


if __name__ == "__main__":
  console.run(main)
