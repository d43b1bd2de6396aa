"""Figures: frame and palette, scatter plots, bars, heat maps."""
