"""The hash of a tree of arrays, which names a network's variables."""

import hashlib
from typing import Any

import jax
import numpy as np


def tree_sha256(tree: Any) -> str:
  """Returns the SHA-256 of a tree of arrays: paths, dtypes, shapes and bytes, in the tree's order."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_flatten_with_path(jax.device_get(tree))[0]:
    digest.update(f"{jax.tree_util.keystr(path)} {leaf.dtype} {leaf.shape} ".encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()
