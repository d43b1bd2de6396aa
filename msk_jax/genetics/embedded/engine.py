"""Runs the embedded engine: first step per group, one scan over all variants, variance components of pairs."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

import msk_jax
from msk_jax.genetics import estimates, results, summary_statistics
from msk_jax.genetics.analysis import MALE, Analysis, Trait
from msk_jax.genetics.embedded import array_reader, chunks, groups, polygenic, scan
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome import bgen_header, chromosomes
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.io import errors, progress, run_record
from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.genotype_blocks import Chromosome
from msk_jax.mixed_models.relationship import Relationship
from msk_jax.mixed_models.variance_components import Components, estimate

NAME = "embedded"
P_VALUE = "neg_log10_p_infinitesimal"
_VERSION = 3  # raised when the same inputs give other results
_LEAST_SHARED = 0.9  # share of a pair's people among those with all traits, from which they are estimated together


@dataclasses.dataclass(frozen=True)
class Embedded:
  """Results of the engine; see `results.Results`.

  Attributes:
    analysis: what was tested.
    build: of positions.
    files: source to the chunks' files, in the order of the genome.
    fingerprint: of the chunks.
    of_trait: trait to its group's people and variance components.
    of_pair: pair to its people and variance components; None where these can't be estimated.
  """

  analysis: Analysis
  build: str
  files: dict[str, list[pathlib.Path]]
  fingerprint: str
  of_trait: dict[str, tuple[groups.Group, Components | None]]
  of_pair: dict[tuple[str, str], tuple[groups.Group, Components] | None]

  def write_association(
    self, trait: str, source: str, path: pathlib.Path
  ) -> results.AssociationFacts | results.Missing:
    """Writes the summary statistics of a trait, chunk by chunk."""
    if not self.files[source]:
      return results.Missing("no_variants", f"there are no {source} variants.", is_final=True)
    column = [each.name for each in self.analysis.traits].index(trait)
    about = summary_statistics.About(NAME, msk_jax.__version__, self.build, source, trait, P_VALUE)
    tally = _Tally()
    parts = self._parts(source, column, tally)
    summary_statistics.write_parts(path, parts, about)
    return tally.facts()

  def heritability(self, trait: str) -> estimates.Heritability:
    """Returns a trait's heritability among all people who have it."""
    group, components = self.of_trait[trait]
    if components is None:
      return estimates.Heritability(estimates.NONE, len(group.rows), estimates.NOT_RUN)
    i = group.traits.index(trait)
    h2 = estimates.Estimate(float(components.h2[i]), float(components.h2_se[i]))
    return estimates.Heritability(h2, len(group.rows), "" if h2.is_clear else estimates.NOT_ESTIMABLE)

  def correlation(self, traits: tuple[str, str]) -> estimates.GeneticCorrelation:
    """Returns the genetic correlation of two traits."""
    if (estimated := self.of_pair.get(traits)) is None:
      none, reason = estimates.NONE, estimates.NOT_ESTIMABLE if traits in self.of_pair else estimates.NOT_RUN
      return estimates.GeneticCorrelation(none, none, (none, none), 0, reason)
    group, components = estimated
    i, j = (group.traits.index(name) for name in traits)
    h2 = tuple(estimates.Estimate(float(components.h2[k]), float(components.h2_se[k])) for k in (i, j))
    rg = estimates.Estimate(float(components.rg[i, j]), float(components.rg_se[i, j]))
    residual = estimates.Estimate(
      float(components.residual_correlation[i, j]), float(components.residual_correlation_se[i, j])
    )
    usable = rg.is_number and all(each.is_clear for each in h2)
    reason = "" if usable else estimates.NOT_ESTIMABLE
    return estimates.GeneticCorrelation(rg, residual, (h2[0], h2[1]), len(group.rows), reason)

  def _parts(self, source: str, column: int, tally: "_Tally") -> Iterator[pd.DataFrame]:
    last = pd.Series([], dtype="string")  # keys of the chunk before: rows of one place may be in two chunks
    for path in self.files[source]:
      chunk = chunks.read(path, self.fingerprint)
      if chunk is None:
        path.unlink(missing_ok=True)  # so that another call makes it again
        raise errors.InputError(f"{path.name}, an intermediate file, is damaged: run the same command again.")
      table, dropped = summary_statistics.clean(_make_table(chunk, column), self.build)
      is_repeated = table["variant"].isin(last).to_numpy(bool)
      dropped["repeated"] += int(is_repeated.sum())
      table = table[~is_repeated].reset_index(drop=True)
      for name, count in chunk.skipped.items():
        dropped[name] = dropped.get(name, 0) + count
      tally.add(table, dropped)
      last = table["variant"] if len(table) else last
      yield table


