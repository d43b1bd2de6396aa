"""Where the networks look: mean maps of groups, how far they can be believed, and a phantom's single pictures."""

import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from msk_jax.io import tables
from msk_jax.report import attention_maps
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import attention_credibility_tables, report_picture_tables

_FOLDER = "attention"
_MOST_OVERLAYS = 12  # of a network
_REGISTRATION = ("correlation_before", "correlation_after", "dice_before", "dice_after")


def _make(data: Data) -> Content:
  groups, documents = _read_groups(data)
  persons = _read_overlays(data) if data.shows_persons else {}
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
      "pictures that were held out.",
      _describe(data),
      report_picture_tables.ATTENTION_REGISTRATION,
    ),
  ]
  if data.files["credibility"]:
    tables_.append(
      SiteTable(
        "attention_credibility",
        "How far the maps can be believed",
        "A row per network, kind of map and check: its value with an interval of 95%, or why there is none.",
        _read_credibility(data.files["credibility"]),
        report_picture_tables.ATTENTION_CREDIBILITY,
      )
    )
  facts: dict[str, Any] = {"persons": _list_overlays(persons)}
  return Content(tables=tables_, documents=documents, persons=persons, facts=facts)


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
  for path in {path.parent: path for path in data.files["groups"]}.values():
    model = _model_of(path)
    results = data.records[f"{_FOLDER}/{model}/group_means"]["results"]
    rows.append(
      {"model": model, "not_made": results.get("not_made", ""), **{name: results.get(name) for name in _REGISTRATION}}
    )
  return pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)


def _read_credibility(paths: Sequence[pathlib.Path]) -> pd.DataFrame:
  schema = report_picture_tables.ATTENTION_CREDIBILITY
  parts = [tables.read(path, attention_credibility_tables.CREDIBILITY).assign(model=_model_of(path)) for path in paths]
  return pd.concat(parts, ignore_index=True)[list(schema.columns)].astype(schema.dtypes)


def _read_overlays(data: Data) -> dict[str, bytes]:
  """Returns pictures of single persons by their path in the site; left sides are left out."""
  persons: dict[str, bytes] = {}
  for folder in sorted({path.parent for path in data.files["overlays"]}):
    paths = [path for path in sorted(folder.glob("*.png")) if "_left" not in path.stem]
    for path in paths[:_MOST_OVERLAYS]:
      model = _model_of(path).replace("/", "-")
      persons[f"persons/{model}-{path.name}"] = attention_maps.shrink_overlay(path)
  return persons


def _list_overlays(persons: dict[str, bytes]) -> list[dict[str, str]]:
  names = [(path, path.removeprefix("persons/").removesuffix(".png").rpartition("-")) for path in persons]
  return [
    {"path": path, "model": model.replace("-", "/"), "whom": whom.replace("_", " ")} for path, (model, _, whom) in names
  ]


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
    "Which parts of a picture make a network say older or younger? Maps of many people are laid over one mean picture "
    "and averaged: red where more of what is there makes the age older, blue where it makes it younger.",
    "A network can be right for reasons that a map does not show. The checks beside the maps say how far they can be "
    "believed: whether they change when the network is made to forget, and whether two networks, or two visits of a "
    "person, give the same map.",
    "Means are of five people or more. Pictures of single people are shown of a phantom alone, or where somebody said "
    "that they may.",
  ),
  make=_make,
  sources={
    "groups": Source(
      "attention", "attention/**/group_means", "*.parquet", attention_credibility_tables.GROUPS, whose="../maps"
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
