"""The engine that needs no other program: a mixed model over blocks of genotypes (`mixed_models`).

1. Traits that the same people have are a group. Per group: heritability, residuals that leave one chromosome out.
2. All variants are read once and tested against the residuals of all groups, chunk by chunk; finished chunks are kept.
3. Tables per trait are put together from the chunks, part by part.
"""
