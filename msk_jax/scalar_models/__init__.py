"""Age from body measurements: the sets of a cohort through the models of `tabular`.

What holds:

- A finished model is known by its settings, samples (visits too) and search rules: its space and how many trials are
  random. A search of other rules is not resumed.
- Importances of a set are those of all its algorithms that are finished with the same settings and samples. Jobs need
  no lock for that (`set_importances.py`).
- The search space is the published one for UK Biobank and data made like it. For other data it suits the number of
  rows (`spec.ScalarsSpec.space`, `Algorithm.sized_space`). The run record has the ranges. It also lists the splits in
  which a model predicts one age for everybody, and the summary names them.
"""
