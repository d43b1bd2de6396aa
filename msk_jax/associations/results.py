"""Writes the results of the stage: tables that may leave, paragraphs, figures."""

import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from msk_jax.associations import figures, similarity
from msk_jax.associations.inputs import Inputs
from msk_jax.associations.spec import XwasSpec
from msk_jax.associations.summaries import paragraphs
from msk_jax.associations.summaries import tables as summary_tables
from msk_jax.cohort import source
from msk_jax.disclosure import door
from msk_jax.io import atomic
from msk_jax.io.tables import Schema
from msk_jax.predictions import comparison
from msk_jax.schemas import association_tables

PARAGRAPHS = "paragraphs.md"


def write(folder: pathlib.Path, associations: pd.DataFrame, gathered: Inputs, settings: XwasSpec) -> dict[str, Any]:
  """Writes everything that follows from the associations; returns counts for the run record.

  Args:
    folder: gets the files.
    associations: schema xwas_associations.
    gathered: the stage's inputs.
    settings: level of significance, and whether figures are drawn.
  """
  dimensions = gathered.outcomes.names
  made = tabulate(associations, dimensions, gathered.outcomes.models, settings.level)
  for name, (table, schema) in made.items():
    _write_table(folder, name, table, schema, is_comparable=gathered.is_comparable)
  text = paragraphs.write(
    made["summaries"][0],
    made["leading"][0],
    dimensions,
    settings.level,
    has_published=gathered.is_comparable,
    note=source.DRAWN_NOTE if gathered.is_drawn else "",
    doubted=gathered.outcomes.doubted,
  )
  atomic.write_text(folder / PARAGRAPHS, text)
  if settings.has_figures:
    figures.draw(folder / "figures", associations, made["similarity"][0], settings.level, gathered.groups.num_people)
  return {
    "tested": int((associations["reason"] == "").sum()),
    "without_result": int((associations["reason"] != "").sum()),
    "circular": int((associations["circular"] != "").sum()),
  }


def tabulate(
  associations: pd.DataFrame, dimensions: Sequence[str], models: dict[str, str], level: float
) -> dict[str, tuple[pd.DataFrame, Schema]]:
  """Returns each table's name to the table and its schema, the associations first."""
  similar = similarity.tabulate(associations, dimensions, models, level)
  return {
    "associations": (associations, association_tables.ASSOCIATIONS),
    "summaries": (summary_tables.summarize(associations, dimensions, level), association_tables.SUMMARIES),
    "leading": (summary_tables.lead(associations, dimensions, level), association_tables.LEADING),
    "similarity": (similar, association_tables.SIMILARITY),
    "similarity_means": (similarity.average(similar), association_tables.SIMILARITY_MEANS),
  }


def _write_table(folder: pathlib.Path, name: str, table: pd.DataFrame, schema: Schema, *, is_comparable: bool) -> None:
  """Writes a table that may leave; without people like the paper's, it has none of the paper's numbers."""
  hidden: list[str] = []
  if not is_comparable and comparison.columns(schema):
    table = comparison.without_published(table, schema)
    if "papers_label" in table:
      table = table[table["variable"] != ""].assign(papers_label="")
      hidden.append("papers_label")
    hidden += comparison.columns(schema)
  door.write_table(folder, name, table, schema, hidden)
