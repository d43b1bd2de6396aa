"""X variables with known causes: answers, measurements and diagnoses of a phantom's people, in UK Biobank's coding.

What holds:

- Behind each variable there is a liability, a normal variable: effects of age, sex and ethnicity, planted effects of
  the latent accelerations, what relatives share, what lasts, and what changes from visit to visit.
- A variable's answers depend on (seed, variable, eid) and on the settings. They depend neither on the number of
  variables nor on the number of people.
- The truth is the partial correlation of what a table holds (`retention`), not of the liability.
- Raise `spec.EXPOSURES_VERSION` whenever bytes change.
"""