@dataclasses.dataclass
class _Tally:
  """Facts of a table that is written part by part."""

  chi2: list[np.ndarray] = dataclasses.field(default_factory=list)
  num_hits: int = 0
  dropped: dict[str, int] = dataclasses.field(default_factory=dict)

  def add(self, table: pd.DataFrame, dropped: dict[str, int]) -> None:
    """Counts a part."""
    self.chi2.append(((table["beta"] / table["se"]) ** 2).to_numpy(np.float32))
    self.num_hits += int((table["neg_log10_p"] > results.SIGNIFICANT_NEG_LOG10_P).sum())
    for name, count in dropped.items():
      self.dropped[name] = self.dropped.get(name, 0) + count

  def facts(self) -> results.AssociationFacts:
    """Returns the facts of all parts."""
    chi2 = np.concatenate(self.chi2) if self.chi2 else np.empty(0)
    return results.AssociationFacts(len(chi2), self.num_hits, summary_statistics.inflation(chi2), self.dropped)


def run(
  analysis: Analysis, files: GenotypeFiles, settings: GwasSpec, folder: pathlib.Path, inputs: dict[str, Any]
) -> Embedded:
  """Runs the whole analysis; resumes what an earlier call of the same inputs left.

  Args:
    analysis: who and what.
    files: genotypes, which have been checked.
    settings: of the stage.
    folder: of intermediate files.
    inputs: hashes of all inputs.
  """
  fingerprint = run_record.fingerprint([_VERSION, dataclasses.asdict(settings.embedded), inputs])
  arrays = array_reader.open_files(files, analysis.people.iid, analysis.excluded_variants)
  relationship = [
    each.chromosome
    for each in arrays
    if settings.embedded.has_x_in_relationship or each.chromosome.name != chromosomes.X
  ]
  groups_ = groups.make_groups(analysis)
  fitted = []
  for number, group in enumerate(groups_):
    logging.info(
      "first step, group %d of %d: %d people, traits %s",
      number + 1,
      len(groups_),
      len(group.rows),
      ", ".join(group.traits),
    )
    own = [take_people(chromosome, group.rows) for chromosome in relationship]
    path = folder / f"group_{number}.npz"
    fitted.append(polygenic.fit(group, own, settings.embedded, path, fingerprint))
  order = tuple(trait.name for trait in analysis.traits)
  plan = scan.Scan(
    groups_, [each.residuals for each in fitted], order, analysis.people.sex == MALE, folder, fingerprint
  )
  paths = _scan(plan, arrays, files, analysis, settings)
  of_trait = {name: (g, f.components) for g, f in zip(groups_, fitted, strict=True) for name in g.traits}
  of_pair = _correlate(analysis, relationship, settings, of_trait) if settings.genetic_correlations else {}
  return Embedded(analysis, files.build, paths, fingerprint, of_trait, of_pair)


def take_people(chromosome: Chromosome, rows: np.ndarray) -> Chromosome:
  """Returns a chromosome's genotypes of some people."""
  return dataclasses.replace(chromosome, read=lambda start, stop: chromosome.read(start, stop)[rows])


def _scan(
  plan: scan.Scan,
  arrays: Sequence[array_reader.ArrayVariants],
  files: GenotypeFiles,
  analysis: Analysis,
  settings: GwasSpec,
) -> dict[str, list[pathlib.Path]]:
  """Tests all variants; returns source to the files of its chunks."""
  sizes = [bgen_header.read(file.bgen).num_variants for file in files.imputed]
  total = sum(each.chromosome.num_variants for each in arrays) + sum(sizes)
  paths: dict[str, list[pathlib.Path]] = {summary_statistics.ARRAY: [], summary_statistics.IMPUTED: []}
  with progress.track("testing variants", total, "variants") as advance:
    for each in arrays:
      paths[summary_statistics.ARRAY] += scan.scan_array(plan, each, advance)
    for file, size in zip(files.imputed, sizes, strict=True):
      paths[summary_statistics.IMPUTED] += scan.scan_imputed(
        plan, file, analysis.people.iid, settings.quality, size, advance
      )
  return paths


