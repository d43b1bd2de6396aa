"""Settings of ensembles that nothing could be fitted with are refused."""

import pytest

from msk_jax.ensembling import spec


def test_too_few_inner_folds():
  """A net is fitted without the fold that is predicted, and without another one that scores it."""
  with pytest.raises(ValueError, match="num_inner_folds must be at least 3, got 2"):
    spec.EnsembleSpec(num_inner_folds=2)
