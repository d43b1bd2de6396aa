"""The credibility of the maps of one network: all checks, their table, and why some can't be made."""

import pathlib
from typing import Any

import numpy as np
from absl import logging

from msk_jax.attribution import registration
from msk_jax.attribution.credibility import checks, drawn_ageing, randomisation, similarity, table
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.methods import UNSIGNED, Method
from msk_jax.cohort import source
from msk_jax.disclosure import door
from msk_jax.imaging import views
from msk_jax.io import outputs, run_record, tables
from msk_jax.models import module_order
from msk_jax.schemas import attention_credibility_tables
from msk_jax.trained import predictor

FOLDER, NAME = "credibility", "credibility"
_MOST_PICTURES = 48  # of checks that make maps again
_MOST_MASKS = 120  # pictures whose drawn ageing is drawn again
_NUM_STAGES = 3  # of the backbone
_SEED = 0
_VERSION = 1  # raise it when the outputs change for equal inputs

_Planted = tuple[np.ndarray, drawn_ageing.Drawn]  # rows of pictures, and what was drawn in them


def run(made: MadeMaps) -> None:
  """Writes and prints `<folder>/credibility/`: how far the maps can be believed.

  Raises:
    InputError: the folder can't be written, or the phantom is of another program.
  """
  settings = {
    "most_pictures": _MOST_PICTURES,
    "most_masks": _MOST_MASKS,
    "stages": _NUM_STAGES,
    "seed": _SEED,
    "version": _VERSION,
  }
  inputs = {"maps/run.json": run_record.hash_file(made.folder / "maps" / run_record.FILE_NAME)}
  output = outputs.Output("attention", made.folder / FOLDER, settings, inputs, "the maps' credibility")
  outputs.make_folder(output, lambda folder: _write(folder, made))
  table.show(tables.read(made.folder / FOLDER / f"{NAME}.parquet", attention_credibility_tables.CREDIBILITY))


def _write(folder: pathlib.Path, made: MadeMaps) -> dict[str, Any]:
  fold = int(made.pictures["fold"].mode().iloc[0])
  logging.info("credibility: by the network of split %d, which has the most pictures", fold)
  drawn = _draw(made)
  rows = [row for method in made.methods for row in _check(made, method, fold, drawn)]
  door.write_table(folder, NAME, table.make(rows), attention_credibility_tables.CREDIBILITY)
  return {"fold": fold, "num_pictures_not_as_drawn": 0 if isinstance(drawn, str) else drawn[1].num_other}


def _check(made: MadeMaps, method: Method, fold: int, drawn: _Planted | str) -> list[table.Row]:
  """Returns all rows of one kind of maps."""
  kind = checks.Kind(method, ("absolute",) if method in UNSIGNED else similarity.MEASURES)
  program = made.program(method)

  makers = {number: program.of_fold(each.card.age) for number, each in made.network.folds.items()}
  variables = made.network.read_variables(fold)
  rows = _thinned(np.flatnonzero(made.pictures["fold"] == fold), _MOST_PICTURES)
  pictures = _load(made, rows, fold)
  card = made.network.card
  parts = module_order.backbone_parts(made.network.model, card.image_shape, card.num_side_inputs)
  stages = randomisation.cascade(variables, parts, _NUM_STAGES, _SEED)
  size = made.batch_size
  result = checks.compare_randomised(kind, makers[fold], pictures, stages, variables, size)
  other = [number for number in made.network.folds if number != fold]
  if other:
    second = made.network.read_variables(other[0])
    maps = checks.make_in_batches(makers[other[0]], second, _load(made, rows, other[0]), size)
    result += checks.compare_pairs(kind, table.FOLDS, made.read(method)[rows], maps, pictures.person)
  else:
    result.append(table.unavailable(method, table.FOLDS, "one fold alone is trained"))
  return result + _check_visits(made, kind, fold, makers[fold], variables) + _check_ageing(made, method, kind, drawn)


