"""Predicted ages on disk: folders of splits, tables pooled over splits, names of models, bias lines."""
