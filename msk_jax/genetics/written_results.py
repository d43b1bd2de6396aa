"""Writes the tables of an analysis and, once nothing is left to mend, the run record."""

import itertools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.cohort import source as source_file
from msk_jax.genetics import analysed_people, result_tables, results, summary_statistics
from msk_jax.genetics.inputs import Inputs
from msk_jax.io import atomic, outputs, run_record, tables
from msk_jax.schemas import genetics_tables

STATISTICS = "summary_statistics"
FURTHER = ("ld_scores", "ld_score_regression", "ld_score_correlations")  # what `make_further` may make
_OF_EARLIER_VERSIONS = ("hits",)
SOURCES = (summary_statistics.ARRAY, summary_statistics.IMPUTED)

MakeFurther = Callable[[dict[tuple[str, str], pathlib.Path]], Mapping[str, tuple[pd.DataFrame, tables.Schema]]]
Facts = Mapping[tuple[str, str], results.AssociationFacts | results.Missing]  # by trait and source


def write(
  output: outputs.Output,
  gathered: Inputs,
  engine: str,
  estimated: results.Results,
  make_further: MakeFurther = lambda written: {},
  *,
  unfinished: Sequence[str] = (),
) -> list[str]:
  """Writes all tables in the place of earlier ones; writes the run record only if everything has its result.

  Args:
    output: the stage's.
    gathered: what was analysed.
    engine: what analysed it.
    estimated: its results.
    make_further: from trait and source to the files of summary statistics to further tables, by file name.
    unfinished: lines on runs without results that another call could mend.

  Returns:
    Lines on everything without a result that another call could mend.
  """
  folder = output.folder
  run_record.remove(folder)
  for name in (*FURTHER, *_OF_EARLIER_VERSIONS):
    for ending in ("parquet", "csv"):
      atomic.remove(folder / f"{name}.{ending}")
  atomic.remove(folder / STATISTICS)  # also those of traits that are no longer analysed
  facts: dict[tuple[str, str], results.AssociationFacts | results.Missing] = {}
  for trait, source in itertools.product(gathered.analysis.traits, list_sources(gathered)):
    facts[trait.name, source] = estimated.write_association(
      trait.name, source, statistics_path(folder, trait.name, source)
    )
  names = _write_tables(folder, gathered, engine, estimated, facts)
  written = {key: statistics_path(folder, *key) for key, each in facts.items() if not isinstance(each, results.Missing)}
  for name, (table, schema) in make_further(written).items():
    tables.write_with_csv(folder, name, table, schema)
    names.append(name)
  unfinished = [*unfinished, *_list_unreadable(facts, unfinished)]
  if not unfinished:
    outputs.finish(output, _describe(folder, gathered, facts, names))
  return unfinished


def list_sources(gathered: Inputs) -> tuple[str, ...]:
  """Returns `array`, and `imputed` if there are imputed variants."""
  return SOURCES if gathered.files.imputed else SOURCES[:1]


def statistics_path(folder: pathlib.Path, trait: str, source: str) -> pathlib.Path:
  """Returns the file of a trait's summary statistics in the folder `gwas`."""
  return folder / STATISTICS / trait / f"{source}.parquet"


def _write_tables(
  folder: pathlib.Path, gathered: Inputs, engine: str, estimated: results.Results, facts: Facts
) -> list[str]:
  """Writes the tables; returns their names."""
  is_comparable = source_file.is_comparable(folder.parent) and all(t.model for t in gathered.analysis.traits)
  refused = [_describe_refused(each) for each in gathered.refused]
  by_name = {
    "overlap": (gathered.overlap, genetics_tables.OVERLAP),
    "traits": (result_tables.make_traits(gathered.analysis, facts, refused), genetics_tables.TRAITS),
    "heritability": (
      result_tables.make_heritability(gathered.analysis, engine, estimated, is_comparable=is_comparable),
      genetics_tables.HERITABILITY,
    ),
    "genetic_correlations": (
      result_tables.make_correlations(gathered.analysis, engine, estimated, is_comparable=is_comparable),
      genetics_tables.GENETIC_CORRELATIONS,
    ),
  }
  for name, (table, schema) in by_name.items():
    tables.write_with_csv(folder, name, table, schema)
  return list(by_name)


def _list_unreadable(facts: Facts, unfinished: Sequence[str]) -> list[str]:
  """Returns lines on tables that are missing though their run ended well."""
  return [
    f"{trait}, {source} variants: {each.text}"
    for (trait, source), each in facts.items()
    if isinstance(each, results.Missing) and not each.is_final and not any(each.text in line for line in unfinished)
  ]


def _describe(folder: pathlib.Path, gathered: Inputs, facts: Facts, names: Sequence[str]) -> dict[str, Any]:
  """Returns the results of the run record."""
  written = {key: each for key, each in facts.items() if isinstance(each, results.AssociationFacts)}
  files = [f"{name}.{ending}" for name in names for ending in ("parquet", "csv")]
  files += [statistics_path(folder, *key).relative_to(folder).as_posix() for key in written]
  dropped = {f"{trait}/{source}": dict(each.dropped) for (trait, source), each in written.items()}
  described = run_record.describe_files(folder, files)
  versions = {summary_statistics.read_about(statistics_path(folder, *key)).engine_version for key in written}
  return {
    "engine_versions": sorted(versions),
    analysed_people.RESULT: analysed_people.fingerprint(gathered.analysis.people.iid),
    "counts": gathered.counts,
    "dropped_variants": dropped,
    outputs.FILES: described,
  }


def _describe_refused(refused) -> dict[str, Any]:
  trait = refused.trait
  counts = {f"num_{what}_{source}": 0 for what in ("variants", "hits") for source in SOURCES}
  return {
    **{name: getattr(trait, name) for name in ("dimension", "model", "stratum", "unit")},
    "trait": trait.name,
    "n": trait.num_people,
    "lambda_gc": float("nan"),
    "reason": refused.reason,
    "detail": refused.detail,
    **counts,
  }
