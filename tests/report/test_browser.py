"""The site in Debian's Chromium, from file://: each page, its controls, its downloads, by mouse and by keyboard."""

import io
import pathlib

import pandas as pd
import pytest

from msk_jax.report import run, sections
from msk_jax.report.spec import SiteSpec
from tests import cases, programs
from tests.report import browser, genetic_study, picture_study, study

_PAGES = [page.name for page in sections.all_pages()]
_FIRST_PAGES = cases.first_of(_PAGES, number=2)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> pathlib.Path:
  workdir = tmp_path_factory.mktemp("study")
  study.write(workdir)
  return run.make_site(workdir, SiteSpec(citation="A citation."))


@pytest.fixture(scope="module")
def chromium():
  with browser.launch(programs.require_browser()) as launched:
    yield launched


@pytest.fixture
def tab(chromium, site):
  with browser.open_tab(chromium, site) as opened:
    yield opened
  assert opened.faults == []


@pytest.mark.parametrize("name", _FIRST_PAGES)
def test_a_page_has_no_faults_in_both_themes(tab, name):
  tab.open(name)
  tab.page.locator(".heading .info").click()
  assert tab.serious_findings() == []
  assert tab.page.locator(".notice").count() == 0
  assert tab.page.locator("#banner").is_visible()
  tab.page.locator(".theme-button").click()
  assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
  assert tab.serious_findings() == []


@pytest.mark.parametrize("name", _FIRST_PAGES)
def test_a_narrow_page_does_not_scroll_sideways(chromium, site, name):
  with browser.open_tab(chromium, site, width=360) as tab:
    tab.open(name)
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 360
    assert not tab.page.locator("nav").is_visible()
    tab.page.locator(".menu-button").click()
    assert tab.page.locator("nav a").first.is_visible()
    assert tab.serious_findings() == []
  assert tab.faults == []


def test_an_address_brings_back_what_was_shown(tab):
  tab.open("performance")
  tab.page.get_by_label("Sample definition", exact=True).select_option("participant")
  tab.page.get_by_label("Score", exact=True).select_option("rmse")
  tab.page.get_by_label("Models", exact=True).select_option("ensembles")
  tab.page.get_by_role("button", name="RMSE (years)").click()
  address = tab.hash
  assert address == "#/performance?product=participant&metric=rmse&models=ensembles&sort=rmse.down"
  rows = tab.page.locator("table.data tbody tr").all_inner_texts()
  assert len(rows) == 4 and rows[0].startswith("knee (ensemble)")
  tab.open(address.removeprefix("#/"))
  assert tab.page.get_by_label("Score", exact=True).input_value() == "rmse"
  assert tab.page.locator("table.data tbody tr").all_inner_texts() == rows
  assert "RMSE (years)" in tab.page.locator(".plot-drawing .xtitle").text_content()


def test_an_impossible_value_in_an_address_counts_as_the_default(tab):
  tab.open("performance?metric=beauty&sort=beauty.down")
  assert tab.page.get_by_label("Score", exact=True).input_value() == "r2"
  assert tab.page.locator(".table-count").inner_text() == "6 rows"


def test_the_way_back_leads_to_what_was_shown(tab):
  tab.open("performance?metric=rmse")
  tab.page.locator("nav a", has_text="Phenotypic").click()
  tab.wait("correlations")
  tab.page.go_back()
  tab.wait("performance")
  assert tab.page.get_by_label("Score", exact=True).input_value() == "rmse"


@pytest.mark.parametrize(
  ("page", "name"),
  cases.first_of(
    [
      ("xwas", "xwas_associations"),
      ("loci", "gwas_loci"),
      ("reproduce", "reproduction"),
      ("heritability", "heritability"),
    ]
  ),
)
def test_the_csv_of_a_whole_table_is_the_one_in_the_folder(tab, site, page, name):
  tab.open(f"{page}?sort=none")
  assert tab.download("text=CSV") == (site / "tables" / f"{name}.csv").read_text()


def test_the_csv_holds_what_is_filtered_and_in_order(tab, site):
  tab.open("xwas?dimension=spine&find=question+blood&filters=neg_log10_p%3D1..3")
  all_rows = pd.read_csv(site / "tables" / "xwas_associations.csv")
  chosen = (all_rows.dimension == "spine") & (all_rows.category == "blood_count") & all_rows.neg_log10_p.between(1, 3)
  expected = all_rows[chosen].sort_values("neg_log10_p", ascending=False)
  shown = pd.read_csv(io.StringIO(tab.download("text=CSV")))
  assert len(expected) > 5
  pd.testing.assert_frame_equal(shown, expected.reset_index(drop=True))
  assert tab.page.locator(".table-count").inner_text() == f"{len(expected)} of 40 rows"


