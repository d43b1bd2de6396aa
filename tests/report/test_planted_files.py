"""Violations that are planted in a site's files, each of another kind: every one stops the build."""

import base64
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from msk_jax.disclosure import site_gate, site_texts
from msk_jax.disclosure.site_declared import Study
from msk_jax.io import errors
from msk_jax.report import declarations, payload
from msk_jax.schemas import (
  report_picture_tables,
  report_tables,
)
from tests.report.planted_site import ID, PEOPLE, Site, honest, png, svg, table, uri


def _set_label(site: Site) -> None:
  site.change("totals", lambda value: value["columns"][0]["levels"].__setitem__(1, f"hip of {ID}"))


def _set_key(site: Site) -> None:
  site.change("site", lambda value: value.update({ID: "a value"}))


def _set_hover(site: Site) -> None:
  site.change(
    "site",
    lambda value: value.update(plots=[{"hovertext": ["n = 12", f"person&#32;{ID[:1]}&#48;{ID[2:]}"]}]),
  )


def _set_number(site: Site) -> None:
  site.change("site", lambda value: value.update(points=[1.5, int(ID)]))


def _set_list(site: Site) -> None:
  site.change("site", lambda value: value.update(points=np.linspace(45, 82, PEOPLE).tolist()))


def _set_csv(site: Site) -> None:
  path = site.folder / "tables" / "totals.csv"
  path.write_text(path.read_text().replace("hip", ID))


def _set_csv_count(site: Site) -> None:
  path = site.folder / "tables" / "sexes.csv"
  path.write_text(path.read_text().replace("602", "3"))


def _add_column(site: Site) -> None:
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


def _name_file(site: Site) -> None:
  site.add_picture(f"data/map_{ID}.png", png({"num_people": 40}))


def _leave_file(site: Site) -> None:
  site.write("data/forgotten.js", payload.encode("forgotten", {}))


def _write_readme(site: Site) -> None:
  site.write("tables/README.md", f"# Tables\n\nAsk {ID}.\n")


_PLANTED: dict[str, tuple[Callable[[Site], None], str]] = {
  "id in packed data": (_set_label, r"data/totals\.js, row 2, column model: what looks like"),
  "id as a key": (_set_key, r"data/site\.js, /key 3 \(key\): what looks like"),
  "id in a hover text, escaped": (_set_hover, r"data/site\.js, /plots/1/hovertext/2: what looks like"),
  "id as a number": (_set_number, r"data/site\.js, /points/2: what looks like"),
  "id in a CSV": (_set_csv, r"tables/totals\.csv, row 2, column model: it is not what the table"),
  "small count in a CSV": (_set_csv_count, r"tables/sexes\.csv, row 2, column num_people: it is not what the table"),
  "id in a file name": (_name_file, r"data/map_<id>\.png: its name looks like"),
  "id in a text": (_write_readme, r"tables/README\.md, line 3: what looks like"),
  "id in an SVG's title": (
    lambda site: site.add_picture("a.svg", svg(f"<title>{ID}</title>")),
    r"a\.svg, text 2: what looks like",
  ),
  "id in an SVG's comment": (
    lambda site: site.add_picture("a.svg", svg(f"<!-- {ID} -->")),
    r"a\.svg, text 2: what looks like",
  ),
  "id in an SVG's metadata": (
    lambda site: site.add_picture("a.svg", svg(f'<metadata><g data-eid="{ID}"/></metadata>')),
    r"a\.svg, text 2: what looks like",
  ),
  "id in a PNG's text": (
    lambda site: site.add_picture("a.png", png({"num_people": 40}, b"tEXtComment\0" + ID.encode())),
    r"a\.png, text 2: what looks like",
  ),
  "id in a PNG's packed text": (
    lambda site: site.add_picture("a.png", png({"num_people": 40}, b"zTXtComment\0\0" + zlib.compress(ID.encode()))),
    r"a\.png, text 2: what looks like",
  ),
  "unknown part of a PNG": (
    lambda site: site.add_picture("a.png", png({"num_people": 40}, b"eXIfabc")),
    r"a\.png: its chunk eXIf is not known",
  ),
  "bytes after a PNG": (
    lambda site: site.add_picture("a.png", png({"num_people": 40}) + ID.encode()),
    r"a\.png: it has bytes after its end",
  ),
  "id in an embedded picture": (
    lambda site: site.change(
      "site",
      lambda value: value.update(map=uri(png({"num_people": 40}, b"tEXta\0" + ID.encode()))),
    ),
    r"/map, embedded picture, text 2: what looks like",
  ),
  "embedded picture of nobody knows whom": (
    lambda site: site.change("site", lambda value: value.update(map=uri(png()))),
    r"/map, embedded picture: the picture does not say of how many people",
  ),
  "picture of few": (
    lambda site: site.add_picture("a.png", png({"num_people": 4})),
    "shows fewer than 5 people",
  ),
  "picture of a person": (
    lambda site: site.add_picture("a.png", png(), is_of_person=True),
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
    lambda site: site.change("site", lambda value: value.update(gaps=[{"of": "x", "gap": "1.5"}] * PEOPLE)),
    "/gaps: a list has as many entries with numbers",
  ),
  "persons whose numbers are deeper": (
    lambda site: site.change("site", lambda value: value.update(points=[{"v": [61.3, 2.4]}] * PEOPLE)),
    "/points: a list has as many entries with numbers",
  ),
  "id in packed data of an address": (
    lambda site: site.change(
      "site", lambda value: value.update(link=f"data:text/csv;base64,{base64.b64encode(f'a,{ID}'.encode()).decode()}")
    ),
    r"data/site\.js, /link: what looks like",
  ),
  "persons called chromosomes": (
    lambda site: site.change("site", lambda value: value.update(chromosomes=[{"from": 61.3}] * PEOPLE)),
    "/chromosomes: a list has as many entries with numbers",
  ),
  "persons within a declared list": (
    lambda site: site.change("site", lambda value: value.update(pages=[{"facts": [1.5] * PEOPLE}])),
    "/pages/1/facts: a list has as many entries with numbers",
  ),
  "a list with an entry per person": (_set_list, r"data/site\.js, /points: a list has as many entries with numbers"),
  "a declared file that is not there": (lambda site: (site.folder / "index.html").unlink(), "declared and not there"),
}


