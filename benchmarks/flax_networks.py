"""The package's networks as a benchmark's contestant: backbone, global average pool, Dense 1, squared error, Adam."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from msk_jax.models import backbones
from msk_jax.trained import compiler

LEARNING_RATE = 1e-4
ADAM_EPSILON = 1e-7  # Keras' default, for all contestants

Variables = dict[str, Any]


def shape_of(size: int | tuple[int, int]) -> tuple[int, int]:
  """Returns (rows, columns): given so, or one number for both."""
  return (size, size) if isinstance(size, int) else size


def make_batch(size: int | tuple[int, int], batch: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns all contestants' images, float32 [b, rows, columns, 3] in [-1, 1), and targets, float32 [b]."""
  rng = np.random.default_rng(0)
  return rng.uniform(-1, 1, (batch, *shape_of(size), 3)).astype(np.float32), rng.normal(size=batch).astype(np.float32)


def abstract_variables(model: Any, size: int | tuple[int, int]) -> Variables:
  """Returns shapes of the backbone's variables and of the last layer (`params/last`)."""
  image = jax.ShapeDtypeStruct((1, *shape_of(size), 3), jnp.float32)
  init = functools.partial(model.init_with_output, train=False)
  (features, _), variables = jax.eval_shape(init, jax.random.key(0), image)
  last = {
    "kernel": jax.ShapeDtypeStruct((features.shape[-1], 1), jnp.float32),
    "bias": jax.ShapeDtypeStruct((1,), jnp.float32),
  }
  return {"params": {"backbone": variables["params"], "last": last}, "batch_stats": variables.get("batch_stats", {})}


def draw_variables(shapes: Variables, seed: int = 0) -> Variables:
  """Returns NumPy arrays of these shapes: kernels Glorot uniform, variances (and scales) 1, the rest 0."""
  rng = np.random.default_rng(seed)

  def draw(path: tuple[Any, ...], leaf: jax.ShapeDtypeStruct) -> np.ndarray:
    kind = path[-1].key
    if kind == "kernel":
      *window, fan_in, fan_out = leaf.shape
      limit = np.sqrt(6 / (np.prod(window, initial=1.0) * (fan_in + fan_out)))
      return rng.uniform(-limit, limit, leaf.shape).astype(np.float32)
    return np.full(leaf.shape, float(kind in ("var", "scale")), np.float32)

  return jax.tree_util.tree_map_with_path(draw, shapes)


def predict(variables: Variables, images: jax.Array, *, model: Any) -> jax.Array:
  """Returns predictions, float32 [b], with running statistics."""
  features, _ = model.apply(_of_backbone(variables), images, train=False)
  return _last(variables["params"]["last"], features)


def train_step(
  variables: Variables,
  moments: Any,
  images: jax.Array,
  targets: jax.Array,
  *,
  model: Any,
  tx: optax.GradientTransformation,
) -> tuple[Variables, Any, jax.Array]:
  """Takes one step of Adam on the mean squared error; returns variables, Adam's state and the loss."""

  def loss_of(params):
    mine = _of_backbone({"params": params, "batch_stats": variables["batch_stats"]})
    (features, _), updated = model.apply(mine, images, train=True, mutable=["batch_stats"])
    return jnp.mean(jnp.square(_last(params["last"], features) - targets)), updated.get("batch_stats", {})

  (loss, batch_stats), grads = jax.value_and_grad(loss_of, has_aux=True)(variables["params"])
  updates, moments = tx.update(grads, moments, variables["params"])
  params = optax.apply_updates(variables["params"], updates)
  return {"params": params, "batch_stats": batch_stats}, moments, loss


class Program:
  """A jitted step and what it works on; `step` is a `jax.jit` function of `arguments`."""

  def __init__(
    self,
    network: str,
    size: int | tuple[int, int],
    batch: int,
    mode: str,
    is_fast: bool | None,
    dtype: Any = jnp.float32,
  ):
    """Builds, without compiling.

    Args:
      network: a key of `backbones.BACKBONES`.
      size: rows and columns, one number if equal.
      batch: images a step.
      mode: `train` or `infer`.
      is_fast: whether layers written for CPUs are used; None: the package's choice.
      dtype: of the backbone's computation.
    """
    self.model = backbones.make_backbone(network, is_fast=is_fast, dtype=dtype)
    self.tx = optax.adam(LEARNING_RATE, eps=ADAM_EPSILON)
    self.shapes = abstract_variables(self.model, size)
    self.mode, self._size, self._batch = mode, size, batch
    options = compiler.options()  # None under MSK_STOCK_COMPILER=1
    if mode == "train":
      step = functools.partial(train_step, model=self.model, tx=self.tx)
      self.step = jax.jit(step, donate_argnums=(0, 1), compiler_options=options)
    else:
      self.step = jax.jit(functools.partial(predict, model=self.model), compiler_options=options)

  def abstract_arguments(self) -> tuple[Any, ...]:
    """Returns shapes of the step's arguments."""
    images = jax.ShapeDtypeStruct((self._batch, *shape_of(self._size), 3), jnp.float32)
    if self.mode == "infer":
      return self.shapes, images
    moments = jax.eval_shape(self.tx.init, self.shapes["params"])
    return self.shapes, moments, images, jax.ShapeDtypeStruct((self._batch,), jnp.float32)

  def arguments(self) -> tuple[Any, ...]:
    """Returns values for the step's arguments, on the device."""
    variables = jax.device_put(draw_variables(self.shapes))
    images, targets = (jax.device_put(array) for array in make_batch(self._size, self._batch))
    if self.mode == "infer":
      return variables, images
    return variables, jax.jit(self.tx.init)(variables["params"]), images, targets

  def trace(self) -> Any:
    """Returns the step as traced, neither lowered nor compiled."""
    return self.step.trace(*self.abstract_arguments())

  def cost(self) -> dict[str, float]:
    """Returns XLA's count for one step before optimisation: `flops`, `bytes accessed` and others."""
    return cost_of(self.trace())


def cost_of(traced: Any) -> dict[str, float]:
  """Returns XLA's count for what `Program.trace` gave."""
  return dict(traced.lower().cost_analysis() or {})


def start(program: Program) -> Callable[[int], None]:
  """Returns a function that takes n steps of a program, each from where the last ended, and waits for the last."""
  held = list(program.arguments())

  def run(n: int) -> None:
    out = None
    for _ in range(n):
      out = program.step(*held)
      if program.mode == "train":
        held[:2] = out[:2]
    jax.block_until_ready(out)

  return run


def make_runner(network: str, size: int, batch: int, mode: str, is_fast: bool | None) -> Callable[[int], None]:
  """Returns a function that takes n steps and waits for the last."""
  return start(Program(network, size, batch, mode, is_fast))


def num_parameters(network: str) -> int:
  """Returns how many trained numbers the backbone has."""
  shapes = abstract_variables(backbones.make_backbone(network), 128)["params"]["backbone"]
  return sum(leaf.size for leaf in jax.tree.leaves(shapes))


def _of_backbone(variables: Variables) -> Variables:
  return {"params": variables["params"]["backbone"], "batch_stats": variables["batch_stats"]}


def _last(last: Variables, features: jax.Array) -> jax.Array:
  pooled = features.astype(jnp.float32).mean(axis=(1, 2))
  return (pooled @ last["kernel"] + last["bias"][None])[:, 0]
