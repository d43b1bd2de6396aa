"""A run of a program as data: its command, what it reads and what it must write."""

import dataclasses
import enum
import pathlib
import string
from collections.abc import Iterator, Mapping
from typing import Any


class Kind(enum.StrEnum):
  """What a task is for."""

  PREPARATION = "preparation"
  ASSOCIATION = "association"  # autosomes alone, unless the engine has no separate run for chromosome X
  ASSOCIATION_WITH_X = "association_with_x"
  HERITABILITY = "heritability"
  GENETIC_CORRELATION = "genetic_correlation"


@dataclasses.dataclass(frozen=True)
class Task:
  """A run of a program.

  Texts hold the places of files as variables, so that a shell on another machine can fill them in as well:
  `$GENOTYPES` (the folder of the genotype files), `$INPUTS` (what `engine_files` wrote), `$TASK` (the task's own
  folder), `$RESULTS` (the folder of all tasks' folders) and `$THREADS` (their number, which changes no result).

  Attributes:
    name: also of its folder.
    kind: what it is for.
    traits: whose.
    command: the program and its arguments.
    outputs: files in the task's folder that must be whole at the end.
    timeout_s: after which the program is stopped.
    lists: name to content of files that are written into the task's folder before the start.
    needs: names of tasks whose outputs it reads.
    num_people: that the program is given with all values, and should analyse; 0 if it is not known.
    num_variants: of the array files that the program is given, without excluded ones; 0 if it is not known.
  """

  name: str
  kind: Kind
  traits: tuple[str, ...]
  command: tuple[str, ...]
  outputs: tuple[str, ...]
  timeout_s: float
  lists: Mapping[str, str] = dataclasses.field(default_factory=dict)
  needs: tuple[str, ...] = ()
  num_people: int = 0
  num_variants: int = 0

  def to_json(self) -> dict[str, Any]:
    """Returns the task as JSON values."""
    return dataclasses.asdict(self) | {"kind": self.kind.value}

  @classmethod
  def from_json(cls, values: Mapping[str, Any]) -> "Task":
    """Returns the task that `to_json` gave the values of."""
    return cls(
      name=values["name"],
      kind=Kind(values["kind"]),
      traits=tuple(values["traits"]),
      command=tuple(values["command"]),
      outputs=tuple(values["outputs"]),
      timeout_s=values["timeout_s"],
      lists=dict(values["lists"]),
      needs=tuple(values["needs"]),
      num_people=values["num_people"],
      num_variants=values["num_variants"],
    )


@dataclasses.dataclass(frozen=True)
class Places:
  """Where things are on this machine.

  Attributes:
    genotypes: the folder of the genotype files.
    inputs: the folder that `engine_files.write` wrote.
    results: a folder per task.
    num_threads: of a program.
  """

  genotypes: pathlib.Path
  inputs: pathlib.Path
  results: pathlib.Path
  num_threads: int = 1

  def fill_in(self, text: str, task_folder: pathlib.Path) -> str:
    """Returns a task's text with the places in it."""
    return string.Template(text).safe_substitute(
      GENOTYPES=self.genotypes.absolute(),
      INPUTS=self.inputs.absolute(),
      RESULTS=self.results.absolute(),
      TASK=task_folder.absolute(),
      THREADS=self.num_threads,
    )


def iterate_texts(task: Task) -> Iterator[str]:
  """Yields every text of a task that may name a file."""
  yield from task.command
  for content in task.lists.values():
    yield from content.split()
