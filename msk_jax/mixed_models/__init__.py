"""Linear mixed models over genotypes: variance components, residuals leaving one chromosome out, association.

The model of a trait y of n people, with covariates C (q columns, an intercept among them):

  y = C b + g + e,   g ~ N(0, h2 s2 K),   e ~ N(0, (1 - h2) s2 I),

K is the genomic relationship matrix X X' / m of standardised genotypes X, n by m. It is never formed: genotypes are
read in blocks, and K u = sum over blocks of X_b (X_b' u). Memory does not depend on m.

What holds:

- Covariates are projected out of everything: P = I - Q Q', Q an orthonormal basis of C's columns.
- Arrays are [people, columns]; genotypes of a block are [people, variants], copies of the effect allele.
- Pure functions of arrays; files are read by `genetics`.
"""
