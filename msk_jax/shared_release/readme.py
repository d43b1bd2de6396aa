"""README.md of a release: what each file is, the build, the sign, licence and citation."""

import datetime

import pandas as pd

import msk_jax
from msk_jax.disclosure import small_counts, variants
from msk_jax.shared_release import associations, words
from msk_jax.shared_release.inputs import Inputs
from msk_jax.shared_release.spec import ReleaseSpec

_PLACEHOLDER = "**To be filled in** before the release leaves (config.release.{name})."
_FILES = (
  ("`<trait>/<trait>_<source>.tsv.gz`", f"summary statistics ({associations.STANDARD}); source: array or imputed"),
  ("`<trait>/<trait>_<source>.tsv.gz-meta.yaml`", "their metadata, with the MD5 sum of the file"),
  ("`files.csv`", "what each file of summary statistics holds, and how many variants were left out and why"),
  ("`table_1.csv`, `table_1.md`", "the paper's Table 1 from these results, the published numbers beside"),
  ("`other_traits.csv`", "if there are others than the paper's: strata, own phenotypes; columns as in `table_1.csv`"),
  ("`prose_numbers.csv`", "the numbers of the paper's text from these results, the published numbers beside"),
  ("`named_loci.csv`", "the genes that the paper names: the least p in and around each"),
  ("`results.md`", "the results in words, a section per dimension"),
  ("`md5sums.txt`", "MD5 sums of all other files but `run.json`; `md5sum --check md5sums.txt`"),
  ("`run.json`", "what made the release, from what: settings, versions, hashes of inputs"),
)
_LEADS = ("`lead_variants.csv`", "the lead variant of each locus")


def make(read: Inputs, spec: ReleaseSpec, files: pd.DataFrame, date: datetime.date) -> str:
  """Returns the README as Markdown.

  Args:
    read: the inputs.
    spec: licence and citation.
    files: schema release_files.
    date: of the release.
  """
  builds = ", ".join(sorted(set(files["build"]))) or words.MISSING
  engines = "; ".join(sorted(set(files["engine"]))) or words.MISSING
  listed = [*_FILES, *([_LEADS] if read.loci is not None else [])]
  lines = [
    "# Genetics of accelerated musculoskeletal ageing: results for sharing",
    "",
    f"Made on {date.isoformat()} by msk_jax {msk_jax.__version__}. Everything here is of many people; nothing is of a "
    "single person.",
    "",
    *(["**The people are drawn by a program (a phantom), not real.**", ""] if read.is_drawn else []),
    "## Files",
    "",
    "| file | what |",
    "| --- | --- |",
    *(f"| {name} | {what} |" for name, what in listed),
    "",
    "Each `.csv` has a `.parquet` beside it, with the same table.",
    "",
    "## What to know",
    "",
    f"- Build of all places: {builds}. In summary statistics places are base pairs, from 1; in other files Mb. "
    "Chromosome X is 23.",
    "- Sign: positive effects go with faster ageing; of own traits, with higher values. Effects are per copy "
    "of the effect allele; on X a man's single copy counts as two. The paper's authors stored the opposite sign.",
    f"- p values: {engines}.",
    "- p values are given as -log10 p, so that very small ones do not become 0.",
    f"- Left out: variants with fewer than {variants.FEWEST_MINOR_ALLELES} copies of the rarer allele (on X counted as "
    "if all people were men), and variants whose alleles are not sequences of bases (I, D).",
    f"- Beside variants, numbers of people are rounded down to a multiple of {small_counts.FEWEST_PEOPLE}, and "
    f"frequencies to a multiple of {small_counts.FEWEST_PEOPLE} / n.",
    "- `variant_id` has the other allele before the effect allele: which of them is the reference is not known.",
    "- Only summary statistics have numbers of seven digits, as places; elsewhere they are within MD5 sums and other "
    "hashes.",
    "- `rsid` is `#NA` where a variant's name is not an rs number. `info` beyond 1 or 0 is given as 1 or 0.",
    "",
  ]
  if read.gaps:
    lines += ["## Missing", "", *(f"- {gap}" for gap in read.gaps), ""]
  return "\n".join(
    [
      *lines,
      "## Licence",
      "",
      spec.licence or _PLACEHOLDER.format(name="licence"),
      "",
      "## How to cite",
      "",
      spec.citation or _PLACEHOLDER.format(name="citation"),
      "",
    ]
  )
