"""The genome: chromosomes, builds, variants, genes, and files of genotypes."""
