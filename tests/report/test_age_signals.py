"""A model whose predictions do not rise with age is marked on every page, and the banner says what that means."""

import pandas as pd
import pytest

from msk_jax.report import age_signals, run
from msk_jax.report.spec import SiteSpec
from msk_jax.schemas import age_tables
from tests import programs
from tests.report import browser, genetic_study, study


def _summary(*doubted: tuple[str, str]) -> pd.DataFrame:
  rows = [
    genetic_study.row(
      age_tables.SUMMARY, product=product, model=model, warning="noise" if (product, model) in doubted else ""
    )
    for product in ("sample", "participant")
    for model in study.MODELS
  ]
  return pd.DataFrame(rows)


def _dimensions() -> pd.DataFrame:
  return pd.DataFrame(
    [(product, "knee", "knee/ensemble") for product in ("sample", "participant")],
    columns=list(age_tables.DIMENSIONS.columns),
  )


def test_nothing_is_said_where_nothing_is_doubted_or_known():
  for lacking in (age_signals.find(None, _dimensions()), age_signals.find(_summary(), _dimensions())):
    assert lacking == age_signals.Lacking() and lacking.sentence == ""


def test_a_model_in_one_sample_definition_is_enough_and_a_dimension_has_that_of_the_model_that_stands_for_it():
  lacking = age_signals.find(_summary(("participant", "knee/ensemble")), _dimensions())
  assert lacking.products == {"knee/ensemble": ("participant",)} and lacking.dimensions == ("knee",)
  assert "chance allows: knee (ensemble) (per participant). They stand for knee." in lacking.sentence
  lacking = age_signals.find(_summary(("sample", "knee/inception_v3")), _dimensions())
  assert lacking.products == {"knee/inception_v3": ("sample",)} and lacking.dimensions == ()
  assert age_signals.find(_summary(("sample", "knee/ensemble")), None).dimensions == ()


def test_many_models_are_counted():
  names = tuple(f"knee/m{number}" for number in range(9))
  both = ("sample", "participant")
  assert "knee / m5 and 3 more." in age_signals.Lacking(dict.fromkeys(names, both)).sentence


@pytest.mark.parametrize(("without_signal", "is_said"), [(["knee"], True), ([], False)])
def test_every_page_of_the_site_says_so(tmp_path, without_signal, is_said):
  study.write(tmp_path, without_signal)
  site = run.make_site(tmp_path, SiteSpec())
  with browser.launch(programs.require_browser()) as chromium, browser.open_tab(chromium, site, width=360) as tab:
    for page in ("correlations", "heritability"):
      tab.open(page)
      banner = tab.page.locator("#banner").inner_text()
      assert ("more than chance allows: knee (ensemble). They stand for knee." in banner) == is_said
      assert tab.page.evaluate("document.documentElement.scrollWidth") == 360
    tab.open("correlations")
    assert ("knee †" in tab.page.locator("#content").inner_text()) == is_said
  assert tab.faults == []
