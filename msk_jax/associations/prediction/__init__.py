"""Prediction of accelerated ageing from each category of variables, in nested cross-validation.

What holds:

- Split k gets no row of fold k. Its variables are chosen, rare ones dropped, settings searched and the model fitted
  from the other folds alone. `tests/associations/prediction/test_split_fit.py` changes everything of fold k and
  compares bits. Values filled from other visits (`exposures.missing` other than `observed`) are the exception: their
  slopes are of many people. The tables say how values were filled.
- A model is its category, dimension and algorithm. Its folder holds sums over each test fold and importances, nothing
  of single people. A finished model is kept; a run that was cut off resumes after the last one.
- Each model stands beside an elastic net of age, sex and ethnicity alone, of the same samples.
"""
