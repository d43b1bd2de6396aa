"""Results of engines that are programs of their own: their tasks are run here, or collected from a plan."""

import dataclasses
import pathlib
import zlib
from collections.abc import Sequence

from msk_jax.genetics import estimates, programs, results, summary_statistics
from msk_jax.genetics.engines import interface
from msk_jax.genetics.tasks import Kind
from msk_jax.io import errors


@dataclasses.dataclass(frozen=True)
class ProgramResults:
  """See `results.Results`.

  Attributes:
    engine: which program.
    build: of positions.
    outcomes: of all tasks.
    sources: `array`, and `imputed` if there are imputed variants.
  """

  engine: interface.Engine
  build: str
  outcomes: Sequence[programs.Outcome]
  sources: tuple[str, ...]

  def write_association(
    self, trait: str, source: str, path: pathlib.Path
  ) -> results.AssociationFacts | results.Missing:
    """Writes the summary statistics of a trait."""
    if source not in self.sources:
      return results.Missing("no_variants", f"there are no {source} variants.", is_final=True)
    if reason := interface.find_reason(self.outcomes, Kind.ASSOCIATION, trait):
      return results.Missing(reason.code, reason.text, reason.is_final)
    try:
      read = self.engine.read_association(trait, source, self.build, self.outcomes)
    except (errors.InputError, ValueError, OSError, EOFError, zlib.error) as error:
      programs.invalidate(interface.select(self.outcomes, Kind.ASSOCIATION, trait))
      programs.invalidate(interface.select(self.outcomes, Kind.ASSOCIATION_WITH_X, trait))
      return results.Missing("unreadable", f"what came of its run can't be read: {error}", is_final=False)
    about = summary_statistics.About(self.engine.name, read.engine_version, self.build, source, trait, read.p_value)
    summary_statistics.write(path, read.table, about, read.counts)
    hits = int((read.table["neg_log10_p"] > results.SIGNIFICANT_NEG_LOG10_P).sum())
    inflation = summary_statistics.lambda_gc(read.table["beta"].to_numpy(), read.table["se"].to_numpy())
    return results.AssociationFacts(len(read.table), hits, inflation, read.counts)

  def heritability(self, trait: str) -> estimates.Heritability:
    """Returns a trait's heritability, or why there is none."""
    return self.engine.read_heritability(trait, self.outcomes)

  def correlation(self, traits: tuple[str, str]) -> estimates.GeneticCorrelation:
    """Returns the genetic correlation of two traits, or why there is none."""
    return self.engine.read_correlation(traits, self.outcomes)

  def list_unfinished(self) -> list[str]:
    """Returns a line for each task without results that another call could mend."""
    failed = [outcome for outcome in self.outcomes if outcome.reason is not None and not outcome.reason.is_final]
    return [f"{outcome.task.name}: {outcome.reason.text}" for outcome in failed if outcome.reason]
