"""What tests of whole trainings share."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from msk_jax.models import simple_cnn
from msk_jax.training import command, experiment, program
from tests import compiling, small_network
from tests.training import cohort


@pytest.fixture(scope="session")
def _programs() -> dict[Any, program.Program]:
  """Compiled functions by the settings that they depend on."""
  return {}


@contextlib.contextmanager
def _sharing(
  programs: dict[Any, program.Program], filters: tuple[int, ...] = small_network.TWO_LAYERS
) -> Iterator[None]:
  def make(settings, *shapes):
    any_limits = {"max_epochs": 1, "early_stopping_patience": 1, "max_hours": 1.0, "checkpoint_every_steps": 1}
    key = (simple_cnn.FILTERS, settings.model, dataclasses.replace(settings.train, **any_limits))
    if key not in programs:
      programs[key] = program.Program(settings, *shapes)
    return programs[key]

  with pytest.MonkeyPatch.context() as patch, compiling.quickly(), small_network.small(filters):
    patch.setattr(command, "Program", make)
    yield


@pytest.fixture(scope="module")
def compile_once(_programs) -> Iterator[None]:
  """Lets a module's runs share functions of a small network, compiled quickly, with other modules."""
  with _sharing(_programs):
    yield


@pytest.fixture(scope="module")
def compile_whole_once(_programs) -> Iterator[None]:
  """As `compile_once`, with the whole network: for models that a command reads in a process of its own."""
  with _sharing(_programs, small_network.WHOLE):
    yield


@pytest.fixture(scope="session")
def straight(tmp_path_factory, _programs) -> tuple[pathlib.Path, dict[str, Any]]:
  """The workdir and the result of a run that nothing happened to; tests do not change the workdir."""
  workdir = tmp_path_factory.mktemp("straight")
  cohort.write_workdir(workdir)
  with _sharing(_programs):
    ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", workdir)
  return workdir, ended.result
