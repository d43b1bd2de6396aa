"""BOLT-LMM and BOLT-REML 2.3 or 2.4 (Loh et al. 2015, 2018): mixed models of all array variants.

As in the paper, each trait is run twice: on the autosomes, and with chromosome X, where fewer people are imputed. The
result takes X from the second run. Heritability and genetic correlations come from `--reml` with X.

Effects are of ALLELE1, the first allele of the .bim and of the .bgen file. `neg_log10_p` is that of the infinitesimal
model, which the paper takes.
"""

import pathlib
import re
import subprocess
from collections.abc import Sequence

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_files, estimates, programs, reasons, spec, summary_statistics
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.genetics.engines import bolt_diagnosis, bolt_output, bolt_tables, interface
from msk_jax.genetics.tasks import Kind
from msk_jax.io import errors

ARRAY_TABLE, IMPUTED_TABLE = "array.stats.gz", "imputed.stats.gz"
_BGEN_LIST = "bgen_files.txt"
_MAX_MODEL_VARIANTS = 1_000_000
_DEFAULT_LEVELS = 10
_HELP_TIMEOUT_S = 60.0


class Bolt:
  """See the module; the interface is `interface.Engine`."""

  name = "bolt"

  def check(self, settings: spec.GwasSpec) -> dict[str, pathlib.Path]:
    """Returns the tables of LD scores and the genetic map, where they are configured."""
    return bolt_tables.check(settings.bolt, settings.build)

  def version(self, settings: spec.GwasSpec) -> str:
    """Returns the version that the installed program prints."""
    program = settings.bolt.program
    try:
      shown = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=_HELP_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
      raise errors.InputError(
        f"can't start BOLT-LMM ({program}). Install it (Debian: bolt-lmm) or set --config.gwas.bolt.program; or "
        "take --config.gwas.engine=plan for another machine."
      ) from error
    version = bolt_output.parse_version(shown.stdout)
    if not version:
      raise errors.InputError(f"{program} does not print the version of BOLT-LMM: it is another program.")
    return version

  def tasks(
    self, files: engine_files.EngineFiles, analysis: analysis_lib.Analysis, settings: spec.GwasSpec
  ) -> tuple[tasks_lib.Task, ...]:
    """Returns both association runs of each trait, its heritability, and the correlation of each pair."""
    tasks = []
    for trait in analysis.traits:
      tasks.append(_make_association(Kind.ASSOCIATION, files.autosomes, files, trait, settings))
      if files.with_x:
        tasks.append(_make_association(Kind.ASSOCIATION_WITH_X, files.with_x, files, trait, settings))
    groups = [(trait,) for trait in analysis.traits] if settings.heritability else []
    if settings.genetic_correlations:
      by_name = {trait.name: trait for trait in analysis.traits}
      pairs, _ = interface.list_pairs(analysis, files.all_chromosomes.is_kept, settings.min_people_per_pair)
      groups += [(by_name[first], by_name[second]) for first, second in pairs]
    tasks += [_make_reml(traits, files, settings) for traits in groups]
    return tuple(tasks)

  def program(self, version: str) -> programs.Program:
    """Returns how its tasks are run and judged."""
    return programs.Program(version, _find_gap, _count_rows, self.diagnose)

  def diagnose(self, failure: reasons.Failure) -> reasons.Reason:
    """Returns why a task has no results."""
    return bolt_diagnosis.diagnose(failure)

  def read_association(
    self, trait: str, source: str, build: str, outcomes: Sequence[programs.Outcome]
  ) -> estimates.Association:
    """Returns a trait's summary statistics; without X where the run with X failed.

    Counts, besides those of `summary_statistics.clean` and `bolt_output.join`: `run_with_x_failed` (0 or 1);
    `people_dropped_by_bolt` and `variants_dropped_by_bolt` (missing calls, repeated ids), of the run on the autosomes,
    and `..._with_x`.
    """
    file = ARRAY_TABLE if source == summary_statistics.ARRAY else IMPUTED_TABLE
    runs = [interface.select(outcomes, kind, trait) for kind in (Kind.ASSOCIATION, Kind.ASSOCIATION_WITH_X)]
    if not runs[0] or runs[0][0].reason:
      raise ValueError(f"the run of {trait} on the autosomes did not succeed.")
    has_x = bool(runs[1]) and not runs[1][0].reason
    used = [run[0] for run in (runs if has_x else runs[:1])]
    num_people = [bolt_output.read_num_people(run.folder) for run in used]
    read = [bolt_output.read_table(run.folder / file, number) for run, number in zip(used, num_people, strict=True)]
    counts = {"run_with_x_failed": int(bool(runs[1]) and not has_x)}
    for run, table, number, ending in zip(used, read, num_people, ("", "_with_x"), strict=False):
      counts[f"people_dropped_by_bolt{ending}"] = run.task.num_people - number
      if source == summary_statistics.ARRAY:
        counts[f"variants_dropped_by_bolt{ending}"] = run.task.num_variants - len(table)
    table, differences = bolt_output.join(read[0], read[1]) if has_x else (read[0], {})
    cleaned, dropped = summary_statistics.clean(table, build)
    version = bolt_output.read_version(used[0].folder)
    counts |= {**dropped, **differences}
    return estimates.Association(cleaned, bolt_output.P_VALUE, version, num_people[0], counts)

  def read_heritability(self, trait: str, outcomes: Sequence[programs.Outcome]) -> estimates.Heritability:
    """Returns a trait's heritability, or why there is none."""
    runs = interface.select(outcomes, Kind.HERITABILITY, trait)
    if reason := _explain(runs):
      return estimates.Heritability(estimates.NONE, 0, reason)
    return bolt_output.parse_heritability(bolt_output.read_stdout(runs[0].folder))

  def read_correlation(
    self, traits: tuple[str, str], outcomes: Sequence[programs.Outcome]
  ) -> estimates.GeneticCorrelation:
    """Returns the genetic correlation of two traits, or why there is none."""
    runs = interface.select(outcomes, Kind.GENETIC_CORRELATION, *traits)
    if reason := _explain(runs):
      none = estimates.NONE
      return estimates.GeneticCorrelation(none, none, (none, none), 0, reason)
    result = bolt_output.parse_correlation(bolt_output.read_stdout(runs[0].folder))
    return result if runs[0].task.traits == tuple(traits) else bolt_output.swap(result)


