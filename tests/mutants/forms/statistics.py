"""Summary statistics of other studies, and genes of other annotations."""

import gzip
import pathlib

import numpy as np

from msk_jax.genetics.ld_scores import external
from msk_jax.genome import gtf
from tests.mutants import table_changes
from tests.mutants.form import Form, Reading, digest


def _lines() -> list[str]:
  rng = np.random.default_rng(0)
  lines = ["chromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\tstandard_error\tp_value\trsid\tn"]
  for number in range(60):
    beta, p = rng.normal(0, 0.1), rng.uniform(1e-9, 1)
    lines.append(f"{1 + number % 22}\t{1000 + 50 * number}\tA\tG\t{beta:.4f}\t0.1\t{p:.3g}\trs{100 + number}\t500")
  return lines


def _make(folder: pathlib.Path) -> None:
  (folder / "study.tsv").write_text("\n".join(_lines()) + "\n")


def _make_blanks(folder: pathlib.Path) -> None:
  rows = [f"rs{100 + number} A G {number / 20 - 1:.3f} 500" for number in range(40)]
  (folder / "study.txt").write_text("\n".join(["SNP A1 A2 Z N", *rows]) + "\n")


def _make_gzip(folder: pathlib.Path) -> None:
  (folder / "study.tsv.gz").write_bytes(gzip.compress(("\n".join(_lines()) + "\n").encode()))


def _reader(name: str):
  def read(folder: pathlib.Path) -> Reading:
    statistics = external.read(folder / name)
    return Reading(digest(statistics.table), {**statistics.dropped, "rows": len(statistics.table)})

  return read


def _make_genes(folder: pathlib.Path) -> None:
  lines = ["#!genome-build GRCh37", "#!genome-version GRCh37"]
  for number in range(20):
    start = 10_000 + 5000 * number
    about = f'gene_id "ENSG{number:011d}"; gene_name "G{number}"; gene_biotype "protein_coding";'
    lines.append(f"{1 + number % 3}\tens\tgene\t{start}\t{start + 2000}\t.\t+\t.\t{about}")
  (folder / "genes.gtf").write_text("\n".join(lines) + "\n")


def _read_genes(folder: pathlib.Path) -> Reading:
  annotation = gtf.read(folder / "genes.gtf", "GRCh37")
  return Reading(digest(annotation.genes.table), {**annotation.dropped, "genes": len(annotation.genes.table)})


FORMS = (
  Form("statistics.tsv", _make, _reader("study.tsv"), ("study.tsv",), is_text=True, share=1.2),
  Form("statistics.txt", _make_blanks, _reader("study.txt"), ("study.txt",), is_text=True, share=0.6),
  Form(
    "statistics.tsv.gz", _make_gzip, _reader("study.tsv.gz"), ("study.tsv.gz",), table_changes.OF_GZIP, is_checked=True,
    share=0.5,
  ),
  Form("genes.gtf", _make_genes, _read_genes, ("genes.gtf",), is_text=True, share=0.5),
)  # fmt: skip
