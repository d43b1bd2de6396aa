"""The preset of a model: chosen when its first fold is trained, then kept in a file beside its folds.

So all folds have one preset, and pictures that come or go later (a withdrawal, say) do not change it. Trainings from
random weights have one, those from trained weights another.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from absl import logging

from msk_jax.imaging import store as image_store
from msk_jax.io import atomic, errors, json_files, specs
from msk_jax.predictions import split_folder, split_limits
from msk_jax.trained import processes
from msk_jax.training import planned, presets, spec

FILE_NAME = "preset.json"  # of random weights; earlier versions kept either in it
PRETRAINED_NAME = "preset_pretrained.json"
_SCHEMA, _VERSION = "preset", 1
_FEW_EVALUATIONS = 5  # of which the best is hardly a choice
_LARGE_WARMUP = 0.25  # of all steps


@dataclasses.dataclass(frozen=True)
class Applied:
  """A preset, and what a config makes of it.

  Attributes:
    preset: as it is kept.
    given: settings of it that the user gave, as `train.batch_size`.
    adapted: settings that follow from those, and so differ from the preset's.
  """

  preset: presets.Preset
  given: tuple[str, ...] = ()
  adapted: tuple[str, ...] = ()

  def to_json(self, experiment: spec.ExperimentSpec) -> dict[str, Any]:
    """Returns what the card of a training with these settings says: the values in use, and whose they are."""
    return {
      "num_images": self.preset.num_images,
      "backbone": self.preset.backbone,
      "starts_pretrained": self.preset.starts_pretrained,
      "values": {
        section: {name: getattr(getattr(experiment, section), name) for name in values}
        for section, values in self.preset.values.items()
      },
      "given": list(self.given),
      "adapted": list(self.adapted),
    }


@dataclasses.dataclass(frozen=True)
class Settled:
  """The settings of a training, and the preset that some of them come from; None where all are given."""

  experiment: spec.ExperimentSpec
  preset: Applied | None = None


def settle(
  config: Mapping[str, Any],
  workdir: pathlib.Path,
  *,
  overwrite: bool = False,
  folds: Collection[int] = (),
  num_folds: int = presets.NUM_FOLDS,
) -> Settled:
  """Returns the settings of a training, with the preset's where the config leaves them open; writes nothing.

  Args:
    config: as for `planned.provisional`.
    workdir: with the prepared images.
    overwrite: whether a model that has no fold beside those of this call gets a preset of the images there are now.
    folds: of this call; by default the one that the config names.
    num_folds: that people are divided into.

  Raises:
    InputError: a setting is unknown or impossible, or the kept preset is damaged.
  """
  checked = planned.provisional(config)
  if not presets.is_open(config):
    return Settled(checked)
  preset = _kept_or_chosen(checked, workdir, overwrite, frozenset(folds or [checked.fold]), num_folds)
  experiment, adapted = planned.filled(config, preset), presets.adapt(preset, config).values
  given = presets.given_names(config)
  differing = [
    f"{section}.{name}"
    for section, values in preset.values.items()
    for name, value in values.items()
    if adapted[section][name] != value and config.get(section, {}).get(name, value) is None
  ]
  applied = Applied(preset, tuple(given), tuple(differing))
  _describe(applied, experiment)
  return Settled(experiment, applied)


def read(model_folder: pathlib.Path, starts_pretrained: bool) -> presets.Preset | None:
  """Returns the preset kept in a model's folder for random or for trained weights; None if there is none.

  Raises:
    InputError: it is damaged, or of another version.
  """
  for name in (PRETRAINED_NAME, FILE_NAME) if starts_pretrained else (FILE_NAME,):
    preset = _read(model_folder / name)
    if preset is not None and preset.starts_pretrained == starts_pretrained:
      return preset
  return None


def keep(model_folder: pathlib.Path, preset: presets.Preset, *, may_replace: bool) -> None:
  """Writes a preset beside a model's folds, unless it is there; call it once the fold's folder is claimed.

  One that differs in its limits alone stays: they are not part of a trajectory, and a trial of a search is the same
  where a later program's presets have others.

  Raises:
    InputError: another training has meanwhile kept another preset, and it may not be replaced.
  """
  kept = read(model_folder, preset.starts_pretrained)
  is_same = kept is not None and _without_limits(kept) == _without_limits(preset)
  if processes.agree_on(int(kept == preset or (is_same and not may_replace))):
    return  # the first process may have written it while others read
  if processes.agree_on(int(kept is not None and not may_replace)):
    raise errors.InputError(
      f"another training has just chosen other settings for the folds in {model_folder}: run the same command again, "
      "and it takes them."
    )
  if processes.is_first():
    other = _read(model_folder / FILE_NAME)
    if not preset.starts_pretrained and other is not None and other.starts_pretrained:
      _write(model_folder / PRETRAINED_NAME, other)
    _write(model_folder / (PRETRAINED_NAME if preset.starts_pretrained else FILE_NAME), preset)
  processes.wait_for_all("wrote the preset")


def _without_limits(preset: presets.Preset) -> presets.Preset:
  train = {name: value for name, value in preset.values["train"].items() if name not in split_limits.NAMES}
  return dataclasses.replace(preset, values={**preset.values, "train": train})


def _write(path: pathlib.Path, preset: presets.Preset) -> None:
  atomic.write_json(path, {"schema": _SCHEMA, "version": _VERSION, **dataclasses.asdict(preset)})


def _read(path: pathlib.Path) -> presets.Preset | None:
  if not path.exists():
    return None
  advice = "delete it, and train all folds with --overwrite to choose another."
  try:
    values = json_files.read(path)
    if (values.pop("schema"), values.pop("version")) != (_SCHEMA, _VERSION):
      raise errors.InputError(f"{path} is not of {_SCHEMA} version {_VERSION}: {advice}")
    preset = presets.Preset(**values)
    listed = {section: sorted(of_section) for section, of_section in preset.values.items()}
    if listed != {section: sorted(names) for section, names in presets.names().items()}:
      raise ValueError
    specs.from_mapping(spec.ExperimentSpec, {"view": "", **preset.values}, str(path))
  except (OSError, UnicodeError, ValueError, AttributeError, KeyError, TypeError) as error:
    raise errors.InputError(f"{path} can't be read ({type(error).__name__}): {advice}") from None
  except errors.InputError as error:
    raise errors.InputError(f"{path} is damaged: {error} To choose settings again, {advice}") from None
  return preset


def _kept_or_chosen(
  settings: spec.ExperimentSpec, workdir: pathlib.Path, overwrite: bool, folds: frozenset[int], num_folds: int
) -> presets.Preset:
  folder = split_folder.model_folder(workdir, settings.model_name)
  wanted = presets.choose(
    len(image_store.ImageStore.open(workdir / "images" / settings.view)),
    settings.model.backbone,
    bool(settings.model.pretrained),
    num_folds,
  )
  kept = read(folder, wanted.starts_pretrained)
  others = [path for path in split_folder.list_folders(folder) if split_folder.number_of(path) not in folds]
  if kept is None or (overwrite and not others):
    return wanted
  if kept.num_images != wanted.num_images:
    logging.info(
      "settings are those for the %d images that there were when this model's first fold was trained, not for the %d "
      "there are now",
      kept.num_images,
      wanted.num_images,
    )
  return kept


def _describe(applied: Applied, experiment: spec.ExperimentSpec) -> None:
  """Logs the preset, which of its settings the user gave, and which follow from those."""
  preset = applied.preset
  listed = ", ".join(f"{name} {value}" for values in preset.values.values() for name, value in values.items())
  start = "trained" if preset.starts_pretrained else "random"
  logging.info("settings for %d images, %s from %s weights: %s", preset.num_images, preset.backbone, start, listed)
  for names, said in ((applied.given, "given instead"), (applied.adapted, "these follow from what is given")):
    if names:
      logging.info("%s: %s", said, ", ".join(f"{name} = {_value(experiment, name)}" for name in names))
  train = experiment.train
  if train.max_epochs < _FEW_EVALUATIONS:
    logging.warning(
      "config.train.images_per_epoch = %d of %d pictures and config.train.max_epochs = %d give %d evaluation(s): there "
      "is hardly a choice of the best epoch, and config.train.early_stopping_patience = %d says little. Give fewer "
      "images per epoch, or more epochs",
      train.images_per_epoch,
      preset.num_images,
      train.max_epochs,
      train.max_epochs,
      train.early_stopping_patience,
    )
  steps = train.max_epochs * train.steps_per_epoch
  if train.warmup_steps > _LARGE_WARMUP * steps:
    logging.warning(
      "the learning rate rises over config.train.warmup_steps = %d steps, and all epochs have %d: most of the training "
      "is at a lower rate than config.train.learning_rate",
      train.warmup_steps,
      steps,
    )


def _value(experiment: spec.ExperimentSpec, name: str) -> Any:
  section, _, setting = name.partition(".")
  return getattr(getattr(experiment, section), setting)
