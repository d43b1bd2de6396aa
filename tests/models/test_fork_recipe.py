"""The recipe "Forking a backbone" in WORKSPACE.md, done to the letter, gives a network that trains."""

import functools
import pathlib
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
from msk_jax.training import network, optimizer, spec, state, step

_SHAPE, _SIDE, _BATCH = (24, 20, 1), 5, 4
_MAX_LINES = 30


def recipe() -> str:
  text = (pathlib.Path(__file__).resolve().parents[2] / "WORKSPACE.md").read_text()
  return text.split("### Forking a backbone\n")[1].split("\n#")[0]


@pytest.fixture
def name(monkeypatch) -> str:
  """Writes the recipe's file and its entry, as far as a running program can; returns the entry's key."""
  text = recipe()
  file = re.search(r"One file, `msk_jax/models/(\w+)\.py`", text).group(1)
  code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
  module = types.ModuleType(f"msk_jax.models.{file}")
  monkeypatch.setitem(sys.modules, module.__name__, module)
  monkeypatch.setattr(models, file, module, raising=False)
  exec(compile(code, f"{file}.py", "exec"), module.__dict__)
  entry = re.search(r"entry in `BACKBONES` of `msk_jax/models/backbones\.py`: `(.*?)`", text).group(1)
  ((key, factory),) = eval(f"{{{entry}}}", {file: module}).items()
  monkeypatch.setitem(backbones.BACKBONES, key, factory)
  return key


def test_the_recipe_is_short():
  assert recipe().strip().count("\n") < _MAX_LINES


def test_the_config_takes_the_new_name(name):
  argument = re.search(r"`--config=configs/knee\.py:(.*?)`", recipe()).group(1)
  assert knee.get_config(argument).model.backbone == name


def test_a_training_step_moves_every_parameter_and_statistic(name):
  model = network.build_model(spec.ModelSpec(name, num_dense_nodes=16, remat=True))
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
