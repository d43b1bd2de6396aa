"""The processes of one training: the command line of each, and how they come to know of each other."""

import dataclasses
import os
import pathlib
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence

from msk_jax.io import errors
from msk_jax.planning import accelerators

TRAIN = ("-m", "msk_jax.train")
SSH = "ssh -o BatchMode=yes {host}"
_LEASH = ("-m", "msk_jax.launching.leash")
_SENT_NAMES = ("MSK_DATA",)  # variables that other hosts get too
_SENT_PREFIXES = ("JAX_", "XLA_", "NCCL_", "LIBTPU_")
_FIND_EACH_OTHER = "--distributed"


@dataclasses.dataclass(frozen=True)
class Member:
  """A process of a training.

  Attributes:
    name: `process 1 on gpu-02`, for messages.
    command: what starts it from here; it ends when its standard input does.
    environment: variables on top of ours.
    log: file of what it prints; None for what prints where we do.
  """

  name: str
  command: tuple[str, ...]
  environment: Mapping[str, str]
  log: pathlib.Path | None


def local(num_processes: int, arguments: Sequence[str], logs: pathlib.Path, program=TRAIN) -> list[Member]:
  """Returns processes of this machine, which share its GPUs out.

  Args:
    num_processes: how many.
    arguments: of the training.
    logs: folder of the logs; the first process prints where we do.
    program: what Python runs.

  Raises:
    InputError: the GPUs can't be shared out evenly.
  """
  gpus = accelerators.visible()
  if len(gpus) % num_processes:
    raise errors.InputError(
      f"{len(gpus)} GPUs can't be shared out evenly to {num_processes} processes. One process uses all of them: leave "
      "--processes out, or choose GPUs by CUDA_VISIBLE_DEVICES."
    )
  share = len(gpus) // num_processes
  with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    coordinator = f"127.0.0.1:{free.getsockname()[1]}"
  members = []
  for i in range(num_processes):
    own = accelerators.environment_of(gpus[i * share : (i + 1) * share]) if gpus else {}
    command = (sys.executable, *_LEASH, sys.executable, *program, *arguments, *_joins(coordinator, num_processes, i))
    members.append(Member(f"process {i}", command, own, _log(logs, i)))
  return members


def remote(
  hosts: Sequence[str], arguments: Sequence[str], logs: pathlib.Path, start: str = SSH, port: int = 8476, program=TRAIN
) -> list[Member]:
  """Returns one process on each host, with all devices that it has there.

  This folder and Python's environment are at the same paths on all of them.

  Args:
    hosts: names.
    arguments: of the training; with --distributed the processes find each other, as those of a TPU pod do.
    logs: folder of the logs, here.
    start: command that runs the command line after it on a `{host}`, whose number is `{index}`.
    port: of the first host, free there.
    program: what Python runs.

  Raises:
    InputError: `start` is not understood.
  """
  coordinator = f"{hosts[0].rpartition('@')[2]}:{port}"
  finds = _FIND_EACH_OTHER in arguments
  members = []
  for i, host in enumerate(hosts):
    joins = () if finds else _joins(coordinator, len(hosts), i)
    line = ["env", *_sent(), sys.executable, *_LEASH, sys.executable, *program, *arguments, *joins]
    there = f"cd {shlex.quote(str(pathlib.Path.cwd()))} && exec {shlex.join(line)}"
    members.append(Member(f"process {i} on {host}", (*_split(start, host, i), there), {}, _log(logs, i)))
  return members


def _joins(coordinator: str, num_processes: int, i: int) -> tuple[str, ...]:
  return f"--coordinator={coordinator}", f"--num_processes={num_processes}", f"--process_id={i}"


def _log(logs: pathlib.Path, i: int) -> pathlib.Path | None:
  return logs / f"process_{i}.log" if i else None


def _sent() -> list[str]:
  names = sorted(name for name in os.environ if name in _SENT_NAMES or name.startswith(_SENT_PREFIXES))
  return [f"{name}={os.environ[name]}" for name in names]


def _split(start: str, host: str, i: int) -> list[str]:
  try:
    return [part.format(host=host, index=i) for part in shlex.split(start)]
  except (KeyError, IndexError, ValueError) as error:
    raise errors.InputError(f"--start={start}: what it may hold in braces is {{host}} and {{index}}.") from error
