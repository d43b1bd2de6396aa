"""Paths of files that a table names: inside the table's folder, and there."""

import os
import pathlib
import stat


def locate(root: pathlib.Path, spelled: str) -> tuple[str, str]:
  """Says where a file named by a table is.

  A link that the folder's owner made is theirs to follow.

  Args:
    root: the folder.
    spelled: the path as the table has it: relative to the folder, or absolute inside it; steps upwards are refused.

  Returns:
    path: relative to the folder, with forward slashes; as spelled where that can't be.
    reason: the reason code against it, `outside_root`, `missing_file` or `unreadable_file`; or an empty text.
  """
  text = spelled.replace("\\", "/")
  relative = _relative(root, text)
  if relative is None:
    return text, "outside_root"
  if not relative:
    return text, "missing_file"
  try:
    is_file = stat.S_ISREG((root / relative).stat().st_mode)
    may_read = is_file and os.access(root / relative, os.R_OK)
  except PermissionError:
    return relative, "unreadable_file"
  except (OSError, ValueError):  # a name too long, or with a zero byte
    return relative, "missing_file"
  return relative, "" if may_read else "unreadable_file" if is_file else "missing_file"


def _relative(root: pathlib.Path, text: str) -> str | None:
  """The path within the folder, or None where it leads out of it."""
  path = pathlib.PurePosixPath(text)
  if ".." in path.parts or pathlib.PureWindowsPath(text).drive:
    return None
  if not path.is_absolute():
    return text
  try:
    folder = pathlib.Path(path.parent).resolve()
    bases = ((path, root), (path, root.absolute()), (folder / path.name, root.resolve()))
  except (OSError, RuntimeError, ValueError):
    return None
  for inner, base in bases:
    if inner.is_relative_to(base):
      return inner.relative_to(base).as_posix()
  return None
