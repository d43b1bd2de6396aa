"""Violations that are planted in a site, each of another kind: every one stops the build, and no honest site does."""

import base64
import dataclasses
import json
import pathlib
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from msk_jax.disclosure import site_gate, site_pictures, site_texts
from msk_jax.disclosure.site_declared import Declared, Form, Study
from msk_jax.io import errors, tables
from msk_jax.report import declarations, files, payload, run
from msk_jax.report.sections import SiteTable
from msk_jax.report.spec import SiteSpec
from msk_jax.schemas import (
  columns,
  exposure_prediction_tables,
  performance_tables,
  report_picture_tables,
  report_tables,
)
from tests.report import study

_ID = str(9_000_001)
_PEOPLE = 1_302


def _schema(name: str, labels: tuple[str, ...], **further: tables.Column) -> tables.Schema:
  held = {**dict.fromkeys(labels, columns.LABEL), "num_people": columns.NUM_PEOPLE, **further}
  return tables.Schema(name, 1, held, is_shared=True)


_TOTALS = _schema("performance", ("model", "product"))
_BY_SEX = _schema("performance_groups", ("model", "sex"))
_BY_SEX_AND_AGE = _schema("performance_ages", ("model", "sex", "age_group"))
_BINS = _schema("performance_bins", ("model",), low_1=columns.estimate("years"), low_2=columns.estimate("years"))
_BY_AGE = _schema("performance_ages", ("model", "age_group"))
_BY_FOLD = _schema("performance_folds", ("model", "fold"))
_AGAIN = _schema("performance_again", ("model", "product"), r2=columns.estimate())
_PREDICTED = dataclasses.replace(
  _schema("xwas_prediction_scores", ("dimension", "category")), people=exposure_prediction_tables.SCORES.people
)
_LISTED = tables.Schema(
  "gwas_genes", 1, {"gene": columns.LABEL, "r2": columns.estimate()}, is_shared=True, keys=("gene",)
)
_POINTS = tables.Schema(
  "performance_points", 1, {"model": columns.LABEL, "gap": columns.estimate("years")}, is_shared=True
)


def _table(name: str, schema: tables.Schema, **values: object) -> SiteTable:
  return SiteTable(name, name, "", pd.DataFrame(values), schema)


def _totals() -> SiteTable:
  return _table("totals", _TOTALS, model=["knee", "hip"], product="sample", num_people=[_PEOPLE, 1_250])


def _sexes(female: int = 700, male: int = 602) -> SiteTable:
  return _table("sexes", _BY_SEX, model="knee", sex=["female", "male"], num_people=[female, male])


def _honest() -> list[SiteTable]:
  return [_totals(), _sexes()]


class _Site:
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
    gate = site_gate.Gate(self.folder, Study(frozenset({_PEOPLE}), shows_persons), declarations.CODEC)
    gate.look_at(self.declared)
    gate.close()


