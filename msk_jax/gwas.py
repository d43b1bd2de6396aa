"""Genetics of accelerated ageing: `python -m msk_jax.gwas --config=configs/gwas.py --workdir=study`.

Reads accelerated ageing that `ages` wrote (or any table of phenotypes, `--phenotypes`), the cohort, and genotypes;
writes <workdir>/gwas: who is analysed and why not others, summary statistics per trait, heritability and genetic
correlations. Inputs are checked before any program starts. Finished runs of a program are kept: the same command
resumes. With `engine=plan` nothing is run: commands for another machine are written, and `--collect` reads what comes
back. Effects are positive for faster ageing.
"""

import pathlib

from absl import flags

from msk_jax import stages

_STAGE = stages.define("gwas")
_GENOTYPES = flags.DEFINE_string(
  "genotypes", "", "Folder of the genotype files (config.gwas.files names them); by default <workdir>/raw/genotypes."
)
_PHENOTYPES = flags.DEFINE_string(
  "phenotypes", "", "Own table of phenotypes (CSV, TSV or Parquet; first column eid) instead of the workdir's ages."
)
_COLLECT = flags.DEFINE_string("collect", "", "Folder of results of a plan that ran on another machine.")
_STUDIES = flags.DEFINE_multi_string(
  "study",
  [],
  "Summary statistics of another study, for its genetic correlations with the traits by LD-score regression; may be "
  "repeated.",
)


def main(call: stages.Call) -> int:
  """Runs the analysis; returns 1 if a trait has no results for a reason that another call could mend."""
  from msk_jax.genetics import run, spec

  settings = call.settings(spec.GwasSpec)
  workdir = call.open_workdir()
  places = run.Places(
    workdir=workdir,
    genotypes=pathlib.Path(_GENOTYPES.value) if _GENOTYPES.value else workdir / "raw" / "genotypes",
    phenotypes=pathlib.Path(_PHENOTYPES.value) if _PHENOTYPES.value else None,
    collect=pathlib.Path(_COLLECT.value) if _COLLECT.value else None,
    studies=tuple(map(pathlib.Path, _STUDIES.value)),
  )
  return run.make_gwas(places, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
