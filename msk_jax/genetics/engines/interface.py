"""What every engine offers, and how the outcomes of its tasks are looked up."""

import itertools
import pathlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_files, estimates, programs, reasons, spec
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.genetics.tasks import Kind


class Engine(Protocol):
  """A program for genetic analysis."""

  name: str

  def check(self, settings: spec.GwasSpec) -> dict[str, pathlib.Path]:
    """Returns file name to path of the tables that the program needs besides genotypes, after a look into them.

    Raises:
      InputError: a table is missing or another one.
    """
    ...

  def version(self, settings: spec.GwasSpec) -> str:
    """Returns the version that the installed program prints.

    Raises:
      InputError: it is not installed.
    """
    ...

  def tasks(
    self, files: engine_files.EngineFiles, analysis: analysis_lib.Analysis, settings: spec.GwasSpec
  ) -> tuple[tasks_lib.Task, ...]:
    """Returns all runs of the program, those first that others need."""
    ...

  def program(self, version: str) -> programs.Program:
    """Returns how its tasks are run and judged."""
    ...

  def diagnose(self, failure: reasons.Failure) -> reasons.Reason:
    """Returns why a task has no results."""
    ...

  def read_association(
    self, trait: str, source: str, build: str, outcomes: Sequence[programs.Outcome]
  ) -> estimates.Association:
    """Returns a trait's summary statistics from array or imputed variants.

    Raises:
      InputError: a table is not one of the program's.
      ValueError: the run on the autosomes did not succeed.
    """
    ...

  def read_heritability(self, trait: str, outcomes: Sequence[programs.Outcome]) -> estimates.Heritability:
    """Returns a trait's heritability, or why there is none."""
    ...

  def read_correlation(
    self, traits: tuple[str, str], outcomes: Sequence[programs.Outcome]
  ) -> estimates.GeneticCorrelation:
    """Returns the genetic correlation of two traits, or why there is none."""
    ...


def select(outcomes: Sequence[programs.Outcome], kind: Kind, *traits: str) -> list[programs.Outcome]:
  """Returns the outcomes of tasks of a kind that are about all these traits."""
  return [outcome for outcome in outcomes if outcome.task.kind == kind and set(traits) <= set(outcome.task.traits)]


def find_reason(outcomes: Sequence[programs.Outcome], kind: Kind, *traits: str) -> reasons.Reason | None:
  """Returns why these traits have no result of a kind; None if they have one, or if the engine has no such task."""
  return next((outcome.reason for outcome in select(outcomes, kind, *traits) if outcome.reason), None)


def count_people(traits: Sequence[analysis_lib.Trait], is_kept: np.ndarray) -> int:
  """Returns how many of the people who take part have a value of each trait."""
  return int(np.all([is_kept, *(np.isfinite(trait.values) for trait in traits)], axis=0).sum())


def list_pairs(
  analysis: analysis_lib.Analysis, is_kept: np.ndarray, min_people: int
) -> tuple[list[tuple[str, str]], dict[tuple[str, str], int]]:
  """Returns the pairs of traits of one stratum that have enough people in common.

  Args:
    analysis: all traits.
    is_kept: bool [n], who takes part; see `engine_files.RunFiles`.
    min_people: in common; one at least.

  Returns:
    The pairs, and those with too few people to how many they have.
  """
  pairs, small = [], {}
  for first, second in itertools.combinations(analysis.traits, 2):
    if first.stratum != second.stratum:
      continue
    num_people = count_people((first, second), is_kept)
    if num_people >= max(min_people, 1):
      pairs.append((first.name, second.name))
    else:
      small[first.name, second.name] = num_people
  return pairs, small