def _png(statement: dict[str, int] | None = None, chunk: bytes = b"") -> bytes:
  def make(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

  head = make(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
  png = b"\x89PNG\r\n\x1a\n" + head + make(b"IDAT", zlib.compress(b"\0\0")) + make(b"IEND", b"")
  if chunk:
    png = png[:33] + make(chunk[:4], chunk[4:]) + png[33:]
  return png if statement is None else site_pictures.with_statement(png, statement)


def _svg(inner: str, num_people: int = 40) -> str:
  said = json.dumps({"num_people": num_people}).replace('"', "&quot;")
  return f'<svg xmlns="http://www.w3.org/2000/svg"><desc>{said}</desc>{inner}<path d="M 9000001 9000002"/></svg>'


def _uri(png: bytes) -> str:
  return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _set_label(site: _Site) -> None:
  site.change("totals", lambda value: value["columns"][0]["levels"].__setitem__(1, f"hip of {_ID}"))


def _set_key(site: _Site) -> None:
  site.change("site", lambda value: value.update({_ID: "a value"}))


def _set_hover(site: _Site) -> None:
  site.change(
    "site", lambda value: value.update(plots=[{"hovertext": ["n = 12", f"person&#32;{_ID[:1]}&#48;{_ID[2:]}"]}])
  )


def _set_number(site: _Site) -> None:
  site.change("site", lambda value: value.update(points=[1.5, int(_ID)]))


def _set_list(site: _Site) -> None:
  site.change("site", lambda value: value.update(points=np.linspace(45, 82, _PEOPLE).tolist()))


def _set_csv(site: _Site) -> None:
  path = site.folder / "tables" / "totals.csv"
  path.write_text(path.read_text().replace("hip", _ID))


def _set_csv_count(site: _Site) -> None:
  path = site.folder / "tables" / "sexes.csv"
  path.write_text(path.read_text().replace("602", "3"))


def _add_column(site: _Site) -> None:
  column = {
    "name": "eid",
    "title": "",
    "kind": "identifier",
    "dtype": "string",
    "unit": "",
    "levels": ["a"],
    "codes": [0, 0],
  }
  site.change("totals", lambda value: value["columns"].append(column))


def _name_file(site: _Site) -> None:
  site.add_picture(f"data/map_{_ID}.png", _png({"num_people": 40}))


def _leave_file(site: _Site) -> None:
  site.write("data/forgotten.js", payload.encode("forgotten", {}))


def _write_readme(site: _Site) -> None:
  site.write("tables/README.md", f"# Tables\n\nAsk {_ID}.\n")


_PLANTED: dict[str, tuple[Callable[[_Site], None], str]] = {
  "id in packed data": (_set_label, r"data/totals\.js, row 2, column model: what looks like"),
  "id as a key": (_set_key, r"data/site\.js, /key 3 \(key\): what looks like"),
  "id in a hover text, escaped": (_set_hover, r"data/site\.js, /plots/1/hovertext/2: what looks like"),
  "id as a number": (_set_number, r"data/site\.js, /points/2: what looks like"),
  "id in a CSV": (_set_csv, r"tables/totals\.csv, row 2, column model: it is not what the table"),
  "small count in a CSV": (_set_csv_count, r"tables/sexes\.csv, row 2, column num_people: it is not what the table"),
  "id in a file name": (_name_file, r"data/map_<id>\.png: its name looks like"),
  "id in a text": (_write_readme, r"tables/README\.md, line 3: what looks like"),
  "id in an SVG's title": (
    lambda site: site.add_picture("a.svg", _svg(f"<title>{_ID}</title>")),
    r"a\.svg, text 2: what looks like",
  ),
  "id in an SVG's comment": (
    lambda site: site.add_picture("a.svg", _svg(f"<!-- {_ID} -->")),
    r"a\.svg, text 2: what looks like",
  ),
  "id in an SVG's metadata": (
    lambda site: site.add_picture("a.svg", _svg(f'<metadata><g data-eid="{_ID}"/></metadata>')),
    r"a\.svg, text 2: what looks like",
  ),
  "id in a PNG's text": (
    lambda site: site.add_picture("a.png", _png({"num_people": 40}, b"tEXtComment\0" + _ID.encode())),
    r"a\.png, text 2: what looks like",
  ),
  "id in a PNG's packed text": (
    lambda site: site.add_picture("a.png", _png({"num_people": 40}, b"zTXtComment\0\0" + zlib.compress(_ID.encode()))),
    r"a\.png, text 2: what looks like",
  ),
  "unknown part of a PNG": (
    lambda site: site.add_picture("a.png", _png({"num_people": 40}, b"eXIfabc")),
    r"a\.png: its chunk eXIf is not known",
  ),
  "bytes after a PNG": (
    lambda site: site.add_picture("a.png", _png({"num_people": 40}) + _ID.encode()),
    r"a\.png: it has bytes after its end",
  ),
  "id in an embedded picture": (
    lambda site: site.change(
      "site", lambda value: value.update(map=_uri(_png({"num_people": 40}, b"tEXta\0" + _ID.encode())))
    ),
    r"/map, embedded picture, text 2: what looks like",
  ),
  "embedded picture of nobody knows whom": (
    lambda site: site.change("site", lambda value: value.update(map=_uri(_png()))),
    r"/map, embedded picture: the picture does not say of how many people",
  ),
  "picture of few": (
    lambda site: site.add_picture("a.png", _png({"num_people": 4})),
    "shows fewer than 5 people",
  ),
  "picture of a person": (
    lambda site: site.add_picture("a.png", _png(), is_of_person=True),
    r"a\.png: it is a picture of a person",
  ),
  "undeclared file": (_leave_file, r"data/forgotten\.js: it is not declared"),
  "undeclared column": (_add_column, r"data/totals\.js, column eid: it is not declared"),
  "a count of few in a document": (
    lambda site: site.change("site", lambda value: value.update(groups=[{"name": "men", "num_people": 3}])),
    r"data/site\.js, /groups/1/num_people: it says that something is of one to four people",
  ),
  "a count of few in a hover text": (
    lambda site: site.change(
      "site", lambda value: value.update(hovertext=["r = 0.9, n = 1,303", "r = 0.9<br>n&nbsp;= 3"])
    ),
    r"/hovertext/2: it says that something is of one to four",
  ),
  "a count of few in a text": (
    lambda site: site.write("tables/README.md", "# Tables\n\nOf 3 participants.\n"),
    r"tables/README\.md, line 3: it says that something is of one to four",
  ),
  "persons under another name, as texts": (
    lambda site: site.change("site", lambda value: value.update(gaps=[{"of": "x", "gap": "1.5"}] * _PEOPLE)),
    "/gaps: a list has as many entries with numbers",
  ),
  "persons whose numbers are deeper": (
    lambda site: site.change("site", lambda value: value.update(points=[{"v": [61.3, 2.4]}] * _PEOPLE)),
    "/points: a list has as many entries with numbers",
  ),
  "persons called chromosomes": (
    lambda site: site.change("site", lambda value: value.update(chromosomes=[{"from": 61.3}] * _PEOPLE)),
    "/chromosomes: a list has as many entries with numbers",
  ),
  "persons within a declared list": (
    lambda site: site.change("site", lambda value: value.update(pages=[{"facts": [1.5] * _PEOPLE}])),
    "/pages/1/facts: a list has as many entries with numbers",
  ),
  "a list with an entry per person": (_set_list, r"data/site\.js, /points: a list has as many entries with numbers"),
  "a declared file that is not there": (lambda site: (site.folder / "index.html").unlink(), "declared and not there"),
}


@pytest.mark.parametrize("kind", _PLANTED)
def test_a_planted_violation_stops_the_site(tmp_path, kind):
  plant, reason = _PLANTED[kind]
  site = _Site(tmp_path, _honest())
  plant(site)
  with pytest.raises(errors.InputError, match=reason) as raised:
    site.pass_gate()
  assert _ID not in str(raised.value) and "not written" in str(raised.value)


def test_as_many_importances_as_there_are_people_pass(tmp_path):
  """Rows are of features, as their keys say; the gate of twenty rows or more is not for them."""
  features = [f"feature_{number}" for number in range(_PEOPLE)]
  importances = {"set": "own", "algorithm": "elastic_net", "measure": "coefficient", "feature": features}
  importances |= {"mean": np.linspace(-1, 1, _PEOPLE), "sd_folds": 0.1, "num_folds": 10}
  ages = {"product": "sample", "model": features, "stands_for": "", "warning": "", "refused": ""}
  ages |= {"bias_slope": -0.1, "bias_at_60_years": 0.5, "acceleration_sd_years": np.linspace(1, 2, _PEOPLE)}
  shown = [
    _table("importances", report_picture_tables.IMPORTANCES, **importances),
    _table("ages", report_tables.AGES, **ages),
  ]
  _Site(tmp_path, shown).pass_gate()


@pytest.mark.parametrize(
  "text", ["Wave 2 participants", "Phase 1 samples", "at least 2 visits", "n = 1e-5", "n = 1 000"]
)
def test_numbers_that_count_no_few_people_pass(text):
  assert not site_texts.says_few(f"{text} of the cohort")


@pytest.mark.parametrize("text", ["wave 2 participants, 3 men", "n = 1 of 12", "in 2 visits", "n = 4.", "n = 3 5"])
def test_few_people_beside_other_numbers_are_seen(text):
  assert site_texts.says_few(text)


def test_texts_of_the_config_are_the_users_own(tmp_path):
  title = "Ageing of 2 men & others"
  site = _Site(tmp_path, _honest())
  site.change("site", lambda value: value.update(title=title))
  site.write("index.html", "<title>Ageing of 2 men &amp; others</title>")
  gate = site_gate.Gate(site.folder, Study(typed=(title,)), declarations.CODEC)
  gate.look_at(site.declared)
  gate.close()
  with pytest.raises(errors.InputError, match="one to four"):
    site.pass_gate()


def test_parts_that_sum_to_their_people_pass(tmp_path):
  histograms = _of_scalars(report_picture_tables.SCALAR_HISTOGRAMS, [200, 300], low=[0.0, 1.0], high=[1.0, 2.0])
  trends = _of_scalars(report_picture_tables.SCALAR_TRENDS, [200, 290], age_band=["45-49", "50-54"])
  _Site(tmp_path, [_OF_SCALARS, histograms, trends, *_accelerated([200, 300])]).pass_gate()


def test_the_lists_that_the_site_declares_are_of_things(tmp_path):
  genome = {"chromosomes": [{"name": str(number), "from": 1.5} for number in range(_PEOPLE)]}
  site = _Site(tmp_path, _honest())
  pages = [{"facts": {"genomes": {"hg19": genome}}}, *[{"facts": {}}] * (_PEOPLE - 1)]
  site.change("site", lambda value: value.update(pages=pages))
  site.pass_gate()


def _of_scalars(schema: tables.Schema, people: list[int], **values: object) -> SiteTable:
  empty = dict.fromkeys(schema.of_kind(tables.Kind.ESTIMATE), np.nan)
  values = {"set": "own", "feature": "size", "sex": "all", **empty, **values, "num_people": people}
  return _table(schema.name.removeprefix("report_"), schema, **values)


_OF_SCALARS = _of_scalars(report_picture_tables.SCALAR_FEATURES, [500])


def _accelerated(people: list[int]) -> list[SiteTable]:
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
    _table("performance", schema, **values),
    _table("accelerations", report_tables.ACCELERATIONS, **bins),
  ]


_TABLES: dict[str, tuple[list[SiteTable], str]] = {
  "small count": (
    [_table("totals", _TOTALS, model=["knee", "hip"], product="sample", num_people=[_PEOPLE, 3])],
    r"data/totals\.js, row 2, column num_people: a count of one to four",
  ),
  "complement of a total": ([_totals(), _sexes(1_299, 3)], "row 1: num_people and num_people of data/totals.js"),
  "complement alone": (
    [_totals(), _table("sexes", _BY_SEX, model="knee", sex=["female"], num_people=[1_299])],
    r"data/sexes\.js, row 1: num_people and num_people of data/totals\.js differ by one to four",
  ),
  "total in the same table": (
    [_table("sexes", _BY_SEX, model="knee", sex=["all", "female"], num_people=[700, 698])],
    r"data/sexes\.js, row 2: num_people and num_people of data/sexes\.js differ",
  ),
  "sum of groups": (
    [_totals(), _table("folds", _BY_FOLD, model="knee", fold=["0", "1", "2"], num_people=[500, 500, 300])],
    r"the sum of num_people over its groups and num_people of data/totals\.js",
  ),
  "nested sexes": (
    [
      _sexes(),
      _table("ages", _BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60"], num_people=[600]),
    ],
    r"data/ages\.js, row 1: num_people and num_people of data/sexes\.js",
  ),
  "nested sexes, of which one is not shown": (
    [
      _totals(),
      _table("sexes", _BY_SEX, model="knee", sex=["female"], num_people=[700]),
      _table("ages", _BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60"], num_people=[600]),
    ],
    r"num_people of data/totals\.js minus data/sexes\.js differ by one to four",
  ),
  "differencing two tables of equal labels": (
    [_totals(), _table("again", _AGAIN, model=["knee"], product="sample", num_people=[1_300], r2=[0.5])],
    r"data/again\.js, row 1: num_people and num_people of data/totals\.js",
  ),
  "sum over a label of any name": (
    [
      _totals(),
      _table(
        "shifts",
        _schema("performance_shifts", ("model", "shift")),
        model="knee",
        shift=["day", "night"],
        num_people=[700, 600],
      ),
    ],
    r"the sum of num_people over its groups and num_people of data/totals\.js",
  ),
  "a label more on the total's side": (
    [
      _totals(),
      _table("sexes", _schema("performance_sexes", ("model", "sex")), model="knee", sex=["female"], num_people=[1_299]),
      _table("scores", _TOTALS, model="knee", product=["sample", "participant"], num_people=_PEOPLE),
    ],
    r"data/sexes\.js, row 1: num_people and num_people of data/scores\.js",
  ),
  "a band beside finer ones": (
    [
      _table("wide", _BY_AGE, model="knee", age_group=["45-60", "60-82"], num_people=[700, 602]),
      _table("fine", _BY_AGE, model="knee", age_group=["45-50", "50-60"], num_people=[400, 297]),
    ],
    r"data/wide\.js, row 1: num_people and the sum over the finer bands of data/fine\.js",
  ),
  "a table of the site beside a stage's": (
    [
      _totals(),
      _table(
        "mine",
        dataclasses.replace(_BY_SEX, name="report_sexes", people="performance"),
        model="knee",
        sex="male",
        num_people=[1_300],
      ),
    ],
    r"data/mine\.js, row 1: num_people and num_people of data/totals\.js",
  ),
  "people declared as something else": (
    [
      _table(
        "more",
        _schema("performance_more", ("model",), num_new=columns.count("int64", "people")),
        model="knee",
        num_people=[100],
        num_new=[3],
      )
    ],
    r"data/more\.js, column num_new: it counts people and is declared as a count of other things",
  ),
  "a count that is not rounded as declared": (
    [
      _table(
        "round",
        tables.Schema("genetics", 1, {"trait": columns.LABEL, "n": columns.ROUNDED_PEOPLE}, is_shared=True),
        trait="knee",
        n=[1_302],
      )
    ],
    r"data/round\.js, row 1, column n: a count that is not rounded to a multiple of 5",
  ),
  "a part of a declared whole": (
    [
      _table(
        "part",
        _schema(
          "xwas_part",
          ("variable",),
          num_smokers=tables.Column("int64", tables.Kind.PEOPLE, "people", whole="num_people"),
        ),
        variable="v",
        num_people=[100],
        num_smokers=[98],
      )
    ],
    "columns num_people and num_smokers differ by one to four",
  ),
  "ids as estimates, rounded": (
    [_table("ids", _POINTS, model=["a", "b", "c"], gap=[5_234_560.0, 5_234_570.0, 5_234_580.0])],
    r"column gap: what looks like a participant's id|column gap looks like a participant's id",
  ),
  "a bin of few": (
    [_table("bins", _BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[_PEOPLE - 3, 3])],
    r"data/bins\.js, row 2, column num_people: a count of one to four",
  ),
  "bins beside their total": (
    [_totals(), _table("bins", _BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[700, 599])],
    r"data/bins\.js, row 1 and those beside it: the sum of num_people over its groups and num_people of data/totals",
  ),
  "bins of a measurement beside its people": (
    [_OF_SCALARS, _of_scalars(report_picture_tables.SCALAR_HISTOGRAMS, [200, 298], low=[0.0, 1.0], high=[1.0, 2.0])],
    r"scalar_histograms\.js, row 1 and those beside it: the sum of .* of data/scalar_features",
  ),
  "trend of a measurement beside its people": (
    [_OF_SCALARS, _of_scalars(report_picture_tables.SCALAR_TRENDS, [200, 297], age_band=["45-49", "50-54"])],
    r"scalar_trends\.js, row 1 and those beside it: the sum of .* of data/scalar_features",
  ),
  "accelerated ageing beside the model's people": (
    _accelerated([200, 298]),
    r"accelerations\.js, row 1 and those beside it: the sum of num_people .* and num_people of data/performance",
  ),
  "rows of persons": (
    [_table("points", _POINTS, model="knee", gap=np.linspace(-5, 5, 400))],
    r"data/points\.js: nothing but measurements tells its rows apart",
  ),
  "as many rows as persons": (
    [_table("points", _POINTS, model=[f"m{n}" for n in range(_PEOPLE)], gap=np.linspace(-5, 5, _PEOPLE))],
    r"data/points\.js: it has as many rows as there are participants",
  ),
}


@pytest.mark.parametrize("kind", _TABLES)
def test_tables_that_tell_of_few_stop_the_site(tmp_path, kind):
  shown, reason = _TABLES[kind]
  with pytest.raises(errors.InputError, match=reason):
    _Site(tmp_path, shown).pass_gate()


def test_an_honest_site_passes(tmp_path):
  site = _Site(
    tmp_path,
    [
      *_honest(),
      _table("folds", _BY_FOLD, model="knee", fold=["0", "1"], num_people=[702, 600]),
      _table("ages", _BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60", "60-82"], num_people=[302, 300]),
      dataclasses.replace(_sexes(1_299, 1_250), name="others", schema=_schema("xwas_groups", ("model", "sex"))),
      _table(
        "variables",
        _schema("xwas_associations", ("dimension", "variable")),
        dimension="k",
        variable=["v", "w"],
        num_people=[97, 99],
      ),
      _table("predicted", _PREDICTED, dimension="k", category=["", "blood", "urine"], num_people=[100, 98, 97]),
      _table("bad", _POINTS, model=["a", "b"], gap=[-1_234_567.8, 0.5]),
      _table("listed", _LISTED, gene=[f"G{number}" for number in range(_PEOPLE)], r2=np.linspace(0, 1, _PEOPLE)),
      _table("wide", _BY_AGE, model="knee", age_group=["45-60", "60-82"], num_people=[700, 602]),
      _table("fine", _BY_AGE, model="knee", age_group=["45-50", "50-60"], num_people=[400, 300]),
      _table("bins", _BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[700, 595]),
    ],
  )
  site.add_picture("a.png", _png({"num_people": 5}))
  site.add_picture("b.svg", _svg("<title>Knees</title>"))
  site.add_picture("c.png", _png(), is_of_person=True)
  site.change("site", lambda value: value.update(map=_uri(_png({"num_variants": 9})), num_variants=int(_ID)))
  site.change("site", lambda value: value.update(genes=[{"name": f"G{number}"} for number in range(_PEOPLE)]))
  site.pass_gate(shows_persons=True)


@pytest.fixture
def workdir(tmp_path) -> pathlib.Path:
  study.write(tmp_path)
  return tmp_path


def test_the_stage_has_the_gate_behind_it(workdir, monkeypatch):
  """What gets past the door is stopped, and no folder is left."""
  write = files.write_readme

  def plant(folder: pathlib.Path, *others) -> None:
    (folder / "tables" / "more.csv").write_text("eid\n")
    write(folder, *others)

  monkeypatch.setattr(files, "write_readme", plant)
  with pytest.raises(errors.InputError, match=r"tables/more\.csv: it is not declared"):
    run.make_site(workdir, SiteSpec())
  assert not (workdir / "site").exists() and not list(workdir.glob(".site*"))


def test_an_id_in_the_run_record_stops_the_site(workdir, monkeypatch):
  monkeypatch.setattr(run, "settings_of", lambda settings: {"title": f"of {_ID}"})
  with pytest.raises(errors.InputError, match=r"run\.json, /settings/title: what looks like"):
    run.make_site(workdir, SiteSpec())
  assert not (workdir / "site").exists()


def test_every_file_is_in_the_disclosure_report(workdir):
  site = run.make_site(workdir, SiteSpec())
  listed = pd.read_csv(site / "tables" / "disclosure.csv").set_index("file")
  assert set(listed.index) == {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
  assert listed.loc["tables/performance.csv", "smallest_count"] == study.PEOPLE
  assert listed.loc["data/performance.js", "smallest_in"] == "n"
  assert listed["smallest_count"].isna()["index.html"]


def test_samples_and_people_of_two_tables_are_not_mixed_up(tmp_path):
  schema = tables.Schema(
    "performance",
    1,
    {"model": columns.LABEL, "n": columns.NUM_SAMPLES, "num_people": columns.NUM_PEOPLE},
    is_shared=True,
  )
  rarer = _schema("xwas_rarer", ("variable",), num_people_rarer=columns.NUM_PEOPLE)
  site = _Site(tmp_path, [_table("totals", schema, model=["knee"], n=[1_600], num_people=[_PEOPLE]), _sexes()])
  site.pass_gate()
  shown = [_table("rarer", rarer, variable=["v"], num_people=[100], num_people_rarer=[97])]
  with pytest.raises(errors.InputError, match="columns num_people and num_people_rarer differ by one to four"):
    _Site(tmp_path / "rarer", shown).pass_gate()
