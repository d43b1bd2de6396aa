"""Keras' own networks as contestants, on the backend that KERAS_BACKEND names."""

from collections.abc import Callable
from typing import Any

import keras

from benchmarks import flax_networks
from msk_jax.trained import compiler

NETWORKS = {
  "inception_v3": keras.applications.InceptionV3,
  "inception_resnet_v2": keras.applications.InceptionResNetV2,
}


def make_model(network: str, size: int) -> keras.Model:
  """Returns Keras' network without top, with global average pool and Dense 1, not compiled."""
  backbone = NETWORKS[network](include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg")
  return keras.Model(backbone.inputs, keras.layers.Dense(1)(backbone.outputs[0]))


def _adam() -> keras.optimizers.Optimizer:
  return keras.optimizers.Adam(flax_networks.LEARNING_RATE, epsilon=flax_networks.ADAM_EPSILON)


def make_runner(network: str, size: int, batch: int, mode: str, jit_compile: bool | str) -> Callable[[int], None]:
  """Returns a function that takes n steps the way a Keras user does: `train_on_batch` or `predict_on_batch`.

  Args:
    network: a key of `NETWORKS`.
    size: rows and columns.
    batch: images a step.
    mode: `train` or `infer`.
    jit_compile: for `model.compile`; `auto` is Keras' default.
  """
  model = make_model(network, size)
  model.compile(optimizer=_adam(), loss="mse", jit_compile=jit_compile)
  arrays = flax_networks.make_batch(size, batch)
  images, targets = (keras.ops.convert_to_tensor(array) for array in arrays)

  def run(n: int) -> None:
    for _ in range(n):  # both wait for their result
      if mode == "train":
        model.train_on_batch(images, targets[:, None])
      else:
        model.predict_on_batch(images)

  return run


def make_jitted_runner(network: str, size: int, batch: int, mode: str) -> Callable[[int], None]:
  """The same on the JAX backend, in a jitted step of our own with the package's compiler options."""
  import jax

  model, optimizer = make_model(network, size), _adam()
  optimizer.build(model.trainable_variables)
  images, targets = map(jax.device_put, flax_networks.make_batch(size, batch))

  def loss_of(trained: Any, fixed: Any) -> tuple[jax.Array, Any]:
    predicted, fixed = model.stateless_call(trained, fixed, images, training=True)
    return jax.numpy.mean(jax.numpy.square(predicted[:, 0] - targets)), fixed

  def train(trained: Any, fixed: Any, moments: Any) -> tuple[Any, Any, Any, jax.Array]:
    (loss, fixed), grads = jax.value_and_grad(loss_of, has_aux=True)(trained, fixed)
    trained, moments = optimizer.stateless_apply(moments, grads, trained)
    return trained, fixed, moments, loss

  def infer(trained: Any, fixed: Any, moments: Any) -> tuple[Any, Any, Any, jax.Array]:
    return trained, fixed, moments, model.stateless_call(trained, fixed, images, training=False)[0]

  step = jax.jit(train if mode == "train" else infer, donate_argnums=(0, 1, 2), compiler_options=compiler.options())
  lists = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
  held: list[Any] = [[jax.numpy.array(variable.value) for variable in variables] for variables in lists]

  def run(n: int) -> None:
    out = None
    for _ in range(n):
      *held[:], out = step(*held)
    jax.block_until_ready(out)

  return run
