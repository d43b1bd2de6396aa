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


@contextlib.contextmanager
def explained(settings: spec.OptimizationSpec) -> Iterator[None]:
  """Turns a NotFiniteError inside into an InputError that says what to do."""
  try:
    yield
  except NotFiniteError as error:
    smaller = f"--config.train.learning_rate={settings.learning_rate / _SMALLER:g}"
    raise errors.InputError(
      f"step {error} gave numbers that are not finite, and nothing of it was saved. The same settings lead there "
      f"again. Start over with a smaller learning rate: {command_line.again(smaller, '--overwrite')}"
    ) from None
