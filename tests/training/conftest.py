"""What tests of whole trainings share."""

import dataclasses

import pytest

from msk_jax.training import experiment, program


@pytest.fixture(scope="module")
def compile_once():
  """Lets the runs of a module share compiled functions: compiling is most of their time."""
  made = {}

  def make(settings, *shapes):
    key = (settings.model, dataclasses.replace(settings.train, max_epochs=1))
    if key not in made:
      made[key] = program.Program(settings, *shapes)
    return made[key]

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(experiment, "Program", make)
    yield
