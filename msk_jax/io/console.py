"""What every binary has: its flags, logging without ids, errors without tracebacks."""

import errno
import logging as python_logging
import pathlib
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from absl import app, flags, logging
from ml_collections import config_flags

from msk_jax.io import config_files, errors, leftovers, pipes, privacy, renamed, run_record

flags.disclaim_key_flags()  # what `define_...` defines belongs to the binary, and shows in its --help
# ml_collections raises plain errors for unknown config keys and missing configs.
_FLAG_ERRORS = (flags.Error, AttributeError, KeyError, ValueError, TypeError, FileNotFoundError, ImportError)

_DISK_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_HASHED = ("models/scalars", "performance", "ages", "gwas")  # prepared data: see `preparation.damage`
UNFINISHED = 75  # exit status: stopped early on purpose, run the same command again (EX_TEMPFAIL of sysexits.h)
_PACKAGE = str(pathlib.Path(__file__).resolve().parents[1])


def run(
  main: Callable[[Sequence[str]], int | None],
  *,
  continues_without_output: bool = False,
  takes_arguments: bool = False,
  renamed_keys: Mapping[str, str] = types.MappingProxyType({}),
) -> None:
  """Runs a binary's `main` under absl; prints an `InputError` in one line and exits with status 1.

  Log lines, and the traceback of an unexpected error, pass through a filter that hides participant ids.

  Args:
    main: gets the arguments that are not flags, after the program's name.
    continues_without_output: whether it continues when nobody reads its output any more.
    takes_arguments: whether there may be arguments that are not flags; else they are refused.
    renamed_keys: old keys of the config to new ones (see `renamed`).
  """
  with pipes.guarded(continues=continues_without_output):
    app.run(
      lambda argv: _guarded(main, argv, takes_arguments), flags_parser=lambda argv: _parse_flags(argv, renamed_keys)
    )


def define_config(default: str, help_text: str, renamed_keys: Mapping[str, str] = types.MappingProxyType({})) -> None:
  """Defines `--config` with a default; a mistake in a `--config.x=y` ends the program with one line.

  The default is loaded, and overridden, as soon as it is defined: before `run` could catch anything.

  Args:
    default: the config file.
    help_text: what it says.
    renamed_keys: old keys of the config to new ones (see `renamed`).
  """
  try:
    config_flags.DEFINE_config_file(config_files.NAME, default, help_text, lock_config=True)
  except Exception as error:  # whatever the user's config raises
    _explain(error, default, renamed_keys)
    raise


def config_values(
  sections: Collection[str], renamed_keys: Mapping[str, str] = types.MappingProxyType({})
) -> dict[str, Any]:
  """Returns the config as plain values.

  Args:
    sections: keys that the stage's configs have.
    renamed_keys: old keys to new ones (see `renamed`), for a config of an earlier version.

  Raises:
    InputError: it is the config of another stage, or of an earlier version.
  """
  values, flag = flags.FLAGS.config.to_dict(), _config_flag()
  if missing := [name for name in sections if name not in values]:
    if values and values.keys() <= renamed_keys.keys():
      old = next(iter(values))
      raise errors.InputError(renamed.describe_file(flag.config_filename, old, renamed_keys[old], flag.default))
    raise errors.InputError(
      f"--config={flag.config_filename} is the config of another stage: it has no {' and no '.join(missing)}. This "
      f"stage takes {flag.default} and configs like it."
    )
  return values


def _config_flag() -> Any:
  """Returns the flag `--config`, which knows the file's name and the stage's default."""
  return flags.FLAGS["config"]


def define_workdir(default: str, help_text: str) -> None:
  """Defines `--workdir`, which `open_workdir` returns, and the flags on what is in it."""
  flags.DEFINE_string("workdir", default, help_text)
  flags.register_validator("workdir", bool, "it is empty: give a folder, or leave the flag out")
  define_clear_partials()
  flags.DEFINE_bool(
    "check_hashes",
    False,
    "Compare finished outputs with the hashes that they were written with, not only their sizes. What differs is "
    "removed, and so made again. Checkpoints and pooled predictions are always compared.",
  )


def define_durable_dir() -> None:
  """Defines `--durable_dir` (see `stages.Call.open_workdir`)."""
  flags.DEFINE_string(
    "durable_dir",
    "",
    "Folder that outlives the workdir, such as the project folder of a platform whose jobs lose their own: outputs and "
    "checkpoints are copied there, and back at the next start. It then holds data about people, as the workdir does.",
  )


def define_clear_partials() -> flags.FlagHolder:
  """Defines `--clear_partials_of_other_hosts` (see `leftovers`)."""
  return flags.DEFINE_bool(
    "clear_partials_of_other_hosts",
    False,
    "Also remove unfinished files that processes of other hosts left more than 24 hours ago.",
  )