def test_columns_can_be_chosen_and_filtered(tab):
  tab.open("xwas")
  tab.page.get_by_text("Columns and filters").click()
  tab.page.get_by_label("Category", exact=True).nth(1).check()
  tab.page.get_by_label("Filter by −log₁₀ p", exact=True).fill(">40")
  tab.page.wait_for_function("document.querySelector('.table-count').textContent === '3 of 120 rows'")
  assert "category" in tab.hash and "filters=" in tab.hash
  assert tab.page.get_by_role("columnheader", name="Category").count() == 2


def test_search_finds_the_planted_variable(tab):
  tab.open("start")
  field = tab.page.get_by_role("combobox", name="Search variables, genes and pages")
  field.click()
  field.press_sequentially("theremni")  # a slip of the finger
  tab.page.wait_for_function(
    "words => document.querySelector('#search_results').innerText.startsWith(words)", arg=study.PLANTED
  )
  field.press("ArrowDown")
  field.press("Enter")
  tab.wait("xwas")
  assert tab.hash == "#/xwas?variable=field_39"
  assert study.PLANTED in tab.page.locator("h2").first.inner_text()
  assert tab.page.locator(".table-count").inner_text() == "3 rows"


def test_enter_goes_by_the_words_that_are_there_and_not_by_older_results(tab):
  """Who types fast is ahead of the list."""
  tab.open("start")
  field = tab.page.get_by_role("combobox", name="Search variables, genes and pages")
  field.press_sequentially("cite")
  tab.page.wait_for_selector("#search_results [role=option]")
  field.evaluate(
    """field => {
      field.value = "theremni";
      for (const key of ["ArrowDown", "Enter"])
        field.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    }"""
  )
  tab.wait("xwas")
  assert tab.hash == "#/xwas?variable=field_39"


def test_everything_is_reached_by_the_keyboard(tab):
  tab.open("start")
  tab.page.keyboard.press("Tab")
  assert tab.page.evaluate("document.activeElement.textContent") == "Skip to the content"
  tab.page.keyboard.press("Enter")
  assert tab.page.evaluate("document.activeElement.id") == "content"
  tab.page.locator("nav a", has_text="Explorer").focus()
  tab.page.keyboard.press("Enter")
  tab.wait("xwas")
  tab.page.wait_for_function("document.activeElement.tagName === 'H1'")
  tab.page.locator("th button[data-column=r]").focus()
  tab.page.keyboard.press("Enter")
  assert tab.page.evaluate("document.activeElement.closest('th').ariaSort") == "descending"
  tab.page.locator(".table-scroll").focus()
  tab.page.keyboard.press("End")
  tab.page.wait_for_function("document.querySelector('.table-scroll').scrollTop > 500")


def test_of_a_long_table_only_what_is_in_sight_is_in_the_page(tab):
  tab.open("xwas?sort=none")
  lines = tab.page.locator("table.data tbody tr:not(.spacer)")
  assert lines.count() < 60 and tab.page.locator(".table-count").inner_text() == "120 rows"
  tab.page.evaluate("document.querySelector('.table-scroll').scrollTop = 1e9")
  tab.page.wait_for_selector("tr[aria-rowindex='121']")
  assert tab.page.locator("tr[aria-rowindex='2']").count() == 0 and lines.count() < 60


def test_the_theme_is_remembered(tab):
  tab.open("performance")
  tab.page.locator(".theme-button").click()
  tab.open("correlations")
  assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
  assert tab.page.locator(".theme-button").inner_text() == "Light"


def test_a_plot_is_saved_as_svg(tab):
  tab.open("correlations")
  svg = tab.download("figcaption button")
  assert svg.startswith("<svg") and "spine" in svg


def test_three_orders_of_the_correlations(tab):
  orders = {}
  for order in ("hierarchy", "clustering", "r2"):
    tab.open(f"correlations?models=all&order={order}")
    assert tab.page.get_by_label("Order", exact=True).input_value() == order
    orders[order] = tab.page.locator(".plot-drawing .ytick text").all_text_contents()
  assert sorted(orders["hierarchy"]) == sorted(orders["clustering"]) and len(orders["r2"]) == len(study.MODELS)


