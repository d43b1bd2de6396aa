"""Names of models: those of the paper, what a name says, and the order in which models are shown."""

from collections.abc import Iterable

from msk_jax.published import reader

GENERAL = "general"
ENSEMBLE = "ensemble"
DIMENSIONS = (GENERAL, "full_body", "spine", "hip", "knee", "scalars")  # paper, Figure 2
_GROUPS = (
  "mixed",
  "figure",
  "skeleton",
  "flesh",
  "sagittal",
  "coronal",
  "all",
  "anthropometry",
  "impedance",
  "heel_densitometry",
  "hand_grip",
)
PAPER_MODELS = reader.models()


def dimension(name: str) -> str:
  """Returns the dimension of a model: the first part of its name."""
  return name.split("/", 1)[0]


def is_ensemble(name: str) -> bool:
  """Returns whether this is an ensemble's name."""
  return name == GENERAL or name.rsplit("/", 1)[-1] == ENSEMBLE


def is_dimension(name: str) -> bool:
  """Returns whether this is the ensemble of a whole dimension."""
  return name == GENERAL or name.split("/")[1:] == [ENSEMBLE]


def label(name: str) -> str:
  """Returns a model's name as figures show it: `knee`, `spine / sagittal`, `scalars / all / lightgbm`."""
  return " / ".join(part.replace("_", " ") for part in name.split("/") if part != ENSEMBLE)


def in_order(names: Iterable[str]) -> list[str]:
  """Returns the names by dimension, then by view or scalar set; a group's ensemble comes before its members."""
  return sorted(names, key=_key)


def dimensions(names: Iterable[str]) -> list[str]:
  """Returns the dimensions that the names have, in order."""
  return list(dict.fromkeys(dimension(name) for name in in_order(names)))


def representatives(names: Iterable[str], best: dict[str, str]) -> list[str]:
  """Returns one model per dimension, in order: its ensemble, or its best model if there is no ensemble.

  Args:
    names: all models.
    best: dimension to its best model.
  """
  present = set(names)
  chosen = []
  for name in dimensions(present):
    ensemble = name if name == GENERAL else f"{name}/{ENSEMBLE}"
    model = ensemble if ensemble in present else best.get(name)
    chosen += [model] if model is not None else []
  return chosen


def _key(name: str) -> tuple:
  first, *rest = name.split("/")
  groups, last = rest[:-1], rest[-1] if rest else ""
  ranks = tuple((_GROUPS.index(group) if group in _GROUPS else len(_GROUPS), group) for group in groups)
  place = DIMENSIONS.index(first) if first in DIMENSIONS else len(DIMENSIONS)
  return place, first, len(groups) > 0, ranks, last != ENSEMBLE, last
