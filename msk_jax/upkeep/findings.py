"""What a check finds."""

import dataclasses


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
  """Something that is wrong.

  Attributes:
    problem: what is wrong.
    remedy: what to do about it.
    place: the file or folder, as a path in the workdir.
  """

  problem: str
  remedy: str
  place: str
