"""Figures of all variants of a trait: Manhattan, Q-Q and volcano plots."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import figure as mpl_figure

from msk_jax.figures import labels, manhattan, palette, quantiles, volcano
from msk_jax.figures.scatter import Points
from msk_jax.figures.tall_axis import Line
from msk_jax.genetics import results
from msk_jax.gwas_loci.figures import wording
from msk_jax.gwas_loci.figures.streams import Streamed

_NOT_A_HIT = palette.pale(palette.OTHER)


def make_panel(title: str, streamed: Streamed, loci: pd.DataFrame, dimension: str) -> manhattan.Panel:
  """Returns a trait's panel of a Manhattan plot, lead variants with their genes.

  Args:
    title: of the panel.
    streamed: the variants.
    loci: of the trait and source, schema loci.
    dimension: its colour.
  """
  genome = streamed.track.genome
  names = []
  for _, locus in loci.iterrows():
    number = genome.names.index(locus["chromosome"]) + 1
    place = genome.places(np.array([number]), np.array([locus["position_bp"]]))[0]
    names.append(labels.Label(wording.genes(locus), float(place), float(locus["neg_log10_p"])))
  return manhattan.Panel(title, streamed.track, palette.dimension(dimension), names)


def draw_quantiles(title: str, streamed: Streamed, dimension: str, lambda_gc: float) -> mpl_figure.Figure:
  """Draws the Q-Q plot of a trait."""
  return quantiles.draw(title, streamed.quantiles, palette.dimension(dimension), lambda_gc)


def draw_volcano(
  title: str, streamed: Streamed, loci: pd.DataFrame, lines: Sequence[Line], trait: pd.Series
) -> mpl_figure.Figure:
  """Draws the volcano plot of a trait: hits by whether a copy of the effect allele ages faster or slower.

  Args:
    title: of the figure.
    streamed: the variants.
    loci: of the trait and source, schema loci.
    lines: levels of significance.
    trait: its row of schema gwas_traits. Of an own trait, values are higher or lower.
  """
  more, less = ("ages faster", "ages slower") if trait["model"] else ("higher values", "lower values")
  unit = str(trait["unit"]) or "trait's unit"
  beta, neg_log10_p = streamed.effects.points()
  is_hit = neg_log10_p > results.SIGNIFICANT_NEG_LOG10_P
  groups = (
    (f"p above {lines[0].label}", ~is_hit, _NOT_A_HIT),
    (more, is_hit & (beta > 0), palette.RATES["accelerated"]),
    (less, is_hit & (beta <= 0), palette.RATES["decelerated"]),
  )
  named = zip(loci["beta"], loci["neg_log10_p"], (wording.genes(locus) for _, locus in loci.iterrows()), strict=True)
  return volcano.draw(
    volcano.Volcano(
      title,
      f"beta: {unit} per copy of the effect allele",
      [Points(label, beta[chosen], neg_log10_p[chosen], colour) for label, chosen, colour in groups],
      lines,
      [labels.Label(text, float(x), float(y)) for x, y, text in named],
      is_italic=True,
      empty=f"no variant below {lines[0].label}",
    )
  )
