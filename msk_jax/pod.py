"""Trains one model on several hosts: `python -m msk_jax.pod --hosts=gpu-01,gpu-02 -- --config=configs/knee.py ...`.

What follows `--` is the command line of `msk_jax.train`. One process runs on each host, by ssh, with all devices of
that host. A single host needs no pod: a training uses all devices that it sees. --processes=N starts N processes on
this machine instead, each with its share of the GPUs.

If one fails, all end. A signal (Ctrl-C, SIGTERM) makes all write a checkpoint. The exit status is that of the training:
75 says that the same command resumes.
"""

import pathlib
import sys
import tempfile
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console, errors

_HOSTS = flags.DEFINE_list("hosts", [], "Hosts that ssh reaches without a password; the first is called by the others.")
_PROCESSES = flags.DEFINE_integer("processes", 0, "Instead of --hosts: processes on this machine.", lower_bound=0)
_START = flags.DEFINE_string(
  "start", "", "Command that runs what follows it on a {host}, whose number is {index}; empty for ssh."
)
_PORT = flags.DEFINE_integer("port", 8476, "Port that is free on the first host.")
_LOGS = flags.DEFINE_string("logs", "", "Folder of the logs of all processes but the first; empty for a temporary one.")


def main(argv: Sequence[str]) -> int:
  """Starts the processes and waits for them; returns the exit status."""
  from msk_jax.launching import members, supervision

  if bool(_HOSTS.value) == bool(_PROCESSES.value):
    raise errors.InputError("give --hosts=A,B or --processes=N, and the arguments of msk_jax.train after --.")
  logs = pathlib.Path(_LOGS.value or tempfile.mkdtemp(prefix="msk_jax_pod_"))
  logs.mkdir(parents=True, exist_ok=True)
  if _PROCESSES.value:
    processes = members.local(_PROCESSES.value, argv[1:], logs)
  else:
    start = _START.value or members.SSH
    processes = members.remote(_HOSTS.value, argv[1:], logs, start, _PORT.value)
  sys.stderr.write(f"{len(processes)} processes; the first prints here, the others to {logs}\n")
  return supervision.run(processes)


if __name__ == "__main__":
  console.run(main, takes_arguments=True)
