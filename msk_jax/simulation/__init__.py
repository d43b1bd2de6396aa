"""The phantom cohort: a UK-Biobank-shaped world with known truth, drawn from a seed.

What holds:

- One table of age effects (`pictures/age_effects.csv`). A parameter is drawn at the person's age plus the person's
  own latent acceleration of that dimension (`latent.py`). Scalars are drawn from their own table
  (`scalars/age_effects.csv`) at age plus the acceleration of the dimension `scalars`. X variables have
  planted correlations with the same latent accelerations (`exposures/`). With genotypes, the genetic parts of the
  accelerations are planted scores (`genotypes/`).
- A zip's bytes, and a participant's cells, depend on (seed, eid) alone, not on the cohort's size or the number of
  workers.
- With `has_images=False` there are tables and truth alone.
- Raise `spec.GENERATOR_VERSION` whenever bytes change.
"""
