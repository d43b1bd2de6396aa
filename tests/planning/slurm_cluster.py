"""A Slurm of one node, started from Debian's programs for a test.

Its files are in a folder of their own, but for /etc/slurm/slurm.conf: Snakemake's executor hides the variable
SLURM_CONF from the jobs. A cluster's own file there is never touched.
"""

import contextlib
import fcntl
import os
import pathlib
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

_PLACE = pathlib.Path("/etc/slurm/slurm.conf")
_LOCK = pathlib.Path(tempfile.gettempdir()) / "msk_jax_test_slurm.lock"
_NAME = "ClusterName=msk_jax_test"
_CONF = """
ClusterName=msk_jax_test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmUser={user}
SlurmdUser={user}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=2
NodeName={host} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
_SECONDS = 30


def can_run() -> bool:
  """Returns whether this machine may have a cluster for a test: by root, where no other one is configured."""
  return os.getuid() == 0 and (not _PLACE.exists() or _NAME in _PLACE.read_text())


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[None]:
  """Starts a cluster, and stops it at the end; waits for the end of another one of these tests on this machine.

  Args:
    folder: empty, with a short path: sockets lie in it.
  """
  with _LOCK.open("w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)  # there is one /etc/slurm/slurm.conf
    with _running_alone(folder):
      yield


@contextlib.contextmanager
def _running_alone(folder: pathlib.Path) -> Iterator[None]:
  folder.chmod(0o755)
  for name in ("spool", "state"):
    (folder / name).mkdir()
  key = folder / "munge.key"
  key.write_bytes(secrets.token_bytes(128))
  key.chmod(0o600)
  values = {
    "host": socket.gethostname().split(".")[0],
    "controller_port": _free_port(),
    "node_port": _free_port(),
    "folder": folder,
    "user": "root",
    "cpus": os.cpu_count(),
  }
  _PLACE.parent.mkdir(exist_ok=True)
  _PLACE.write_text(_CONF.format(**values))
  munge = [f"--socket={folder}/munge.socket", f"--key-file={key}", f"--log-file={folder}/munged.log"]
  munge += [f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munged.seed"]
  daemons = [["munged", "--foreground", "--force", *munge], ["slurmctld", "-D", "-c"], ["slurmd", "-D"]]
  processes = []
  try:
    for command in daemons:
      with (folder / f"{command[0]}.out").open("w") as out:
        processes.append(subprocess.Popen(command, stdout=out, stderr=out))
      time.sleep(0.5)
    _wait_until_idle(folder)
    yield
  finally:
    for process in reversed(processes):
      process.terminate()
    for process in processes:
      try:
        process.wait(10)
      except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _PLACE.unlink(missing_ok=True)


def _wait_until_idle(folder: pathlib.Path) -> None:
  end = time.monotonic() + _SECONDS
  while time.monotonic() < end:
    shown = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)
    if shown.stdout.strip() == "idle":
      return
    time.sleep(0.5)
  logs = "\n".join(path.read_text()[-500:] for path in sorted(folder.glob("*.log")) + sorted(folder.glob("*.out")))
  raise RuntimeError(f"Slurm does not start:\n{logs}")


def _free_port() -> int:
  with socket.socket() as free:
    free.bind(("", 0))
    return free.getsockname()[1]


def state_of(job: str) -> str:
  """Returns the state of a job that is in the queue; empty for one that has ended."""
  shown = subprocess.run(
    ["squeue", "-h", "-t", "all", "-j", job, "-o", "%T"], capture_output=True, text=True, check=False
  )
  state = shown.stdout.strip()
  return "" if state in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT") else state


def begin_now(job: str) -> None:
  """Lets a requeued job begin: Slurm holds it back for two minutes."""
  subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=True)
