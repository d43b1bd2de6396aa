"""Partial correlations of thousands of variables with a few outcomes, from matrix products: arrays in, arrays out."""
