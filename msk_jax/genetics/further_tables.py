"""Tables made from summary statistics, whatever the engine: LD-score regression."""

import dataclasses
import pathlib
from collections.abc import Sequence

import pandas as pd

from msk_jax.genetics import summary_statistics
from msk_jax.genetics.inputs import Inputs
from msk_jax.genetics.ld_scores import external, scores, stage
from msk_jax.genetics.spec import GwasSpec
from msk_jax.io import tables
from msk_jax.schemas import genetics_tables

Tables = dict[str, tuple[pd.DataFrame, tables.Schema]]


@dataclasses.dataclass(frozen=True)
class Sources:
  """What is read besides summary statistics, before any engine starts.

  Attributes:
    studies: statistics of other studies.
    ld_scores: of a file; None where they come from the genotypes.
  """

  studies: tuple[external.Statistics, ...]
  ld_scores: scores.LdScores | None


def read_sources(studies: Sequence[pathlib.Path], settings: GwasSpec) -> Sources:
  """Reads other studies and LD scores.

  Raises:
    InputError: a file is missing or can't be used.
  """
  ld_score = settings.ld_score
  return Sources(
    tuple(external.read(path, ld_score.external_n or None) for path in studies),
    scores.from_file(pathlib.Path(ld_score.file), ld_score.num_reference) if ld_score.file else None,
  )


def make(
  written: dict[tuple[str, str], pathlib.Path], gathered: Inputs, sources: Sources, settings: GwasSpec
) -> Tables:
  """Returns file name to table and schema.

  Args:
    written: trait and source to the files of summary statistics.
    gathered: what was analysed.
    sources: from `read_sources`.
    settings: of the stage.
  """
  by_name: Tables = {}
  arrays = {trait: path for (trait, source), path in written.items() if source == summary_statistics.ARRAY}
  if settings.ld_score.is_run and arrays:
    known = sources.ld_scores or scores.from_genotypes(gathered.analysis, gathered.files, settings.ld_score)
    regressions, joined = stage.regress(arrays, known)
    by_place = settings.ld_score.external_build == settings.build
    pairs = stage.correlate(joined, sources.studies, known, by_place=by_place)
    by_name["ld_scores"] = (known.table, genetics_tables.LD_SCORES)
    by_name["ld_score_regression"] = (regressions, genetics_tables.LD_SCORE_REGRESSION)
    by_name["ld_score_correlations"] = (pairs, genetics_tables.LD_SCORE_CORRELATIONS)
  return by_name
