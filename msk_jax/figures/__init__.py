"""Figures of arrays and labels: frame, palette, points, counts, lines, bars, heat maps, and those of the genome."""