def _explain(runs: Sequence[programs.Outcome]) -> str:
  """Returns why there is no result of a run; empty if there is one."""
  if not runs:
    return estimates.NOT_RUN
  return runs[0].reason.code if runs[0].reason else ""


def _make_association(
  kind: Kind,
  run: engine_files.RunFiles,
  files: engine_files.EngineFiles,
  trait: analysis_lib.Trait,
  settings: spec.GwasSpec,
) -> tasks_lib.Task:
  bolt, quality = settings.bolt, settings.quality
  if bolt.infinitesimal_only:
    model = ["--lmmInfOnly"]
  elif bolt.ld_scores:
    model = ["--lmm", f"--LDscoresFile=$INPUTS/{bolt_tables.LD_SCORES}"]
  else:
    model = ["--lmm", "--LDscoresUseChip"]
  command = [*_make_common(run, files, (trait,), settings), *model, "--verboseStats"]
  command.append(f"--statsFile=$TASK/{ARRAY_TABLE}")
  outputs, lists = [ARRAY_TABLE], {}
  if run.bgens:
    lists[_BGEN_LIST] = "".join(f"{bgen} {sample}\n" for bgen, sample in run.bgens)
    outputs.append(IMPUTED_TABLE)
    command += [
      f"--bgenSampleFileList=$TASK/{_BGEN_LIST}",
      "--noBgenIDcheck",  # who is left out has no id in the .fam file; the inputs' ids were compared before
      f"--bgenMinMAF={quality.min_imputed_allele_frequency!r}",
      f"--bgenMinINFO={quality.min_info!r}",
      f"--statsFileBgenSnps=$TASK/{IMPUTED_TABLE}",
    ]
  return tasks_lib.Task(
    name=f"{kind}.{trait.name}",
    kind=kind,
    traits=(trait.name,),
    command=tuple(command),
    outputs=tuple(outputs),
    timeout_s=settings.timeout_hours * 3600,
    lists=lists,
    num_people=interface.count_people((trait,), run.is_kept),
    num_variants=run.num_variants,
  )


