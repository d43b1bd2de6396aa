"""Settings of the stage `site`. Light: configs import it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SiteSpec:
  """What is said beside the results.

  Attributes:
    title: of the site.
    citation: how to cite the results; empty: the site says that nobody has said it yet.
    contact: whom to ask, e.g. a group's name and address of mail; empty: not said.
    shows_persons: whether pictures of single participants may be on the site; those of a phantom always may.
  """

  title: str = "Musculoskeletal ageing"
  citation: str = ""
  contact: str = ""
  shows_persons: bool = False

  def __post_init__(self):
    if not self.title.strip():
      raise ValueError("title must not be empty.")
