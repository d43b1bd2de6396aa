"""The credibility of the maps of one network: all checks, their table, and why some can't be made."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
from absl import logging

from msk_jax.attribution import registration, whose
from msk_jax.attribution.credibility import checks, drawn_ageing, randomisation, similarity, table, unselected
from msk_jax.attribution.made_maps import MadeMaps
from msk_jax.attribution.methods import MEANINGS, Method
from msk_jax.attribution.networks import Network
from msk_jax.cohort import folds
from msk_jax.disclosure import door
from msk_jax.io import outputs, progress, tables
from msk_jax.models import module_order
from msk_jax.schemas import attention_credibility_tables
from msk_jax.trained import predictor

FOLDER, NAME = "credibility", "credibility"
_MOST_SHUFFLED = 16  # pictures of networks whose weights are shuffled
_MOST_PAIRS = 48  # pictures of the other checks that make maps again
_NUM_STAGES = 3  # of the backbone
_NUM_SHUFFLES = 8
_SEED = 0
VERSION = 4  # raise it when the outputs change for equal inputs


def run(made: MadeMaps) -> None:
  """Writes and prints `<folder>/credibility/`: how far the maps can be believed.

  Raises:
    InputError: the folder can't be written, or the phantom in `raw/` is another one than drew the pictures.
  """
  settings = {
    "most_shuffled": _MOST_SHUFFLED,
    "most_pairs": _MOST_PAIRS,
    "most_unselected": unselected.MOST,
    "shuffles": _NUM_SHUFFLES,
    "stages": _NUM_STAGES,
    "seed": _SEED,
    "version": VERSION,
  }
  inputs = made.hash_inputs()
  reason = unselected.find_reason(made.workdir, made.network)
  if not reason:
    inputs |= drawn_ageing.hash_inputs(made.workdir)
  output = outputs.Output("attention", made.folder / FOLDER, settings, inputs, "the maps' credibility")
  outputs.make_folder(output, lambda folder: _write(folder, made, reason))
  if made.lack:
    logging.warning("THESE MAPS SHOW NOTHING OF AGE: they are of %s", made.lack)
  table.show(tables.read(made.folder / FOLDER / f"{NAME}.parquet", attention_credibility_tables.CREDIBILITY))


@dataclasses.dataclass(frozen=True)
class _Plan:
  """What the checks make maps of.

  Attributes:
    fold: whose network is shuffled and compared; it has the most pictures.
    other: another trained fold, None if there is none.
    shuffled: rows of `made.pictures` for shuffled networks.
    paired: rows of `made.pictures` for the other fold's network.
    first_visits: rows of the network's samples, of people whose next sample is their second visit.
    planted: unselected pictures of a phantom as it drew them, and what was drawn; a reason if that is not known.
  """

  fold: int
  other: int | None
  shuffled: np.ndarray
  paired: np.ndarray
  first_visits: np.ndarray
  planted: tuple[unselected.Unselected, drawn_ageing.Drawn] | str

  @property
  def num_maps(self) -> int:
    """Maps to make per method."""
    num_planted = 0 if isinstance(self.planted, str) else len(self.planted[0].row)
    num_pairs = 0 if self.other is None else len(self.paired)
    num_shuffled = len(self.shuffled) * (1 + _NUM_SHUFFLES * (1 + _NUM_STAGES))
    return num_shuffled + num_pairs + 2 * len(self.first_visits) + num_planted


def _plan(made: MadeMaps, reason: str) -> _Plan:
  fold = int(made.pictures["fold"].mode().iloc[0])
  rows = np.flatnonzero(made.pictures["fold"] == fold)
  return _Plan(
    fold,
    _other_fold(made.network, fold),
    _thinned(rows, _MOST_SHUFFLED),
    _thinned(rows, _MOST_PAIRS),
    _first_visits(made.network, fold)[: _MOST_PAIRS // 2],
    reason or _draw(made),
  )


def _write(folder: pathlib.Path, made: MadeMaps, reason: str) -> dict[str, Any]:
  plan = _plan(made, reason)
  total = plan.num_maps * len(made.methods)
  logging.info(
    "credibility: by the network of split %d, which has the most pictures; %d maps to make, of which %d are of %d "
    "shuffled networks",
    plan.fold,
    total,
    len(plan.shuffled) * _NUM_SHUFFLES * (1 + _NUM_STAGES) * len(made.methods),
    _NUM_SHUFFLES * (1 + _NUM_STAGES),
  )
  with progress.track("checking maps", total, "maps") as advance:
    rows = [row for method in made.methods for row in _check(made, method, plan, advance)]
  if lack := made.lack:
    rows = [dataclasses.replace(row, remark="; ".join(filter(None, (lack, row.remark)))) for row in rows]
  door.write_table(folder, NAME, table.make(rows), attention_credibility_tables.CREDIBILITY)
  num_other = 0 if isinstance(plan.planted, str) else plan.planted[1].num_other
  return {"fold": plan.fold, "other_fold": plan.other, "pictures_not_as_drawn": whose.shown_count(num_other)}


def _check(made: MadeMaps, method: Method, plan: _Plan, advance: progress.Advance) -> list[table.Row]:
  """Returns all rows of one kind of maps."""
  kind = checks.Kind(method, similarity.MEASURES if MEANINGS[method].is_signed else ("absolute",))
  program, network = made.program(method), made.network

  def maker(fold: int) -> checks.Maker:
    return checks.Maker(program.of_fold(network.folds[fold].card.age), made.batch_size, advance)

  variables = network.read_variables(plan.fold)
  result = _check_weights(made, kind, plan, maker(plan.fold), variables)
  result += _check_folds(made, method, kind, plan, maker)
  result += _check_visits(made, kind, plan, maker(plan.fold), variables)
  return result + _check_ageing(made, kind, plan, maker)


def _check_weights(
  made: MadeMaps, kind: checks.Kind, plan: _Plan, maker: checks.Maker, variables: predictor.Variables
) -> list[table.Row]:
  """Returns how alike the maps are to those of shuffled networks."""
  card = made.network.card
  parts = module_order.backbone_parts(made.network.model, card.image_shape, card.num_side_inputs)
  cascades = (randomisation.cascade(variables, parts, _NUM_STAGES, _SEED + number) for number in range(_NUM_SHUFFLES))
  pictures = _load(made, plan.shuffled, plan.fold)
  return checks.compare_randomised(kind, maker, pictures, cascades, variables)


def _check_folds(
  made: MadeMaps, method: Method, kind: checks.Kind, plan: _Plan, maker: Callable[[int], checks.Maker]
) -> list[table.Row]:
  """Returns how alike the maps of two folds' networks are."""
  if plan.other is None:
    return [table.unavailable(method, table.FOLDS, "one fold alone is trained")]
  pictures = _load(made, plan.paired, plan.other)
  second = made.network.read_variables(plan.other)
  maps = MEANINGS[method].shown(maker(plan.other).maps(second, pictures))
  is_validation = folds.split(plan.other, made.network.num_folds).validation == plan.fold
  remark = "chose its epoch by" if is_validation else "was trained on"
  first = made.read_results(method, plan.paired)
  return checks.compare_pairs(
    kind, table.FOLDS, first, maps, pictures.whose, f"the second network {remark} these pictures"
  )


