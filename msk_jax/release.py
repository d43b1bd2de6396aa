"""Results of the GWASs for sharing: `python -m msk_jax.release --config=configs/release.py --workdir=study`.

Reads what `gwas`, `loci`, `ages` and `evaluate` wrote; writes <workdir>/release: summary statistics in the standard
format GWAS-SSF with their metadata, the paper's Table 1 and the numbers of its text with the published ones beside, the
genes that it names, and the results in words. Nothing in it is of a single person: rare alleles and small counts are
left out. What a missing stage would have given is named as missing. The same command again does nothing.
"""

from msk_jax import stages

_STAGE = stages.define("release")


def main(call: stages.Call) -> None:
  """Makes the release."""
  from msk_jax.shared_release import run, spec

  settings = call.settings(spec.ReleaseSpec)
  workdir = call.open_workdir()
  run.make_release(workdir, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
