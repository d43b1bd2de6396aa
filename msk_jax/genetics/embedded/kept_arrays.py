"""Arrays in a file that a later call uses again, if it is whole and of the same inputs."""

import pathlib
import zipfile
import zlib
from collections.abc import Collection, Mapping

import numpy as np

from msk_jax.io import atomic

_FINGERPRINT = "fingerprint"
# Of a damaged archive: a damaged byte may read as an unknown method or as encryption (RuntimeError).
_DAMAGE = (
  OSError,
  ValueError,
  KeyError,
  EOFError,
  RuntimeError,
  MemoryError,
  zipfile.BadZipFile,
  zlib.error,
)


def write(path: pathlib.Path, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> None:
  """Writes arrays, whole or not at all."""
  with atomic.replacing(path) as temporary, temporary.open("wb") as file:
    np.savez(file, allow_pickle=False, **{_FINGERPRINT: np.array(fingerprint)}, **arrays)


def read(path: pathlib.Path, fingerprint: str, names: Collection[str] | None = None) -> dict[str, np.ndarray] | None:
  """Returns arrays by name; None if there is no whole file of this fingerprint.

  Args:
    path: the file.
    fingerprint: of all that the arrays depend on.
    names: which are read; all by default.
  """
  try:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
      if str(archive[_FINGERPRINT]) != fingerprint:
        return None
      return {name: archive[name] for name in (archive.files if names is None else names)}
  except _DAMAGE:
    return None
