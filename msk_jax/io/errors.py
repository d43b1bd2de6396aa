"""The error that a person can act on."""


class InputError(ValueError):
  """Something given to the program is missing or wrong.

  The message says what was wrong, where, and what to do about it, and holds no participant id. Binaries print
  it without a traceback (see `msk_jax.io.console.run`).
  """
