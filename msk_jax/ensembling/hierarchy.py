"""The tree of ensembles over the available models, built from their names.

A model's name is a path: `full_body/figure/inception_v3`. Every folder in it is a group and gets an ensemble:
`full_body/figure/ensemble` and `full_body/ensemble`. Two or more dimensions together get `general`.

Source: paper, Methods ("Ensemble models"). In the authors' code the inputs of an ensemble are all models and ensembles
below it: 2 for a view, 3 for a scalar set, 12 for full body, 6 for spine, 20 for scalars. There, hips and knees have
one more level between networks and dimension, whose ensemble combines the same two networks. So they have 3 inputs
each, and the general model 49. Here hip and knee have 2, and `general` 47. Models named `hip/dxa/inception_v3` and so
on give the published tree, input by input.
"""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from msk_jax.io import errors
from msk_jax.predictions import model_names

Inputs = Literal["descendants", "children"]


@dataclasses.dataclass(frozen=True)
class Node:
  """An ensemble.

  Attributes:
    name: e.g. `full_body/figure/ensemble` or `general`.
    level: 1 if all members are models, else one more than the highest member.
    inputs: the models and lower ensembles whose predictions it combines. A single input is copied.
    members: the group's own models and the ensembles of its subgroups.
    leaves: all models below.
  """

  name: str
  level: int
  inputs: tuple[str, ...]
  members: tuple[str, ...]
  leaves: tuple[str, ...]

  @property
  def is_copy(self) -> bool:
    """Whether it copies its single input."""
    return len(self.inputs) == 1


def build(leaves: Collection[str], inputs: Inputs = "descendants") -> list[Node]:
  """Returns the ensembles over some models, lower ones first, `general` last.

  An ensemble that copies its input is not an input of others beside what it copies. Models of one dimension have no
  `general`: it would be the ensemble of that dimension under another name.

  Args:
    leaves: names of models; at least one.
    inputs: `descendants`, everything below (published), or `children`, the members alone.

  Raises:
    InputError: no model; or a name that is not `<group>/<model>`, is that of an ensemble, or is a group too.
  """
  names = sorted(set(leaves))
  _check(names)
  nodes: dict[str, Node] = {}
  dimensions = model_names.dimensions(names)
  _add_group(f"{dimensions[0]}/" if len(dimensions) == 1 else "", names, inputs, nodes)
  return sorted(nodes.values(), key=lambda node: (node.level, node.name))


def describe_missing(leaves: Collection[str], is_comparable: bool = True) -> str:
  """Returns one or two sentences on models that the tree lacks; empty if it lacks none.

  Args:
    leaves: names of models.
    is_comparable: whether the data are like the paper's; else its models are not missed.
  """
  dimensions = model_names.dimensions(leaves)
  no_general = f"There is no `general`: all models are of {dimensions[0]}." if len(dimensions) == 1 else ""
  missing = [name for name in model_names.PAPER_MODELS if name not in leaves] if is_comparable else []
  if not missing:
    return no_general
  groups: dict[str, list[str]] = {}
  for name in missing:
    group, _, last = name.rpartition("/")
    groups.setdefault(group, []).append(last)
  papers = Counter(name.rpartition("/")[0] for name in model_names.PAPER_MODELS)
  num_available = papers.total() - len(missing)
  listed = "; ".join(
    group if len(names) == papers[group] else f"{group}: {', '.join(names)}" for group, names in groups.items()
  )
  return (
    f"{num_available} of the paper's {papers.total()} models are available. Missing: {listed}. {no_general}".rstrip()
  )


def _add_group(prefix: str, names: list[str], inputs: Inputs, nodes: dict[str, Node]) -> str:
  """Adds the group of all `names`, which begin with `prefix`, and those below; returns its ensemble's name."""
  own, below = [], {}
  for name in names:
    head, slash, _ = name[len(prefix) :].partition("/")
    if slash:
      below.setdefault(head, []).append(name)
    else:
      own.append(name)
  members = own + [_add_group(f"{prefix}{head}/", inside, inputs, nodes) for head, inside in below.items()]
  name = f"{prefix}{model_names.ENSEMBLE}" if prefix else model_names.GENERAL
  level = 1 + max(nodes[member].level if member in nodes else 0 for member in members)
  chosen = members if inputs == "children" else _below(members, nodes)
  nodes[name] = Node(name, level, tuple(chosen), tuple(members), tuple(names))
  return name


def _below(members: Iterable[str], nodes: Mapping[str, Node]) -> list[str]:
  """Everything below a group: each member's own inputs, then the member, unless it copies its only input."""
  below = []
  for member in members:
    node = nodes.get(member)
    if node is None:
      below.append(member)
    else:
      below += node.inputs if node.is_copy else (*node.inputs, member)
  return below


def _check(names: list[str]) -> None:
  if not names:
    raise errors.InputError("there is no model to combine: train some first (python -m msk_jax.train, scalars).")
  for name in names:
    parts = name.split("/")
    if len(parts) < 2 or not all(parts):
      raise errors.InputError(f"{name!r} is not the name of a model: it should read <dimension>/.../<model>.")
    if model_names.ENSEMBLE in parts or parts[0] == model_names.GENERAL:
      raise errors.InputError(f"the model {name!r} has the name of an ensemble: rename its folder under models/.")
  groups = {name.rpartition("/")[0] for name in names}
  for name in names:
    if any(group == name or group.startswith(f"{name}/") for group in groups):
      raise errors.InputError(f"{name!r} is both a model and a group of models: rename one under models/.")
