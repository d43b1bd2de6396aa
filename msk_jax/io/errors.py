"""The error that a person can act on."""

import contextlib
from collections.abc import Iterator


class InputError(ValueError):
  """Something given to the program is missing or wrong.

  The message says what was wrong, where, and what to do about it, and holds no participant id. Binaries print
  it without a traceback (see `msk_jax.io.console.run`).
  """


@contextlib.contextmanager
def of_file(name: str) -> Iterator[None]:
  """Puts a file's name before the message of an InputError that does not name it, such as one about a column."""
  try:
    yield
  except InputError as error:
    if name in str(error):
      raise
    raise InputError(f"{name}: {error}") from error
