"""All figures from tables: which there are, what they say, and what they don't hold."""

import dataclasses
import pathlib

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax import audit
from msk_jax.figures import frame
from msk_jax.genome import genes as genes_lib
from msk_jax.gwas_loci.figures import draw
from msk_jax.schemas import genetics_tables, loci_tables
from tests.gwas_loci.figures import stand_ins

_SETTINGS = draw.Settings(num_dimensions=6, region_bp=500_000)
_OF_ALL = {f"{t}_array_{kind}" for t in stand_ins.TRAITS for kind in ("manhattan", "qq", "volcano")}


def _paths(folder: pathlib.Path, *parts) -> dict:
  stand_ins.write_statistics(folder / "a.parquet", *parts)
  return {(trait, "array"): folder / "a.parquet" for trait in stand_ins.TRAITS}


def _with_locus() -> tuple[list, draw.Tables]:
  rows = stand_ins.statistics([0.5, 1.0, 12.0, 9.0, np.inf, 2.0])
  lead = stand_ins.locus(rows.iloc[2])
  ld = [
    {"trait": "hip", "source": "array", "locus": 1, "variant": key, "r2": r2}
    for key, r2 in zip(rows["variant"][:4], (0.1, 0.3, 1.0, 0.9), strict=True)
  ]
  member = {"trait": "hip", "source": "array", "locus": 1, "credible_set": 1, "variant": rows["variant"][2]}
  member |= {"position_bp": rows["position_bp"][2], "pip": 0.99, "coverage": 0.99}
  tables = stand_ins.make_tables(
    loci=stand_ins.empty(loci_tables.LOCI, lead),
    lead_ld=stand_ins.empty(loci_tables.LEAD_LD, *ld),
    credible_sets=stand_ins.empty(loci_tables.CREDIBLE_SETS, member),
  )
  return [rows, *stand_ins.whole_genome()[20:]], tables


@pytest.fixture(name="saved")
def keep_texts(monkeypatch):
  """Returns name to all texts of each figure; nothing is written, which takes long."""
  texts = {}

  def keep(figure, path, statement=None):
    del statement
    texts[path.stem] = "\n".join(text.get_text() for text in figure.findobj(plt.Text))
    plt.close(figure)

  monkeypatch.setattr(frame, "save", keep)
  return texts


def test_every_figure_is_whole_and_none_looks_like_an_id(tmp_path):
  parts, tables = _with_locus()
  names = draw.draw_all(tmp_path, _paths(tmp_path, *parts), tables, genes_lib.read_embedded(), _SETTINGS)
  assert set(names) == _OF_ALL | {"manhattan_all_array", "hip_array_locus_1", "heritability", "figure_6"}
  assert {path.stem for path in tmp_path.glob("*.[ps][nv]g")} == set(names)
  for name in names:
    assert frame.is_whole(tmp_path / f"{name}.png")
    assert audit.find_ids((tmp_path / f"{name}.svg").read_text()) == []


def test_figures_name_variants_p_genes_and_build(tmp_path, saved):
  parts, tables = _with_locus()
  draw.draw_all(tmp_path, _paths(tmp_path, *parts), tables, genes_lib.read_embedded(), _SETTINGS)
  for name in _OF_ALL:
    assert "10 array variants" in saved[name] and "p of the infinitesimal mixed model" in saved[name]
  assert "GDF5, UQCC1 …" in saved["hip_array_manhattan"] and "GDF5, UQCC1 …" in saved["hip_array_volcano"]
  assert "λ = 1.020 (median of (β / SE)²" in saved["hip_array_qq"] and "GRCh37" in saved["manhattan_all_array"]
  region = saved["hip_array_locus_1"]
  assert "20:34.002 Mb; each copy of A: ages 0.40 years faster" in region and "1: 1 variant, 99%" in region
  assert "GDF5" in region.split("\n") and "unknown" in region.split("\n")
  assert audit.find_ids("\n".join(saved.values())) == []


@pytest.mark.parametrize(
  ("values", "said"),
  [([], "no variant to draw"), ([np.nan, np.nan], "no variant to draw"), ([1.0], "no variant below 5e-8")],
)
def test_without_hits_it_is_said(tmp_path, saved, values, said):
  paths = _paths(tmp_path, stand_ins.statistics(values))
  names = draw.draw_all(tmp_path, paths, stand_ins.make_tables(len(values)), None, _SETTINGS)
  assert set(names) == _OF_ALL | {"manhattan_all_array", "heritability", "figure_6"}
  assert said in saved["hip_array_manhattan"] and said in saved["manhattan_all_array"]


def test_genes_of_another_build_are_not_drawn(tmp_path, saved):
  parts, tables = _with_locus()
  draw.draw_all(tmp_path, _paths(tmp_path, *parts), tables, None, _SETTINGS)
  assert "no genes of GRCh37 known" in saved["hip_array_locus_1"]


def test_nothing_was_analysed(tmp_path):
  assert draw.draw_all(tmp_path, {}, stand_ins.make_tables(), None, _SETTINGS) == []


