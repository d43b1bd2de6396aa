"""What the tests will take, said before they start."""

import numpy as np

from msk_jax.associations.inputs import Inputs
from msk_jax.io import progress

_SECONDS_PER_VALUE = 1.2e-8  # a sample of a variable and an outcome, with clustered errors; one core, measured
_SECONDS_PER_COVARIATE = 5e-10
_BLOCK_BYTES = 0.9e9


def describe(y: np.ndarray, num_variables: int, num_tests: int, gathered: Inputs) -> str:
  """Returns a line on the size of the work, its time on one core and its memory.

  Args:
    y: float64 [n, d].
    num_variables: to be tested.
    num_tests: per variable and outcome: 2 with sensitivity columns.
    gathered: the stage's inputs.
  """
  values = int(np.isfinite(y).sum())
  per_value = _SECONDS_PER_VALUE + _SECONDS_PER_COVARIATE * gathered.covariates.values.shape[1]
  seconds = values * num_variables * num_tests * per_value
  gib = (_BLOCK_BYTES * min(1.0, len(y) / 300_000) + 16.0 * y.size + 8.0 * gathered.covariates.values.size) / 2**30
  return (
    f"{num_variables:,} variables x {y.shape[1]} dimensions of {len(y):,} samples ({gathered.groups.num_people:,} "
    f"people), {num_tests} test(s) each: about {progress.format_seconds(seconds)} on one core, {0.3 + gib:.1f} GiB"
  )
