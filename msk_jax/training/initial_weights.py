"""Weights that a training starts from. A file or a trained fold gives the backbone's, and the scale of its input.

Side network and head always start random. The head's output is in SDs of the ages that it was trained on, and its input
in SDs of that cohort's demographics: in another cohort both mean something else.
"""

import dataclasses
import pathlib
from typing import Any

from absl import logging

from msk_jax.io import errors
from msk_jax.models import age_model, input_scale
from msk_jax.trained import backbone_weights, model_card, network, network_spec
from msk_jax.training import earlier_people, state
from msk_jax.training import job as job_lib
from msk_jax.weights import known_files, origins, pretrained

INPUT_NAME = "pretrained"  # of the hash in a run record
_SETTING = "config.model.pretrained"


@dataclasses.dataclass(frozen=True)
class Start:
  """What a training starts from.

  Attributes:
    settings: of the network, with the resolved input scale, and of a model's folder the fold that is taken.
    source: of the weights; None for random ones.
    card: of the trained fold that they come from; None for a file or random ones.
  """

  settings: network_spec.ModelSpec
  source: pretrained.Source | None = None
  card: model_card.ModelCard | None = None

  @property
  def hashes(self) -> dict[str, str]:
    """Name to SHA-256 of the weights, for the run record; empty for random ones."""
    return {INPUT_NAME: self.source.sha256} if self.source else {}


def settle(settings: network_spec.ModelSpec, fold: int) -> Start:
  """Settles what depends on the initial weights, if there are any; they are not read yet.

  The input scale is the user's, else that of the weights, else the paper's.

  Args:
    settings: of the network, as the user gave them.
    fold: k of the split to train.

  Raises:
    InputError: there is no such backbone, scale, file or fold; it is of another kind or network, damaged or not
      finished; or the user gave a scale that is neither the one that the weights expect nor, for a file, the published
      run's.
  """
  network.build_model(settings)
  if not settings.pretrained:
    return Start(dataclasses.replace(settings, input_scale=settings.input_scale or input_scale.DEFAULT))
  path, card = pathlib.Path(settings.pretrained).expanduser(), None
  if path.is_dir():
    path = backbone_weights.choose_fold(path, fold)
    card, source = backbone_weights.inspect(path)
    _check_backbone(source, card.network.backbone, settings.backbone)
  else:
    source = pretrained.inspect(path, settings.backbone)
  scale = pretrained.settle_scale(
    source, settings.input_scale, "config.model.input_scale", is_published_allowed=card is None
  )
  return Start(dataclasses.replace(settings, input_scale=scale, pretrained=str(path)), source, card)


def folders_in(workdir: pathlib.Path, settings: network_spec.ModelSpec) -> list[str]:
  """Returns the folder of a model of the same workdir, as a path in it, whose weights a training starts from."""
  path = pathlib.Path(settings.pretrained).expanduser().resolve()
  is_inside = bool(settings.pretrained) and path.is_relative_to(workdir.resolve())
  return [path.relative_to(workdir.resolve()).as_posix()] if is_inside else []


def read(settings: network_spec.ModelSpec, abstract: state.TrainState) -> dict[str, Any] | None:
  """Returns the backbone's first {'params', 'batch_stats'}, NumPy arrays; None if they are random.

  Args:
    settings: of the network, from `settle`.
    abstract: shapes of the training state.

  Raises:
    InputError: as `settle`; or a file holds other layers than the backbone has.
  """
  if not settings.pretrained:
    return None
  path = pathlib.Path(settings.pretrained)
  if path.is_dir():
    weights = backbone_weights.read(path)[1]
  else:
    expected = {
      "params": abstract.params[age_model.BACKBONE],
      "batch_stats": abstract.batch_stats.get(age_model.BACKBONE, {}),
    }
    weights = pretrained.read(path, settings.backbone, expected)
  logging.info(
    "the backbone starts from %s (sha256 %.12s..., input scale %s); side network and head start random",
    weights.source.name,
    weights.source.sha256,
    weights.input_scale,
  )
  return weights.variables


def check(start: Start, job: job_lib.Job) -> tuple[origins.Origin, ...]:
  """Checks a start against the data and the folder of a training; logs what differs between the pictures.

  Returns:
    What the weights came from, for the model card.

  Raises:
    InputError: the weights are those of the training's own folder, saw its test people or may have, or are of a fold
      whose images have another number of channels.
  """
  if start.source is None:
    return ()
  if start.card is not None:
    _check_pictures(start.source, start.card, job)
  tested = earlier_people.Tested(
    job.loaded.hashes["folds"],
    job.experiment.fold,
    job.data_kind,
    job.loaded.data.inputs.examples.eid[job.loaded.test_rows],
    job.experiment.model.pretrained_other_people,
  )
  return earlier_people.judge(start.source.origins, tested, start.source.path)


def _check_pictures(source: pretrained.Source, theirs: model_card.ModelCard, job: job_lib.Job) -> None:
  """Refuses the training's own folder and other channels; sizes, padding and depth may differ, as for ImageNet's."""
  ours = job.model_card()
  if source.path.resolve() == job.folder.resolve():
    raise errors.InputError(
      f"{_SETTING}: {source.path} is the folder that this training writes. Name another fold, or leave "
      "the setting empty: the same command again resumes a training by itself."
    )
  if theirs.view.channels != ours.view.channels:
    raise errors.InputError(
      f"{_SETTING}: {source.name} takes images of {theirs.view.channels} channel(s), but those of {ours.view.name} "
      f"have {ours.view.channels}: its first layer never learnt to tell channels apart. Name a fold of the same number."
    )
  facts = {
    "view": (theirs.view.name, ours.view.name),
    "rows and columns": (theirs.image_shape[:2], ours.image_shape[:2]),
    "padding": (theirs.is_padded, ours.is_padded),
    "bits": (theirs.view.bits, ours.view.bits),
    "data": (theirs.data, ours.data),
  }
  lines = [f"{fact} {before}, here {now}" for fact, (before, now) in facts.items() if before != now]
  if lines:
    logging.info("the pictures of %s were others: %s", source.name, "; ".join(lines))


def _check_backbone(source: pretrained.Source, theirs: str, ours: str) -> None:
  if theirs != ours:
    raise errors.InputError(
      f"{_SETTING}: {source.path} is of {theirs}, but this training is of {ours}: choose that backbone, or a fold of "
      "this one."
    )


def say_what_would_help(settings: network_spec.ModelSpec) -> None:
  """Says for a training from random weights where others come from, if there are published ones of its backbone."""
  known = known_files.KNOWN_FILES.get(settings.backbone)
  if known is not None and not settings.pretrained:
    logging.info(
      "the network starts from random weights; pretrained ones mostly help, most of all with few pictures. %s Then add "
      "--%s=%s, or name a fold that was trained here.",
      known_files.hint(settings.backbone),
      _SETTING,
      known.name,
    )
