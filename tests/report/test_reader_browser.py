"""What a reader may take wrong, in Chromium: legends, scales, names with spaces, and what is not there."""

import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import scalar_tables
from msk_jax.figures import palette
from msk_jax.report import run
from msk_jax.report.spec import SiteSpec
from tests import programs
from tests.report import browser, picture_study, reader_study, study

_WORST = -0.3


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> pathlib.Path:
  workdir = tmp_path_factory.mktemp("study")
  study.write(workdir)
  eids = picture_study.eids()
  density = np.random.default_rng(1).normal(0.5, 0.02, len(eids))
  own = {"eid": eids, "instance": 2, "bone density": density, "same": 1.0}
  scalar_tables.write(workdir / "cohort", "own", pd.DataFrame(own))
  study.finish_cohort(workdir)
  scores = study.performance()
  scores.loc[scores["model"] == "knee/ensemble", "r2"] = _WORST
  scores.loc[scores["model"] == "general", "r2"] = 0.3  # far below the published one
  scores.loc[scores["model"] == "knee/inception_v3", "num_folds"] = 1
  study.write_performance(workdir, scores, study.groups())
  reader_study.write_not_made(workdir)
  reader_study.write_unsigned(workdir)
  reader_study.write_far_estimates(workdir)
  reader_study.hide_an_error(workdir)
  reader_study.make_circular(workdir)
  return run.make_site(workdir, SiteSpec())


@pytest.fixture(scope="module")
def chromium():
  with browser.launch(programs.require_browser()) as launched:
    yield launched


@pytest.fixture
def tab(chromium, site):
  with browser.open_tab(chromium, site) as opened:
    yield opened
  assert opened.faults == []


def test_a_measurement_with_a_space_in_its_name_has_bins_that_can_be_told_apart(tab):
  tab.open("scalar_sets?feature=own+bone%2520density")
  assert tab.page.locator(".plot-words").first.inner_text().startswith("women: 300 people, mean 0.498 ± 0.019")
  tab.page.get_by_text("The numbers as a table").first.click()
  texts = tab.page.evaluate("document.querySelector('.plot-drawing').data[0].customdata.map((each) => each[0])")
  assert len(texts) > 5 and len(set(texts)) == len(texts)
  labels = tab.page.get_by_label("Measurement").locator("option").all_inner_texts()
  assert "own: bone density" in labels


def test_without_bins_a_sentence_stands_in_place_of_a_histogram(tab):
  tab.open("scalar_sets?feature=own+same")
  assert "There are no bins" in tab.page.locator(".plot-words").first.inner_text()


def test_a_network_without_mean_maps_says_why(tab):
  tab.open(f"attention?model={reader_study.NOT_MADE}")
  text = tab.page.locator("main").inner_text()
  assert "too few pictures are registered" in text and "From the left: slow, normal, fast" in text
  tab.open("attention?by=method")
  assert "at most 10 samples of each sex" in tab.page.locator("main").inner_text()
  assert tab.page.locator(".map .map-scale").count() == 2


@pytest.mark.parametrize("address", ["attention?by=method", "dimension?name=knee"])
def test_a_scale_has_the_colours_of_its_maps(tab, address):
  tab.open(address)
  signed, unsigned = (tab.page.locator(".map .scale").nth(place).get_attribute("style") or "" for place in (0, 1))
  assert palette.YOUNGER in signed and palette.OLDER in signed and palette.UNSIGNED not in signed
  assert palette.UNSIGNED in unsigned and palette.OLDER not in unsigned
  words = tab.page.locator(".map .map-scale").nth(1).inner_text()
  assert "size without a sign" in words and "older" not in words


def test_checks_of_maps_have_their_remarks_and_shuffles(tab):
  tab.open("attention")
  table = tab.page.locator("table.data").first
  assert table.locator("th button[data-column=remark]").count() == 1
  assert table.locator("th button[data-column=num_shuffles]").count() == 1


def test_symbols_of_a_dimension_go_by_the_kind_of_correlation(tab):
  tab.open("dimension?name=knee")
  drawn = tab.page.evaluate(
    """() => {
      const plots = [...document.querySelectorAll(".plot-drawing")];
      return plots.at(-1).data.map(({ name, marker }) => [name, marker.symbol]);
    }"""
  )
  assert drawn == [
    ["phenotypic, per visit", "circle"],
    ["genetic, mixed model", "square"],
    ["by associations, all variables", "diamond"],
  ]


def test_hits_that_are_hidden_are_not_called_none(tab):
  tab.open("dimension?name=knee")
  said = tab.page.evaluate(
    """() => {
      const column = (name, values) => ({ name, title: name, values });
      const table = msk.makeTable("gwas_results", [
        column("trait", ["hip", "knee", "spine", "wrist.female"]),
        column("source", ["array", "array", "imputed", "array"]),
        column("dimension", ["hip", "knee", "spine", "wrist"]),
        column("num_hits", [0, 3, null, 0]), column("num_rare", [0, 3, null, 0]),
      ]);
      return ["hip", "knee", "spine", "elbow", "wrist"].map((name) => msk.hitWords(table, name).join(" "));
    }"""
  )
  assert said == [
    "No array variant has p < 5e-8.",
    "3 array variants with p < 5e-8; none may be shown, as their alleles are rare.",
    "Hits among imputed variants were not listed: the stage loci did not run.",
    "This dimension was not analysed for variants.",
    "Women and men together were not analysed for variants. Alone: Wrist, women.",
  ]


