"""The age model: backbone, side network and head (paper, Methods: "Convolutional neural networks")."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from msk_jax.models import backbones, input_scale, layers

BACKBONE = "backbone"  # the name of its part of parameters and statistics
FEATURES = "pre_pool_bhwc"  # the name of the backbone's features among the intermediates
_ACTIVATED = "_ac"  # ends the name of an intermediate, as Keras calls it, whose module has the name without it
_COLOURS = 3  # channels that the backbones take
_WIDTH_RATIO = 4  # each dense layer has a quarter of the nodes of the one before
_FULL_DROPOUT_NODES = 1024  # the layer size at which the dropout rate is `dropout`
_NO_DROPOUT_NODES = 16  # layers of this size or less have no dropout
_MAX_DROPOUT = 0.95  # the largest rate that the paper's authors tried


class AgeModel(nn.Module):
  """Predicts the z-scored age from an image and side inputs (sex, ethnicity, side of the body).

  Parameters: `backbone`, `side`, `dense_0` ..., `age`. From the pooling on all computes in float32, or in float64
  if the backbone does.

  Attributes:
    backbone_name: a key of `backbones.BACKBONES`.
    num_dense_layers: hidden dense layers of the head, 0 or more.
    num_dense_nodes: nodes of the last hidden layer; each layer before it has four times as many.
    dropout: rate before the head, and after a hidden layer of 1024 nodes (see `dropout_rate`).
    side_nodes: nodes of the side network.
    batch_norm_momentum: share kept of the old moving statistics at each training step.
    dtype: of the backbone's computation.
    is_fast: whether the backbone uses the forms of `fast_layers`, with the same results; None: on a CPU.
    remat: whether the backbone's blocks keep only their input for the backward pass.
    input_scale: how pixels become the backbone's input, a key of `input_scale.INPUT_SCALES`.
  """

  backbone_name: str
  num_dense_layers: int = 1
  num_dense_nodes: int = 1024
  dropout: float = 0.5
  side_nodes: int = 16
  batch_norm_momentum: float = layers.BATCH_NORM_MOMENTUM
  dtype: Any = jnp.float32
  is_fast: bool | None = None
  remat: bool = False
  input_scale: str = input_scale.DEFAULT

  @nn.compact
  def __call__(
    self, image_bhwc: jax.Array, side_bk: jax.Array, *, train: bool, shifts: Mapping[str, jax.Array] | None = None
  ) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the z-scored ages and the intermediates.

    Args:
      image_bhwc: [b, h, w, 1] or [b, h, w, 3] pixels, uint8 or floats, 0 to 255.
      side_bk: [b, k] z-scored side inputs.
      train: whether dropout acts and batch statistics are used; then `apply` needs `rngs={'dropout': key}`
        and `mutable=['batch_stats']`.
      shifts: added to intermediates of the backbone, or to `pre_pool_bhwc`, before anything reads them. The gradient by
        a shift, at 0, is the gradient by that intermediate.

    Returns:
      age_z [b] float32 (or float64), and the backbone's intermediates with `pre_pool_bhwc` (its features), `pooled_bk`,
      `side_bk`, `dense_0` ... and `age_z_b`.

    Raises:
      ValueError: no module of the backbone ends in an intermediate that is to be shifted.
    """
    backbone = backbones.make_backbone(
      self.backbone_name,
      dtype=self.dtype,
      batch_norm_momentum=self.batch_norm_momentum,
      is_fast=self.is_fast,
      remat=self.remat,
      name=BACKBONE,
    )
    scaled_bhwc = _to_colour(input_scale.scale_pixels(image_bhwc, self.input_scale))
    shifts = dict(shifts or {})
    with nn.intercept_methods(_shift_outputs(shifts)):
      features_bhwc, out = backbone(scaled_bhwc.astype(self.dtype), train=train)
    if FEATURES in shifts:
      features_bhwc = features_bhwc + shifts.pop(FEATURES)
    if shifts:
      raise ValueError(f"{self.backbone_name} has no module that ends in {', '.join(shifts)}; it can't be shifted.")
    out = {**out, FEATURES: features_bhwc}
    wide = jnp.promote_types(self.dtype, jnp.float32)
    out["pooled_bk"] = features_bhwc.astype(wide).mean(axis=(1, 2))
    out["side_bk"] = nn.relu(_dense(self.side_nodes, "side", wide)(side_bk.astype(wide)))
    x_bk = jnp.concatenate([out["pooled_bk"], out["side_bk"]], axis=-1)
    x_bk = nn.Dropout(self.dropout, deterministic=not train)(x_bk)
    for i, nodes in enumerate(dense_sizes(self.num_dense_layers, self.num_dense_nodes)):
      x_bk = out[f"dense_{i}"] = nn.relu(_dense(nodes, f"dense_{i}", wide)(x_bk))
      x_bk = nn.Dropout(dropout_rate(self.dropout, nodes), deterministic=not train)(x_bk)
    out["age_z_b"] = _dense(1, "age", wide)(x_bk)[:, 0]
    return out["age_z_b"], out


