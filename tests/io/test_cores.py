"""The share of cores that is left to the process counts, and systems without such a share work too."""

import os

from msk_jax.io import cores
from msk_jax.scalar_models import spec


def test_the_processs_own_share_counts(monkeypatch):
  monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 5, 6}, raising=False)
  assert cores.usable() == 3 and spec.ScalarsSpec().num_threads() == 3
  assert spec.ScalarsSpec(threads=2).num_threads() == 2


def test_without_affinity_all_cores_count(monkeypatch):
  monkeypatch.delattr(os, "sched_getaffinity", raising=False)
  monkeypatch.setattr(os, "cpu_count", lambda: 7)
  assert cores.usable() == 7 and spec.ScalarsSpec().num_threads() == 7
  monkeypatch.setattr(os, "cpu_count", lambda: None)
  assert cores.usable() == 1
