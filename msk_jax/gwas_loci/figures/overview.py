"""Figures of all traits: heritability, and the correlations of the paper's Figure 6."""

import numpy as np
import pandas as pd
from matplotlib import figure as mpl_figure

from msk_jax.figures import bars, heat_map, palette
from msk_jax.gwas_loci.figures import wording


def draw_heritability(traits: pd.DataFrame, heritability: pd.DataFrame) -> mpl_figure.Figure:
  """Draws heritability, with the published values beside.

  Args:
    traits: schema gwas_traits.
    heritability: schema gwas_heritability, at least one row.
  """
  rows = heritability.merge(traits.filter(["trait", "dimension", "stratum", "model", "doubt"]), on="trait", how="left")
  published = rows["published_h2"].to_numpy(np.float64)
  panel = bars.Bars(
    values=rows["h2"].to_numpy(np.float64),
    sds=rows["h2_se"].to_numpy(np.float64),
    colours=[palette.dimension(name) for name in rows["dimension"]],
    x_label="heritability (share of the variance, ± SE)",
    diamonds=published,
    diamond_sds=rows["published_h2_se"].to_numpy(np.float64),
    texts=[_describe(row) for _, row in rows.iterrows()],
  )
  names = [wording.trait(row) for _, row in rows.iterrows()]
  title = ("Heritability of accelerated ageing" if wording.is_ageing(rows) else "Heritability") + wording.footnote(rows)
  figure = bars.draw_panels(title, names, [panel], np.arange(len(rows), dtype=float))
  if np.isfinite(published).any():
    bars.add_legend(figure, "published, ± SE")
  return figure


def _describe(row: pd.Series) -> str:
  """Returns a heritability with the doubt about it, or why there is none, and the published one."""
  reason = str(row["reason"]).replace("_", " ")
  own = f"{row['h2']:.3f}" + (f", {reason}" if reason else "") if np.isfinite(row["h2"]) else reason or "none"
  return own + (f" (published {row['published_h2']:.3f})" if np.isfinite(row["published_h2"]) else "")


def draw_figure_6(traits: pd.DataFrame, genetic: pd.DataFrame, phenotypic: pd.DataFrame) -> mpl_figure.Figure:
  """Draws phenotypic correlations above the diagonal and genetic ones below it (after the paper's Figure 6).

  Args:
    traits: those to be shown, in order; schema gwas_traits.
    genetic: schema gwas_genetic_correlations.
    phenotypic: schema acceleration_correlations, of one product; by models.
  """
  names = [str(name) for name in traits["trait"]]
  models = [str(name) for name in traits["model"]]
  labels = [wording.trait(row).replace(", ", "\n") for _, row in traits.iterrows()]
  above = _matrix(models, phenotypic[["model_1", "model_2", "r", "sd"]], labels)
  below = _matrix(names, genetic[["trait_1", "trait_2", "rg", "rg_se"]], labels)
  of_what = " of accelerated ageing" if wording.is_ageing(traits) else ""
  title = f"Correlations{of_what}\nabove the diagonal: phenotypic, ± SD by bootstrap; below: genetic, ± SE"
  title += wording.footnote(traits)
  return heat_map.draw(title, heat_map.join_triangles(above, below), "Pearson's r above, genetic correlation below")


def _matrix(names: list[str], table: pd.DataFrame, labels: list[str]) -> heat_map.Matrix:
  """Returns pairs as a symmetric matrix.

  Args:
    names: of rows and columns; an empty one is nobody's.
    table: two names, value, SD or SE.
    labels: of rows and columns.
  """
  values, sds = np.full((2, len(names), len(names)), np.nan)
  place = {name: i for i, name in enumerate(names) if name}
  for first, second, value, sd in table.itertuples(index=False):
    if first in place and second in place:
      for pair in ((place[first], place[second]), (place[second], place[first])):
        values[pair], sds[pair] = value, sd
  return heat_map.Matrix(values, sds, labels)
