"""The figure of the correlations of accelerated ageing."""

import pathlib

from msk_jax.figures import frame, heat_map
from msk_jax.predictions import model_names
from msk_jax.scores.correlations import Correlations


def draw(path: pathlib.Path, title: str, names: list[str], correlations: Correlations) -> None:
  """Draws correlations as a heat map.

  Args:
    path: the PNG to write; the SVG is beside it.
    title: of the figure.
    names: of the m models, in the order to be shown.
    correlations: [m, m], in that order.
  """
  labels = [model_names.label(name) for name in names]
  groups = [model_names.dimension(name) for name in names]
  matrix = heat_map.Matrix(correlations.r, correlations.sd, labels, groups)
  frame.save(heat_map.draw(title, matrix, "Pearson's r of accelerated ageing"), path)
