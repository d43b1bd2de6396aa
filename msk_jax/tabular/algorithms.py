"""The algorithms by name. An algorithm is imported when it is made: LightGBM and JAX take seconds."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
  from msk_jax.tabular import algorithm


def _elastic_net(num_threads: int) -> "algorithm.Algorithm":
  from msk_jax.tabular import linear

  del num_threads
  return linear.ElasticNet()


def _lightgbm(num_threads: int) -> "algorithm.Algorithm":
  from msk_jax.tabular import boosting

  return boosting.LightGbm(num_threads)


def _mlp(num_threads: int) -> "algorithm.Algorithm":
  from msk_jax.tabular.mlp import regressor  # imports JAX, which sees the cores that the process gave it

  del num_threads
  return regressor.Mlp()


# Name to a function of the number of fits side by side. To add an algorithm, write a class and add a line here: it is
# then searched, fitted and tested like the others, and its importances are in the tables and the figure.
ALGORITHMS: "dict[str, Callable[[int], algorithm.Algorithm]]" = {
  "elastic_net": _elastic_net,
  "lightgbm": _lightgbm,
  "mlp": _mlp,
}


def make(name: str, num_threads: int = 1) -> "algorithm.Algorithm":
  """Returns an algorithm.

  Args:
    name: one of `ALGORITHMS`.
    num_threads: fits side by side, for algorithms that use threads.

  Raises:
    KeyError: there is no such algorithm.
  """
  return ALGORITHMS[name](num_threads)
