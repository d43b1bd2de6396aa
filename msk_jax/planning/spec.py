"""What a study consists of: the section `study` of a config, frozen and validated. Light: configs import it."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Literal

from msk_jax.planning.resources import Resources

FIRST_STAGES = ("prepare", "train", "scalars", "ensemble", "evaluate", "ages")
LATER_STAGES = ("attention", "gwas", "loci", "release", "xwas", "site")
PLANNED_STAGES = (*FIRST_STAGES, *LATER_STAGES)
DIMENSIONS = ("full_body", "spine", "hip", "knee", "scalars")
FoldsPerJob = Literal["one", "all"]
ALL_FOLDS = "all"
_PARTS = {"full_body": 3, "spine": 3, "hip": 2, "knee": 2, "scalars": 3}  # of a model's name
DATA = "data"  # among `arguments`: of all stages that have the section


@dataclasses.dataclass(frozen=True)
class StudySpec:
  """Which models are trained, which stages follow, and how each is called.

  Attributes:
    data: `ukb`, or `phantom`, which `prepare` draws, with genotypes and X variables if stages need them.
    num_participants: people of a phantom; without effect on others.
    genotypes: folder of the genotype files; empty for those of the workdir.
    dimensions: of those of the paper, the ones to be studied.
    models: names of models such as `knee/inception_v3` or `scalars/all/lightgbm`; those of other dimensions are left
      out.
    num_folds: folds of participants; each model has a split for each.
    folds_per_job: `one` (a job for each split, for many machines) or `all` (a job for each model).
    stages: the stages to run. The outputs of the others are taken as they are in the workdir.
    config_arguments: what stands after the colon of a stage's `--config=FILE:...`, by stage.
    arguments: further arguments of the command line, by stage, or by model for its training alone; those of `data` go
      to every stage that has a section `data`.
    resources: what a job of a stage needs, where it differs from `resources.DEFAULTS`.
  """

  data: Literal["ukb", "phantom"] = "ukb"
  num_participants: int = 1000
  genotypes: str = ""
  dimensions: tuple[str, ...] = DIMENSIONS
  models: tuple[str, ...] = ()
  num_folds: int = 10
  folds_per_job: FoldsPerJob = "one"
  stages: tuple[str, ...] = (*FIRST_STAGES, *LATER_STAGES)
  config_arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)
  arguments: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  resources: Mapping[str, Resources] = dataclasses.field(default_factory=dict)

  def __post_init__(self) -> None:
    """Refuses names that nothing has, and a study of nothing."""
    names = PLANNED_STAGES
    _check("dimensions", self.dimensions, DIMENSIONS)
    _check("stages", self.stages, PLANNED_STAGES)
    _check("config_arguments", self.config_arguments, names)
    _check("arguments", self.arguments, (*names, DATA, *self.models))
    _check("resources", self.resources, names)
    if not self.dimensions or not self.stages:
      raise ValueError("dimensions and stages are not empty.")
    if self.num_participants < 1:
      raise ValueError(f"num_participants is at least 1, got {self.num_participants}.")
    if self.folds_per_job not in typing.get_args(FoldsPerJob):
      raise ValueError(f"folds_per_job is {' or '.join(typing.get_args(FoldsPerJob))}, got {self.folds_per_job!r}.")
    if of_scalars := [name for name, given in self.arguments.items() if name.startswith("scalars/") and given]:
      raise ValueError(
        f"arguments: {', '.join(of_scalars)} can't have its own, as one call compares all scalar models: give them to "
        "the stage scalars."
      )
    if self.num_folds < 3:
      raise ValueError(f"num_folds is at least 3 (training, validation, test), got {self.num_folds}.")
    _check_models(self.models)
    if not self.chosen_models() and {"train", "scalars"} & set(self.stages):
      raise ValueError(f"none of the models is of the dimensions {', '.join(self.dimensions)}.")

  def chosen_models(self) -> tuple[str, ...]:
    """Returns the models of the chosen dimensions."""
    return tuple(name for name in self.models if name.partition("/")[0] in self.dimensions)


def _check(what: str, names, known) -> None:
  if unknown := [name for name in names if name not in known]:
    raise ValueError(f"{what}: unknown {', '.join(unknown)}; known are {', '.join(known)}.")
  if len(set(names)) < len(tuple(names)):
    raise ValueError(f"{what}: a name stands twice.")


def _check_models(models: tuple[str, ...]) -> None:
  """Refuses names that no stage could have, and scalar models that are not all algorithms of all their sets."""
  if len(set(models)) < len(models):
    raise ValueError("models: a name stands twice.")
  for name in models:
    parts = name.split("/")
    known = parts[0] in DIMENSIONS and len(parts) == (_PARTS[parts[0]])
    if not known:
      raise ValueError(
        f"models: {name} is not a name like knee/inception_v3, spine/sagittal/inception_v3 or scalars/all/lightgbm."
      )
  scalars = [name.split("/") for name in models if name.startswith("scalars/")]
  sets, algorithms = {part[1] for part in scalars}, {part[2] for part in scalars}
  if len(scalars) != len(sets) * len(algorithms):
    raise ValueError(
      f"models: of the scalar sets {', '.join(sorted(sets))} each needs each of the algorithms "
      f"{', '.join(sorted(algorithms))}, whose importances are compared."
    )
