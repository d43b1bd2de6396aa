"""The values of image models' settings that the authors tried, and which of them can be searched here."""

import dataclasses
import functools

from msk_jax.published import reader


@dataclasses.dataclass(frozen=True)
class SearchValue:
  """A value of a setting that the authors tried for image models.

  Attributes:
    setting: this package's name of it, e.g. `train.learning_rate`.
    value: as the authors wrote it; empty where none is published.
    ours: the same in this package; empty where it is not searched.
    why_not: why it is not searched.
    source: where setting and value are from.
  """

  setting: str
  value: str
  ours: str
  why_not: str
  source: str


@functools.cache
def read() -> tuple[SearchValue, ...]:
  """Returns all values, in the authors' order."""
  return tuple(SearchValue(**row) for row in reader.read_rows("search_lists.csv"))


def describe_not_searched() -> list[str]:
  """Returns a sentence per setting and reason on the published values that are not searched."""
  values: dict[tuple[str, str], list[str]] = {}
  for row in read():
    if row.why_not:
      values.setdefault((row.setting, row.why_not), []).append(row.value)
  return [f"{' '.join((setting, ', '.join(listed))).strip()}: {why}" for (setting, why), listed in values.items()]
