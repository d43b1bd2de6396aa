"""The stage `attention`: maps of chosen samples, and figures of some of them."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

import jax
from absl import logging

from msk_jax.attribution import (
  choice,
  group_run,
  map_files,
  networks,
  overlays,
  pictures,
  placement,
  printout,
  sampling,
  stages,
)
from msk_jax.attribution.credibility import run as credibility_run
from msk_jax.attribution.credibility import unselected
from msk_jax.attribution.made_maps import MAPS, MadeMaps
from msk_jax.attribution.methods import BY_STAGE
from msk_jax.attribution.spec import AttentionSpec
from msk_jax.biological_age import acceleration
from msk_jax.cohort import source, withdrawal_memory
from msk_jax.imaging import store as image_store
from msk_jax.io import atomic, errors, outputs, run_record, tables
from msk_jax.predictions import pooled_table, split_folder
from msk_jax.schemas import attention_tables, cohort_tables
from msk_jax.trained import model_card

FOLDER = "attention"
OVERLAYS = "overlays"
_CELLS = "cells.parquet"
_VERSION = 2  # raise it when the outputs change for equal inputs
_OVERLAYS_VERSION = 4  # the same for overlays


def make_maps(
  workdir: pathlib.Path, settings: AttentionSpec, withdrawn: Collection[str] = (), *, with_images: bool = False
) -> pathlib.Path:
  """Writes maps of a view's best network, overlays, mean maps and credibility; returns the network's folder.

  Args:
    workdir: holds `cohort/`, `images/`, `models/`, `predictions/` and `ages/`; gets `attention/<model>/`.
    settings: the stage's settings.
    withdrawn: people to leave out besides those that `prepare` left out.
    with_images: whether real people's pictures are drawn; a phantom's always are.

  Raises:
    InputError: there is no network of the view, it has no ages, or what is there does not fit together.
  """
  chosen = choice.choose(workdir, settings, withdrawn)
  folder = workdir / FOLDER / chosen.model
  network = networks.open_network(workdir, chosen.model, withdrawn)
  stage = _choose_stage(network, settings)
  unselected.find_reason(workdir, network)  # another phantom is refused before the cost of the maps
  output = outputs.Output(
    "attention", folder / MAPS, settings_of(settings), _hash_inputs(workdir, chosen.model, withdrawn), "the maps"
  )
  outputs.make_folder(output, lambda temporary: _write_maps(temporary, workdir, settings, chosen, network, stage))
  table = map_files.read_pictures(folder / MAPS)
  made = MadeMaps(workdir, folder, network, stage, settings.methods, settings.batch_size, table)
  _make_overlays(made, settings, with_images)
  group_run.run(made)
  credibility_run.run(made)
  record = run_record.read(folder / MAPS)
  assert record is not None
  printout.show(chosen, tables.read(folder / MAPS / _CELLS, attention_tables.CELLS), record["results"], str(folder))
  return folder


def settings_of(settings: AttentionSpec) -> dict[str, Any]:
  """Returns the settings that determine the maps, as the run record has them.

  Not how overlays are drawn, nor how the network was chosen: each network has a folder of its own.
  """
  values: dict[str, Any] = dataclasses.asdict(settings)
  del values["triplets_per_cell"], values["backbone"]
  return {**values, "version": _VERSION}


def _choose_stage(network: networks.Network, settings: AttentionSpec) -> stages.Stage:
  card = network.card
  listed = stages.list_stages(network.model, card.image_shape, card.num_side_inputs)
  try:
    stage = stages.choose(listed, settings.stage)
  except ValueError as error:
    raise errors.InputError(f"config.attention.stage: {error}") from None
  if not stage.is_last and settings.stage == stages.AUTO and set(settings.methods) & set(BY_STAGE):
    logging.warning(
      "%s leaves pictures of %d x %d pixels %d x %d cells in its last stage, %s, too few to say where: Grad-RAM is "
      "by %s, which has %d x %d",
      card.network.backbone,
      *card.image_shape[:2],
      *listed[-1].cells,
      listed[-1].name,
      stage.name,
      *stage.cells,
    )
  return stage


def _write_maps(
  folder: pathlib.Path,
  workdir: pathlib.Path,
  settings: AttentionSpec,
  chosen: choice.Chosen,
  network: networks.Network,
  stage: stages.Stage,
) -> dict[str, Any]:
  """Writes maps and tables into `folder`; returns the results for the run record."""
  samples = pictures.choose_samples(workdir, network, settings.samples_per_cell)
  _say_short(samples)
  tables.write(folder / _CELLS, samples.cells, attention_tables.CELLS)
  table = pictures.list_pictures(workdir, network, samples.samples)
  job = map_files.Job(network, table, settings.methods, stage.key, settings.batch_size)
  logging.info(
    "%s: %d samples, %d pictures, %d maps (%s), %.0f MB on disk",
    network.name,
    len(samples.samples),
    len(table),
    len(table) * len(settings.methods),
    ", ".join(settings.methods),
    job.num_bytes / 1e6,
  )
  flaws = map_files.write(folder, job)
  if flaws:
    listed = ", ".join(f"{name} {count}" for name, count in sorted(flaws.items()))
    logging.warning("maps without meaning: %s (see the column `flaws` of %s)", listed, map_files.TABLE_NAME)
  return {
    "model": chosen.model,
    "folds": sorted(network.folds),
    "stage": stage.name,
    "stage_cells": list(stage.cells),
    "placement": placement.kind_of(network.card.network.backbone),
    "num_samples": len(samples.samples),
    "num_pictures": len(table),
    "flaws": dict(flaws),
    "devices": [str(device) for device in jax.devices()],
  }


def _say_short(samples: sampling.Choice) -> None:
  cells = samples.cells
  short = cells[cells["chosen"] < cells["wanted"]]
  if len(short):
    logging.warning(
      "%d of %d cells (sex, age group, rate) have fewer than the %d samples wanted: %d samples are chosen in all",
      len(short),
      len(cells),
      cells["wanted"].iloc[0],
      cells["chosen"].sum(),
    )


def _make_overlays(made: MadeMaps, settings: AttentionSpec, with_images: bool) -> None:
  """Draws the overlays if the people are drawn or the user says so; else removes those of an earlier call."""
  folder, are_drawn = made.folder / OVERLAYS, source.is_drawn(made.workdir)
  if not are_drawn and not with_images:
    logging.info("overlays show single people: they are drawn with --with_images only, and may not leave")
    if folder.exists():
      logging.info("those of an earlier call are removed")
      atomic.remove(folder)
    return
  drawn = {"triplets_per_cell": settings.triplets_per_cell, "version": _OVERLAYS_VERSION}
  output = outputs.Output("attention", folder, drawn, made.hash_inputs(), "the overlays")

  def write(temporary: pathlib.Path) -> dict[str, Any]:
    if not are_drawn:
      logging.warning("overlays of real people: individual-level data, which may not leave")
    return {"figures": overlays.draw_all(temporary, made, settings.triplets_per_cell, are_drawn=are_drawn)}

  outputs.make_folder(output, write)


def _hash_inputs(workdir: pathlib.Path, model: str, withdrawn: Collection[str]) -> dict[str, str]:
  """Returns hashes by path in the workdir of all that maps are made from."""
  card = None
  paths = [workdir / cohort_tables.FOLDER / f"{name}.parquet" for name in ("participants", "visits", "folds")]
  paths += [acceleration.path_of(workdir / acceleration.FOLDER, "sample", model)]
  paths += [pooled_table.path_of(workdir, "sample", model), source.path_of(workdir)]
  for folder in split_folder.list_finished(split_folder.model_folder(workdir, model)):
    paths += [folder / model_card.FILE_NAME, folder / split_folder.RESULT_NAME]
    card = card or model_card.read(folder)
  assert card is not None
  paths.append(workdir / "images" / card.view.name / image_store.INDEX_NAME)  # with the hash of each image
  hashes = {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in paths if path.exists()}
  return hashes | withdrawal_memory.hashes(workdir, withdrawn)
