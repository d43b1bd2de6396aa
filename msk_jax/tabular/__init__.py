"""Tabular models of any target in nested cross-validation: elastic net, boosted trees, a small network."""
