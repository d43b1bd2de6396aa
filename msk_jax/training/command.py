"""One call of the training program, for one split or several, and how a split ends in it."""

import dataclasses
import pathlib
from collections.abc import Callable, Collection
from typing import Any

from msk_jax.imaging import views
from msk_jax.predictions import split_folder, split_limits
from msk_jax.training import kept_preset, pausing, spec
from msk_jax.training.job import Job
from msk_jax.training.program import Program


@dataclasses.dataclass(frozen=True)
class Ended:
  """How a split ended.

  Attributes:
    status: finished, or why it paused.
    folder: the model's folder.
    result: what `result.json` holds; None if it paused.
    so_far: of a paused training: sentences on its scores.
    has_trained: whether this call has done a step of it.
  """

  status: pausing.Status
  folder: pathlib.Path
  result: dict[str, Any] | None
  so_far: str = ""
  has_trained: bool = False


@dataclasses.dataclass(frozen=True)
class Call:
  """One call of this program, for one split or several.

  Attributes:
    view: the image set.
    data_kind: `phantom`, `ukb` or `folder`; noted in the results.
    workdir: holds the prepared data; the models' folders are created in it.
    budget: when trainings pause; entered.
    overwrite: whether a model of other settings or data in such a folder is removed.
    withdrawn: people to leave out besides those that `prepare` left out. A model that was finished with them stays:
      they are removed from its predictions.
    preset: the settings that the number of images called for; None where all were given.
    given_limits: names of the limits on epochs and patience that the user named in this call.
    model_folder: that the model's splits are in, if it is not the one in the workdir's `models/`.
    saved: called with a model's folder after each of its checkpoints.
    programs: compiled functions by what they depend on, so that splits of one model share them.
  """

  view: views.View
  data_kind: str
  workdir: pathlib.Path
  budget: pausing.Budget
  overwrite: bool = False
  withdrawn: Collection[str] = ()
  preset: kept_preset.Applied | None = None
  given_limits: Collection[str] = ()
  model_folder: pathlib.Path | None = None
  saved: Callable[[pathlib.Path], None] = lambda _: None
  programs: dict[Any, Program] = dataclasses.field(default_factory=dict)

  def folder_of(self, experiment: spec.ExperimentSpec) -> pathlib.Path:
    """Returns the folder of a training's files."""
    parent = self.model_folder or split_folder.model_folder(self.workdir, experiment.model_name)
    return parent / split_folder.name_of(experiment.fold)

  def program_of(self, job: Job) -> Program:
    """Returns a training's compiled functions; those of another model are given up."""
    experiment, data = job.experiment, job.loaded.data
    shapes = data.image_shape, data.inputs.examples.num_side_inputs
    any_limits = experiment.train.with_limits(split_limits.Limits(1, 1))
    key = (dataclasses.replace(experiment.model, pretrained="", pretrained_other_people=False), any_limits, shapes)
    if key not in self.programs:
      self.programs.clear()
      self.programs[key] = Program(experiment, *shapes)
    return self.programs[key]
