"""The recipe "A backbone" of WORKSPACE.md gives a network whose every parameter is trained."""

import functools
import re
import sys
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import knee
from msk_jax import models
from msk_jax.models import backbones
from msk_jax.trained import network, network_spec
from msk_jax.training import optimizer, spec, state, step
from tests.recipes import recipe

_SHAPE, _SIDE, _BATCH = (24, 20, 1), 5, 4
_MAX_LINES = 30
_RECIPE = recipe.read()["A backbone"]


@pytest.fixture
def name(monkeypatch) -> str:
  """Writes the recipe's file and its entry, as far as a running program can; returns the entry's key."""
  written, _, entered = _RECIPE.steps
  file = re.search(r"New file `msk_jax/models/(\w+)\.py`", written).group(1)
  code, entry = (re.search(r"```python\n(.*?)```", step, re.DOTALL).group(1) for step in (written, entered))
  module = types.ModuleType(f"msk_jax.models.{file}")
  monkeypatch.setitem(sys.modules, module.__name__, module)
  monkeypatch.setattr(models, file, module, raising=False)
  exec(compile(code, f"{file}.py", "exec"), module.__dict__)
  ((key, factory),) = eval(f"{{{entry}}}", {file: module}).items()
  monkeypatch.setitem(backbones.BACKBONES, key, factory)
  return key


def test_the_recipe_is_short():
  assert sum(step.count("\n") + 1 for step in _RECIPE.steps) < _MAX_LINES


def test_the_config_takes_the_new_name(name):
  (command,) = _RECIPE.commands
  argument = re.search(r"--config=configs/knee\.py:(\S+)", command).group(1)
  assert knee.get_config(argument).model.backbone == name


def test_a_training_step_moves_every_parameter_and_statistic(name):
  model = network.build_model(network_spec.ModelSpec(name, num_dense_nodes=16, remat=True))
  tx = optimizer.make(spec.OptimizationSpec())
  create = functools.partial(state.create, model=model, tx=tx, image_shape=_SHAPE, num_side_inputs=_SIDE)
  start = jax.jit(create)(jax.random.key(0))
  rng = np.random.default_rng(0)
  batch = {
    "image": rng.integers(0, 256, (_BATCH, *_SHAPE), np.uint8),
    "side": rng.normal(size=(_BATCH, _SIDE)).astype(np.float32),
    "age_z": rng.normal(size=_BATCH).astype(np.float32),
  }
  take = functools.partial(step.train_step, model=model, tx=tx, l2=0.1)
  after, metrics = jax.jit(take)(start, batch, jax.random.key(1))
  assert np.isfinite(metrics["loss"])
  parts = [(part.params["backbone"], part.batch_stats) for part in (start, after)]
  for (path, old), new in zip(jax.tree.leaves_with_path(parts[0]), jax.tree.leaves(parts[1]), strict=True):
    assert jnp.abs(old - new).max() > 0, jax.tree_util.keystr(path)
