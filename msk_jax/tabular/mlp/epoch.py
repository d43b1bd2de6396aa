"""An epoch of one network: batches, squared error with L2, Adam, early stopping, as in scikit-learn's MLPRegressor."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp

from msk_jax.models import mlp
from msk_jax.tabular.mlp import stored_rows

MAX_EPOCHS = 200  # scikit-learn's max_iter
PATIENCE = 10  # n_iter_no_change: training stops after one epoch more than this without gain
_TOLERANCE = 1e-4  # tol: a smaller gain in R2 does not count
_DECAY_MEAN, _DECAY_SQUARE, _EPSILON = 0.9, 0.999, 1e-8  # Adam
_BLOCK = 1000  # rows scored at once


@flax.struct.dataclass
class Problem:
  """A network's fit: its rows, their scaling, its hyper-parameters.

  Attributes:
    train, grid: training rows and their batches.
    stopping: early-stopping rows.
    mean_p, inverse_scale_p: float32 [p], of the features over training and early-stopping rows.
    mean_target: float32, mean target of the same rows, added to the network's output.
    learning_rate, alpha: float32, hyper-parameters.
    key: uint32 [2], for initial weights and batches.
    max_epochs: int32, epochs after which training ends at the latest.
  """

  train: stored_rows.Segments
  grid: stored_rows.Grid
  stopping: stored_rows.Segments
  mean_p: stored_rows.Leaf
  inverse_scale_p: stored_rows.Leaf
  mean_target: stored_rows.Leaf
  learning_rate: stored_rows.Leaf
  alpha: stored_rows.Leaf
  key: stored_rows.Leaf
  max_epochs: stored_rows.Leaf


@flax.struct.dataclass
class State:
  """A network in training.

  Attributes:
    params, best: the network's parameters now, and after the epoch with the best score.
    mean_gradient, mean_square: Adam's moments.
    step, epoch: int32, those done.
    best_score: float32, R2 on the early-stopping rows; -inf before the first epoch.
    stale: int32, epochs since the last gain.
    is_running: bool.
  """

  params: Any
  best: Any
  mean_gradient: Any
  mean_square: Any
  step: jax.Array
  epoch: jax.Array
  best_score: jax.Array
  stale: jax.Array
  is_running: jax.Array


def start(problem: Problem) -> State:
  """Returns an untrained network."""
  params = mlp.initial_params(jax.random.fold_in(_key(problem), 0), len(problem.mean_p))
  zeros, zero = jax.tree.map(jnp.zeros_like, params), jnp.zeros((), jnp.int32)
  return State(
    params=params,
    best=params,
    mean_gradient=zeros,
    mean_square=zeros,
    step=zero,
    epoch=zero,
    best_score=jnp.float32(-jnp.inf),
    stale=zero,
    is_running=jnp.bool_(True),
  )


def train_epoch(data_nq: jax.Array, problem: Problem, state: State, max_width: int) -> State:
  """Returns the network after one more epoch, scored on its early-stopping rows.

  Args:
    data_nq: float32 [n, p + 1], stored rows: features in their own units, then the target.
    problem: what to fit.
    state: the network so far.
    max_width: places in a batch; at least the grid's width.
  """
  turns = problem.grid.turns(jax.random.fold_in(_key(problem), 1 + state.epoch), max_width)

  def take_step(i: jax.Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
    params, mean_gradient, mean_square, step = carry
    position, is_held = problem.grid.batch(i, turns)
    x_bp, y_b = _examples(data_nq, problem, problem.train.row(position))
    gradient = jax.grad(loss)(params, x_bp, y_b, is_held, problem.alpha)
    return adam(params, gradient, mean_gradient, mean_square, step, problem.learning_rate)

  carry = (state.params, state.mean_gradient, state.mean_square, state.step)
  params, mean_gradient, mean_square, step = jax.lax.fori_loop(0, problem.grid.num_steps, take_step, carry)
  score = r2(data_nq, problem, params, problem.stopping)
  is_best = score > state.best_score
  stale = jnp.where(score >= state.best_score + _TOLERANCE, 0, state.stale + 1)
  epoch = state.epoch + 1
  return State(
    params=params,
    best=jax.tree.map(lambda new, old: jnp.where(is_best, new, old), params, state.best),
    mean_gradient=mean_gradient,
    mean_square=mean_square,
    step=step,
    epoch=epoch,
    best_score=jnp.where(is_best, score, state.best_score),
    stale=stale,
    is_running=(stale <= PATIENCE) & (epoch < problem.max_epochs),
  )


def loss(params: Any, x_bp: jax.Array, y_b: jax.Array, is_held_b: jax.Array, alpha: stored_rows.Leaf) -> jax.Array:
  """Returns scikit-learn's objective: half the mean squared error plus half alpha times the kernels' square over rows.

  Args:
    params: of the network.
    x_bp: standardised features [b, p].
    y_b: targets minus their mean.
    is_held_b: which rows count.
    alpha: weight of the L2 penalty.
  """
  num_rows = jnp.sum(is_held_b)
  error_b = jnp.where(is_held_b, mlp.apply(params, x_bp) - y_b, 0)
  penalty = sum(jnp.sum(jnp.square(layer["kernel"])) for layer in params.values())
  return 0.5 * (jnp.sum(jnp.square(error_b)) + alpha * penalty) / num_rows


def r2(data_nq: jax.Array, problem: Problem, params: Any, rows: stored_rows.Segments) -> jax.Array:
  """Returns the coefficient of determination on some rows, float32; 0 if their targets are all equal (scikit-learn)."""
  num_rows = rows.ends[-1]

  def add_block(i: jax.Array, sums: jax.Array) -> jax.Array:
    position = i * _BLOCK + jnp.arange(_BLOCK, dtype=jnp.int32)
    is_row = position < num_rows
    x_bp, y_b = _examples(data_nq, problem, rows.row(jnp.where(is_row, position, 0)))
    error_b = mlp.apply(params, x_bp) - y_b
    terms = jnp.stack([jnp.square(error_b), jnp.square(y_b), y_b])
    return sums + jnp.sum(jnp.where(is_row[None, :], terms, 0), axis=1)

  num_blocks = (num_rows + _BLOCK - 1) // _BLOCK
  error_squares, target_squares, total = jax.lax.fori_loop(0, num_blocks, add_block, jnp.zeros(3, jnp.float32))
  spread = target_squares - total * total / num_rows
  return jnp.where(spread > 0, 1 - error_squares / spread, 0)


def _examples(data_nq: jax.Array, problem: Problem, row_b: jax.Array) -> tuple[jax.Array, jax.Array]:
  """Returns standardised features [b, p] and targets minus their mean [b] of stored rows."""
  data_bq = data_nq[row_b]
  x_bp = (data_bq[:, :-1] - problem.mean_p[None, :]) * problem.inverse_scale_p[None, :]
  return x_bp, data_bq[:, -1] - problem.mean_target


def adam(
  params: Any, gradient: Any, mean_gradient: Any, mean_square: Any, step: jax.Array, learning_rate: stored_rows.Leaf
) -> tuple[Any, Any, Any, jax.Array]:
  """Returns parameters and moments after a step of Adam, with epsilon outside the correction as in scikit-learn."""
  step = step + 1
  mean_gradient = jax.tree.map(lambda m, g: _DECAY_MEAN * m + (1 - _DECAY_MEAN) * g, mean_gradient, gradient)
  mean_square = jax.tree.map(lambda v, g: _DECAY_SQUARE * v + (1 - _DECAY_SQUARE) * g * g, mean_square, gradient)
  t = step.astype(jnp.float32)
  rate = learning_rate * jnp.sqrt(1 - _DECAY_SQUARE**t) / (1 - _DECAY_MEAN**t)
  params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + _EPSILON), params, mean_gradient, mean_square)
  return params, mean_gradient, mean_square, step


def _key(problem: Problem) -> jax.Array:
  return jax.random.wrap_key_data(jnp.asarray(problem.key), impl="threefry2x32")
