"""Metrics, tables and figures of predicted age against chronological age."""
