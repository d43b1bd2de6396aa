"""Grain pipelines: examples, order, augmentation, rows per host, padding."""