def dense_sizes(num_layers: int, num_nodes: int) -> list[int]:
  """Returns the sizes of the hidden layers: the last has `num_nodes`, each before it four times as many."""
  return [num_nodes * _WIDTH_RATIO ** (num_layers - 1 - i) for i in range(num_layers)]


def dropout_rate(dropout: float, num_nodes: int) -> float:
  """Returns the dropout rate after a hidden layer: in proportion to its size, none for 16 nodes or fewer.

  The rate is at most .95 (or `dropout`, if that is larger), since the proportion could pass 1 beyond 1024 nodes.
  """
  if num_nodes <= _NO_DROPOUT_NODES:
    return 0.0
  return min(dropout * num_nodes / _FULL_DROPOUT_NODES, max(_MAX_DROPOUT, dropout))


def l2_mask(params: Mapping[str, Any]) -> Any:
  """Returns a tree of bools like `params`: True for the added dense kernels, which the L2 penalty is for."""

  def is_penalised(path: tuple[Any, ...], _: Any) -> bool:
    return path[0].key != BACKBONE and path[-1].key == "kernel"

  return jax.tree_util.tree_map_with_path(is_penalised, params)


class Parameter(NamedTuple):
  """An array of the network: its path joined by `/`, its shape, and how many numbers it holds."""

  path: str
  shape: tuple[int, ...]
  count: int


def parameter_table(params: Mapping[str, Any]) -> list[Parameter]:
  """Returns all parameters, in the tree's order."""
  flat = jax.tree_util.tree_flatten_with_path(params)[0]
  return [Parameter("/".join(key.key for key in path), tuple(leaf.shape), int(leaf.size)) for path, leaf in flat]


def _dense(nodes: int, name: str, dtype: Any) -> nn.Dense:
  return nn.Dense(nodes, dtype=dtype, kernel_init=layers.KERNEL_INIT, name=name)


def _shift_outputs(shifts: dict[str, jax.Array]) -> Any:
  """Returns an interceptor that adds shifts to outputs of the backbone's modules; those added leave `shifts`."""

  def add(call: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
    output = call(*args, **kwargs)
    *parents, name = context.module.path or ("",)
    if not shifts or context.method_name != "__call__" or parents != [BACKBONE]:
      return output
    for intermediate in (name, f"{name}{_ACTIVATED}"):
      if intermediate in shifts:
        return output + shifts.pop(intermediate)
    return output

  return add


def _to_colour(image_bhwc: jax.Array) -> jax.Array:
  """Repeats a grey image's one channel; leaves three as they are."""
  channels = image_bhwc.shape[-1]
  if channels == _COLOURS:
    return image_bhwc
  if channels != 1:
    raise ValueError(f"images have 1 or {_COLOURS} channels, got {channels}.")
  return jnp.repeat(image_bhwc, _COLOURS, axis=-1)
