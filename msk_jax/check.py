"""Checks a whole workdir: `python -m msk_jax.check --workdir=workspace`.

Looks at everything but raw data: folds and relatives, tables against their schemas, files against their run records,
results against what they were made from, what is unfinished, ids where none may be, and people who have withdrawn.
Prints what is wrong with the command that mends it. Exit status 1 if anything is wrong. Writes nothing. Sizes and
headers are compared, which takes seconds; --thorough compares all contents, pictures too, with their hashes.
"""

import time

from absl import flags

from msk_jax import stages

_STAGE = stages.define("check")
_THOROUGH = flags.DEFINE_bool("thorough", False, "Read everything and compare it with its hash; takes long.")


def main(call: stages.Call) -> int:
  """Checks the workdir; returns the exit status."""
  from msk_jax.upkeep import check, printout

  began, workdir = time.monotonic(), call.workdir
  findings = check.check(workdir, call.withdrawal_lists, thorough=_THOROUGH.value)
  printout.print_findings(workdir, findings, time.monotonic() - began)
  return 1 if findings else 0


if __name__ == "__main__":
  stages.run(_STAGE, main)