def test_what_was_not_run_is_said(chromium, tmp_path):
  study.write_performance(tmp_path, study.performance())
  site = run.make_site(tmp_path, SiteSpec())
  with browser.open_tab(chromium, site) as tab:
    tab.open("xwas")
    notice = tab.page.locator(".notice").inner_text()
    assert "was not run" in notice and "python -m msk_jax.xwas --workdir=" in notice
    assert tab.page.locator("nav a", has_text="Explorer").locator(".not-run").is_visible()
    tab.page.goto(f"{(site / 'index.html').as_uri()}#/nowhere")
    tab.page.wait_for_selector("text=There is no such page")
  assert tab.faults == []


def test_search_finds_a_gene_and_its_locus(tab):
  tab.open("start")
  field = tab.page.get_by_role("combobox", name="Search variables, genes and pages")
  field.click()
  field.press_sequentially(genetic_study.GENE.lower())
  tab.page.wait_for_selector("#search_results [role=option]")
  field.press("ArrowDown")
  field.press("Enter")
  tab.wait("loci")
  assert tab.hash == f"#/loci?find={genetic_study.GENE}"
  assert tab.page.locator(".table-count").first.inner_text() == "2 rows"
  assert f"Region of {genetic_study.GENE}" in tab.page.locator("h2").first.inner_text()


def test_a_manhattan_plot_shows_counts_as_a_picture_and_hits_as_points(tab):
  tab.open("gwas?trait=knee&source=imputed")
  manhattan = tab.page.locator(".plot-drawing").first
  assert manhattan.locator(".hm image").count() == 1
  assert manhattan.locator(".scatterlayer .point").count() == 40  # of 41 hits one is of a rare allele
  assert "1 hit of rare alleles left out" in tab.page.locator(".plot-words").first.inner_text()
  tab.page.get_by_label("Trait").select_option("spine")
  tab.page.wait_for_function("document.querySelector('.plot-title').textContent.endsWith('Spine')")
  tab.page.wait_for_function("!document.querySelector('.plot-drawing').querySelector('.scatterlayer .point')")
  assert tab.hash == "#/gwas?trait=spine&source=imputed"


def test_two_dimensions_show_what_they_share(tab):
  tab.open("two_dimensions?first=spine&second=knee")
  assert "40 variables: 1 significant in both" in tab.page.locator("main").inner_text()
  labels = tab.page.locator(".plot-drawing").first.inner_text()
  assert "genetic, mixed model" in labels and "by associations, all variables" in labels
  tab.page.get_by_label("The other").select_option("spine")
  assert "Choose two different dimensions." in tab.page.locator("main").inner_text()


def test_correlations_of_two_kinds_are_compared(tab):
  tab.open("comparison")
  assert tab.page.get_by_label("Up").input_value() == "genetic"
  assert tab.page.locator(".scatterlayer .point").count() == 1  # spine and knee; general is left out
  tab.page.get_by_label("with general, which is made of the others").check()
  tab.page.wait_for_function("document.querySelectorAll('.scatterlayer .point').length === 3")
  assert "general=yes" in tab.hash


def test_phantom_numbers_are_not_taken_for_a_reproduction(tab):
  tab.open("reproduce")
  assert "These numbers say nothing about people." in tab.page.locator("p.lead").inner_text()


def test_the_hierarchy_leads_to_dimensions_by_keyboard(tab):
  tab.open("start")
  link = tab.page.locator(".tree a", has_text="Knee").first
  link.focus()
  tab.page.keyboard.press("Enter")
  tab.wait("dimension")
  assert tab.hash == "#/dimension?name=knee"
  text = tab.page.locator("main").inner_text()
  assert "its SD is 1.74 years" in text and "127 people age faster" in text and genetic_study.GENE in text
  assert tab.page.locator(".map img").count() == 2 * 2  # two kinds of maps, over the mean picture
  tab.page.get_by_label("Dimension", exact=True).select_option("spine")
  tab.page.wait_for_function("document.body.innerText.includes('Maps of this dimension were not made')")
  assert "No imputed variant has p < 5e-8" in tab.page.locator("main").inner_text()


def test_search_finds_a_dimension(tab):
  tab.open("start")
  field = tab.page.get_by_role("combobox", name="Search variables, genes and pages")
  field.click()
  field.press_sequentially("spine")
  tab.page.wait_for_selector("#search_results [role=option]")
  field.press("Enter")
  tab.wait("dimension")
  assert tab.hash == "#/dimension?name=spine"


