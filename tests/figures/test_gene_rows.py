"""Genes in rows: neither bars nor names meet, and the nearest have room first."""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from msk_jax.figures import gene_rows


def _crowd(n: int) -> gene_rows.Genes:
  rng = np.random.default_rng(0)
  start = rng.uniform(29.9, 31.0, n)
  return gene_rows.Genes([f"GENE{i}" for i in range(n)], start, start + rng.exponential(0.03, n))


def test_names_and_bars_of_a_row_do_not_meet():
  rows = gene_rows.pack(_crowd(40), (30.0, 31.0), 30.5, 6.0)
  figure, axes = plt.subplots(figsize=(7.0, 3.0))
  axes.set_position((0.07, 0.1, 6.0 / 7.0, 0.8))
  axes.set_xlim(30.0, 31.0)
  gene_rows.draw(axes, rows, "")
  figure.draw_without_rendering()
  boxes = [text.get_window_extent() for text in axes.texts]
  assert len(boxes) == 40 - rows.num_left_out > 20
  assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
  assert all(box.x0 >= axes.bbox.x0 - 1 and box.x1 <= axes.bbox.x1 + 1 for box in boxes)
  bars = [bar.get_window_extent() for bar in axes.patches]
  assert not any(one.overlaps(other) for one, other in itertools.combinations(bars, 2))
  plt.close(figure)


def test_genes_near_the_focus_have_room_first():
  genes = _crowd(400)
  rows = gene_rows.pack(genes, (30.0, 31.0), 30.5, 6.0)
  assert rows.num_left_out > 100 and rows.num_rows == 9
  over = (genes.start_mb <= 30.5) & (genes.end_mb >= 30.5)
  assert sorted(rows.row[over & (rows.row >= 0)]) == list(range(9))  # one in each row


def test_without_genes_it_is_said():
  rows = gene_rows.pack(gene_rows.Genes([], np.empty(0), np.empty(0)), (0.0, 1.0), 0.5, 6.0)
  figure, axes = plt.subplots()
  gene_rows.draw(axes, rows, "no gene here")
  assert [text.get_text() for text in axes.texts] == ["no gene here"] and rows.num_left_out == 0
  plt.close(figure)