def test_strata_have_figures_of_their_own_and_no_phenotypic_correlations(tmp_path, saved):
  tables = stand_ins.make_tables()
  traits = tables.traits.assign(trait=["hip.female", "knee.female"], stratum="female")
  inflation = tables.inflation.assign(trait=["hip.female", "knee.female"])
  changed = stand_ins.make_tables(traits=traits, inflation=inflation, heritability=tables.heritability.iloc[:0])
  stand_ins.write_statistics(tmp_path / "a.parquet", *stand_ins.whole_genome())
  paths = {(trait, "array"): tmp_path / "a.parquet" for trait in traits["trait"]}
  names = draw.draw_all(tmp_path, paths, changed, None, _SETTINGS)
  assert "manhattan_female_array" in names and "figure_6" not in names and "heritability" not in names
  assert "Accelerated ageing, hip, women: 10 array variants" in saved["hip.female_array_manhattan"]


def test_traits_without_age_signal_are_marked_in_every_figure(tmp_path, saved):
  parts, tables = _with_locus()
  marked = dataclasses.replace(tables, traits=tables.traits.assign(doubt=tables.traits["trait"] == "hip"))
  draw.draw_all(tmp_path, _paths(tmp_path, *parts), marked, None, _SETTINGS)
  for name in (*_OF_ALL, "manhattan_all_array"):
    text = " ".join(saved[name].split())  # titles are wrapped
    assert ("hip † (no age signal, noise)" in text) == (not name.startswith("knee_"))
  for name in ("heritability", "figure_6"):
    assert "hip †" in saved[name] and "† no age signal, noise" in saved[name] and "knee †" not in saved[name]


def test_many_traits_are_cut_into_several_figures(tmp_path, monkeypatch, saved):
  monkeypatch.setattr(draw, "_MOST_PANELS", 1)
  paths = _paths(tmp_path, *stand_ins.whole_genome())
  names = draw.draw_all(tmp_path, paths, stand_ins.make_tables(), None, _SETTINGS)
  assert {"manhattan_all_array_1", "manhattan_all_array_2"} <= set(names)


def test_why_there_is_no_heritability_is_said(tmp_path, saved):
  row = {"trait": "hip", "reason": "h2_near_zero", "published_h2": 0.277}
  tables = stand_ins.make_tables(heritability=stand_ins.empty(genetics_tables.HERITABILITY, row))
  draw.draw_all(tmp_path, _paths(tmp_path, *stand_ins.whole_genome()), tables, None, _SETTINGS)
  assert "h2 near zero (published 0.277)" in saved["heritability"]
  doubtful = stand_ins.empty(genetics_tables.HERITABILITY, row | {"h2": 0.02, "h2_se": 0.1})
  tables = stand_ins.make_tables(heritability=doubtful)
  draw.draw_all(tmp_path, _paths(tmp_path, *stand_ins.whole_genome()), tables, None, _SETTINGS)
  assert "0.020, h2 near zero (published 0.277)" in saved["heritability"]


def test_only_the_strongest_of_very_many_loci_have_regional_plots(tmp_path, monkeypatch, saved, caplog):
  monkeypatch.setattr(draw, "_MOST_REGIONS", 2)
  monkeypatch.setattr(draw, "_REGIONS_AT_ONCE", 1)
  rows = [stand_ins.statistics([height], name) for name, height in (("1", 9.0), ("2", 8.0), ("3", 10.0))]
  loci = [stand_ins.locus(part.iloc[0], locus=number) for number, part in enumerate(rows, 1)]
  tables = stand_ins.make_tables(loci=stand_ins.empty(loci_tables.LOCI, *loci))
  names = draw.draw_all(tmp_path, _paths(tmp_path, *rows), tables, None, _SETTINGS)
  assert [name for name in names if "_locus_" in name] == ["hip_array_locus_1", "hip_array_locus_3"]
  assert "2 strongest of 3 loci of hip (array)" in caplog.text


def test_own_traits_are_not_called_ageing(tmp_path, saved):
  parts, tables = _with_locus()
  own = tables.traits.assign(model="", unit="kg")
  draw.draw_all(tmp_path, _paths(tmp_path, *parts), dataclasses.replace(tables, traits=own), None, _SETTINGS)
  titles = {name: text for name, text in saved.items() if name != "hip_array_locus_1"}  # that has the locus' direction
  assert {name for name, text in titles.items() if "ageing" in text or "ages " in text} == set()
  assert "higher values" in saved["hip_array_volcano"] and "beta: kg per copy" in saved["hip_array_volcano"]
  assert "ageing" not in saved["hip_array_locus_1"]


def test_doubtful_credible_sets_and_lead_variants_without_a_name_are_shown_as_such(tmp_path, saved):
  parts, tables = _with_locus()
  doubtful = tables.credible_sets.assign(reason="ld_mismatch")
  changed = dataclasses.replace(tables, credible_sets=doubtful, loci=tables.loci.assign(rsid="."))
  draw.draw_all(tmp_path, _paths(tmp_path, *parts), changed, None, _SETTINGS)
  region = saved["hip_array_locus_1"]
  assert "1: 1 variant, 99%\ndoubtful: ld mismatch" in region and "20:34.002 Mb A/G" in region
