"""SimpleCNN with few channels, for tests of what happens around a network: such trainings take half the time."""

import contextlib
from collections.abc import Iterator

import pytest

from msk_jax.models import simple_cnn

WHOLE = simple_cnn.FILTERS
TWO_LAYERS = (8, 16)  # where nothing asks for a stage by its name
ALL_LAYERS = (8, 8, 16, 16, 32)  # each stage of the real network


@contextlib.contextmanager
def small(filters: tuple[int, ...] = TWO_LAYERS) -> Iterator[None]:
  """Inside, `simple_cnn` has these filters; what it has trained must be read inside too."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(simple_cnn, "FILTERS", filters)
    yield
