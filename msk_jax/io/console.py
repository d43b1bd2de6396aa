"""The frame around every binary: logging without ids, errors without tracebacks."""

import logging as python_logging
import pathlib
import sys
from collections.abc import Callable, Sequence

from absl import app, flags, logging
from ml_collections import config_flags

from msk_jax.io import errors, privacy

flags.disclaim_key_flags()  # what `define_...` defines belongs to the binary, and shows in its --help
# ml_collections raises plain errors for unknown config keys and configs that do not exist.
_FLAG_ERRORS = (flags.Error, AttributeError, KeyError, ValueError, TypeError, FileNotFoundError, ImportError)

UNFINISHED = 75  # exit status: stopped early on purpose, run the same command again (EX_TEMPFAIL of sysexits.h)
_PACKAGE = str(pathlib.Path(__file__).resolve().parents[1])


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs a binary's `main` under absl; prints an `InputError` in one line and exits with status 1.

  Log lines, and the traceback of an unexpected error, pass through a filter that hides participant ids.
  """
  app.run(lambda argv: _guarded(main, argv), flags_parser=_parse_flags)


def define_config(default: str, help_text: str) -> flags.FlagHolder:
  """Defines `--config` with a default; a mistake in a `--config.x=y` ends the program with one line.

  The default is loaded, and overridden, as soon as it is defined: before `run` could catch anything.
  """
  try:
    return config_flags.DEFINE_config_file("config", default, help_text, lock_config=True)
  except _FLAG_ERRORS as error:
    _fail(_plain(error))
    raise


def define_withdrawn() -> tuple[flags.FlagHolder, flags.FlagHolder]:
  """Defines `--withdrawn` and `--confirm_withdrawals` of a stage that writes about people (`preparation.withdrawn`)."""
  lists = flags.DEFINE_multi_string(
    "withdrawn",
    [],
    "List of people who have withdrawn, beside those in the data root; may be repeated, and counts in later calls too.",
  )
  is_confirmed = flags.DEFINE_bool(
    "confirm_withdrawals",
    False,
    "Say so if lists of withdrawals that name over 1% of the people (and over 50) are right.",
  )
  return lists, is_confirmed


def _parse_flags(argv: Sequence[str]) -> list[str]:
  try:
    return flags.FLAGS(list(argv))
  except _FLAG_ERRORS as error:
    _fail(_plain(error))
    raise


def _plain(error: BaseException) -> str:
  """Returns a flag or config error as one line, without quotes around quotes and without a traceback inside."""
  lines = [line.strip() for line in str(error).replace("\\n", "\n").replace("\\'", "'").splitlines() if line.strip()]
  if any(line.startswith("Traceback") for line in lines):
    first = next(i for i, line in enumerate(lines) if line.startswith("Traceback"))
    lines = [*lines[:first], lines[-1]]
  if isinstance(error, AttributeError | KeyError):
    lines = ["unknown config key", *(line.strip("\"'") for line in lines)]
  return " ".join(lines)


def _check_config() -> None:
  """A config file that could not be loaded is noticed only on use: use it once."""
  if "config" in flags.FLAGS:
    try:
      flags.FLAGS.config.to_dict()
    except OSError as error:
      _fail(_plain(error))


def _guarded(main: Callable[[Sequence[str]], int | None], argv: Sequence[str]) -> int | None:
  logging.use_absl_handler()
  handler = logging.get_absl_handler()
  handler.addFilter(_OwnNews())
  handler.addFilter(privacy.RedactingFilter())
  handler.setFormatter(python_logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
  if not flags.FLAGS["verbosity"].present:
    logging.set_verbosity(logging.INFO)
  sys.excepthook = _print_redacted
  _check_config()
  try:
    return main(argv)
  except errors.InputError as error:
    return _fail(str(error))
  except KeyboardInterrupt:
    return _fail("stopped by the keyboard; run the same command again to go on")


class _OwnNews(python_logging.Filter):
  """Lets through what this package says, and warnings of the libraries below it."""

  def filter(self, record: python_logging.LogRecord) -> bool:
    """Returns whether the record is let through."""
    return record.levelno >= python_logging.WARNING or record.pathname.startswith(_PACKAGE)


def _fail(message: str) -> int:
  sys.stderr.write(f"error: {privacy.redact(message)}\n")
  sys.exit(1)


def _print_redacted(kind: type[BaseException], error: BaseException, trace) -> None:
  import traceback

  sys.stderr.write(privacy.redact("".join(traceback.format_exception(kind, error, trace))))
