"""Biological age and accelerated ageing: bias correction, visits averaged, correlations."""
