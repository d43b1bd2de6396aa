"""Prepares data for training: `MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py`.

Reads tables, lists of withdrawals, the relatedness file and the DXA archives under the data root; writes `cohort/`,
`images/` and `qc/` under the workdir. The same command again resumes where it stopped, and does nothing once all is
done. Changed data are prepared again.
"""

from absl import flags

from msk_jax import stages

_STAGE = stages.define("prepare")
_FORGET = flags.DEFINE_bool(
  "forget_withdrawals",
  False,
  "Undo a wrong list of withdrawals: take people back whom no list names now, in the data root or with --withdrawn.",
)


def main(call: stages.Call) -> None:
  """Prepares the data."""
  from msk_jax.preparation import damage, leaving, prepare, spec

  data = spec.from_mapping(call.values()["data"])
  workdir = call.open_workdir()
  if flags.FLAGS.check_hashes:
    damage.remove_damaged(workdir, check_hashes=True)
  requested = leaving.WithdrawalFlags(call.withdrawal_lists, call.confirms_withdrawals, _FORGET.value)
  prepare.prepare(data, workdir, overwrite=call.overwrite, requested=requested)


if __name__ == "__main__":
  stages.run(_STAGE, main)
