"""Variants with genome-wide significance, with the genes over them or the nearest."""

import pathlib
from collections.abc import Iterable

import pandas as pd
from absl import logging

from msk_jax.genetics import results, summary_statistics
from msk_jax.genome import annotation, genes, gtf
from msk_jax.schemas import genetics_tables

_COLUMNS = list(genetics_tables.HITS.columns)


def read_genes(path: pathlib.Path | None, build: str) -> genes.Genes | None:
  """Returns the genes of a GTF or GFF3 file, or the embedded ones; None, with a word, where these are of another build.

  Args:
    path: the file, of the same build as the variants.
    build: of the variants.

  Raises:
    InputError: see `gtf.read`.
  """
  if path is not None:
    return gtf.read(path, build).genes
  embedded = genes.read_embedded()
  if embedded.build == build:
    return embedded
  logging.warning(
    "no genes beside the hits: the embedded ones are of %s. Name a GTF file of %s (--genes)", embedded.build, build
  )
  return None


def collect(paths: Iterable[tuple[str, str, pathlib.Path]], known: genes.Genes | None) -> pd.DataFrame:
  """Returns the hits of summary statistics (schema gwas_hits), by trait, source, chromosome and position.

  Args:
    paths: trait, source and file of each table.
    known: the genes; None leaves their columns empty.
  """
  parts = []
  for trait, source, path in paths:
    table, about = summary_statistics.read(path)
    chosen = table[table["neg_log10_p"] > results.SIGNIFICANT_NEG_LOG10_P]
    parts.append(chosen.assign(trait=trait, source=source, engine_p=about.p_value))
  if not parts:
    return pd.DataFrame(columns=_COLUMNS)
  significant = pd.concat(parts, ignore_index=True)
  if known is None:
    return significant.assign(genes="", relation=annotation.NONE, distance_bp=-1)[_COLUMNS]
  annotated = annotation.annotate(
    significant["chromosome"].to_numpy(str), significant["position_bp"].to_numpy("int64"), known.build, known
  )
  return significant.assign(**{name: annotated[name].to_numpy() for name in ("genes", "relation", "distance_bp")})[
    _COLUMNS
  ]
