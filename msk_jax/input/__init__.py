"""Grain pipelines: sources, order, augmentation, rows per host, padding."""
