"""LD scores, and what they say of summary statistics: heritability, confounding, genetic correlation."""
