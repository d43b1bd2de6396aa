"""Whether a file's ids are of the same application to UK Biobank as the tables'.

Every application has ids of its own for the same people. The ids of all applications are in one range, so that by
chance some of another application's are in the tables.
"""

import dataclasses
from collections.abc import Collection

_NUM_IDS = 5_000_000  # about as many seven-digit ids are given out: half a million in each application
# Times the share by chance. Tables of a random tenth of all people hold 10 times that share of any file's people.
_SURELY = 3.0
_FEWEST = 10  # people expected by chance; smaller numbers tell nothing


@dataclasses.dataclass(frozen=True)
class Overlap:
  """How many of a file's people are in the tables.

  Attributes:
    num_people: people of the file.
    num_shared: of these, those who are in the tables.
    by_chance: share of another application's ids that are in the tables.
  """

  num_people: int
  num_shared: int
  by_chance: float

  @property
  def share(self) -> float:
    """Fraction of the file's people who are in the tables; 1 for a file of nobody."""
    return self.num_shared / self.num_people if self.num_people else 1.0

  @property
  def is_foreign(self) -> bool:
    """Whether the file is of another application: nobody is in the tables, or no more people than by chance."""
    return self.num_people > 0 and (self.num_shared == 0 or self.share < _SURELY * self.by_chance)

  @property
  def is_by_chance(self) -> bool:
    """Whether about as many of the file's people are in the tables as by chance; False for small files."""
    expected = self.by_chance * self.num_people
    return expected >= _FEWEST and expected / _SURELY <= self.num_shared < _SURELY * expected


def count(people: Collection[str], of_tables: Collection[str]) -> Overlap:
  """Compares a file's people with those of the tables, both as plain ids."""
  people, of_tables = frozenset(people), frozenset(of_tables)
  return Overlap(len(people), len(people & of_tables), len(of_tables) / _NUM_IDS)
