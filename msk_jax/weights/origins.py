"""Where a network's first weights came from: files and trained folds, each with the one it started from itself.

Who trains on weights that have seen their test people gets scores that are too good. So an origin names the map of
folds and the split that it was trained on, and weight files keep the origins of what is in them.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

IMAGENET = "imagenet"

# What is known of an origin's people beside those of the training that starts from it.
SAME_SPLIT = "same_split"  # the same training people
OTHER_DATA = "other_data"  # a phantom's people beside real ones
DISJOINT_IDS = "disjoint_ids"  # of another map of folds: no id of a test person is among those seen
VOUCHED_FOR = "vouched_for"  # of another map of folds: the user says that the people are others
UNKNOWN = "unknown"  # a file that does not say it
NOBODY = "nobody"  # pictures of ImageNet


@dataclasses.dataclass(frozen=True)
class Origin:
  """A file of weights, or a trained fold; no ids.

  Attributes:
    name: of the file, or of the fold, e.g. `knee/inception_v3/fold_3`.
    sha256: of the file's bytes, or of the fold's best variables, hex.
    data: that it was trained on: `phantom`, `ukb`, `folder`, `imagenet`; empty if unknown.
    fold: k of its split; -1 for a file.
    fold_map_hash: names its map of folds; empty for a file.
    people: what is known of its people, see above.
  """

  name: str
  sha256: str
  data: str = ""
  fold: int = -1
  fold_map_hash: str = ""
  people: str = UNKNOWN


def to_json(origins: Sequence[Origin]) -> list[dict[str, Any]]:
  """Returns origins as JSON values."""
  return [dataclasses.asdict(origin) for origin in origins]


def from_json(values: Sequence[Mapping[str, Any]]) -> tuple[Origin, ...]:
  """Returns origins from what `to_json` gave.

  Raises:
    KeyError, TypeError or ValueError: it is damaged.
  """
  return tuple(
    Origin(
      name=str(value["name"]),
      sha256=str(value["sha256"]),
      data=str(value["data"]),
      fold=int(value["fold"]),
      fold_map_hash=str(value["fold_map_hash"]),
      people=str(value["people"]),
    )
    for value in values
  )


def to_text(origins: Sequence[Origin]) -> str:
  """Returns origins as text for a file's metadata."""
  return json.dumps(to_json(origins), sort_keys=True)


def from_text(text: str) -> tuple[Origin, ...]:
  """Returns origins from what `to_text` gave; none for an empty text.

  Raises:
    KeyError, TypeError or ValueError: it is damaged.
  """
  return from_json(json.loads(text)) if text else ()
