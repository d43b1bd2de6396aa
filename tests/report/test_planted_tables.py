"""Tables that tell of few people, each in another way: every one stops the site, and no honest table does."""

import dataclasses

import numpy as np
import pytest

from msk_jax.io import errors, tables
from msk_jax.report.sections import SiteTable
from msk_jax.schemas import (
  columns,
  report_picture_tables,
)
from tests.report.planted_site import (
  AGAIN,
  BINS,
  BY_AGE,
  BY_FOLD,
  BY_SEX,
  BY_SEX_AND_AGE,
  ID,
  LISTED,
  OF_SCALARS,
  PEOPLE,
  POINTS,
  PREDICTED,
  TOTALS,
  Site,
  accelerated,
  honest,
  of_scalars,
  png,
  schema,
  sexes,
  svg,
  table,
  totals,
  uri,
)

_TABLES: dict[str, tuple[list[SiteTable], str]] = {
  "small count": (
    [table("totals", TOTALS, model=["knee", "hip"], product="sample", num_people=[PEOPLE, 3])],
    r"data/totals\.js, row 2, column num_people: a count of one to four",
  ),
  "complement of a total": (
    [totals(), sexes(1_299, 3)],
    "row 1: num_people and num_people of data/totals.js",
  ),
  "complement alone": (
    [totals(), table("sexes", BY_SEX, model="knee", sex=["female"], num_people=[1_299])],
    r"data/sexes\.js, row 1: num_people and num_people of data/totals\.js differ by one to four",
  ),
  "total in the same table": (
    [table("sexes", BY_SEX, model="knee", sex=["all", "female"], num_people=[700, 698])],
    r"data/sexes\.js, row 2: num_people and num_people of data/sexes\.js differ",
  ),
  "sum of groups": (
    [
      totals(),
      table("folds", BY_FOLD, model="knee", fold=["0", "1", "2"], num_people=[500, 500, 300]),
    ],
    r"the sum of num_people over its groups and num_people of data/totals\.js",
  ),
  "nested sexes": (
    [
      sexes(),
      table("ages", BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60"], num_people=[600]),
    ],
    r"data/ages\.js, row 1: num_people and num_people of data/sexes\.js",
  ),
  "nested sexes, of which one is not shown": (
    [
      totals(),
      table("sexes", BY_SEX, model="knee", sex=["female"], num_people=[700]),
      table("ages", BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60"], num_people=[600]),
    ],
    r"num_people of data/totals\.js minus data/sexes\.js differ by one to four",
  ),
  "differencing two tables of equal labels": (
    [
      totals(),
      table("again", AGAIN, model=["knee"], product="sample", num_people=[1_300], r2=[0.5]),
    ],
    r"data/again\.js, row 1: num_people and num_people of data/totals\.js",
  ),
  "sum over a label of any name": (
    [
      totals(),
      table(
        "shifts",
        schema("performance_shifts", ("model", "shift")),
        model="knee",
        shift=["day", "night"],
        num_people=[700, 600],
      ),
    ],
    r"the sum of num_people over its groups and num_people of data/totals\.js",
  ),
  "a label more on the total's side": (
    [
      totals(),
      table("sexes", schema("performance_sexes", ("model", "sex")), model="knee", sex=["female"], num_people=[1_299]),
      table("scores", TOTALS, model="knee", product=["sample", "participant"], num_people=PEOPLE),
    ],
    r"data/sexes\.js, row 1: num_people and num_people of data/scores\.js",
  ),
  "a band beside finer ones": (
    [
      table("wide", BY_AGE, model="knee", age_group=["45-60", "60-82"], num_people=[700, 602]),
      table("fine", BY_AGE, model="knee", age_group=["45-50", "50-60"], num_people=[400, 297]),
    ],
    r"data/wide\.js, row 1: num_people and the sum over the finer bands of data/fine\.js",
  ),
  "a table of the site beside a stage's": (
    [
      totals(),
      table(
        "mine",
        dataclasses.replace(BY_SEX, name="report_sexes", people="performance"),
        model="knee",
        sex="male",
        num_people=[1_300],
      ),
    ],
    r"data/mine\.js, row 1: num_people and num_people of data/totals\.js",
  ),
  "people declared as something else": (
    [
      table(
        "more",
        schema("performance_more", ("model",), num_new=columns.count("int64", "people")),
        model="knee",
        num_people=[100],
        num_new=[3],
      )
    ],
    r"data/more\.js, column num_new: it counts people and is declared as a count of other things",
  ),
  "a count that is not rounded as declared": (
    [
      table(
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
      table(
        "part",
        schema(
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
    [table("ids", POINTS, model=["a", "b", "c"], gap=[5_234_560.0, 5_234_570.0, 5_234_580.0])],
    r"column gap: what looks like a participant's id|column gap looks like a participant's id",
  ),
  "a bin of few": (
    [table("bins", BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[PEOPLE - 3, 3])],
    r"data/bins\.js, row 2, column num_people: a count of one to four",
  ),
  "bins beside their total": (
    [
      totals(),
      table("bins", BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[700, 599]),
    ],
    r"data/bins\.js, row 1 and those beside it: the sum of num_people over its groups and num_people of data/totals",
  ),
  "bins of a measurement beside its people": (
    [
      OF_SCALARS,
      of_scalars(report_picture_tables.SCALAR_HISTOGRAMS, [200, 298], low=[0.0, 1.0], high=[1.0, 2.0]),
    ],
    r"scalar_histograms\.js, row 1 and those beside it: the sum of .* of data/scalar_features",
  ),
  "trend of a measurement beside its people": (
    [
      OF_SCALARS,
      of_scalars(report_picture_tables.SCALAR_TRENDS, [200, 297], age_band=["45-49", "50-54"]),
    ],
    r"scalar_trends\.js, row 1 and those beside it: the sum of .* of data/scalar_features",
  ),
  "accelerated ageing beside the model's people": (
    accelerated([200, 298]),
    r"accelerations\.js, row 1 and those beside it: the sum of num_people .* and num_people of data/performance",
  ),
  "rows of persons": (
    [table("points", POINTS, model="knee", gap=np.linspace(-5, 5, 400))],
    r"data/points\.js: nothing but measurements tells its rows apart",
  ),
  "as many rows as persons": (
    [table("points", POINTS, model=[f"m{n}" for n in range(PEOPLE)], gap=np.linspace(-5, 5, PEOPLE))],
    r"data/points\.js: it has as many rows as there are participants",
  ),
}


@pytest.mark.parametrize("kind", _TABLES)
def test_tables_that_tell_of_few_stop_the_site(tmp_path, kind):
  shown, reason = _TABLES[kind]
  with pytest.raises(errors.InputError, match=reason):
    Site(tmp_path, shown).pass_gate()


def test_parts_that_sum_to_their_people_pass(tmp_path):
  histograms = of_scalars(report_picture_tables.SCALAR_HISTOGRAMS, [200, 300], low=[0.0, 1.0], high=[1.0, 2.0])
  trends = of_scalars(report_picture_tables.SCALAR_TRENDS, [200, 290], age_band=["45-49", "50-54"])
  Site(tmp_path, [OF_SCALARS, histograms, trends, *accelerated([200, 300])]).pass_gate()


def test_the_only_band_of_age_is_not_taken_for_everybody(tmp_path):
  """Few people: bins, and one band that may be shown; they differ by two people and are not parts of each other."""
  shown = [
    OF_SCALARS,
    of_scalars(report_picture_tables.SCALAR_HISTOGRAMS, [250, 250], low=[0.0, 1.0], high=[1.0, 2.0]),
    of_scalars(report_picture_tables.SCALAR_TRENDS, [248], age_band="45-49"),
  ]
  Site(tmp_path, shown).pass_gate()


def test_an_honest_site_passes(tmp_path):
  site = Site(
    tmp_path,
    [
      *honest(),
      table("folds", BY_FOLD, model="knee", fold=["0", "1"], num_people=[702, 600]),
      table("ages", BY_SEX_AND_AGE, model="knee", sex="male", age_group=["45-60", "60-82"], num_people=[302, 300]),
      dataclasses.replace(sexes(1_299, 1_250), name="others", schema=schema("xwas_groups", ("model", "sex"))),
      table(
        "variables",
        schema("xwas_associations", ("dimension", "variable")),
        dimension="k",
        variable=["v", "w"],
        num_people=[97, 99],
      ),
      table("predicted", PREDICTED, dimension="k", category=["", "blood", "urine"], num_people=[100, 98, 97]),
      table("bad", POINTS, model=["a", "b"], gap=[-1_234_567.8, 0.5]),
      table(
        "listed",
        LISTED,
        gene=[f"G{number}" for number in range(PEOPLE)],
        r2=np.linspace(0, 1, PEOPLE),
      ),
      table("wide", BY_AGE, model="knee", age_group=["45-60", "60-82"], num_people=[700, 602]),
      table("fine", BY_AGE, model="knee", age_group=["45-50", "50-60"], num_people=[400, 300]),
      table("bins", BINS, model="knee", low_1=[1.0, 2.0], low_2=[5.0, 5.0], num_people=[700, 595]),
    ],
  )
  site.add_picture("a.png", png({"num_people": 5}))
  site.add_picture("b.svg", svg("<title>Knees</title>"))
  site.add_picture("c.png", png(), is_of_person=True)
  site.change("site", lambda value: value.update(map=uri(png({"num_variants": 9})), num_variants=int(ID)))
  site.change("site", lambda value: value.update(genes=[{"name": f"G{number}"} for number in range(PEOPLE)]))
  site.pass_gate(shows_persons=True)


def test_samples_and_people_of_two_tables_are_not_mixed_up(tmp_path):
  of_samples = tables.Schema(
    "performance",
    1,
    {"model": columns.LABEL, "n": columns.NUM_SAMPLES, "num_people": columns.NUM_PEOPLE},
    is_shared=True,
  )
  rarer = schema("xwas_rarer", ("variable",), num_people_rarer=columns.NUM_PEOPLE)
  site = Site(tmp_path, [table("totals", of_samples, model=["knee"], n=[1_600], num_people=[PEOPLE]), sexes()])
  site.pass_gate()
  shown = [table("rarer", rarer, variable=["v"], num_people=[100], num_people_rarer=[97])]
  with pytest.raises(errors.InputError, match="columns num_people and num_people_rarer differ by one to four"):
    Site(tmp_path / "rarer", shown).pass_gate()