def _check_visits(
  made: MadeMaps, kind: checks.Kind, fold: int, make: checks.MakeMaps, variables: predictor.Variables
) -> list[table.Row]:
  """Returns how alike the maps of two visits are, after registration."""
  samples = made.network.samples
  rows = samples.where_fold((fold,))
  people, first, counts = np.unique(samples.eid[rows], return_index=True, return_counts=True)
  firsts = rows[first[counts > 1]]
  is_right = (samples.is_left[firsts, 0] == 0) & (samples.is_left[firsts + 1, 0] == 0)  # ordered by eid and instance
  firsts = firsts[is_right][: _MOST_PICTURES // 2]
  if not len(firsts):
    reason = "nobody among the fold's test people has pictures of two visits"
    return [table.unavailable(kind.method, table.VISITS, reason)]
  person = np.searchsorted(people, samples.eid[firsts])
  maps, images = [], []
  for visit in (firsts, firsts + 1):
    image, side = made.network.load(fold, visit, np.zeros(len(visit), np.int64))
    pictures = checks.Pictures(image, side, samples.age_years[visit], person)
    maps.append(checks.make_in_batches(make, variables, pictures, made.batch_size))
    images.append(image.mean(axis=-1))
  try:
    frame = registration.register(np.concatenate(images), np.tile(person, 2))
  except ValueError as error:
    return [table.unavailable(kind.method, table.VISITS, f"no common frame: {error}")]
  moved = _in_frame(np.concatenate(maps), frame)
  return checks.compare_pairs(kind, table.VISITS, moved[: len(firsts)], moved[len(firsts) :], person)


def _check_ageing(made: MadeMaps, method: Method, kind: checks.Kind, drawn: _Planted | str) -> list[table.Row]:
  """Returns how well the maps find what was drawn."""
  if isinstance(drawn, str):
    return [table.unavailable(kind.method, check, drawn) for check in (table.AGEING, table.SUMS)]
  rows, truth = drawn
  pictures = _load(made, rows, int(made.pictures["fold"].iloc[rows[0]]))
  maps = np.asarray(made.read(method)[rows])
  result = checks.locate(kind, maps, pictures, truth.masks)
  if "signed" not in kind.measures:
    return [*result, table.unavailable(kind.method, table.SUMS, "the maps have no sign")]
  return result + checks.correlate_sums(kind, maps, truth.masks, truth.acceleration, pictures)


def _draw(made: MadeMaps) -> _Planted | str:
  """Returns what was drawn in the pictures, or why that is not known."""
  view = made.network.card.view.name
  if not source.is_drawn(made.workdir):
    return "the people are real: where ageing shows is not known"
  if view not in views.VIEWS or not (made.workdir / "raw" / run_record.FILE_NAME).exists():
    return "there is no phantom in raw/ that drew these pictures"
  rows = _thinned(np.arange(len(made.pictures)), _MOST_MASKS)
  chosen = made.pictures.iloc[rows]
  keys = [
    drawn_ageing.Key(str(eid), int(instance), str(side))
    for eid, instance, side in zip(chosen["eid"], chosen["instance"], chosen["side"], strict=True)
  ]
  images = _load(made, rows, int(chosen["fold"].iloc[0])).image
  drawn = drawn_ageing.draw(made.workdir, view, keys, images)
  if drawn.num_other:
    logging.warning("%d of %d pictures are not as the phantom drew them and have no mask", drawn.num_other, len(rows))
  if not len(drawn.rows):
    return "no picture is as the phantom in raw/ draws it"
  return rows[drawn.rows], drawn


def _load(made: MadeMaps, rows: np.ndarray, fold: int) -> checks.Pictures:
  image, side = made.load(rows, fold)
  chosen = made.pictures.iloc[rows]
  _, person = np.unique(chosen["eid"].astype(str), return_inverse=True)
  return checks.Pictures(image, side, chosen["age_years"].to_numpy(float), person)


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
  """Returns at most so many of the rows, evenly spread."""
  return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]


def _in_frame(maps: np.ndarray, frame: registration.Registration) -> np.ndarray:
  """Returns maps in the frame, NaN throughout for those whose picture could not be registered."""
  moved = np.full(maps.shape, np.nan, np.float32)
  moved[frame.is_registered] = frame.apply(maps)
  return moved
