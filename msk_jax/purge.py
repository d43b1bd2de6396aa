"""Takes people who have withdrawn out of a workdir: `python -m msk_jax.purge --withdrawals=w1_2026.csv --workdir=W`.

Their rows leave all tables, their pictures the image stores; individual-level files that can't lose a row are removed.
Models stay, and those that were trained with them are listed in models/trained_with_withdrawn.csv. Results of groups
stay until their stage runs again: each is named with the command. Lists in the data root, and those given to any stage
before, count too. Killed in between, the same command finishes. Raw data are yours to remove. With --durable_dir the
copy there is purged too.
"""

from absl import flags, logging

from msk_jax import stages

_STAGE = stages.define("purge")
flags.DEFINE_alias("withdrawals", "withdrawn")


def main(call: stages.Call) -> int:
  """Purges the workdir; returns the exit status, 1 if a file may hold them still."""
  from msk_jax.durable import known
  from msk_jax.upkeep import printout, purge

  workdir = call.open_workdir()
  purged = purge.purge(workdir, call.withdrawal_lists, confirmed=call.confirms_withdrawals)
  call.durable.follow_removals()
  printout.print_purged(workdir, purged)
  if known.is_there(workdir) and not call.durable_dir:
    logging.warning("the durable folder of %s STILL HOLDS THEM: run the same command with its --durable_dir", workdir)
  return 1 if purged.unread else 0


if __name__ == "__main__":
  stages.run(_STAGE, main)
