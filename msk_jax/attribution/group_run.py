"""Mean maps of the chosen samples' groups, as files."""

import pathlib
from typing import Any

import numpy as np
from absl import logging

from msk_jax.attribution import group_means, registration
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.methods import UNITS
from msk_jax.io import outputs, run_record

FOLDER = "group_means"
_BLOCK = 64  # pictures read at once
_VERSION = 1  # raise it when the outputs change for equal inputs


def run(made: MadeMaps) -> None:
  """Writes `<folder>/group_means/`: for each kind of maps the groups' means, which may be shared.

  Raises:
    InputError: the folder can't be written.
  """
  inputs = {"maps/run.json": run_record.hash_file(made.folder / "maps" / run_record.FILE_NAME)}
  settings = {"registration": registration.METHOD, "version": _VERSION}
  output = outputs.Output("attention", made.folder / FOLDER, settings, inputs, "the groups' mean maps")
  outputs.make_folder(output, lambda folder: _write(folder, made))


def _write(folder: pathlib.Path, made: MadeMaps) -> dict[str, Any]:
  _, person = np.unique(made.pictures["eid"].astype(str), return_inverse=True)
  try:
    frame = registration.register(_read_grey(made), person)
  except ValueError as error:
    logging.warning("no mean maps: %s", error)
    return {"not_made": str(error)}
  results = describe(frame)
  logging.info(
    "%d of %d pictures are registered (%s); held-out pictures' correlation with the template %.3f before, %.3f after, "
    "Dice of the bodies %.3f and %.3f; left ones are mirrored",
    len(person) - frame.num_failed,
    len(person),
    registration.METHOD,
    *(results[name] for name in ("correlation_before", "correlation_after", "dice_before", "dice_after")),
  )
  kept = frame.is_registered
  labels = made.pictures[list(group_means.LABELS)][kept].reset_index(drop=True)
  for method in made.methods:
    moved = frame.apply(made.read(method))
    is_flawed = made.is_flawed(method)[kept]
    if is_flawed.any():
      logging.warning(
        "%d maps (%s) with a flaw are in no mean; maps/pictures.parquet names it", is_flawed.sum(), method
      )
      moved[is_flawed] = np.nan
    means = group_means.compute(moved, labels, person[kept])
    template = group_means.mask_template(frame.template, moved, person[kept])
    group_means.write(folder, method, means, template, UNITS[method])
    results |= {"hidden_groups": means.num_hidden_groups, "maps_of_other_groups": means.num_left_out}
  if results.get("hidden_groups"):
    logging.warning("%d groups have too few people to be shown", results["hidden_groups"])
  return results


def describe(frame: registration.Registration) -> dict[str, Any]:
  """Returns how well pictures were registered: counts, and means over held-out pictures."""
  return {
    "failed": frame.num_failed,
    "held_out_failed": frame.num_held_out_failed,
    "correlation_before": _mean(frame.before.correlation),
    "correlation_after": _mean(frame.after.correlation),
    "dice_before": _mean(frame.before.dice),
    "dice_after": _mean(frame.after.dice),
  }


def _mean(values: np.ndarray) -> float:
  known = values[np.isfinite(values)]
  return float(known.mean()) if len(known) else float("nan")


def _read_grey(made: MadeMaps) -> np.ndarray:
  """Returns the pictures as the network takes them, of several channels their mean, float32 [n, rows, columns]."""
  fold = int(made.pictures["fold"].iloc[0])
  blocks = [np.arange(start, min(start + _BLOCK, len(made.pictures))) for start in range(0, len(made.pictures), _BLOCK)]
  return np.concatenate([made.load(rows, fold)[0].mean(axis=-1, dtype=np.float32) for rows in blocks])
