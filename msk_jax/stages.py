"""The table of stages, and the frame around each; `python -m msk_jax.stages` prints it as Markdown.

A binary `msk_jax/<stage>.py` is a thin frame: flags from this table, config section -> frozen spec -> call.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from absl import flags

flags.disclaim_key_flags()  # what `define` defines belongs to the binary, and shows in its --help

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Stage:
  """A stage: a binary of its own.

  Attributes:
    name: the binary, `python -m msk_jax.<name>`.
    summary: what it does, one line.
    package: the package of `msk_jax` that does it.
    reads: folders of the workdir, or what else is read.
    writes: folders of the workdir, or what else is written.
    config: the default config file; empty for a stage without a config.
    config_help: what the config says.
    sections: keys that its config has. The stage's settings are in the section with its name.
    optional_sections: further keys that it reads.
    workdir: the default workdir; empty for a stage without one.
    is_about_people: whether it writes about people: then it has --withdrawn and --confirm_withdrawals.
    overwrite: help of its flag --overwrite; empty for a stage without one.
  """

  name: str
  summary: str
  package: str
  reads: tuple[str, ...]
  writes: tuple[str, ...]
  config: str = ""
  config_help: str = ""
  sections: tuple[str, ...] = ()
  optional_sections: tuple[str, ...] = ()
  workdir: str = "workspace"
  is_about_people: bool = False
  overwrite: str = ""


@dataclasses.dataclass(frozen=True)
class Tool:
  """A binary that is not a stage: it has no place in the data flow."""

  name: str
  summary: str
  arguments: str = ""


STAGES = (
  Stage(
    name="phantom",
    summary="draws a phantom cohort in UK Biobank's formats, with a known truth",
    package="simulation",
    reads=(),
    writes=("raw/",),
    config="configs/phantom.py",
    config_help="The cohort's size, seed and flaws.",
    sections=("phantom",),
    overwrite="Replace a phantom of other settings.",
  ),
  Stage(
    name="prepare",
    summary="turns tables and images into a cohort, scalar sets, ten folds, image stores and a QC report",
    package="preparation",
    reads=("the data root", "raw/"),
    writes=("cohort/", "images/", "qc/"),
    config="configs/ukb.py",
    config_help="Says in its section `data` what to prepare.",
    sections=("data",),
    is_about_people=True,
    overwrite="Throw away what the workdir holds of another data root.",
  ),
  Stage(
    name="train",
    summary="trains one image model on one split",
    package="training",
    reads=("cohort/", "images/"),
    writes=("models/",),
    config="configs/knee.py",
    config_help="What to train, e.g. configs/knee.py:backbone=simple_cnn,fold=3.",
    sections=("data", "view", "train"),
    optional_sections=("fold", "seed", "model", "input"),
    is_about_people=True,
    overwrite="Throw away data and model of other settings in the workdir.",
  ),
  Stage(
    name="scalars",
    summary="predicts age from each scalar set by three algorithms, with importances",
    package="scalar_models",
    reads=("cohort/",),
    writes=("models/scalars/",),
    config="configs/scalars.py",
    config_help="Which data, which sets and algorithms, how they are searched.",
    sections=("data", "scalars"),
    is_about_people=True,
    overwrite="Throw away prepared data of another source in the workdir, and images that this config leaves out; no "
    "effect on UK Biobank's, which `prepare` makes. Models need no flag: those of other settings or data are made "
    "again.",
  ),
  Stage(
    name="ensemble",
    summary="pools the predictions of all finished models and combines them at three levels",
    package="ensembling",
    reads=("cohort/", "models/"),
    writes=("predictions/", "ensembles/"),
    config="configs/ensemble.py",
    config_help="How models are combined, e.g. configs/ensemble.py:cases=available.",
    sections=("ensemble",),
    is_about_people=True,
  ),
  Stage(
    name="evaluate",
    summary="scores all models, by group and beside the published numbers, with figures",
    package="evaluation",
    reads=("cohort/", "predictions/"),
    writes=("performance/",),
    config="configs/evaluate.py",
    config_help="Number and kind of bootstraps, whether figures are drawn.",
    sections=("evaluate",),
    is_about_people=True,
  ),
  Stage(
    name="ages",
    summary="corrects the bias; biological age and accelerated ageing, with their correlations",
    package="biological_age",
    reads=("cohort/", "predictions/"),
    writes=("ages/", "bias_correction.json in models/"),
    config="configs/ages.py",
    config_help="How the bias is fitted; number and kind of bootstraps.",
    sections=("ages",),
    is_about_people=True,
  ),
  Stage(
    name="predict",
    summary="predicts the ages of new images by trained folds",
    package="inference",
    reads=("--model", "--images", "--table"),
    writes=("--output", "a list of refused files beside it"),
    workdir="",
    is_about_people=True,
  ),
  Stage(
    name="simulate_predictions",
    summary="makes a workdir as if the paper's 31 models had been trained, with a known truth",
    package="simulated_predictions",
    reads=(),
    writes=("cohort/", "models/", "raw/truth/"),
    config="configs/simulated.py",
    config_help="How many people, which seed, with or without scalar models.",
    sections=("simulate_predictions",),
    workdir="simulated",
    overwrite="Replace simulated predictions of other settings.",
  ),
)

TOOLS = (
  Tool("convert_weights", "turns weights of Keras, safetensors or a trained fold into one another"),
  Tool("audit", "looks for integers that could be participant ids in a repository", "."),
)


def find(name: str) -> Stage:
  """Returns the stage of that name.

  Raises:
    KeyError: there is none.
  """
  return {stage.name: stage for stage in STAGES}[name]


def define(name: str) -> Stage:
  """Defines the flags of a stage, and returns it; called where the binary is imported."""
  from msk_jax.io import console, renamed

  stage = find(name)
  if stage.config:
    console.define_config(stage.config, stage.config_help, renamed.KEYS.get(name, {}))
  if stage.workdir:
    console.define_workdir(stage.workdir, f"Folder of the data: {_describe_files(stage)}.")
  if stage.overwrite:
    flags.DEFINE_bool("overwrite", False, stage.overwrite)
  if stage.is_about_people:
    console.define_withdrawn()
  return stage


@dataclasses.dataclass(frozen=True)
class Call:
  """A stage as it was called: what its flags and its config say."""

  stage: Stage

  def values(self) -> dict[str, Any]:
    """Returns the config's sections that the stage reads, as plain values.

    Raises:
      InputError: it is the config of another stage, or has a key that no stage reads.
    """
    from msk_jax.io import console, errors, renamed

    stage = self.stage
    values = console.config_values(stage.sections, renamed.KEYS.get(stage.name, {}))
    known = {name for each in STAGES for name in (*each.sections, *each.optional_sections)}
    if unknown := sorted(set(values) - known):
      raise errors.InputError(f"no stage reads config.{', config.'.join(unknown)}: take it out of the config.")
    return {name: values[name] for name in (*stage.sections, *stage.optional_sections) if name in values}

  def settings(self, spec: type[T]) -> T:
    """Returns the section with the stage's name as the dataclass `spec`.

    Raises:
      InputError: see `values`; or a setting is unknown or impossible.
    """
    from msk_jax.io import specs

    return specs.from_mapping(spec, self.values()[self.stage.name], f"config.{self.stage.name}")

  def open_workdir(self) -> pathlib.Path:
    """Returns `--workdir`, cleared of what dead processes left there (see `console.open_workdir`)."""
    from msk_jax.io import console

    return console.open_workdir()

  @property
  def overwrite(self) -> bool:
    """The flag --overwrite."""
    return flags.FLAGS.overwrite

  @property
  def withdrawal_lists(self) -> tuple[pathlib.Path, ...]:
    """The flag --withdrawn."""
    return tuple(map(pathlib.Path, flags.FLAGS.withdrawn))

  @property
  def confirms_withdrawals(self) -> bool:
    """The flag --confirm_withdrawals."""
    return flags.FLAGS.confirm_withdrawals

  def find_withdrawn(self, workdir: pathlib.Path, *, may_write: bool = True) -> frozenset[str]:
    """Returns who of the workdir's cohort has withdrawn (see `preparation.withdrawn.of_workdir`)."""
    from msk_jax.preparation import withdrawn

    return withdrawn.of_workdir(
      workdir, self.withdrawal_lists, confirmed=self.confirms_withdrawals, may_write=may_write
    )


