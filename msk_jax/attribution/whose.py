"""Whose pictures are: several may be of one sample (both sides), several samples of one person (visits)."""

import dataclasses

import numpy as np

from msk_jax.disclosure import small_counts


@dataclasses.dataclass(frozen=True)
class Whose:
  """People and samples of n pictures.

  Attributes:
    person: int [n].
    sample: int [n], a person at a visit.
  """

  person: np.ndarray
  sample: np.ndarray

  def __len__(self) -> int:
    return len(self.person)

  def take(self, rows: np.ndarray | slice) -> "Whose":
    """Returns those of some pictures."""
    return Whose(self.person[rows], self.sample[rows])

  def one_per_sample(self) -> np.ndarray:
    """Returns the first picture of each sample, int [s]."""
    return np.unique(self.sample, return_index=True)[1]


def of_texts(eid: np.ndarray, instance: np.ndarray) -> Whose:
  """Returns numbers of people and samples from their ids and visits, [n] each."""
  person = np.unique(eid.astype(str), return_inverse=True)[1]
  visit = np.unique(instance, return_inverse=True)[1]
  return Whose(person, person * (int(visit.max(initial=0)) + 1) + visit)


def shown_count(count: int) -> int | None:
  """Returns a count of people or of what is theirs, None for one to four: those may not leave."""
  return None if small_counts.is_small(count) else int(count)
