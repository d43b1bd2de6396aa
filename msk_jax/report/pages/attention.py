"""Where the networks look: mean maps of groups, how far they can be believed, and a phantom's single pictures."""

import dataclasses
import itertools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.io import run_record, tables
from msk_jax.report import attention_maps
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import attention_credibility_tables, attention_tables, report_picture_tables

_FOLDER = "attention"
_CELLS = "maps/cells.parquet"
_MOST_OVERLAYS = 12  # of a network
_WORDS = ("not_made", "lack")
_REGISTRATION = ("correlation_before", "correlation_after", "dice_before", "dice_after")


def _make(data: Data) -> Content:
  groups, documents = _read_groups(data)
  overlays = _choose_overlays(data.files["overlays"]) if data.shows_persons else []
  tables_ = [
    SiteTable(
      "attention",
      "Mean maps of attention",
      "A row per network, kind of map and group of people by sex, age and rate of ageing (`all` where one does not "
      "matter): people, and the values of their mean map.",
      groups,
      report_picture_tables.ATTENTION,
    ),
    SiteTable(
      "attention_registration",
      "How well the pictures were laid over each other",
      "A row per network: correlation with the mean picture and overlap (Dice) of the bodies before and after, of "
      "pictures that were held out; why there are no mean maps, or why they can't show ageing.",
      _describe(data),
      report_picture_tables.ATTENTION_REGISTRATION,
    ),
  ]
  if data.files["credibility"]:
    tables_.append(
      SiteTable(
        "attention_credibility",
        "How far the maps can be believed",
        "A row per network, kind of map and check: its value with an interval of 95% over people, or, where networks "
        "were shuffled, with the range over these; or why there is none.",
        _read_credibility(data.files["credibility"]),
        report_picture_tables.ATTENTION_CREDIBILITY,
      )
    )
  facts: dict[str, Any] = {
    "persons": [{"path": each.path, "model": each.model, "whom": each.whom} for each in overlays],
    "methods": {
      _model_of(path): sorted(_record(data, path)["results"].get("methods", {})) for path in data.files["networks"]
    },
    "wanted": {
      _model_of(path): wanted for path in data.files["networks"] if (wanted := _count_wanted(data, path)) is not None
    },
  }
  persons = {each.path: attention_maps.shrink_overlay(each.source) for each in overlays}
  return Content(tables=tables_, documents=documents, persons=persons, facts=facts)


def _record(data: Data, path: pathlib.Path) -> Mapping[str, Any]:
  """Returns the run record of a network's mean maps."""
  return data.records[f"{_FOLDER}/{_model_of(path)}/group_means"]


def _count_wanted(data: Data, path: pathlib.Path) -> int | None:
  """Returns how many samples of each sex, age group and rate were wanted; None where the means' own table is not there.

  The maps themselves, which do not leave, may have been removed.
  """
  cells = path.parents[1] / _CELLS
  recorded = _record(data, path)["inputs"].get(f"{_FOLDER}/{_model_of(path)}/{_CELLS}")
  if not cells.exists() or run_record.hash_file(cells) != recorded:
    return None
  return int(tables.read(cells, attention_tables.CELLS)["wanted"].max())


def _read_groups(data: Data) -> tuple[pd.DataFrame, dict[str, Any]]:
  """Returns the table of all mean maps (schema report_attention), and their pictures by name of document."""
  schema = report_picture_tables.ATTENTION
  parts: list[pd.DataFrame] = [pd.DataFrame(columns=list(schema.columns))]
  documents: dict[str, Any] = {}
  for number, path in enumerate(data.files["groups"], 1):
    maps = attention_maps.read(path)
    if maps is not None:
      documents[f"attention_{number}"] = maps.document
      parts.append(maps.table.assign(model=_model_of(path), document=number))
  joined = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
  return joined[list(schema.columns)].astype(schema.dtypes), documents


