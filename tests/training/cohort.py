"""A tiny prepared workdir whose images show age as brightness: what `prepare` would have written."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.imaging import store, views
from msk_jax.trained import network_spec
from msk_jax.training import spec
from tests import tiny_workdir

SHAPE = (40, 32)  # rows, columns
NUM_PEOPLE = 60
LEARNING_RATE = 3e-3
STEADY = {
  "warmup_steps": 6,
  "mean_keep": 0.9,
  "exact_statistics_images": 24,
}  # what presets add to the paper's settings
VIEW = views.View("knee", (80, 64), SHAPE, is_paired=True, augmentation=views.VIEWS["knee"].augmentation)


def write_workdir(
  workdir: pathlib.Path, seed: int = 0, num_people: int = NUM_PEOPLE, first_id: int = 9_000_000
) -> None:
  """Writes cohort tables and knee images; person 0 has no left knee, person 1 no right one."""
  rng = np.random.default_rng(seed)
  eid = [str(first_id + i) for i in range(num_people)]
  age = rng.uniform(45, 80, num_people)
  people = pd.DataFrame({"eid": eid, "sex": rng.integers(0, 2, num_people), "ethnicity": 1001})
  visits = pd.DataFrame({"eid": eid, "instance": 2, "age_years": age, "centre": -1})
  folds = pd.DataFrame({"eid": eid, "fold": np.arange(num_people) % 10})
  tiny_workdir.write_cohort(workdir, people, visits, folds)
  rows, images = [], []
  for i in range(num_people):
    for side in views.SIDES:
      if (i, side) in ((0, "left"), (1, "right")):
        continue
      noise = rng.normal(0, 12, SHAPE)
      noise[8:20] += 3.5 * (age[i] - 45)
      images.append(np.clip(60 + noise, 0, 255).astype(np.uint8))
      row = {"eid": eid[i], "instance": 2, "side": side, "shard": 0, "row": len(rows)}
      rows.append({**row, "sha256": store.image_hash(images[-1])})
  folder = workdir / "images/knee"
  folder.mkdir(parents=True)
  store.write_shard(folder, 0, np.stack(images))
  store.write_index(folder, pd.DataFrame(rows), SHAPE)


def experiment(**train) -> spec.ExperimentSpec:
  """Returns a training of a few steps on these images; checkpoints are those of epochs and pauses."""
  settings = {
    "batch_size": 8,
    "learning_rate": LEARNING_RATE,
    "images_per_epoch": 64,
    "max_epochs": 3,
    "evaluation_batch_size": 8,
    "checkpoint_every_steps": 100,
    **train,
  }
  model = network_spec.ModelSpec("simple_cnn", num_dense_nodes=32, l2=1e-3, batch_norm_momentum=0.9, image_shape=SHAPE)
  return spec.ExperimentSpec("knee", model=model, train=spec.OptimizationSpec(**settings))
