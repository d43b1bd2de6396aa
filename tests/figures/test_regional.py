"""Regional plots: colours by r2, the lead variant, credible sets, genes, and what is said of missing things."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax import audit
from msk_jax.figures import frame, gene_rows, palette, regional
from msk_jax.figures.tall_axis import Line

_LINES = (Line("5e-8", 7.3),)
_GENES = gene_rows.Genes(["GDF5"], np.array([34.021]), np.array([34.043]))


def _region(r2, neg_log10_p) -> regional.Region:
  position = 34.0 + np.arange(len(r2)) / 100
  ends = (33.5, 34.5)
  return regional.Region("20", "GRCh37", ends, position, np.asarray(neg_log10_p), np.asarray(r2), 0, "rs900000143")


def _colours(figure: plt.Figure) -> dict[float, str]:
  """Returns height to colour."""
  drawn = {}
  for line in figure.axes[0].lines:
    drawn.update({float(y): line.get_color() for y in np.atleast_1d(line.get_ydata()) if line.get_marker() != "None"})
  return drawn


def test_colours_follow_r2():
  r2 = [1.0, 0.0, 0.19, 0.2, 0.5, 0.8, 1.0, np.nan]
  figure = regional.draw("title", _region(r2, np.arange(20.0, 12.0, -1.0)), _GENES, [], _LINES)
  expected = [palette.LINKAGE[name] for name in ("0.8", "0", "0", "0.2", "0.4", "0.8", "0.8")] + [palette.GRID]
  assert _colours(figure) == dict(zip(np.arange(20.0, 12.0, -1.0), expected, strict=True))
  texts = [text.get_text() for legend in figure.axes[0].artists for text in legend.get_texts()]
  assert "unknown" in texts and "lead variant" in texts
  plt.close(figure)


@pytest.mark.parametrize(
  ("genes", "said"),
  [(None, "no genes of GRCh37 known"), (gene_rows.Genes([], np.empty(0), np.empty(0)), "no gene here")],
)
def test_without_genes_it_is_said(genes, said):
  figure = regional.draw("title", _region([1.0], [9.0]), genes, [], _LINES)
  assert said in [text.get_text() for text in figure.axes[-1].texts]
  plt.close(figure)


def test_credible_sets_have_a_panel_and_nothing_looks_like_an_id(tmp_path):
  sets = [regional.CredibleSet(f"{i}: 1 variant, 99%", np.array([34.0]), np.array([0.99])) for i in (1, 2)]
  figure = regional.draw("title", _region([1.0, 0.3], [np.inf, np.nan]), _GENES, sets, _LINES)
  assert len(figure.axes) == 3 and figure.axes[1].get_ylabel() == "inclusion\nprobability"
  assert figure.axes[0].texts[-1].get_text() == "p = 0, drawn at the top: 1; without p, not drawn: 1"
  assert figure.axes[-1].get_xlabel() == "position on chromosome 20 (Mb, GRCh37)"
  frame.save(figure, tmp_path / "region.png")
  assert {"33.6", "34", "34.4"} <= {label.get_text() for label in figure.axes[-1].get_xticklabels()}
  assert audit.find_ids((tmp_path / "region.svg").read_text()) == []