def _describe(data: Data) -> pd.DataFrame:
  """Returns how well pictures were registered: schema report_attention_registration."""
  schema = report_picture_tables.ATTENTION_REGISTRATION
  rows = []
  for path in data.files["networks"]:
    results = _record(data, path)["results"]
    numbers = {name: results.get(name) for name in _REGISTRATION}
    rows.append({"model": _model_of(path), **{name: results.get(name, "") for name in _WORDS}, **numbers})
  return pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)


def _read_credibility(paths: Sequence[pathlib.Path]) -> pd.DataFrame:
  schema = report_picture_tables.ATTENTION_CREDIBILITY
  parts = [tables.read(path, attention_credibility_tables.CREDIBILITY).assign(model=_model_of(path)) for path in paths]
  return pd.concat(parts, ignore_index=True)[list(schema.columns)].astype(schema.dtypes)


@dataclasses.dataclass(frozen=True)
class _Overlay:
  """A picture of single persons.

  Attributes:
    source: the file that the stage left.
    path: in the site's folder.
    model: the network.
    whom: sex, age group and side in words.
  """

  source: pathlib.Path
  path: str
  model: str
  whom: str


def _choose_overlays(paths: Sequence[pathlib.Path]) -> list[_Overlay]:
  """Returns the pictures of single persons to show, each sex and age group in turn; left sides are left out."""
  chosen, taken = [], set()
  for folder in sorted({path.parent for path in paths}):
    cells: dict[tuple[str, ...], list[pathlib.Path]] = {}
    for path in sorted(path for path in paths if path.parent == folder and "_left" not in path.stem):
      cells.setdefault(tuple(path.stem.split("_")[:2]), []).append(path)
    in_turn = [path for row in itertools.zip_longest(*cells.values()) for path in row if path is not None]
    for source in in_turn[:_MOST_OVERLAYS]:
      model = _model_of(source)
      name = f"{model.replace('/', '-')}-{source.stem}"
      while name in taken:  # `own/net-v2` and `own-net/v2`
        name += "-other"
      taken.add(name)
      chosen.append(_Overlay(source, f"persons/{name}.png", model, source.stem.replace("_", " ")))
  return chosen


def _model_of(path: pathlib.Path) -> str:
  """Returns the network's name of a file of `attention/<model>/<part>/`."""
  parts = path.parts
  return "/".join(parts[len(parts) - parts[::-1].index(_FOLDER) : -2])


PAGE = Page(
  name="attention",
  title="Where the networks look",
  menu="Attention maps",
  group=Group.PICTURES,
  order=0,
  about=(
    "Which parts of a picture make a network say older or younger? Maps of chosen people are laid over one mean "
    "picture and averaged. Red: more of what is there makes the age older; blue: younger. Kinds of maps without a sign "
    "are yellow: they show how much a place matters, not which way.",
    "A network can be right for reasons that a map does not show. The checks beside the maps say how far they can be "
    "believed: whether they change when the network is made to forget, and whether two networks, or two visits of a "
    "person, give the same map. Intervals are of 95% over people; where the network is made to forget, they are the "
    "range over several shuffles of it.",
    "Means are of five people or more. Pictures of single people are shown of a phantom alone, or where somebody said "
    "that they may.",
  ),
  make=_make,
  sources={
    # A network without mean maps has a run record that says why, and no table.
    "networks": Source(
      "attention", "attention/**/group_means", "run.json", attention_credibility_tables.GROUPS, whose="../maps"
    ),
    "groups": Source(
      "attention",
      "attention/**/group_means",
      "*.parquet",
      attention_credibility_tables.GROUPS,
      is_optional=True,
      whose="../maps",
      is_announced=False,
    ),
    "credibility": Source(
      "attention",
      "attention/**/credibility",
      "credibility.parquet",
      attention_credibility_tables.CREDIBILITY,
      is_optional=True,
      whose="../maps",
    ),
    "overlays": Source(
      "attention",
      "attention/**/overlays",
      "*.png",
      attention_credibility_tables.GROUPS,
      is_optional=True,
      whose="../maps",
      is_announced=False,
    ),
  },
)