def _check_visits(
  made: MadeMaps, kind: checks.Kind, plan: _Plan, maker: checks.Maker, variables: predictor.Variables
) -> list[table.Row]:
  """Returns how alike the maps of two visits are, after registration."""
  samples, firsts = made.network.samples, plan.first_visits
  if not len(firsts):
    reason = "nobody among the fold's test people has pictures of two visits"
    return [table.unavailable(kind.method, table.VISITS, reason)]
  maps, images = [], []
  whose_maps = whose.of_texts(samples.eid[firsts], samples.instance[firsts])
  for visit in (firsts, firsts + 1):
    image, side = made.network.load(plan.fold, visit, np.zeros(len(visit), np.int64))
    pictures = checks.Pictures(image, side, samples.age_years[visit], whose_maps)
    maps.append(maker.maps(variables, pictures))
    images.append(image.mean(axis=-1))
  try:
    frame = registration.register(np.concatenate(images), np.tile(whose_maps.person, 2))
  except ValueError as error:
    return [table.unavailable(kind.method, table.VISITS, f"no common frame: {error}")]
  moved = frame.apply(np.concatenate(maps), np.arange(2 * len(firsts)))
  return checks.compare_pairs(kind, table.VISITS, moved[: len(firsts)], moved[len(firsts) :], whose_maps)


def _check_ageing(
  made: MadeMaps, kind: checks.Kind, plan: _Plan, maker: Callable[[int], checks.Maker]
) -> list[table.Row]:
  """Returns how well the maps find what was drawn."""
  if isinstance(plan.planted, str):
    return [table.unavailable(kind.method, check, plan.planted) for check in (table.AGEING, table.SUMS)]
  chosen, truth = plan.planted
  pictures = unselected.load(made.network, chosen)
  maps = np.empty(pictures.image.shape[:3], np.float32)
  for fold in np.unique(chosen.fold).tolist():
    rows = np.flatnonzero(chosen.fold == fold)
    variables = made.network.read_variables(fold)
    maps[rows] = maker(fold).maps(variables, pictures.take(rows))
  result = checks.locate(kind, maps, pictures, truth.masks)
  if "signed" not in kind.measures:
    return [*result, table.unavailable(kind.method, table.SUMS, "the maps have no sign")]
  return result + checks.correlate_sums(kind, maps, truth.masks, truth.acceleration, pictures)


def _draw(made: MadeMaps) -> tuple[unselected.Unselected, drawn_ageing.Drawn] | str:
  """Returns what was drawn in unselected pictures, or why that is not known."""
  chosen = unselected.choose(made.network)
  view, image = made.network.card.view.name, unselected.load(made.network, chosen).image
  drawn = drawn_ageing.draw(made.workdir, view, chosen.keys, image)
  if drawn.num_other:
    logging.warning("%d of %d pictures are not as the phantom drew them and have no mask", drawn.num_other, len(image))
  if not len(drawn.rows):
    return "no picture is as the phantom in raw/ draws it"
  return chosen.take(drawn.rows), drawn


def _other_fold(network: Network, fold: int) -> int | None:
  """Returns another trained fold, if possible that whose network was not trained on the fold's pictures."""
  others = [number for number in network.folds if number != fold]
  validated = [number for number in others if folds.split(number, network.num_folds).validation == fold]
  return next(iter([*validated, *others]), None)


def _first_visits(network: Network, fold: int) -> np.ndarray:
  """Returns rows of samples, of people whose next sample is their second visit, both with a right side."""
  samples = network.samples
  rows = samples.where_fold((fold,))
  _, first, counts = np.unique(samples.eid[rows], return_index=True, return_counts=True)
  firsts = rows[first[counts > 1]]  # ordered by eid and instance
  return firsts[(samples.is_left[firsts, 0] == 0) & (samples.is_left[firsts + 1, 0] == 0)]


def _load(made: MadeMaps, rows: np.ndarray, fold: int) -> checks.Pictures:
  image, side = made.load(rows, fold)
  return checks.Pictures(image, side, made.pictures["age_years"].to_numpy(float)[rows], made.whose.take(rows))


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
  """Returns at most so many of the rows, evenly spread."""
  return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
