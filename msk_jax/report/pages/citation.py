"""How to cite the results, and everything that can be taken away: tables, summary statistics, model cards."""

from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, optional
from msk_jax.schemas import release_tables

_PAPER = (
  "Le Goallec A, Diai S, Collin S, Vincent T, Patel CJ. Analyzing the multidimensionality of biological aging with the "
  "tools of deep learning across diverse image-based and physiological indicators of the musculoskeletal system. "
  "medRxiv, 2021. "
  "doi:10.1101/2021.06.14.21258896"
)
_PAPER_BIBTEX = """@article{legoallec2021musculoskeletal,
  author = {Le Goallec, Alan and Diai, Samuel and Collin, Sasha and Vincent, Th{\\'e}o and Patel, Chirag J.},
  title = {Analyzing the multidimensionality of biological aging with the tools of deep learning across diverse
    image-based and physiological indicators of the musculoskeletal system},
  journal = {medRxiv},
  year = {2021},
  doi = {10.1101/2021.06.14.21258896}
}"""


def _make(data: Data) -> Content:
  facts = {"paper": _PAPER, "paper_bibtex": _PAPER_BIBTEX}
  files = data.tables["files"]
  if files is None:
    return Content(facts=facts)
  about = "A row per trait and kind of variants: the file of summary statistics (GWAS-SSF), or why there is none."
  schema = release_tables.FILES
  return Content(
    tables=(SiteTable("release_files", "Files of the genetics release", about, files, schema),), facts=facts
  )


PAGE = Page(
  name="citation",
  title="How to cite, and what to take away",
  menu="Cite and download",
  group=Group.ABOUT,
  order=3,
  about=(
    "The text to cite these results, as those who made them want it; and all that the site shows as files: tables as "
    "CSV, model cards as Markdown, and the summary statistics of the genetics release.",
  ),
  make=_make,
  sources={"files": optional("release", "release", "files", release_tables.FILES)},
)
