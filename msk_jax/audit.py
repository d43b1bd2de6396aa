"""Scans this repository for integers that look like UK Biobank participant ids: `python -m msk_jax.audit .`.

UK Biobank scans its users' repositories for free-standing integers of seven digits from 1_000_000 to 6_500_000; this
is the same test, before anything leaves the house.
"""

import pathlib
import re
import subprocess
import sys

from absl import app

_ID = re.compile(r"(?<!\d)(?<!\.)(?<!rs)(10[0-9]{5}|[1-5][0-9]{6}|6[0-4][0-9]{5}|650{5})(?!\d)")
_BINARY_PROBE = 8192  # bytes looked at for a NUL, which text does not hold


def find_ids(text: str) -> list[tuple[int, str]]:
  """Returns (line number, integer) for everything in `text` that looks like a participant id."""
  lines = enumerate(text.splitlines(), 1)
  return [(number, match.group()) for number, line in lines for match in _ID.finditer(line)]


def scan(repository: pathlib.Path) -> list[str]:
  """Returns `file:line` for every finding in the names and contents of the files that git tracks.

  Raises:
    subprocess.CalledProcessError: no git repository.
  """
  command = ["git", "-C", str(repository), "ls-files", "-z"]
  names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
  found = []
  for name in filter(None, names):
    found += [f"{name}: file name" for _ in find_ids(name)]
    path = repository / name
    data = path.read_bytes() if path.is_file() else b""
    if b"\0" not in data[:_BINARY_PROBE]:
      found += [f"{name}:{number}" for number, _ in find_ids(data.decode("utf-8", "replace"))]
  return found


def main(argv: list[str]) -> int:
  """Prints what was found; returns 1 if anything was."""
  repository = pathlib.Path(argv[1] if len(argv) > 1 else ".")
  found = scan(repository)
  for line in found:
    sys.stderr.write(f"{line}: looks like a participant id\n")
  sys.stderr.write(f"{len(found)} integers that look like participant ids\n")
  return 1 if found else 0


if __name__ == "__main__":
  app.run(main)
