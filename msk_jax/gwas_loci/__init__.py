"""The stage `loci`: from summary statistics to hits, loci, genes, fine-mapping and effects within each sex.

1. Hits (p < 5e-8) of each trait and source; clumps on the r2 of the analysed people's genotypes; shared loci.
2. The window around each lead variant: LD for plots, fine-mapping (SuSiE), effects within each sex.

Only neighbourhoods of hits are read from genotypes, and summary statistics by row groups: memory is bounded.
"""
