"""The command that this process was started with, as advice on what to call next needs it."""

import pathlib
import shlex
import sys
from collections.abc import Sequence

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]


def again(*arguments: str) -> str:
  """Returns this process's command with these arguments: in place of those of the same flag, else at its end.

  Args:
    *arguments: as `--overwrite` or `--config.seed=1`.
  """
  return _command(_program(), arguments)


def of_other_program(name: str, *arguments: str, left_out: Sequence[str] = ()) -> str:
  """Returns this process's command for another program of this package, with these arguments as in `again`.

  Args:
    name: of the program, e.g. `train`.
    *arguments: see `again`.
    left_out: flags that the other program does not have; a name that ends in a dot is a section of the config.
  """
  return _command(["-m", f"{_PACKAGE.name}.{name}"], arguments, left_out)


def _command(program: Sequence[str], arguments: Sequence[str], left_out: Sequence[str] = ()) -> str:
  names = {argument.partition("=")[0] for argument in arguments}
  with_value = {argument.partition("=")[0] for argument in arguments if "=" in argument}
  sections = tuple(name for name in left_out if name.endswith("."))
  kept, is_value = [], False
  for item in sys.argv[1:]:
    name, equals, _ = item.partition("=")
    name = f"--{name.lstrip('-')}" if name.startswith("-") else name
    if is_value:
      is_value = False
    elif name in names or name in left_out or (sections and name.startswith(sections)):
      is_value = not equals and (name in with_value or (bool(sections) and name.startswith(sections)))
    else:
      kept.append(item)
  return shlex.join(["python", *program, *kept, *arguments])


def _program() -> list[str]:
  path = pathlib.Path(sys.argv[0]).resolve()
  return ["-m", f"{_PACKAGE.name}.{path.stem}"] if path.parent == _PACKAGE else [sys.argv[0]]