def _make_reml(
  traits: tuple[analysis_lib.Trait, ...], files: engine_files.EngineFiles, settings: spec.GwasSpec
) -> tasks_lib.Task:
  names = tuple(trait.name for trait in traits)
  if len(set(names)) < len(names):  # BOLT never ends
    raise ValueError(f"a trait can't be paired with itself, got {names}.")
  kind = Kind.HERITABILITY if len(traits) == 1 else Kind.GENETIC_CORRELATION
  command = [*_make_common(files.all_chromosomes, files, traits, settings), "--reml"]
  command += ["--remlNoRefine"] * (not settings.bolt.refines_reml)
  return tasks_lib.Task(
    name=f"{kind}.{'+'.join(names)}",
    kind=kind,
    traits=names,
    command=tuple(command),
    outputs=(),
    timeout_s=settings.timeout_hours * 3600,
    num_people=interface.count_people(traits, files.all_chromosomes.is_kept),
    num_variants=files.all_chromosomes.num_variants,
  )


def _make_common(
  run: engine_files.RunFiles,
  files: engine_files.EngineFiles,
  traits: tuple[analysis_lib.Trait, ...],
  settings: spec.GwasSpec,
) -> list[str]:
  """Returns the part of a command that all kinds of runs have."""
  if run.num_variants > _MAX_MODEL_VARIANTS:
    raise errors.InputError(
      f"there are {run.num_variants:_} array variants; BOLT-LMM's model takes {_MAX_MODEL_VARIANTS:_} at most. Give "
      "genotyped variants as array files and imputed ones as BGEN files, or prune the array variants."
    )
  bolt, quality = settings.bolt, settings.quality
  command = [bolt.program]
  for bed, bim in run.beds:
    command += [f"--bed={bed}", f"--bim={bim}"]
  command.append(f"--fam=$INPUTS/{engine_files.FAM}")
  command += [f"--remove={path}" for path in run.removes]
  stratum = traits[0].stratum
  command += [f"--remove={files.strata[stratum]}"] if stratum in files.strata else []
  command += [f"--exclude={path}" for path in run.excludes]
  command.append(f"--phenoFile=$INPUTS/{engine_files.PHENOTYPES}")
  command += [f"--phenoCol={trait.name}" for trait in traits]
  if files.quantitative or files.categorical:
    command.append(f"--covarFile=$INPUTS/{engine_files.COVARIATES}")
  command += [f"--covarCol={name}" for name in files.categorical]
  command += [f"--qCovarCol={name}" for name in files.quantitative]
  command += [f"--covarMaxLevels={files.max_levels}"] if files.max_levels > _DEFAULT_LEVELS else []
  command += [f"--geneticMapFile=$INPUTS/{bolt_tables.GENETIC_MAP}"] if bolt.genetic_map else []
  command += ["--allowh2g01"] if bolt.allows_no_heritability else []
  command += [
    f"--maxMissingPerSnp={quality.max_missing_per_variant!r}",
    f"--maxMissingPerIndiv={quality.max_missing_per_person!r}",
    "--numThreads=$THREADS",
    f"--seed={bolt.seed}",
  ]
  return command


def _find_gap(task: tasks_lib.Task, stdout: str) -> str:
  if not re.search(r"^Total elapsed time for analysis = ", stdout, re.MULTILINE):
    return "BOLT-LMM did not print its last line, the elapsed time"
  shown = {pathlib.PurePath(text).name for text in re.findall(r"--phenoCol=(\S+)", stdout)}
  return "" if shown == set(task.traits) else "what BOLT-LMM printed is of another trait"


def _count_rows(task: tasks_lib.Task, stdout: str) -> dict[str, int]:
  """Returns the rows that tables have at least: every variant of the model; of imputed ones any number."""
  if not task.outputs:
    return {}
  match = re.search(r"^Total post-QC SNPs: M = (\d+)", stdout, re.MULTILINE)
  return {ARRAY_TABLE: int(match[1]) if match else 1} | dict.fromkeys(task.outputs[1:], 0)
