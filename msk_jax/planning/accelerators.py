"""The GPUs of this machine, shared out to jobs that run at the same time: JAX takes all that it sees.

Whoever uses a GPU holds a lock for it, in a folder that all studies of a user on this machine share. One study may name
a GPU by its number and another by its UUID: `nvidia-smi` says which are the same. Without it they must not be mixed.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from msk_jax.io import errors, locks

VARIABLE = "CUDA_VISIBLE_DEVICES"
_DEVICES, _FILES = pathlib.Path("/dev"), "nvidia[0-9]*"
_POLL_SECONDS = 1.0
_LIST_SECONDS = 60.0
_ORDER, _AS_LISTED = "CUDA_DEVICE_ORDER", "PCI_BUS_ID"
_GPU = re.compile(r"^GPU (?P<number>\d+): (?P<model>.*) \(UUID: (?P<uuid>[^)]+)\)", re.MULTILINE)
_UUID = re.compile(r"\(UUID: ([^)]+)\)")  # of parts of a GPU (MIG) too


def visible() -> list[str]:
  """Returns the names of the GPUs that we may use: those of CUDA_VISIBLE_DEVICES if it is set.

  Else they are counted from 0, as CUDA does: a container with the machine's fourth GPU alone has only /dev/nvidia3, and
  CUDA names it 0.
  """
  if (chosen := os.environ.get(VARIABLE)) is not None:
    return [name.strip() for name in chosen.split(",") if name.strip() and name.strip() != "-1"]
  return [str(number) for number, _ in enumerate(_DEVICES.glob(_FILES))]


def environment_of(gpus: Sequence[str]) -> dict[str, str]:
  """Returns the variable that shows a process these GPUs and no others."""
  return {VARIABLE: ",".join(gpus)}


@contextlib.contextmanager
def assigned(
  count: int, is_stopped: Callable[[], bool], folder: pathlib.Path | None = None
) -> Iterator[dict[str, str]]:
  """Holds GPUs for a job while it lasts; waits until so many are free.

  Args:
    count: how many; all there are, if there are fewer.
    is_stopped: whether to stop waiting.
    folder: of the locks.

  Yields:
    The variables for the job: it sees its GPUs, and none if `count` is 0, for which nothing is held. Empty on a machine
    without GPUs.

  Raises:
    InputError: the folder can't be written, or nobody can tell which GPUs are named.
  """
  gpus = visible()
  if not gpus:
    yield {}
    return
  if not count:
    yield environment_of([])
    return
  folder = folder or pathlib.Path(tempfile.gettempdir()) / f"msk_jax_gpus_{os.getuid()}"
  folder.mkdir(parents=True, exist_ok=True)
  if not os.access(folder, os.W_OK):
    raise errors.InputError(f"{folder} can't be written: it holds a lock for each GPU in use. Set TMPDIR to a folder.")
  of_device: dict[pathlib.Path, str] = {}
  for name, device in zip(gpus, _name_devices(gpus, folder), strict=True):
    of_device.setdefault(_lock_of(folder, device), name)  # of a GPU that is named twice the first name counts
  with contextlib.ExitStack() as held:
    mine = _take(of_device, count, held)
    while mine is None and not is_stopped():
      time.sleep(_POLL_SECONDS)
      mine = _take(of_device, count, held)
    yield environment_of(mine or [])


def _take(of_device: Mapping[pathlib.Path, str], count: int, held: contextlib.ExitStack) -> list[str] | None:
  """Returns so many of the GPUs and holds them; None, and holds none, if fewer are free."""
  count = min(count, len(of_device))
  taken: list[str] = []
  with contextlib.ExitStack() as mine:
    for path, name in of_device.items():
      if len(taken) < count:
        with contextlib.suppress(errors.InputError):
          mine.enter_context(locks.alone(path, "in use"))
          taken.append(name)
    if len(taken) < count:
      return None
    held.push(mine.pop_all())
  return taken


def _lock_of(folder: pathlib.Path, device: str) -> pathlib.Path:
  return folder / f"{device.replace('/', '.')}.lock"


def _name_devices(gpus: Sequence[str], folder: pathlib.Path) -> list[str]:
  """Returns one name for each GPU, whatever it is called here: its UUID, or, where nobody can tell it, its name.

  Raises:
    InputError: numbers and UUIDs are mixed, here or with what others use now, and nobody can tell which are the same.
  """
  listed = _list_devices()
  of_number = {match["number"]: match["uuid"] for match in _GPU.finditer(listed)}
  if not of_number:
    _refuse_mixed(gpus, folder)
    return list(gpus)
  models = {match["model"] for match in _GPU.finditer(listed)}
  if any(name.isdecimal() for name in gpus) and len(models) > 1 and os.environ.get(_ORDER) != _AS_LISTED:
    raise errors.InputError(
      f"this machine has GPUs of several kinds ({', '.join(sorted(models))}), and CUDA numbers them in an order of its "
      f"own. Set {_ORDER}={_AS_LISTED}, or name them in {VARIABLE} by the UUIDs that `nvidia-smi -L` prints."
    )
  uuids = _UUID.findall(listed)
  return [of_number.get(name) or _complete(name, uuids) for name in gpus]


def _complete(name: str, uuids: Sequence[str]) -> str:
  """Returns the UUID that begins with a name, as CUDA takes it; the name itself where it is not one UUID's."""
  found = [uuid for uuid in uuids if uuid.startswith(name)]
  return found[0] if len(found) == 1 else name


def _refuse_mixed(gpus: Sequence[str], folder: pathlib.Path) -> None:
  in_use = [path.name.removesuffix(".lock") for path in folder.glob("*.lock") if _is_held(path)]
  if len({name.isdecimal() for name in (*gpus, *in_use)}) > 1:
    raise errors.InputError(
      f"GPUs are named by numbers and by UUIDs ({', '.join(dict.fromkeys((*gpus, *in_use)))}), here or by jobs that "
      f"run now, and without nvidia-smi nobody can tell which are the same. Name all in one way, in {VARIABLE}."
    )


def _is_held(path: pathlib.Path) -> bool:
  try:
    with locks.alone(path, "in use"):
      return False
  except errors.InputError:
    return True


def _list_devices() -> str:
  """Returns what `nvidia-smi -L` prints; nothing where it can't be run."""
  try:
    done = subprocess.run(["nvidia-smi", "-L"], check=True, capture_output=True, text=True, timeout=_LIST_SECONDS)
  except (OSError, subprocess.SubprocessError):
    return ""
  return done.stdout
