"""The command that this process was started with, as advice on what to call next needs it."""

import pathlib
import shlex
import sys

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]


def again(*arguments: str) -> str:
  """Returns this process's command with these arguments: in place of those of the same flag, else at its end.

  Args:
    *arguments: as `--overwrite` or `--config.seed=1`.
  """
  names = {argument.partition("=")[0] for argument in arguments}
  kept, is_value = [], False
  for item in sys.argv[1:]:
    name, equals, _ = item.partition("=")
    if is_value:
      is_value = False
    elif name in names:
      is_value = not equals and any(a.startswith(f"{name}=") for a in arguments)
    else:
      kept.append(item)
  return shlex.join(["python", *_program(), *kept, *arguments])


def _program() -> list[str]:
  path = pathlib.Path(sys.argv[0]).resolve()
  return ["-m", f"{_PACKAGE.name}.{path.stem}"] if path.parent == _PACKAGE else [sys.argv[0]]
