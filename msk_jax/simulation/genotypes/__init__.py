"""Genotypes with known causes: array calls, imputed dosages, relatives by descent, and scores that age.

What holds:

- The variants and their effects depend on (seed, settings). A person's genotypes depend on (seed, settings, eid) too,
  and on nothing else.
- Genotypes count allele A1 of the .bim file: 0, 1 or 2. Men have 0 or 2 on chromosome X, as in UK Biobank.
- The genetic part of an acceleration is the person's planted score. Reference people, drawn from (seed, settings),
  set the scale: among them, the scores' covariance is exactly that of the published heritabilities and genetic
  correlations.
- Raise `spec.GENOTYPES_VERSION` whenever bytes change.
"""
