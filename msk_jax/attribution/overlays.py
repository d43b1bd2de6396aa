"""Overlays as in the paper's Figures 3 and 4: people who age slowly, normally and fast, side by side.

They show single people. Names and titles have no id: sex, age group, side, and the pseudonyms of the quality report.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from msk_jax.attribution import map_files, sampling
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.methods import FLAWS, MEANINGS, Method
from msk_jax.figures import frame, overlay
from msk_jax.io import progress
from msk_jax.predictions import model_names

_ORDER: tuple[Method, ...] = (  # as in the figures
  "grad_ram",
  "published_grad_ram",
  "patch_saliency",
  "saliency",
  "published_saliency",
)


def draw_all(folder: pathlib.Path, made: MadeMaps, triplets_per_cell: int, *, are_drawn: bool) -> int:
  """Draws triplets of each sex, age group and side; returns how many figures there are.

  Args:
    folder: of the figures.
    made: the maps.
    triplets_per_cell: how many, the samples that stand for their groups best first.
    are_drawn: whether the people are a phantom's; if not, the figures say that they are individual-level data.
  """
  triplets = list(_list_triplets(made.pictures, triplets_per_cell))
  with progress.track("drawing", len(triplets), "figures") as advance:
    for name, rows in triplets:
      _draw(folder / f"{name}.png", made, rows, are_drawn)
      advance()
  return len(triplets)


def _list_triplets(pictures: pd.DataFrame, count: int) -> Iterator[tuple[str, pd.DataFrame]]:
  """Yields (name, rows of pictures): one row per rate that has a picture of that rank."""
  for sex in sampling.SEXES.values():
    for age_group in sampling.AGE_GROUPS:
      for side in sorted(pictures["side"].unique(), reverse=True):
        cell = pictures[(pictures["sex"] == sex) & (pictures["age_group"] == age_group) & (pictures["side"] == side)]
        for rank in range(count):
          rows = cell[cell["rank"] == rank]
          rows = rows.set_index("rate").reindex(sampling.RATES).dropna(subset=["map"]).reset_index()
          if len(rows):
            parts = [sex, age_group, *([side] if side else []), *([str(rank + 1)] if count > 1 else [])]
            yield "_".join(parts), rows


def _draw(path: pathlib.Path, made: MadeMaps, rows: pd.DataFrame, are_drawn: bool) -> None:
  first = rows.iloc[0]
  places = rows["map"].to_numpy(np.int64)
  pictures = [made.load(np.array([place]))[0][0] for place in places]
  shown = [picture[..., 0] if picture.shape[-1] == 1 else picture for picture in pictures]
  layers = [
    overlay.Layer(
      made.label(method),
      MEANINGS[method].unit,
      [MEANINGS[method].shown(made.read(method)[place]) for place in places],
      [FLAWS.get(map_files.flaw_of(flaws, method), "") for flaws in rows["flaws"]],
      is_signed=MEANINGS[method].is_signed,
    )
    for method in _ORDER
    if method in made.methods
  ]
  side = f", {first['side']} side" if first["side"] else ""
  what = "phantom" if are_drawn else "individual-level data: not for sharing"
  title = f"{model_names.label(made.network.name)}: {first['sex']}, {first['age_group']}{side} ({what})"
  frame.save(overlay.draw(made.titled(title), [_heading(row) for _, row in rows.iterrows()], shown, layers), path)


def _heading(row: pd.Series) -> str:
  return (
    f"{row['rate']}: {row['acceleration_years']:+.1f} years\n".replace("-", "\N{MINUS SIGN}")
    + f"{row['age_years']:.0f} years old, predicted {row['predicted_age_years']:.0f}\n{row['pseudonym']}"
  )
