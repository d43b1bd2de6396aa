"""Numbers that are not finite end a training before any of them is written."""

import contextlib
from collections.abc import Iterator

from msk_jax.io import command_line, errors
from msk_jax.training import spec, state
from msk_jax.training.program import Program

_SMALLER = 10  # the message advises a learning rate that is this many times smaller


class NotFiniteError(Exception):
  """A step gave numbers that are not finite; holds its number."""


def check_state(program: Program, current: state.TrainState) -> None:
  """Makes sure that a state may be written.

  Raises:
    NotFiniteError: it has numbers that are not finite.
  """
  if not bool(program.is_sound(current)):
    raise NotFiniteError(int(current.step))


class DivergedError(errors.InputError):
  """A training gave numbers that are not finite, and the same settings lead there again; in words for the user.

  Attributes:
    happened: what happened, without advice.
  """

  def __init__(self, happened: str, advice: str):
    super().__init__(f"{happened}, and nothing of it was saved. The same settings lead there again. {advice}")
    self.happened = happened


@contextlib.contextmanager
def explained(settings: spec.OptimizationSpec) -> Iterator[None]:
  """Turns a NotFiniteError inside into a DivergedError that says what to do."""
  try:
    yield
  except NotFiniteError as error:
    smaller = f"--config.train.learning_rate={settings.learning_rate / _SMALLER:g}"
    raise DivergedError(
      f"step {error} gave numbers that are not finite",
      f"Start over with a smaller learning rate: {command_line.again(smaller, '--overwrite')}",
    ) from None
