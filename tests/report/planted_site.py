"""A small site as the stage writes it before the gate, honest until a test changes it."""

import base64
import dataclasses
import json
import pathlib
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pandas as pd

from msk_jax.disclosure import site_gate, site_pictures
from msk_jax.disclosure.site_declared import Declared, Form, Study
from msk_jax.io import tables
from msk_jax.report import declarations, payload
from msk_jax.report.sections import SiteTable
from msk_jax.schemas import (
  columns,
  exposure_prediction_tables,
  performance_tables,
  report_picture_tables,
  report_tables,
)

ID = str(9_000_001)
PEOPLE = 1_302


def schema(name: str, labels: tuple[str, ...], **further: tables.Column) -> tables.Schema:
  held = {**dict.fromkeys(labels, columns.LABEL), "num_people": columns.NUM_PEOPLE, **further}
  return tables.Schema(name, 1, held, is_shared=True)


TOTALS = schema("performance", ("model", "product"))
BY_SEX = schema("performance_groups", ("model", "sex"))
BY_SEX_AND_AGE = schema("performance_ages", ("model", "sex", "age_group"))
BINS = schema("performance_bins", ("model",), low_1=columns.estimate("years"), low_2=columns.estimate("years"))
BY_AGE = schema("performance_ages", ("model", "age_group"))
BY_FOLD = schema("performance_folds", ("model", "fold"))
AGAIN = schema("performance_again", ("model", "product"), r2=columns.estimate())
PREDICTED = dataclasses.replace(
  schema("xwas_prediction_scores", ("dimension", "category")), people=exposure_prediction_tables.SCORES.people
)
LISTED = tables.Schema(
  "gwas_genes", 1, {"gene": columns.LABEL, "r2": columns.estimate()}, is_shared=True, keys=("gene",)
)
POINTS = tables.Schema(
  "performance_points", 1, {"model": columns.LABEL, "gap": columns.estimate("years")}, is_shared=True
)


def table(name: str, columns_of: tables.Schema, **values: object) -> SiteTable:
  return SiteTable(name, name, "", pd.DataFrame(values), columns_of)


def totals() -> SiteTable:
  return table("totals", TOTALS, model=["knee", "hip"], product="sample", num_people=[PEOPLE, 1_250])


def sexes(female: int = 700, male: int = 602) -> SiteTable:
  return table("sexes", BY_SEX, model="knee", sex=["female", "male"], num_people=[female, male])


def honest() -> list[SiteTable]:
  return [totals(), sexes()]


class Site:
  """A folder as the stage writes it, before the gate; `declared` is what it is meant to hold."""

  def __init__(self, folder: pathlib.Path, shown: list[SiteTable]):
    self.folder = folder
    self.declared = [
      *(each for table in shown for each in declarations.of_table(table, f"{table.name}.csv")),
      *declarations.of_documents(["site"]),
      *declarations.of_texts(["tables/README.md", "index.html"]),
    ]
    for table in shown:
      stored = payload.round_numbers(table.table, table.schema)
      value = payload.of_table(stored, table.schema, dict.fromkeys(table.schema.columns, "A title"))
      self.write(f"data/{table.name}.js", payload.encode(table.name, value))
      self.write(f"tables/{table.name}.csv", stored.to_csv(index=False, float_format="%.6g"))
    self.write("data/site.js", payload.encode("site", {"title": "A study", "tables": {"totals": {"rows": 2_000_000}}}))
    self.write("tables/README.md", "# Tables of rs9000001\n")
    self.write("index.html", "<title>A study</title>")

  def write(self, path: str, content: str | bytes) -> None:
    target = self.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)

  def change(self, name: str, change: Callable[[dict], None]) -> None:
    """Changes packed data."""
    _, value = payload.decode((self.folder / "data" / f"{name}.js").read_text())
    change(value)
    self.write(f"data/{name}.js", payload.encode(name, value))

  def add_picture(self, path: str, content: bytes | str, *, is_of_person: bool = False) -> None:
    self.write(path, content)
    self.declared.append(Declared(path, Form.PICTURE, is_of_person=is_of_person))

  def pass_gate(self, *, shows_persons: bool = False) -> None:
    gate = site_gate.Gate(self.folder, Study(frozenset({PEOPLE}), shows_persons), declarations.CODEC)
    gate.look_at(self.declared)
    gate.close()


def png(statement: dict[str, int] | None = None, chunk: bytes = b"") -> bytes:
  def make(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

  head = make(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
  png = b"\x89PNG\r\n\x1a\n" + head + make(b"IDAT", zlib.compress(b"\0\0")) + make(b"IEND", b"")
  if chunk:
    png = png[:33] + make(chunk[:4], chunk[4:]) + png[33:]
  return png if statement is None else site_pictures.with_statement(png, statement)


def svg(inner: str, num_people: int = 40) -> str:
  said = json.dumps({"num_people": num_people}).replace('"', "&quot;")
  return f'<svg xmlns="http://www.w3.org/2000/svg"><desc>{said}</desc>{inner}<path d="M 9000001 9000002"/></svg>'


def uri(png: bytes) -> str:
  return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def of_scalars(schema: tables.Schema, people: list[int], **values: object) -> SiteTable:
  empty = dict.fromkeys(schema.of_kind(tables.Kind.ESTIMATE), np.nan)
  values = {"set": "own", "feature": "size", "sex": "all", **empty, **values, "num_people": people}
  return table(schema.name.removeprefix("report_"), schema, **values)


OF_SCALARS = of_scalars(report_picture_tables.SCALAR_FEATURES, [500])


def accelerated(people: list[int]) -> list[SiteTable]:
  """Returns the performance of a model of 500 people, and people by its accelerated ageing."""
  schema = performance_tables.PERFORMANCE
  values = {name: pd.NA if column.dtype.startswith("Int") else np.nan for name, column in schema.columns.items()}
  values |= {"model": "knee/net", "product": "sample", "dimension": "knee", "num_people": [500], "num_folds": 10}
  bins = {
    "product": "sample",
    "model": "knee/net",
    "dimension": "knee",
    "low_sd": [-np.inf, 0.0],
    "high_sd": [0.0, np.inf],
  }
  bins |= {"low_years": [-np.inf, 0.0], "high_years": [0.0, np.inf], "num_people": people}
  return [
    table("performance", schema, **values),
    table("accelerations", report_tables.ACCELERATIONS, **bins),
  ]
