"""UK Biobank tables in any spelling to participants, visits, scalar sets, families and folds.

What holds:

- Scalar sets: all columns of a set at a visit are there, or none (else an error lists them). A set without any field
  is left out with a warning. Two feet count before the single foot where a heel has both protocols. What is not a
  number, infinite or beyond the physical limits becomes missing and is listed in `qc/scalars.csv`. Only samples of
  known age are kept. Folds balance each set's complete cases as they balance views.
- Relatives are linked also through people outside the cohort. The run record (`results.relatedness`) and the summary
  count the pairs read, those with both ends in the cohort, with one, with none. Without a relatedness file both say
  so in capitals.
- Archives are compared with the tables before they are read. If no more of their people are in the tables than any
  application's would be by chance (`application_overlap.py`), they are refused.
- `cohort/source.json` says from which data (kind and root) the workdir was prepared; another source is refused
  without `--overwrite`. `cohort/run.json` is written last.
"""
