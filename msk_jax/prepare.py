"""Prepares data for training: `MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py`.

Reads tables, lists of withdrawals, the relatedness file and the DXA archives under the data root; writes `cohort/`,
`images/` and `qc/` under the workdir. The same command again goes on where it stopped, and does nothing once all is
done; changed data are done again.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

console.define_config("configs/ukb.py", "Says in its section `data` what to prepare.")
console.define_workdir("workspace", "Folder for the prepared data.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Throw away what the workdir holds of another data root.")
_WITHDRAWN, _CONFIRM = console.define_withdrawn()
_FORGET = flags.DEFINE_bool(
  "forget_withdrawals",
  False,
  "Undo a wrong list of withdrawals: take people back whom no list names now, in the data root or with --withdrawn.",
)


def main(argv: Sequence[str]) -> int:
  """Prepares the data; returns the exit status."""
  del argv
  from msk_jax.preparation import leaving, outputs, prepare, spec

  data = spec.from_mapping(console.config_values(["data"])["data"])
  workdir = console.open_workdir()
  if flags.FLAGS.check_hashes:
    outputs.remove_damaged(workdir, check_hashes=True)
  given = leaving.Given(tuple(map(pathlib.Path, _WITHDRAWN.value)), _CONFIRM.value, _FORGET.value)
  prepare.prepare(data, workdir, overwrite=_OVERWRITE.value, given=given)
  return 0


if __name__ == "__main__":
  console.run(main)
