"""The figure of a training."""

import numpy as np

from msk_jax.figures import frame
from msk_jax.scores import metrics
from msk_jax.training import prediction_figure


def test_scatter_is_a_picture(tmp_path):
  rng = np.random.default_rng(0)
  parts = {}
  for name, n in (("validation", 30), ("test", 40)):
    ages = rng.uniform(45, 80, n)
    parts[name] = (ages, ages + rng.normal(1, 4, n))
  scores = {name: metrics.summary(*pair, 60.0) for name, pair in parts.items()}
  prediction_figure.draw(tmp_path / "p.png", "knee/simple_cnn, split 0", parts, scores, 60.0)
  assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG") and len(list(tmp_path.iterdir())) == 2
  assert frame.is_whole(tmp_path / "p.png")
