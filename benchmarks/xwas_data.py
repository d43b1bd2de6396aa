"""Data of the association benchmarks: people who come again, families, and variables that both share."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class People:
  """Samples of people in families.

  Attributes:
    person: int64 [n].
    family: int64 [n].
    covariates: float64 [n, 7]: age, sex, five levels of a factor.
  """

  person: np.ndarray
  family: np.ndarray
  covariates: np.ndarray

  @property
  def num_samples(self) -> int:
    """n."""
    return len(self.person)


def draw_people(
  rng: np.random.Generator, num_people: int, *, share_twice: float = 0.5, share_related: float = 0.5
) -> People:
  """Draws people: some come twice, some live in families of two to five."""
  family = np.arange(num_people)
  place, number = 0, num_people
  while place < share_related * num_people:
    size = int(rng.integers(2, 6))
    family[place : place + size] = number
    place, number = place + size, number + 1
  visits = 1 + (rng.random(num_people) < share_twice)
  person = np.repeat(np.arange(num_people), visits)
  factor = rng.choice(6, num_people, p=[0.9, 0.03, 0.03, 0.02, 0.01, 0.01])
  first = np.r_[True, person[1:] != person[:-1]]
  age = rng.uniform(40, 70, num_people)[person] + np.where(first, 0.0, 5.0)
  sex = rng.integers(0, 2, num_people)[person]
  columns = [age, sex, *(factor[person] == level for level in range(1, 6))]
  return People(person, family[person], np.column_stack(columns).astype(float))


def draw_shared(
  rng: np.random.Generator, people: People, count: int, shares: tuple[float, float] = (0.25, 0.35)
) -> np.ndarray:
  """Draws standard normal columns, float64 [n, count], that relatives and visits share in part.

  Args:
    rng: the generator.
    people: whose columns.
    count: of columns.
    shares: of the variance, of the family and of the person.
  """
  family = rng.normal(size=(int(people.family.max()) + 1, count))[people.family]
  person = rng.normal(size=(int(people.person.max()) + 1, count))[people.person]
  own = rng.normal(size=(people.num_samples, count))
  return np.sqrt(shares[0]) * family + np.sqrt(shares[1]) * person + np.sqrt(1 - sum(shares)) * own


def cut(values: np.ndarray, share: np.ndarray) -> np.ndarray:
  """Returns 1 where a column is in its upper share, float64 [n, v].

  Args:
    values: float64 [n, v].
    share: float64 [v].
  """
  limits = [np.quantile(column, 1 - part) for column, part in zip(values.T, share, strict=True)]
  return (values > np.array(limits)).astype(np.float64)


def draw_missing(rng: np.random.Generator, x: np.ndarray, shares: np.ndarray) -> None:
  """Sets values missing at random, in place; `shares` float64 [v]."""
  x[rng.random(x.shape, np.float32) < shares.astype(np.float32)] = np.nan
