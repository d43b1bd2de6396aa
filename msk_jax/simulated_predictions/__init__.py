"""Predictions of the paper's models, drawn with their published accuracy and correlations.

A covariance of errors follows from published R2 and correlations, each level solved by itself (`error_model.py`).
`targets.py` says what is not published and was assumed.
"""
