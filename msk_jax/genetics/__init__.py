"""Genetics of accelerated ageing: clean inputs, association, heritability, genetic correlation.

What holds:

- Positive effects age faster. Published effects have the opposite sign.
- A program gets its input checked by us first: what it would drop, misread or die of is said before it starts.
- Tables of variants are joined by chromosome, position and alleles, never by row.
- One trait's failure costs one trait, and has a reason.
"""
