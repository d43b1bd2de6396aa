"""Figures of arrays and labels: frame, palette, scatter plots, counts, lines, bars, heat maps."""
