"""The variants that a run of a program sees: .bim files with known chromosomes alone.

BOLT-LMM stops at a chromosome code that it does not know (0, 24, 25, 26, Y, MT), even where the variant is excluded. A
.bim file can't lose a row without its .bed file. So such a row gets the chromosome of another row and an id of its own,
and is excluded by that id.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence

from msk_jax.genome import chromosomes

_NUM_COLUMNS = 6


@dataclasses.dataclass(frozen=True)
class BimText:
  """A .bim file as one run of a program needs it.

  Attributes:
    text: the rewritten file; None if the original will do.
    left_out: the ids, in `text`, of variants that must be excluded.
    num_variants: those that are neither left out nor excluded.
  """

  text: str | None
  left_out: tuple[str, ...]
  num_variants: int


def rewrite(lines: Sequence[str], wanted: Collection[str], label: str, excluded: Collection[str] = ()) -> BimText:
  """Rewrites a .bim file for a run on some chromosomes.

  Args:
    lines: of the file.
    wanted: names of chromosomes, as in `chromosomes.NAMES`.
    label: makes the ids of variants that are left out unique among all files of the run.
    excluded: ids of variants that are excluded anyway.
  """
  names = {code: chromosomes.parse(code) for code in {line.split(None, 1)[0] for line in lines}}
  kept = [code for code, name in names.items() if name in wanted]
  if len(kept) == len(names):
    return BimText(None, (), sum(line.split(None, 2)[1] not in excluded for line in lines))
  if not kept:
    return BimText(None, (), 0)
  rows, left_out, num_variants = [], [], 0
  last = next(code for line in lines if names[code := line.split(None, 1)[0]] in wanted)
  for number, line in enumerate(lines):
    columns = line.split()
    if names[columns[0]] in wanted:
      last = columns[0]
      num_variants += columns[1] not in excluded
    else:
      columns[:2] = [last, f"left_out_{label}_{number}"]
      left_out.append(columns[1])
    rows.append("\t".join(columns[:_NUM_COLUMNS]))
  return BimText("\n".join(rows) + "\n", tuple(left_out), num_variants)


def read_lines(path: pathlib.Path) -> list[str]:
  """Returns the rows of a .bim or .fam file."""
  return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
