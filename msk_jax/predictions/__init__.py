"""Predicted ages on the disk: the folder of a split, tables pooled over splits, models' names, the bias line."""
