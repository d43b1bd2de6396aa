"""InceptionV3 and InceptionResNetV2 in PyTorch, from the same tables as the package's, in channels-last layout.

Modules and parameters have the package's names. BatchNorm has no scale, and Keras' epsilon and momentum. PyTorch uses
the unbiased moving variance, which costs the same. Check: `python -m benchmarks.torch_networks`.
"""

import argparse
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import flax_networks
from msk_jax.models import branches, inception_resnet_v2, inception_v3, layers

_TABLES = {"inception_v3": inception_v3, "inception_resnet_v2": inception_resnet_v2}
_CHECK_TOLERANCE = 1e-4  # largest difference of the features, over their largest value


class _BatchNorm(nn.Module):
  """Batch normalisation without scale, as Keras' networks have it."""

  def __init__(self, channels: int):
    super().__init__()
    self.bias = nn.Parameter(torch.zeros(channels))
    self.register_buffer("mean", torch.zeros(channels))
    self.register_buffer("var", torch.ones(channels))

  def forward(self, x: torch.Tensor) -> torch.Tensor:
    momentum = 1 - layers.BATCH_NORM_MOMENTUM  # PyTorch counts the new share
    return functional.batch_norm(
      x, self.mean, self.var, None, self.bias, self.training, momentum, layers.BATCH_NORM_EPSILON
    )


