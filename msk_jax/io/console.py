"""The frame around every binary: logging without ids, errors without tracebacks."""

import sys
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from msk_jax.io import errors, privacy

UNFINISHED = 75  # exit status: stopped early on purpose, run the same command again (EX_TEMPFAIL of sysexits.h)


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs a binary's `main` under absl; prints an `InputError` in one line and exits with status 1.

  Log lines, and the traceback of an unexpected error, pass through a filter that hides participant ids.
  """
  app.run(lambda argv: _guarded(main, argv), flags_parser=_parse_flags)


def _parse_flags(argv: Sequence[str]) -> list[str]:
  try:
    return flags.FLAGS(list(argv))
  except (flags.Error, AttributeError, KeyError, ValueError, TypeError, FileNotFoundError) as error:
    # ml_collections raises plain errors for unknown config keys and configs that do not exist.
    _fail(str(error).strip("\"'"))
    raise


def _guarded(main: Callable[[Sequence[str]], int | None], argv: Sequence[str]) -> int | None:
  logging.get_absl_handler().addFilter(privacy.RedactingFilter())
  logging.use_absl_handler()
  if not flags.FLAGS["verbosity"].present:
    logging.set_verbosity(logging.INFO)
  sys.excepthook = _print_redacted
  try:
    return main(argv)
  except errors.InputError as error:
    return _fail(str(error))
  except KeyboardInterrupt:
    return _fail("stopped by the keyboard; run the same command again to go on")


def _fail(message: str) -> int:
  sys.stderr.write(f"error: {privacy.redact(message)}\n")
  sys.exit(1)


def _print_redacted(kind: type[BaseException], error: BaseException, trace) -> None:
  import traceback

  sys.stderr.write(privacy.redact("".join(traceback.format_exception(kind, error, trace))))
