"""Takes people who have withdrawn out of a workdir: `python -m msk_jax.purge --withdrawals=w1_2026.csv --workdir=W`.

Their rows leave all tables, their pictures the image stores; individual-level files that can't lose a row are removed.
Models stay, and those that were trained with them are listed in models/trained_with_withdrawn.csv. Results of groups
stay until their stage runs again: each is named with the command. Lists in the data root, and those given to any stage
before, count too. Killed in between, the same command finishes. Raw data are yours to remove.
"""

from absl import flags

from msk_jax import stages

_STAGE = stages.define("purge")
flags.DEFINE_alias("withdrawals", "withdrawn")


def main(call: stages.Call) -> None:
  """Purges the workdir."""
  from msk_jax.upkeep import printout, purge

  workdir = call.open_workdir()
  printout.print_purged(workdir, purge.purge(workdir, call.withdrawal_lists, confirmed=call.confirms_withdrawals))


if __name__ == "__main__":
  stages.run(_STAGE, main)