class _ConvBatchNorm(nn.Module):
  def __init__(self, channels_in: int, conv: branches.Conv):
    super().__init__()
    padding = (conv.rows // 2, conv.columns // 2) if conv.padding == "SAME" else 0
    self.conv = nn.Conv2d(channels_in, conv.filters, (conv.rows, conv.columns), conv.stride, padding, bias=False)
    self.batch_norm = _BatchNorm(conv.filters)

  def forward(self, x: torch.Tensor) -> torch.Tensor:
    return functional.relu(self.batch_norm(self.conv(x)), inplace=True)


class _Block(nn.Module):
  """A block of branches, and a residual block if `residual` is given; `channels` is its output's number."""

  def __init__(self, channels_in: int, table: branches.Branches, residual: inception_resnet_v2.Residual | None = None):
    super().__init__()
    self._table, self._residual = table, residual
    self.channels = self._add(table, channels_in, itertools.count())
    if residual is not None:
      self.up = nn.Conv2d(self.channels, channels_in, 1)
      self.channels = channels_in

  def _add(self, table: branches.Branches, channels_in: int, numbers: Iterator[int]) -> int:
    total = 0
    for branch in table:
      channels = channels_in
      for step in branch:
        if isinstance(step, branches.Fork):
          channels = self._add(step.branches, channels, numbers)
        elif isinstance(step, branches.Conv):
          self.add_module(f"conv_{next(numbers)}", _ConvBatchNorm(channels, step))
          channels = step.filters
      total += channels
    return total

  def forward(self, x: torch.Tensor) -> torch.Tensor:
    y = self._run(self._table, x, itertools.count())
    if self._residual is None:
      return y
    x = x + self.up(y) * self._residual.scale
    return functional.relu(x, inplace=True) if self._residual.relu else x

  def _run(self, table: branches.Branches, x: torch.Tensor, numbers: Iterator[int]) -> torch.Tensor:
    out = []
    for branch in table:
      y = x
      for step in branch:
        if isinstance(step, branches.Fork):
          y = self._run(step.branches, y, numbers)
        elif isinstance(step, branches.Conv):
          y = self.get_submodule(f"conv_{next(numbers)}")(y)
        else:
          y = _pool(step, y)
      out.append(y)
    return torch.cat(out, 1)


def _pool(kind: Any, x: torch.Tensor) -> torch.Tensor:
  if kind == branches.AVERAGE_POOL:
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
  return functional.max_pool2d(x, 3, stride=2)


class Network(nn.Module):
  """Backbone, global average pool and Dense 1: images [b, 3, h, w] to predictions [b]."""

  def __init__(self, network: str):
    """Builds the backbone `network` with PyTorch's own initial weights.

    Args:
      network: inception_v3 or inception_resnet_v2.
    """
    super().__init__()
    tables, self._order, channels, numbers = _TABLES[network], [], 3, itertools.count()
    for step in tables.STEM:
      if isinstance(step, branches.Conv):
        channels = self._append(f"stem_{next(numbers)}", _ConvBatchNorm(channels, step), step.filters)
      else:
        self._order.append(step)
    for name, table in tables.BLOCKS.items():
      if isinstance(table, inception_resnet_v2.Residual):
        block = _Block(channels, table.branches, table)
      else:
        block = _Block(channels, table)
      channels = self._append(name, block, block.channels)
    if network == "inception_resnet_v2":
      last = branches.square(inception_resnet_v2.LAST_FILTERS)
      channels = self._append("conv_7b", _ConvBatchNorm(channels, last), last.filters)
    self.last = nn.Linear(channels, 1)

  def _append(self, name: str, module: nn.Module, channels: int) -> int:
    self.add_module(name, module)
    self._order.append(name)
    return channels

  def features(self, x: torch.Tensor) -> torch.Tensor:
    """Maps images [b, 3, h, w] to features [b, c, h', w']."""
    for step in self._order:
      x = _pool(step, x) if step in (branches.MAX_POOL, branches.AVERAGE_POOL) else self.get_submodule(step)(x)
    return x

  def forward(self, x: torch.Tensor) -> torch.Tensor:
    """Maps images [b, 3, h, w] to predictions [b]."""
    return self.last(self.features(x).mean((2, 3)))[:, 0]


def copy_weights(variables: Mapping[str, Any], network: Network) -> None:
  """Puts the backbone's variables (`params`, `batch_stats`; NumPy) of the package into `network`, in place."""

  def visit(tree: Mapping[str, Any], path: tuple[str, ...]) -> None:
    for name, value in tree.items():
      if isinstance(value, Mapping):
        visit(value, (*path, name))
        continue
      tensor = torch.from_numpy(np.array(value))
      if name == "kernel":
        name, tensor = "weight", tensor.permute(3, 2, 0, 1)
      target = getattr(network.get_submodule(".".join(path)), name)
      assert target.shape == tensor.shape, (path, name)
      target.data.copy_(tensor)

  for collection in ("params", "batch_stats"):
    visit(variables[collection], ())


def make_runner(network: str, size: int, batch: int, mode: str) -> Callable[[int], None]:
  """Returns a function that takes n steps."""
  torch.manual_seed(0)
  model = Network(network).to(memory_format=torch.channels_last)
  arrays = flax_networks.make_batch(size, batch)
  images = torch.from_numpy(arrays[0]).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
  targets = torch.from_numpy(arrays[1])
  if mode == "infer":
    model.eval()

    def infer(n: int) -> None:
      with torch.inference_mode():
        for _ in range(n):
          model(images)

    return infer
  adam = torch.optim.Adam(model.parameters(), flax_networks.LEARNING_RATE, eps=flax_networks.ADAM_EPSILON, fused=True)

  def train(n: int) -> None:
    for _ in range(n):
      adam.zero_grad(set_to_none=True)
      functional.mse_loss(model(images), targets).backward()
      adam.step()

  return train


def check(network: str, size: int = 107) -> tuple[int, float]:
  """Compares the features with the package's on the same random weights.

  Returns:
    The number of the backbone's parameters here, and the largest difference over the largest value.
  """
  import jax

  program = flax_networks.Program(network, size, 2, "infer", is_fast=False)
  rng = np.random.default_rng(1)

  def draw(path: tuple[Any, ...], leaf: np.ndarray) -> np.ndarray:
    kind = path[-1].key
    if kind in ("bias", "mean"):
      return rng.normal(0, 0.2, leaf.shape).astype(np.float32)
    return rng.uniform(0.5, 1.5, leaf.shape).astype(np.float32) if kind == "var" else leaf

  drawn = jax.tree_util.tree_map_with_path(draw, flax_networks.draw_variables(program.shapes))
  variables = {"params": drawn["params"]["backbone"], "batch_stats": drawn["batch_stats"]}
  images, _ = flax_networks.make_batch(size, 2)
  expected = np.asarray(jax.jit(lambda v, x: program.model.apply(v, x, train=False)[0])(variables, images))
  model = Network(network).eval()
  copy_weights(variables, model)
  with torch.no_grad():
    found = model.features(torch.from_numpy(images).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
  count = sum(parameter.numel() for parameter in model.parameters()) - sum(p.numel() for p in model.last.parameters())
  return count, float(np.abs(found - expected).max() / np.abs(expected).max())


def main() -> None:
  parser = argparse.ArgumentParser(description="Checks the PyTorch networks against the package's.")
  parser.parse_args()
  for network in _TABLES:
    count, difference = check(network)
    expected = flax_networks.num_parameters(network)
    print(f"{network}: {count} parameters (here {expected}), features differ by {difference:.1e} of the largest")
    assert count == expected
    assert difference < _CHECK_TOLERANCE


if __name__ == "__main__":
  main()
