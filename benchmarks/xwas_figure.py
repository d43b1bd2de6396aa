"""The growth of the associations' time with the number of samples, drawn."""

import pathlib
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from msk_jax.figures import frame, palette


def draw_growth(path: pathlib.Path, samples: Sequence[int], seconds: Sequence[float], gib: Sequence[float]) -> None:
  """Draws CPU time, with a line through the origin, and peak memory against the number of samples.

  Args:
    path: of the PNG.
    samples: [n].
    seconds: [n], for equally many variables.
    gib: [n].
  """
  figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
  x, y = np.asarray(samples, float), np.asarray(seconds, float)
  slope = float(x @ y / (x @ x))
  left.plot([0, x.max()], [0, slope * x.max()], color=palette.OTHER, linewidth=1, label="linear")
  left.plot(x, y, "o", color=palette.INK)
  left.set(xlabel="samples", ylabel="CPU seconds", ylim=(0, None))
  left.legend(frameon=False)
  right.plot(x, gib, "o-", color=palette.INK)
  right.set(xlabel="samples", ylabel="peak memory, GiB", ylim=(0, None))
  for axes in (left, right):
    axes.xaxis.set_major_formatter("{x:,.0f}")
    frame.clean(axes)
  frame.save(figure, path)
