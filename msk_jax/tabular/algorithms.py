"""The scalar algorithms by name."""

from collections.abc import Callable

from msk_jax.tabular import algorithm


def make(name: str, threads: int = 1, sized_for: int | None = None) -> algorithm.Algorithm:
  """Returns an algorithm; a new one is one more entry here and in `spec.ALGORITHMS`.

  Args:
    name: one of `spec.ALGORITHMS`.
    threads: fits that run side by side, for algorithms that know such a thing.
    sized_for: rows of a fit that the search space is to suit; None for the published space.

  Raises:
    KeyError: no such algorithm.
  """
  makers: dict[str, Callable[[], algorithm.Algorithm]] = {
    "elastic_net": _elastic_net,
    "lightgbm": lambda: _lightgbm(threads),
    "mlp": _mlp,
  }
  made = makers[name]()
  if sized_for is not None:
    made.space = made.sized_space(sized_for)
  return made


def _elastic_net() -> algorithm.Algorithm:
  from msk_jax.tabular import linear

  return linear.ElasticNet()


def _lightgbm(threads: int) -> algorithm.Algorithm:
  from msk_jax.tabular import boosting

  return boosting.LightGbm(threads)


def _mlp() -> algorithm.Algorithm:
  from msk_jax.tabular.mlp import mlp_algorithm  # the one that brings jax

  return mlp_algorithm.Mlp()