def run(stage: Stage, main: Callable[[Call], int | None], *, continues_without_output: bool = False) -> None:
  """Runs a stage's `main`; see `console.run`.

  Args:
    stage: from `define`.
    main: does the work; returns the exit status, None for 0.
    continues_without_output: whether it continues when nobody reads its output any more.
  """
  from msk_jax.io import console, renamed

  def call(argv: Sequence[str]) -> int | None:
    del argv
    return main(Call(stage))

  keys = renamed.KEYS.get(stage.name, {})
  console.run(call, continues_without_output=continues_without_output, renamed_keys=keys)


def make_table() -> str:
  """Returns the table of all commands as Markdown."""
  rows = [("command", "what it does", "reads", "writes"), ("---",) * 4]
  rows += [
    (f"`python -m msk_jax.{stage.name}`", stage.summary, _listed(stage.reads), _listed(stage.writes))
    for stage in STAGES
  ]
  rows += [(f"`python -m msk_jax.{f'{tool.name} {tool.arguments}'.strip()}`", tool.summary, "", "") for tool in TOOLS]
  return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |").replace("|  |", "| |") for row in rows)


def _describe_files(stage: Stage) -> str:
  parts = (("reads", stage.reads), ("writes", stage.writes))
  return "; ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names)


def _listed(names: Sequence[str]) -> str:
  """Returns names as a table cell shows them; files, folders and flags as code."""
  return ", ".join(f"`{name}`" if " " not in name else name for name in names)


if __name__ == "__main__":
  sys.stdout.write(make_table())
