"""Mean maps of the chosen samples' groups, as files."""

import pathlib
from typing import Any

import numpy as np
from absl import logging

from msk_jax.attribution import group_means, registration, whose
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.methods import MEANINGS, Method
from msk_jax.figures import map_grid
from msk_jax.io import outputs
from msk_jax.predictions import model_names

FOLDER = "group_means"
_BLOCK = 64  # pictures read at once
_HALF_FLAWED = "half of them or more have a flaw"
_VERSION = 4  # raise it when the outputs change for equal inputs


def run(made: MadeMaps) -> None:
  """Writes `<folder>/group_means/`: for each kind of maps the groups' means, which may be shared.

  Raises:
    InputError: the folder can't be written.
  """
  settings = {"registration": registration.METHOD, "version": _VERSION}
  output = outputs.Output("attention", made.folder / FOLDER, settings, made.hash_inputs(), "the groups' mean maps")
  outputs.make_folder(output, lambda folder: _write(folder, made))


def _write(folder: pathlib.Path, made: MadeMaps) -> dict[str, Any]:
  return {"lack": made.lack, **_write_means(folder, made)}


def _write_means(folder: pathlib.Path, made: MadeMaps) -> dict[str, Any]:
  try:
    frame = registration.register(_read_grey(made), made.whose.person)
  except ValueError as error:
    logging.warning("no mean maps: %s", error)
    return {"not_made": str(error)}
  results = describe(frame)
  logging.info(
    "%d of %d pictures are registered (%s); held-out pictures' correlation with the template %.3f before, %.3f after, "
    "Dice of the bodies %.3f and %.3f; left ones are mirrored",
    frame.is_registered.sum(),
    len(frame.is_registered),
    registration.METHOD,
    *(results[name] for name in ("correlation_before", "correlation_after", "dice_before", "dice_after")),
  )
  kept, shown = choose(made, frame.is_registered)
  if not shown:
    reason = "half of the maps of each kind or more have a flaw; maps/pictures.parquet names it"
    logging.warning("no mean maps: %s", reason)
    return {**results, "not_made": reason}
  whose_maps, shape = made.whose.take(kept), frame.template.shape
  template = group_means.mask_template(
    frame.template, lambda rows: frame.apply(np.ones((len(rows), *shape), np.float32), kept[rows]), whose_maps.person
  )
  labels = made.pictures[list(group_means.LABELS)].iloc[kept].reset_index(drop=True)
  by_method: dict[str, dict[str, Any]] = {method: {"not_made": _HALF_FLAWED} for method in made.methods}
  for method in shown:

    def read(rows: np.ndarray, method: Method = method) -> np.ndarray:
      return frame.apply(made.read_results(method, kept[rows]), kept[rows])

    means = group_means.compute(read, labels, whose_maps, MEANINGS[method])
    by_method[method] = _write_method(folder, made, method, means, template)
  flawed = whose.shown_count(int(frame.is_registered.sum()) - len(kept))
  return {**results, "methods": by_method, "pictures_with_flawed_maps": flawed}


def choose(made: MadeMaps, is_registered: np.ndarray) -> tuple[np.ndarray, list[Method]]:
  """Returns the pictures that mean maps are of, int [k], and the kinds of maps that have means.

  A picture with a flaw in a map of these kinds is in no mean: all kinds are of the same people, so that the difference
  of two counts does not tell who has a flawed map. A kind with a flaw in half of its maps or more has no means.

  Args:
    made: the maps.
    is_registered: bool [n], which pictures are.
  """
  flawed = {method: made.is_flawed(method) & is_registered for method in made.methods}
  shown = [method for method in made.methods if 2 * flawed[method].sum() < is_registered.sum()]
  for method in made.methods:
    if method not in shown:
      logging.warning("no mean maps of %s: %s", method, _HALF_FLAWED)
    elif count := int(flawed[method].sum()):
      logging.warning(
        "%d pictures are in no mean, as their maps (%s) have a flaw; maps/pictures.parquet names it", count, method
      )
  is_kept = is_registered & ~np.any([np.zeros_like(is_registered), *(flawed[method] for method in shown)], axis=0)
  return np.flatnonzero(is_kept), shown


def _write_method(
  folder: pathlib.Path, made: MadeMaps, method: Method, means: group_means.GroupMeans, template: np.ndarray
) -> dict[str, Any]:
  """Writes the mean maps of a kind; returns what its record says of them."""
  meaning = MEANINGS[method]
  title = made.titled(f"{model_names.label(made.network.name)}: mean {made.label(method)}")
  group_means.write(folder, method, means, template, map_grid.Look(title, meaning.unit, meaning.is_signed))
  if means.is_without_pixels:
    logging.warning("%s: no mean maps, as no pixel is of five people of each group", method)
  elif means.num_hidden_groups:
    logging.warning("%s: %d groups have too few people to be shown", method, means.num_hidden_groups)
  return {
    "unit": meaning.unit,
    "sign": meaning.sign,
    "hidden_groups": means.num_hidden_groups,
    "hidden_people": whose.shown_count(means.num_hidden_people),
    "samples_of_other_groups": whose.shown_count(means.num_left_out),
    "without_pixels": means.is_without_pixels,
  }


def describe(frame: registration.Registration) -> dict[str, Any]:
  """Returns how well pictures were registered: counts (None for one to four), and means over held-out pictures."""
  return {
    "failed": whose.shown_count(frame.num_failed),
    "held_out_failed": whose.shown_count(frame.num_held_out_failed),
    "correlation_before": _mean(frame.before.correlation),
    "correlation_after": _mean(frame.after.correlation),
    "dice_before": _mean(frame.before.dice),
    "dice_after": _mean(frame.after.dice),
  }


def _mean(values: np.ndarray) -> float:
  known = values[np.isfinite(values)]
  return float(known.mean()) if len(known) else float("nan")


def _read_grey(made: MadeMaps) -> np.ndarray:
  """Returns the pictures as the network takes them, of several channels their mean, uint8 [n, rows, columns]."""
  fold = int(made.pictures["fold"].iloc[0])
  blocks = [np.arange(start, min(start + _BLOCK, len(made.pictures))) for start in range(0, len(made.pictures), _BLOCK)]
  return np.concatenate([np.rint(made.load(rows, fold)[0].mean(axis=-1)).astype(np.uint8) for rows in blocks])
