"""The genes over variants, or the nearest."""

import pathlib

import pandas as pd
from absl import logging

from msk_jax.genome import annotation, gtf
from msk_jax.genome import genes as genes_lib

COLUMNS = ("genes", "relation", "distance_bp")


def read(path: pathlib.Path | None, build: str) -> genes_lib.Genes | None:
  """Returns the genes of a GTF or GFF3 file, or the embedded ones; None, with a word, where these are of another build.

  Args:
    path: the file, of the same build as the variants.
    build: of the variants.

  Raises:
    InputError: see `gtf.read`.
  """
  if path is not None:
    return gtf.read(path, build).genes
  embedded = genes_lib.read_embedded()
  if embedded.build == build:
    return embedded
  logging.warning(
    "NO GENES beside the hits: the embedded ones are of %s. Name a GTF file of %s (--genes)", embedded.build, build
  )
  return None


def add(rows: pd.DataFrame, known: genes_lib.Genes | None) -> pd.DataFrame:
  """Returns rows with the genes at their places (see `annotation.annotate`).

  Args:
    rows: columns `chromosome` and `position_bp`.
    known: the genes; None leaves the columns empty.
  """
  if known is None or rows.empty:
    return rows.assign(genes="", relation=annotation.NONE, distance_bp=-1)
  places = rows["chromosome"].to_numpy(str), rows["position_bp"].to_numpy("int64")
  annotated = annotation.annotate(*places, known.build, known)
  return rows.assign(**{name: annotated[name].to_numpy() for name in COLUMNS})
