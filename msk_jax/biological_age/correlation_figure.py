"""The figure of the correlations of accelerated ageing."""

import pathlib
from collections.abc import Collection

from msk_jax.figures import frame, heat_map
from msk_jax.predictions import age_doubts, model_names
from msk_jax.scores.correlations import Correlations


def draw(
  path: pathlib.Path, title: str, names: list[str], correlations: Correlations, doubted: Collection[str]
) -> None:
  """Draws correlations as a heat map.

  Args:
    path: the PNG to write; the SVG is beside it.
    title: of the figure.
    names: of the m models, in the order to be shown.
    correlations: [m, m], in that order.
    doubted: models without age signal, which are marked.
  """
  labels = [model_names.label(name) + (f" {age_doubts.MARK}" if name in doubted else "") for name in names]
  groups = [model_names.dimension(name) for name in names]
  matrix = heat_map.Matrix(correlations.r, correlations.sd, labels, groups)
  note = f"\n{age_doubts.FOOTNOTE}" if set(names) & set(doubted) else ""
  frame.save(heat_map.draw(title + note, matrix, "Pearson's r of accelerated ageing"), path)