def _correlate(
  analysis: Analysis,
  relationship: Sequence[Chromosome],
  settings: GwasSpec,
  of_trait: dict[str, tuple[groups.Group, Components | None]],
) -> dict[tuple[str, str], tuple[groups.Group, Components] | None]:
  """Estimates pairs of one stratum: together among the people with all traits, where these are most of a pair's."""
  of_pair = {}
  for stratum in dict.fromkeys(trait.stratum for trait in analysis.traits):
    traits = [trait for trait in analysis.traits if trait.stratum == stratum]
    together = _Joint(traits, analysis, relationship, settings, of_trait)
    for first, second in itertools.combinations(traits, 2):
      num_people = int((np.isfinite(first.values) & np.isfinite(second.values)).sum())
      if num_people < max(settings.min_people_per_pair, 2):
        continue
      is_most = together.num_people >= _LEAST_SHARED * num_people
      joint = together if is_most else _Joint([first, second], analysis, relationship, settings, of_trait)
      of_pair[first.name, second.name] = joint.fit()
  return of_pair


class _Joint:
  """Variance components of traits among the people who have all of them; estimated when first needed."""

  def __init__(
    self,
    traits: Sequence[Trait],
    analysis: Analysis,
    relationship: Sequence[Chromosome],
    settings: GwasSpec,
    of_trait: dict[str, tuple[groups.Group, Components | None]],
  ):
    """Finds the people; see `_correlate` for the arguments."""
    self._traits, self._analysis = traits, analysis
    self._relationship, self._settings, self._of_trait = relationship, settings, of_trait
    self.num_people = int(np.isfinite(np.stack([trait.values for trait in traits])).all(0).sum())
    self._fitted: tuple[groups.Group, Components] | None = None
    self._has_failed = False

  def fit(self) -> tuple[groups.Group, Components] | None:
    """Returns the people and the components; None if they can't be estimated."""
    if self._fitted is None and self.num_people > 1 and not self._has_failed:
      try:
        self._fitted = self._reuse() or self._estimate()
      except NotEstimableError as error:
        self._has_failed = True
        logging.warning("NO VARIANCE COMPONENTS of %s: %s", ", ".join(trait.name for trait in self._traits), error)
    return self._fitted

  def _reuse(self) -> tuple[groups.Group, Components] | None:
    """Returns what the first step has estimated already, if it was for the same people."""
    group, components = self._of_trait[self._traits[0].name]
    has_all = {trait.name for trait in self._traits} <= set(group.traits)
    return (group, components) if has_all and components is not None else None

  def _estimate(self) -> tuple[groups.Group, Components]:
    group = groups.make_group(self._traits, self._analysis.covariates)
    logging.info("variance components of %s: %d people", ", ".join(group.traits), len(group.rows))
    own = [take_people(chromosome, group.rows) for chromosome in self._relationship]
    embedded = self._settings.embedded
    components = estimate(
      Relationship(own, group.basis), group.values, seed=embedded.seed, num_probes=embedded.num_probes
    )
    return group, components


def _make_table(chunk: chunks.Chunk, column: int) -> pd.DataFrame:
  """Returns a trait's rows of a chunk, all columns of the schema but `variant`."""
  statistics = {name: values[:, column] for name, values in chunk.statistics.items()}
  neg_log10_p = statistics["neg_log10_p"]
  return chunk.variants.assign(
    effect_allele_frequency=statistics["effect_allele_frequency"],
    beta=statistics["beta"],
    se=statistics["se"],
    neg_log10_p=neg_log10_p,
    neg_log10_p_infinitesimal=neg_log10_p,
    neg_log10_p_mixture=np.nan,
    n=np.nan_to_num(statistics["n"]).astype(np.int64),
    info=chunk.info[:, column],
  )