@pytest.mark.parametrize("kind", _PLANTED)
def test_a_planted_violation_stops_the_site(tmp_path, kind):
  plant, reason = _PLANTED[kind]
  site = Site(tmp_path, honest())
  plant(site)
  with pytest.raises(errors.InputError, match=reason) as raised:
    site.pass_gate()
  assert ID not in str(raised.value) and "not written" in str(raised.value)


def test_as_many_importances_as_there_are_people_pass(tmp_path):
  """Rows are of features, as their keys say; the gate of twenty rows or more is not for them."""
  features = [f"feature_{number}" for number in range(PEOPLE)]
  importances = {"set": "own", "algorithm": "elastic_net", "measure": "coefficient", "feature": features}
  importances |= {"mean": np.linspace(-1, 1, PEOPLE), "sd_folds": 0.1, "num_folds": 10}
  ages = {"product": "sample", "model": features, "stands_for": "", "warning": "", "refused": ""}
  ages |= {"bias_slope": -0.1, "bias_at_60_years": 0.5, "acceleration_sd_years": np.linspace(1, 2, PEOPLE)}
  shown = [
    table("importances", report_picture_tables.IMPORTANCES, **importances),
    table("ages", report_tables.AGES, **ages),
  ]
  Site(tmp_path, shown).pass_gate()


@pytest.mark.parametrize(
  "text", ["Wave 2 participants", "Phase 1 samples", "at least 2 visits", "n = 1e-5", "n = 1 000"]
)
def test_numbers_that_count_no_few_people_pass(text):
  assert not site_texts.says_few(f"{text} of the cohort")


@pytest.mark.parametrize(
  "text", ["wave 2 participants, 3 men", "n = 1 of 12", "in 2 visits", "n = 4.", "n = 3 5", "2 patients"]
)
def test_few_people_beside_other_numbers_are_seen(text):
  assert site_texts.says_few(text)


def test_texts_of_the_config_are_the_users_own(tmp_path):
  title = "Ageing of 2 men & others"
  site = Site(tmp_path, honest())
  site.change("site", lambda value: value.update(title=title))
  site.write("index.html", "<title>Ageing of 2 men &amp; others</title>")
  gate = site_gate.Gate(site.folder, Study(typed=(title,)), declarations.CODEC)
  gate.look_at(site.declared)
  gate.close()
  with pytest.raises(errors.InputError, match="one to four"):
    site.pass_gate()


def test_the_lists_that_the_site_declares_are_of_things(tmp_path):
  genome = {"chromosomes": [{"name": str(number), "from": 1.5} for number in range(PEOPLE)]}
  site = Site(tmp_path, honest())
  pages = [{"facts": {"genomes": {"hg19": genome}}}, *[{"facts": {}}] * (PEOPLE - 1)]
  site.change("site", lambda value: value.update(pages=pages))
  site.pass_gate()
