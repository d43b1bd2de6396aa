"""The preset of a model: chosen when its first fold is trained, then kept in `preset.json` beside its folds.

So all folds have one preset, and pictures that come or go later (a withdrawal, say) do not change it.
"""

import dataclasses
import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from absl import logging

from msk_jax.imaging import store as image_store
from msk_jax.io import atomic, errors, specs
from msk_jax.predictions import split_folder
from msk_jax.trained import processes
from msk_jax.training import presets, spec

FILE_NAME = "preset.json"
_SCHEMA, _VERSION = "preset", 1


def settle(
  config: Mapping[str, Any],
  workdir: pathlib.Path | None = None,
  *,
  overwrite: bool = False,
  folds: Collection[int] = (),
) -> spec.ExperimentSpec:
  """Returns the settings of a training, with the preset's where the config leaves them open.

  Args:
    config: the sections of the training, as plain values; None where a setting is open.
    workdir: with the prepared images. None before they are: the preset is then that of very few images, which serves
      to check all else.
    overwrite: whether a model that has no fold beside those of this call gets a preset of the images there are now.
    folds: of this call; by default the one that the config names.

  Raises:
    InputError: a setting is unknown or impossible, or the kept preset is damaged.
  """
  provisional = specs.from_mapping(spec.ExperimentSpec, presets.fill(config, presets.choose(1, "", False)), "config")
  if workdir is None or not presets.is_open(config):
    return provisional
  preset = _kept_or_chosen(provisional, workdir, overwrite, frozenset(folds or [provisional.fold]))
  settings = specs.from_mapping(spec.ExperimentSpec, presets.fill(config, preset), "config")
  _describe(config, preset, settings)
  return settings


def read(model_folder: pathlib.Path) -> presets.Preset | None:
  """Returns the preset kept in a model's folder; None if there is none.

  Raises:
    InputError: it is damaged, or of another version.
  """
  path = model_folder / FILE_NAME
  if not path.exists():
    return None
  advice = "delete it, and train all folds with --overwrite to choose another."
  try:
    values = json.loads(path.read_text(encoding="utf-8"))
    if (values.pop("schema"), values.pop("version")) != (_SCHEMA, _VERSION):
      raise errors.InputError(f"{path} is not of {_SCHEMA} version {_VERSION}: {advice}")
    return presets.Preset(**values)
  except (OSError, UnicodeError, ValueError, AttributeError, KeyError, TypeError) as error:
    raise errors.InputError(f"{path} can't be read ({type(error).__name__}): {advice}") from None


def _kept_or_chosen(
  settings: spec.ExperimentSpec, workdir: pathlib.Path, overwrite: bool, folds: frozenset[int]
) -> presets.Preset:
  folder = split_folder.model_folder(workdir, settings.model_name)
  wanted = presets.choose(
    len(image_store.ImageStore.open(workdir / "images" / settings.view)),
    settings.model.backbone,
    bool(settings.model.pretrained),
  )
  kept = read(folder)
  others = [path for path in split_folder.list_folders(folder) if split_folder.number_of(path) not in folds]
  is_kept = kept is not None and kept.starts_pretrained == wanted.starts_pretrained and (others or not overwrite)
  processes.wait_for_all("read the preset")
  if kept is not None and is_kept:
    if kept.num_images != wanted.num_images:
      logging.info(
        "settings are those for the %d images that there were when this model's first fold was trained, not for the %d "
        "there are now",
        kept.num_images,
        wanted.num_images,
      )
    return kept
  if processes.is_first():
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_json(folder / FILE_NAME, {"schema": _SCHEMA, "version": _VERSION, **dataclasses.asdict(wanted)})
  processes.wait_for_all("wrote the preset")
  return wanted


def _describe(config: Mapping[str, Any], preset: presets.Preset, settings: spec.ExperimentSpec) -> None:
  """Logs the preset, and which of its settings the user gave."""
  given = [
    f"{section}.{name} = {getattr(getattr(settings, section), name)}"
    for section, values in preset.values.items()
    for name in values
    if config.get(section, {}).get(name) is not None
  ]
  listed = ", ".join(f"{name} {value}" for values in preset.values.values() for name, value in values.items())
  start = "trained" if preset.starts_pretrained else "random"
  logging.info("settings for %d images, %s from %s weights: %s", preset.num_images, preset.backbone, start, listed)
  if given:
    logging.info("given instead: %s", ", ".join(given))
