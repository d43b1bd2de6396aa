"""Loci of accelerated ageing: `python -m msk_jax.loci --config=configs/loci.py --workdir=study`.

Reads what `gwas` wrote and, around its hits, the genotypes; writes <workdir>/loci: hits (p < 5e-8), loci with their
lead variants, bounds, genes and effects in words, which loci several traits share, fine-mapping (SuSiE), and the
effects within each sex. Aggregates alone. The same command again does nothing.
"""

import pathlib

from absl import flags

from msk_jax import stages

_STAGE = stages.define("loci")
_GENOTYPES = flags.DEFINE_string(
  "genotypes", "", "Folder of the genotype files, as `gwas` was given it; by default <workdir>/raw/genotypes."
)
_PHENOTYPES = flags.DEFINE_string("phenotypes", "", "The own table of phenotypes, if `gwas` was given one.")
_GENES = flags.DEFINE_string(
  "genes", "", "GTF or GFF3 file of the build of the genotypes; by default the embedded genes (GENCODE 19, GRCh37)."
)


def main(call: stages.Call) -> None:
  """Makes the tables."""
  from msk_jax.gwas_loci import run, spec

  settings = call.settings(spec.LociSpec)
  workdir = call.open_workdir()
  places = run.Places(
    workdir=workdir,
    genotypes=pathlib.Path(_GENOTYPES.value) if _GENOTYPES.value else workdir / "raw" / "genotypes",
    phenotypes=pathlib.Path(_PHENOTYPES.value) if _PHENOTYPES.value else None,
    genes=pathlib.Path(_GENES.value) if _GENES.value else None,
  )
  run.make_loci(places, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
