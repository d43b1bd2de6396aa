"""Tabular models of any target in nested cross-validation: elastic net, boosted trees, a small network.

What holds:

- Nothing of fold k reaches split k: not its search, not its scaling, not by rounding. `tests/tabular/test_nested.py`
  changes every value of the fold and compares bits, and shows that it catches a leak. Every registered algorithm gets
  that test.
- An `Algorithm` scores many trials and fits many models at once. Samples are known by identity, so that an algorithm
  can keep what it derives from them (moments of folds, binned rows). Trial n has the same seed in every split. While
  the search draws at random, split a without inner fold b is the fit of split b without inner fold a, and is made
  once.
- LightGBM's features are `f0`, `f1`, ... in its files. The last line, which LightGBM reads past, holds the real names
  as JSON. LightGBM's `num_threads` is 1 and fits run side by side: its own threads spin when the cores are taken.
"""
