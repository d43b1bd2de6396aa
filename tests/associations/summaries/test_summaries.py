"""Shares, the strongest variables and paragraphs of a small table, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations.summaries import paragraphs, tables


def _associations():
  """Returns five variables of smoking and two of sleep; p < .05 / 4 and / 2 are 10^-1.9 and 10^-1.6."""
  rows = [
    ("smoking", "pack_years", 0.08, 9.0, ""),
    ("smoking", "daily", 0.05, 2.0, ""),
    ("smoking", "never", -0.07, 5.0, ""),
    ("smoking", "former", 0.01, 1.85, ""),
    ("smoking", "fed", 0.5, 90.0, "a feature of the scalar set x"),
    ("sleep", "hours", -0.02, 1.65, ""),
    ("sleep", "naps", np.nan, np.nan, ""),
  ]
  table = pd.DataFrame(rows, columns=["category", "variable", "r", "neg_log10_p", "circular"])
  return table.assign(
    dimension="general",
    main_category="environmental",
    label=table["variable"] + " label",
    neg_log10_q=table["neg_log10_p"] - 0.3,
    effect_per_sd_years=table["r"] * 10,
  )


def test_shares_are_of_the_tested_that_are_not_circular():
  summaries = tables.summarize(_associations(), ["general"], 0.05).set_index(["level", "category"])
  smoking = summaries.loc[("category", "smoking")]
  assert smoking[["num_variables", "num_tested", "num_circular", "num_significant"]].tolist() == [5, 4, 1, 3]
  assert smoking["share_accelerating"] == 0.5 and smoking["share_decelerating"] == 0.25
  assert smoking["num_significant_fdr"] == 4
  assert smoking["published_share_accelerating"] == pytest.approx(0.375)
  sleep = summaries.loc[("category", "sleep")]
  assert sleep[["num_tested", "num_significant"]].tolist() == [1, 1]
  whole = summaries.loc[("main_category", "")]
  assert whole[["num_tested", "num_significant"]].tolist() == [5, 2]  # p < .05 / 5 is 10^-2


def test_the_strongest_stand_beside_the_papers():
  leading = tables.lead(_associations(), ["general"], 0.05)
  own = leading[(leading["level"] == "category") & (leading["category"] == "smoking")]
  faster = own[own["direction"] == "accelerating"]
  assert faster["variable"].tolist() == ["pack_years", "daily", ""]
  assert faster["published_r"].tolist() == [0.084, 0.080, 0.072]
  assert own[own["direction"] == "decelerating"]["variable"].tolist()[0] == "never"


def test_paragraphs_say_what_the_tables_say():
  summaries = tables.summarize(_associations(), ["general"], 0.05)
  leading = tables.lead(_associations(), ["general"], 0.05)
  text = paragraphs.write(summaries, leading, ["general"], 0.05, has_published=True)
  assert "Smoking: 50.0% (2 of 4), first pack_years label (+0.080) and daily label (+0.050)" in text
  assert "[published: 37.5%, pack years adult smoking" in text
  text = paragraphs.write(summaries, leading, ["general"], 0.05, has_published=True, note="Of a phantom.")
  assert text.splitlines()[2] == "Of a phantom."
  text = paragraphs.write(summaries, leading, ["general"], 0.05, has_published=False)
  assert "published" not in text and "noise" not in text
  doubted = paragraphs.write(summaries, leading, ["general"], 0.05, has_published=False, doubted={"general"})
  assert "## General\n\n**Its model has no age signal: predictions do not rise with age. This acc" in doubted
