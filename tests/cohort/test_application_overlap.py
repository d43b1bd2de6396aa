"""Ids of a file and of the tables: of the same application, of part of it, or of another one."""

import numpy as np
import pytest

from msk_jax.cohort import application_overlap

_RANGE = 5_000_000


def _draw(seed: int, number: int) -> np.ndarray:
  return 9_000_000 + np.random.default_rng(seed).choice(_RANGE, number, replace=False)


@pytest.mark.parametrize(
  ("num_in_tables", "num_imaged"),
  [(500_000, 100), (500_000, 50_000), (50_000, 1_000), (50_000, 50_000), (5_000, 50_000)],
)
def test_other_applications_share_ids_by_chance_alone(num_in_tables, num_imaged):
  everybody, others = (_draw(seed, 500_000) for seed in (0, 1))
  in_tables = everybody[:num_in_tables].astype(str)
  own = np.random.default_rng(2).choice(everybody, num_imaged, replace=False)  # not chosen for being in the tables
  assert not application_overlap.count(own.astype(str), in_tables).is_foreign
  assert application_overlap.count(others[:num_imaged].astype(str), in_tables).is_foreign


def test_shares():
  found = application_overlap.count(["a", "b", "c"], ["b", "x"])
  assert (found.num_people, found.num_shared, found.share, found.is_foreign) == (3, 1, 1 / 3, False)
  assert application_overlap.count(["a"], ["x"]).is_foreign
  nobody = application_overlap.count([], ["x"])
  assert nobody.share == 1.0 and not nobody.is_foreign
