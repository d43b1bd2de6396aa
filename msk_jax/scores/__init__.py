"""Scores of predictions: sums over rows, metrics, concordance, correlations, bootstraps."""