def open_workdir() -> pathlib.Path:
  """Returns `--workdir`, cleared of what dead processes left there.

  Raises:
    InputError: it is a file.
  """
  workdir = pathlib.Path(flags.FLAGS.workdir)
  if workdir.exists() and not workdir.is_dir():
    raise errors.InputError(f"--workdir={workdir} is a file: give a folder.")
  leftovers.clear_workdir(workdir, others=flags.FLAGS.clear_partials_of_other_hosts)
  if flags.FLAGS.check_hashes:
    run_record.remove_damaged([workdir / name for name in _HASHED])
  return workdir


def define_withdrawn() -> None:
  """Defines `--withdrawn` and `--confirm_withdrawals` of a stage that writes about people (`preparation.withdrawn`)."""
  flags.DEFINE_multi_string(
    "withdrawn",
    [],
    "List of people who have withdrawn, beside those in the data root; may be repeated, and counts in later calls too.",
  )
  flags.DEFINE_bool(
    "confirm_withdrawals",
    False,
    "Confirm that lists of withdrawals that name over 1% of the people (and over 50) are right.",
  )


def _parse_flags(argv: Sequence[str], renamed_keys: Mapping[str, str]) -> list[str]:
  try:
    return flags.FLAGS(list(argv))
  except Exception as error:  # whatever the user's config raises
    default = _config_flag().default if config_files.NAME in flags.FLAGS else ""
    _explain(error, default, renamed_keys)
    raise


def _explain(error: Exception, default: str, renamed_keys: Mapping[str, str]) -> None:
  """Ends the program with one line, if the error is one of flags, or of a config file."""
  if message := config_files.describe_mistake(error):
    _fail(message)
  if not isinstance(error, _FLAG_ERRORS):
    return
  message = ""
  if isinstance(error, AttributeError | KeyError):
    message = config_files.describe_unknown_key(sys.argv[1:], default, renamed_keys)
  _fail(message or _plain(error))


def _plain(error: BaseException) -> str:
  """Returns a flag or config error as one line, without quotes around quotes and without a traceback inside."""
  lines = [line.strip() for line in str(error).replace("\\n", "\n").replace("\\'", "'").splitlines() if line.strip()]
  if any(line.startswith("Traceback") for line in lines):
    first = next(i for i, line in enumerate(lines) if line.startswith("Traceback"))
    lines = [*lines[:first], lines[-1]]
  return " ".join(lines)


def _check_config() -> None:
  """Uses the config once: a config file that could not be loaded is noticed only then."""
  if "config" in flags.FLAGS:
    try:
      flags.FLAGS.config.to_dict()
    except OSError as error:
      earlier = vars(flags.FLAGS.config).get("_error", error)  # what ml_collections keeps until the config is used
      if mistake := config_files.describe_mistake(earlier):
        _fail(mistake)
      flag = _config_flag()
      reason = error.strerror or _plain(error).rpartition("] ")[2].partition(": '")[0]
      _fail(
        f"--config={flag.config_filename} can't be read: {reason}. Give a config file's path, such as {flag.default}."
      )


def _guarded(main: Callable[[Sequence[str]], int | None], argv: Sequence[str], takes_arguments: bool) -> int | None:
  logging.use_absl_handler()
  handler = logging.get_absl_handler()
  handler.python_handler.stream = sys.stderr
  handler.addFilter(_OwnNews())
  handler.addFilter(privacy.RedactingFilter())
  handler.setFormatter(python_logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
  if not flags.FLAGS["verbosity"].present:
    logging.set_verbosity(logging.INFO)
  sys.excepthook = _print_redacted
  if argv[1:] and not takes_arguments:
    return _fail(
      f"not understood: {' '.join(argv[1:])}. Flags begin with --; a config's arguments follow it after a colon."
    )
  _check_config()
  try:
    config_files.choose_preset()
    return main(argv)
  except errors.InputError as error:
    return _fail(str(error))
  except OSError as error:
    if error.errno not in _DISK_ERRORS:
      raise
    where = f" {error.filename}" if error.filename else ""
    return _fail(f"could not write{where}: {error.strerror}. Free some space, or give a folder that can be written.")
  except KeyboardInterrupt:
    return _fail("stopped by the keyboard; run the same command again to resume")


class _OwnNews(python_logging.Filter):
  """Lets through this package's messages, and the first line of each warning of a library."""

  def filter(self, record: python_logging.LogRecord) -> bool:
    """Returns whether the record is let through."""
    if record.pathname.startswith(_PACKAGE):
      return True
    if record.levelno >= python_logging.WARNING:  # its error, if it is one, comes to us as well: a line will do
      record.exc_info, record.exc_text = None, None
      record.msg, record.args = (record.getMessage().splitlines() or [""])[0], None
      return True
    return False


def _fail(message: str) -> int:
  sys.stderr.write(f"error: {privacy.redact(message)}\n")
  sys.exit(1)


def _print_redacted(kind: type[BaseException], error: BaseException, trace) -> None:
  import traceback

  sys.stderr.write(privacy.redact("".join(traceback.format_exception(kind, error, trace))))
