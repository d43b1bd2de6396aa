"""The frame around each stage of `stage_table.py`; `python -m msk_jax.stages` prints the table as Markdown.

A binary `msk_jax/<stage>.py` is a thin frame: flags from this table, config section -> frozen spec -> call.
"""

import contextlib
import dataclasses
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from absl import flags

from msk_jax.stage_table import EVERYTHING, STAGES, TOOLS, Stage

if TYPE_CHECKING:
  from msk_jax.durable import link

flags.disclaim_key_flags()  # what `define` defines belongs to the binary, and shows in its --help

T = TypeVar("T")
_IMAGES = "images"
_TRAININGS = {"train": "models", "tune": "tuning"}  # stages that resume from checkpoints, and the folder of those


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
  if stage.workdir and _folders(stage):
    console.define_durable_dir()
  if stage.overwrite:
    flags.DEFINE_bool("overwrite", False, stage.overwrite)
  if stage.is_about_people:
    console.define_withdrawn()
  return stage


@dataclasses.dataclass(frozen=True)
class Call:
  """A stage as it was called: what its flags and its config say.

  Attributes:
    stage: the stage.
    durable: the tie to the folder --durable_dir; one that does nothing without the flag.
    held: what is held until the call ends, and its work is in the durable folder.
  """

  stage: Stage
  durable: "link.Link"
  held: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)

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

  def open_workdir(self, *, is_tied: bool = True) -> pathlib.Path:
    """Returns `--workdir`, cleared of what dead processes left there (see `console.open_workdir`).

    Args:
      is_tied: whether it is tied to --durable_dir, as `tie` does.

    Raises:
      InputError: the workdir is a file; or see `tie`.
    """
    from msk_jax.io import console

    workdir = console.open_workdir()
    if is_tied:
      self.tie(workdir)
    return workdir

  def folders_of(self, kind: str, view: str = "") -> list[str]:
    """Returns the folders of the workdir that a call works with which reads the images of one view, or none.

    Of other data than UK Biobank's those of all views, as the call itself prepares them.

    Args:
      kind: of the data.
      view: such as `knee` or `full_body/mixed`; empty for none.
    """
    if kind != "ukb":
      return list(self.stage.folders())
    return [*(name for name in self.stage.folders() if name != _IMAGES), *([f"{_IMAGES}/{view}"] if view else [])]

  def tie(
    self,
    workdir: pathlib.Path,
    durable_dir: str | None = None,
    folders: Sequence[str] = (),
    resumed: Sequence[str] = (),
  ) -> None:
    """Copies back what the workdir lacks of a durable folder, and mirrors the workdir there from now on.

    Args:
      workdir: the workdir.
      durable_dir: the durable folder, empty for none; None for --durable_dir.
      folders: what the call works with, where that is less than the stage's.
      resumed: folders of the trainings that it resumes; by default all of the stage.

    Raises:
      InputError: the durable folder can't be used, or is another workdir's.
    """
    from msk_jax.durable import parts

    folder = self.durable_dir if durable_dir is None else durable_dir
    if not folder:
      return
    trained = [_TRAININGS[self.stage.name]] if self.stage.name in _TRAININGS else []
    scope = parts.Scope(tuple(folders) or _folders(self.stage), tuple(resumed or trained))
    self.durable.open(workdir, pathlib.Path(folder), scope)
    if not trained:  # those say themselves when there is a checkpoint
      self.durable.mirror_regularly()

  @property
  def durable_dir(self) -> str:
    """The flag --durable_dir; empty for none."""
    return flags.FLAGS.durable_dir if _folders(self.stage) else ""

  @property
  def workdir(self) -> pathlib.Path:
    """The flag --workdir, for a stage that must find things as they are."""
    return pathlib.Path(flags.FLAGS.workdir)

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
    """Returns who of the workdir's cohort has withdrawn (see `preparation.withdrawn.of_workdir`).

    From here on no purge begins in the workdir before the call has ended.
    """
    from msk_jax.preparation import withdrawn

    self.keep_from_purges(workdir)
    return withdrawn.of_workdir(
      workdir, self.withdrawal_lists, confirmed=self.confirms_withdrawals, may_write=may_write
    )

  def keep_from_purges(self, workdir: pathlib.Path) -> None:
    """Waits for a purge of the workdir, and lets none begin before the call has ended (see `io.presence`)."""
    from msk_jax.io import presence

    if workdir.is_dir():
      self.held.enter_context(presence.shown(workdir, self.stage.name))


def run(stage: Stage, main: Callable[[Call], int | None], *, continues_without_output: bool = False) -> None:
  """Runs a stage's `main`; see `console.run`.

  Args:
    stage: from `define`.
    main: does the work; returns the exit status, None for 0.
    continues_without_output: whether it continues when nobody reads its output any more.
  """
  from msk_jax.durable import link
  from msk_jax.io import console, renamed

  def call(argv: Sequence[str]) -> int | None:
    del argv
    durable = link.Link()
    with contextlib.ExitStack() as held:
      return link.closing(durable, lambda: main(Call(stage, durable, held)))

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


def _folders(stage: Stage) -> tuple[str, ...]:
  """Returns the folders of the workdir that a call works with."""
  from msk_jax.io import leftovers

  return leftovers.FOLDERS if EVERYTHING in stage.writes else stage.folders()


def _describe_files(stage: Stage) -> str:
  parts = (("reads", stage.reads), ("writes", stage.writes))
  return "; ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names)


def _listed(names: Sequence[str]) -> str:
  """Returns names as a table cell shows them; files, folders and flags as code."""
  return ", ".join(f"`{name}`" if " " not in name else name for name in names)


if __name__ == "__main__":
  sys.stdout.write(make_table())