def test_scores_of_a_group_are_shown_and_what_is_published_beside(tab):
  tab.open("performance_groups?by=fold")
  assert "fold 1" in tab.page.locator(".plot-drawing").first.inner_text()
  assert tab.page.locator(".table-count").first.inner_text() == "2 rows"
  tab.page.get_by_label("By", exact=True).select_option("sex")
  assert tab.page.locator("table.data").first.locator("tbody tr").all_inner_texts()[0].startswith("female")
  assert "none before the paper" in tab.page.locator("table.data").nth(1).inner_text()


def test_a_dimension_says_that_maps_show_nothing_of_age(tab):
  tab.open("dimension?name=knee")
  tab.page.wait_for_selector(".map")
  assert picture_study.LACK in tab.page.locator("main").inner_text()


def test_maps_stand_side_by_side_and_a_small_group_is_not_shown(tab):
  tab.open("attention?by=rate")
  captions = tab.page.locator(".map figcaption").all_inner_texts()
  assert captions == [
    "all groups shown\n60 people",
    "decelerated\n30 people",
    "normal\ntoo few people",
    "accelerated\n30 people",
  ]
  assert picture_study.LACK in tab.page.locator("main").inner_text()
  tab.page.get_by_label("Side by side").select_option("method")
  tab.page.wait_for_function("document.querySelectorAll('.map').length === 2")
  assert tab.page.locator(".person img").evaluate("(each) => each.naturalWidth") == 60
  assert tab.page.locator(".map-layer").first.evaluate("(each) => each.naturalWidth") == 30
  tab.page.get_by_label("Sex", exact=True).select_option("male")  # the drawn person is a woman
  tab.page.wait_for_function("!document.querySelector('.person')")


def test_measurements_and_importances_can_be_chosen(tab):
  tab.open("scalar_sets?feature=anthropometry+weight_kg")
  assert "women: 300 people" in tab.page.locator(".plot-words").first.inner_text()
  assert "weight kg" in tab.page.locator(".plot-drawing .xtitle").first.text_content()
  tab.open("importances?algorithm=lightgbm")
  assert "splits of lightgbm" in tab.page.locator(".plot-words").first.inner_text()


def test_what_was_done_is_below_a_plot(tab):
  tab.open("correlations")
  tab.page.get_by_text("What was done", exact=True).last.click()
  assert "r = cov(a, b)" in tab.page.locator("details.method").inner_text()


def test_bibtex_is_copied(tab):
  tab.open("citation")
  tab.page.get_by_role("button", name="Copy BibTeX of the paper").click()
  tab.page.wait_for_function("[...document.querySelectorAll('.copy-status')].some((each) => each.textContent)")
  assert "doi = {10.1101/2021.06.14.21258896}" in tab.page.locator("pre").last.inner_text()
  links = tab.page.locator(".files a").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))")
  assert "tables/performance.csv" in links and all((tab.site / link).exists() for link in links)


@pytest.fixture(scope="module")
def smallest_site(tmp_path_factory) -> pathlib.Path:
  workdir = tmp_path_factory.mktemp("one_model")
  table = study.performance()
  study.write_performance(workdir, table[table["model"] == "knee/inception_v3"])
  return run.make_site(workdir, SiteSpec())


@pytest.mark.gate
def test_every_page_is_drawn_with_one_model_and_nothing_else(chromium, smallest_site):
  with browser.open_tab(chromium, smallest_site) as tab:
    for name in _PAGES:
      tab.open(name)
      assert tab.page.locator("main h1").inner_text()
      assert "could not be drawn" not in tab.page.locator("main").inner_text(), name
    tab.open("start")
    assert tab.page.locator(".tree a").all_inner_texts() == ["Knee", "inception v3"]
    tab.open("dimension")
    assert "One model; there is no ensemble" in tab.page.locator("main").inner_text()
  assert tab.faults == []


def test_labels_are_shown_as_they_are(tab):
  """In a plot a label is not a tag; in a CSV it is not a formula."""
  label = "BMI <30 & more <img src=x>"
  tab.open("performance")
  shown = tab.page.evaluate(
    """async (label) => {
      const host = document.body.appendChild(document.createElement("div"));
      const data = [{ type: "bar", x: [label], y: [1] }];
      await msk.plot(host, { title: "A plot", make: () => ({ data, layout: {} }) }).ready;
      return host.querySelector(".xtick text").textContent;
    }""",
    label,
  )
  assert shown == label
  csv = tab.page.evaluate(
    "() => msk.toCsv({ columns: [{ name: 'gene', isText: true, values: ['=1+1', 'TP53'] }] }, [0, 1])"
  )
  assert csv == "gene\n'=1+1\nTP53\n"