def test_the_main_measure_of_an_algorithm_is_shown_first(tab):
  tab.open("importances?algorithm=lightgbm")
  assert tab.page.locator(".plot-words").first.inner_text().startswith("splits of lightgbm")


def test_a_score_below_zero_beside_the_literature_is_in_sight(tab):
  tab.open("performance_groups")
  plot = "[...document.querySelectorAll('.plot-drawing')].at(-1)"
  low, high = tab.page.evaluate(f"{plot}.layout.xaxis.range")
  assert low <= _WORST and high >= 1
  names = tab.page.evaluate(f"{plot}.data.map((each) => each.name)")
  assert "here" in names and "Circles: this study." in tab.page.locator(".plot-words").last.inner_text()


def test_the_first_plot_is_seen_before_the_last_is_drawn(chromium, site):
  with browser.open_tab(chromium, site) as tab:
    tab.page.add_init_script("""
      const count = () => document.querySelectorAll(".plot-drawing .main-svg:first-child").length;
      new MutationObserver(() => { window.drawnAtFirst ??= count(); })
        .observe(document, { subtree: true, attributeFilter: ["data-first-plot"] });
    """)
    tab.open("gwas")
    tab.page.wait_for_function("document.querySelectorAll('.plot-drawing .main-svg:first-child').length >= 3")
    assert tab.page.evaluate("window.drawnAtFirst") == 1


def test_the_model_of_a_dimension_is_that_of_the_sample_definition(tab):
  """Per visit one network stands for the knee, per participant another."""
  tab.open("start")
  found = tab.page.evaluate(
    """async () => {
      const column = (name, values) => ({ name, title: name, values });
      const tables = {
        correlations: msk.makeTable("correlations", [
          column("product", ["sample", "sample", "participant", "participant"]),
          column("model_1", ["hip/a", "hip/a", "hip/a", "hip/a"]),
          column("model_2", ["knee/a", "knee/b", "knee/a", "knee/b"]),
          column("r", [0.1, 0.2, 0.3, 0.4]), column("sd", [0.1, 0.1, 0.1, 0.1]),
          column("num_samples", [50, 50, 50, 50]),
        ]),
        model_orders: msk.makeTable("model_orders", [
          column("product", ["sample", "sample", "participant", "participant"]),
          column("model", ["hip/a", "knee/a", "hip/a", "knee/b"]),
          column("dimension", ["hip", "knee", "hip", "knee"]),
          column("is_dimension", ["yes", "yes", "yes", "yes"]),
        ]),
      };
      const kinds = await msk.pairCorrelations({ table: async (name) => tables[name] ?? null });
      return kinds.map(({ name, pairs }) => [name, [...pairs.values()].map((each) => each.value)]);
    }"""
  )
  assert found == [["phenotypic_sample", [0.1]], ["phenotypic_participant", [0.4]]]


def test_a_published_value_far_above_the_own_is_in_sight(tab):
  tab.open("performance?dimension=general")
  low, high = tab.page.evaluate("document.querySelector('.plot-drawing').layout.xaxis.range")
  assert low <= 0.3 and high > 0.876


@pytest.mark.parametrize("name", ["start", "performance"])
def test_a_model_that_was_tested_on_one_fold_alone_is_named(tab, name):
  tab.open(name)
  text = tab.page.locator("main").inner_text()
  assert "Tested on some of the 10 folds alone, so on fewer people: knee / inception v3 (1)." in text


@pytest.mark.parametrize(
  ("address", "words"),
  [
    ("heritability?method=ldsc", "Beyond the axis, and in the table alone: General −1.50."),
    ("comparison?y=genetic_ldsc&general=yes", "Beyond the axes, and in the table alone: General – spine."),
  ],
)
def test_estimates_beyond_an_axis_are_named(tab, address, words):
  tab.open(address)
  assert words in tab.page.locator(".plot-words").first.inner_text()


def test_shares_by_category_are_in_percent_of_the_variables_tested(tab):
  tab.open("xwas_summary?share=accelerating")
  assert tab.page.locator(".plot-words").first.inner_text() == (
    "The highest: 40.0% of 20 variables of smoking are accelerating for General. Empty cells: nothing was tested."
  )
  assert "published 37.5%" in tab.page.evaluate("document.querySelector('.plot-drawing').data[0].text[0][0]")


def test_what_has_no_error_is_not_shown_as_exact(tab):
  tab.open("comparison?y=xwas_&general=yes")
  words = tab.page.locator(".plot-words").first.inner_text()
  assert "None is known of correlations by associations, all variables." in words
  tab.open("xwas?variable=field_1")
  assert "Without a bar: the error is not shown" in tab.page.locator(".plot-words").first.inner_text()


def test_a_circular_prediction_is_marked_and_is_not_the_best(tab):
  tab.open("prediction")
  words = tab.page.locator(".plot-words").first.inner_text()
  assert words.startswith("The best: biomarkers for General, 0.060.") and "°: circular" in words
  drawing = "document.querySelector('.plot-drawing')"
  written = tab.page.evaluate(f"{drawing}.layout.annotations.map((each) => each.text)")
  assert [text for text in written if "°" in text] == ["0.900°"]
  assert "circular: 3 variables fed" in tab.page.evaluate(f"{drawing}.data[0].text[0][0]")


def test_what_is_significant_goes_by_the_level_of_the_study(tab):
  tab.open("xwas?counted=significant")
  assert tab.page.locator(".table-count").first.inner_text() == "3 rows"
  tab.page.evaluate("msk.site.xwas_level = 1e-50")
  tab.page.get_by_label("Category").select_option("environmental")
  assert tab.page.locator(".table-count").first.inner_text() == "0 rows"
