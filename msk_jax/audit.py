"""Scans this repository for integers that look like UK Biobank participant ids: `python -m msk_jax.audit .`.

UK Biobank scans its users' repositories for free-standing integers of seven digits from 1_000_000 to 6_500_000. This is
the same test, before anything is published.
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
    subprocess.CalledProcessError: it is not a git repository.
  """
  command = ["git", "-C", str(repository), "ls-files", "-z"]
  names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
  findings = []
  for name in filter(None, names):
    findings += [f"{name}: file name" for _ in find_ids(name)]
    path = repository / name
    data = path.read_bytes() if path.is_file() else b""
    if b"\0" not in data[:_BINARY_PROBE]:
      findings += [f"{name}:{number}" for number, _ in find_ids(data.decode("utf-8", "replace"))]
  return findings


def main(argv: list[str]) -> int:
  """Prints the findings; returns 1 if there are any."""
  repository = pathlib.Path(argv[1] if len(argv) > 1 else ".")
  findings = scan(repository)
  for line in findings:
    sys.stderr.write(f"{line}: looks like a participant id\n")
  sys.stderr.write(f"{len(findings)} integers that look like participant ids\n")
  return 1 if findings else 0


if __name__ == "__main__":
  app.run(main)
