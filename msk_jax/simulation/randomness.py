"""Random numbers that depend on their purpose, not on the order in which they are drawn."""

import zlib

import numpy as np


def generator(seed: int, purpose: str, *keys: str | int) -> np.random.Generator:
  """Returns a Philox generator for one purpose of one participant (or block, or visit).

  The same arguments give the same numbers, whatever else is drawn, in any process and order. So a participant depends
  neither on the cohort's size nor on the number of workers.

  Args:
    seed: the cohort's seed.
    purpose: what the numbers are for, e.g. `latent`.
    *keys: whose they are: eid, instance, view, ...
  """
  words = [zlib.crc32(str(key).encode()) for key in (purpose, *keys)]
  return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))
