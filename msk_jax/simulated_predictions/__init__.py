"""Predictions of the paper's models, drawn with their published accuracy and correlations."""
