"""Scores of predictions: sums over rows, metrics, concordance, correlations, bootstraps, tails.

Every score but the C-index is a function of seven sums over rows (`score_sums.py`). Folds, groups and bootstrap
replicates are weights on the rows, so all of them are one matrix product. Correlations work likewise
(`correlations.py`). Models on the same rows share draws; a model's SD does not depend on which others there are.
"""
