"""Figures of the associations: a volcano plot per dimension, heat maps of the dimensions' similarity."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.disclosure import door
from msk_jax.figures import heat_map, labels, palette, volcano
from msk_jax.figures.scatter import Points

_NUM_NAMES = 20
_LONGEST_NAME = 32


def draw(folder: pathlib.Path, associations: pd.DataFrame, similarity: pd.DataFrame, level: float, whole: int) -> None:
  """Draws all figures; they may leave.

  Args:
    folder: gets the files.
    associations: schema xwas_associations.
    similarity: schema xwas_similarity.
    level: of significance before Bonferroni's correction.
    whole: people with any accelerated ageing.
  """
  for dimension, rows in associations.groupby("dimension", sort=False):
    own = rows[(rows["reason"] == "") & (rows["circular"] == "")]
    if len(own):
      fewest = own["num_people"].min()
      figure = volcano.draw(_volcano(str(dimension), rows, own, level))
      shared = door.SharedFigure(figure, whole, None if pd.isna(fewest) else int(fewest))
      door.save_figure(folder / f"volcano_{dimension}.png", shared)
  dimensions = list(dict.fromkeys([*similarity["dimension_1"], *similarity["dimension_2"]]))
  chosen = similarity[(similarity["selection"] == "all") & (similarity["level"] != "category")]
  for main, pairs in chosen.groupby("main_category", sort=False):
    if pairs["pearson"].notna().any():
      figure = heat_map.draw(*_heat_map(str(main), pairs, dimensions))
      door.save_figure(folder / f"similarity_{main or 'all'}.png", door.SharedFigure(figure, whole, None))


def _volcano(dimension: str, rows: pd.DataFrame, own: pd.DataFrame, level: float) -> volcano.Volcano:
  """Returns what is drawn of a dimension: `own`, its associations with a result that are not circular."""
  limit = -np.log10(level / len(own))
  height, r = own["neg_log10_p"].to_numpy(np.float64), own["r"].to_numpy(np.float64)
  is_strong = height > limit
  series = [Points("not significant", r[~is_strong], height[~is_strong], palette.OTHER)]
  mains = own["main_category"].to_numpy(str)
  for main in dict.fromkeys(mains[is_strong].tolist()):
    chosen = is_strong & (mains == main)
    series.append(Points(_plain(main), r[chosen], height[chosen], palette.category(main)))
  strongest = own[is_strong].sort_values("neg_log10_p", ascending=False).head(_NUM_NAMES)
  names = [labels.Label(_short(row.label or row.variable), row.r, row.neg_log10_p) for row in strongest.itertuples()]
  num_circular = int((rows["circular"] != "").sum())
  left_out = f"; {num_circular:,} circular ones are left out" if num_circular else ""
  title = f"Accelerated ageing, {_plain(dimension)}: {len(own):,} variables{left_out}"
  return volcano.Volcano(
    title,
    "partial correlation with age, sex and ethnicity held constant (right: ages faster)",
    series,
    lines=[volcano.Line(f"{level:g} / {len(own):,}", float(limit))],
    names=names,
    empty="no variable is significant",
  )


def _heat_map(main: str, pairs: pd.DataFrame, dimensions: Sequence[str]):
  """Returns title, matrix and label of the colours: Pearson's r above the diagonal, Spearman's below."""
  m = len(dimensions)
  values = np.full((m, m), np.nan)
  for row in pairs.to_dict("records"):
    i, j = dimensions.index(row["dimension_1"]), dimensions.index(row["dimension_2"])
    values[i, j], values[j, i] = row["pearson"], row["spearman"]
  num = int(pairs["num_variables"].max())
  title = f"Similarity of dimensions: {_plain(main or 'all categories')}, up to {num:,} variables"
  matrix = heat_map.Matrix(values, np.full((m, m), np.nan), [_plain(name) for name in dimensions])
  return title, matrix, "correlation of partial correlations (above: Pearson, below: Spearman)"


def _plain(name: str) -> str:
  return name.replace("_", " ")


def _short(text: str) -> str:
  return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
