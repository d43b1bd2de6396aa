"""REGENIE 3 (Mbatchou et al. 2021): whole-genome regression in two steps, all traits of a stratum at once.

The commands follow REGENIE's documentation. The parser is tested on a table that REGENIE wrote. **The program itself
was not run**: no package of Debian has it.

Step 1 fits ridge regressions on the array variants of the autosomes. It takes one set of PLINK files, so files per
chromosome are merged by plink 1.9 first. Step 2 tests array and imputed variants, chromosome X too. There is no
heritability and no genetic correlation.

Effects are of ALLELE1, the first allele of the .bim and of the .bgen file.
"""

import pathlib
import subprocess
from collections.abc import Sequence

import pandas as pd

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_files, estimates, programs, reasons, spec, summary_statistics
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.genetics.engines import interface, regenie_output
from msk_jax.genetics.tasks import Kind
from msk_jax.genome import chromosomes
from msk_jax.io import errors

_PROGRAM, _PLINK = "regenie", "plink1.9"
_MERGE, _MERGE_LIST, _MERGED = "merge", "files.txt", "merged"
_BLOCK_1, _BLOCK_2 = 1000, 400  # variants at a time, as the documentation takes for UK Biobank
_HELP_TIMEOUT_S = 60.0

_PATTERNS = (
  reasons.Pattern(
    r"[Uu]ncorrectable|std::bad_alloc|Cannot allocate memory",
    reasons.Reason("out_of_memory", "the machine has too little memory for these genotypes. Take a larger one."),
  ),
  reasons.Pattern(
    r"Uh-oh, SNP .* has low variance|low variance",
    reasons.Reason(
      "monomorphic_variants",
      "REGENIE's first step stops at variants that hardly vary. Set --config.gwas.quality.min_allele_frequency.",
    ),
  ),
  reasons.Pattern(
    r"cannot open|could not open|does not exist",
    reasons.Reason("input_refused", "a file that REGENIE reads is missing, or it may not write where it should."),
  ),
)


class Regenie:
  """See the module; the interface is `interface.Engine`."""

  name = "regenie"

  def check(self, settings: spec.GwasSpec) -> dict[str, pathlib.Path]:
    """Returns no tables: it needs none."""
    del settings
    return {}

  def version(self, settings: spec.GwasSpec) -> str:
    """Returns the version that the installed program prints."""
    del settings
    try:
      shown = subprocess.run(
        [_PROGRAM, "--version"], capture_output=True, text=True, timeout=_HELP_TIMEOUT_S, check=False
      )
    except (OSError, subprocess.TimeoutExpired) as error:
      raise errors.InputError(
        "can't start regenie. Install it (no package of Debian has it), or take --config.gwas.engine=plan for "
        "another machine."
      ) from error
    return shown.stdout.strip().removeprefix("v") or "unknown"

  def tasks(
    self, files: engine_files.EngineFiles, analysis: analysis_lib.Analysis, settings: spec.GwasSpec
  ) -> tuple[tasks_lib.Task, ...]:
    """Returns, for each stratum, step 1 and the runs of step 2; before them the merge."""
    strata = dict.fromkeys(trait.stratum for trait in analysis.traits)
    tasks = [_make_merge(files, settings)]
    for stratum in strata:
      traits = tuple(trait.name for trait in analysis.traits if trait.stratum == stratum)
      first = _make_step_1(stratum, traits, files, settings)
      tasks += [first, _make_step_2_array(stratum, traits, files, settings, first.name)]
      tasks += [
        _make_step_2_imputed(stratum, traits, files, settings, first.name, number)
        for number in range(len(files.all_chromosomes.bgens))
      ]
    return tuple(tasks)

  def program(self, version: str) -> programs.Program:
    """Returns how its tasks are run and judged."""
    return programs.Program(version, _find_gap, _count_rows, self.diagnose)

  def diagnose(self, failure: reasons.Failure) -> reasons.Reason:
    """Returns why a task has no results."""
    return reasons.diagnose(failure, _PATTERNS, "REGENIE")

  def read_association(
    self, trait: str, source: str, build: str, outcomes: Sequence[programs.Outcome]
  ) -> estimates.Association:
    """Returns a trait's summary statistics, all chromosomes together.

    Raises:
      ValueError: a run of step 2 did not succeed.
    """
    is_array = source == summary_statistics.ARRAY
    runs = [
      outcome
      for outcome in interface.select(outcomes, Kind.ASSOCIATION, trait)
      if outcome.task.name.startswith("array.") == is_array
    ]
    if not runs or any(outcome.reason for outcome in runs):
      raise ValueError(f"a run of {trait} on {source} variants did not succeed.")
    read = [regenie_output.read_table(outcome.folder / f"step_2_{trait}.regenie.gz") for outcome in runs]
    table = pd.concat([table for table, _ in read], ignore_index=True)
    if is_array:
      table["info"] = float("nan")
    cleaned, dropped = summary_statistics.clean(table, build)
    counts = {**dropped, "other_test": sum(num_others for _, num_others in read)}
    num_people = int(cleaned["n"].max()) if len(cleaned) else 0
    version = regenie_output.read_version(runs[0].folder)
    return estimates.Association(cleaned, regenie_output.P_VALUE, version, num_people, counts)

  def read_heritability(self, trait: str, outcomes: Sequence[programs.Outcome]) -> estimates.Heritability:
    """Returns that it estimates none."""
    del trait, outcomes
    return estimates.Heritability(estimates.NONE, 0, estimates.NOT_OF_ENGINE)

  def read_correlation(
    self, traits: tuple[str, str], outcomes: Sequence[programs.Outcome]
  ) -> estimates.GeneticCorrelation:
    """Returns that it estimates none."""
    del traits, outcomes
    none = estimates.NONE
    return estimates.GeneticCorrelation(none, none, (none, none), 0, estimates.NOT_OF_ENGINE)


def _make_merge(files: engine_files.EngineFiles, settings: spec.GwasSpec) -> tasks_lib.Task:
  run = files.all_chromosomes
  fam = f"$INPUTS/{engine_files.FAM}"
  (bed, bim), *others = run.beds
  command = [_PLINK, "--bed", bed, "--bim", bim, "--fam", fam]
  lists = {}
  if others:
    lists[_MERGE_LIST] = "".join(f"{bed} {bim} {fam}\n" for bed, bim in others)
    command += ["--merge-list", f"$TASK/{_MERGE_LIST}"]
  # Without `--allow-no-sex` plink refuses to merge and write in one run where somebody's sex is not known.
  command += [
    "--keep-allele-order",
    "--allow-no-sex",
    "--indiv-sort",
    "none",
    "--make-bed",
    "--threads",
    "$THREADS",
    "--out",
    f"$TASK/{_MERGED}",
  ]
  outputs = tuple(f"{_MERGED}.{ending}" for ending in ("bed", "bim", "fam"))
  return tasks_lib.Task(
    _MERGE, Kind.PREPARATION, (), tuple(command), outputs, settings.timeout_hours * 3600, lists=lists
  )


def _make_step_1(
  stratum: str, traits: tuple[str, ...], files: engine_files.EngineFiles, settings: spec.GwasSpec
) -> tasks_lib.Task:
  command = [*_make_common(1, stratum, traits, files, settings), "--bed", f"$RESULTS/{_MERGE}/{_MERGED}"]
  command += [*_exclude(files), "--chrList", ",".join(chromosomes.AUTOSOMES)]
  command += ["--bsize", str(_BLOCK_1), "--lowmem", "--lowmem-prefix", "$TASK/low_memory", "--out", "$TASK/step_1"]
  return tasks_lib.Task(
    name=f"step_1.{stratum}",
    kind=Kind.PREPARATION,
    traits=traits,
    command=tuple(command),
    outputs=tuple(f"step_1_{number}.loco" for number in range(1, len(traits) + 1)),
    timeout_s=settings.timeout_hours * 3600,
    needs=(_MERGE,),
  )


def _make_step_2_array(
  stratum: str, traits: tuple[str, ...], files: engine_files.EngineFiles, settings: spec.GwasSpec, first: str
) -> tasks_lib.Task:
  genotypes = ["--bed", f"$RESULTS/{_MERGE}/{_MERGED}", *_exclude(files)]
  return _make_step_2(f"array.{stratum}", genotypes, stratum, traits, files, settings, first)


def _make_step_2_imputed(
  stratum: str,
  traits: tuple[str, ...],
  files: engine_files.EngineFiles,
  settings: spec.GwasSpec,
  first: str,
  number: int,
) -> tasks_lib.Task:
  bgen, sample = files.all_chromosomes.bgens[number]
  genotypes = ["--bgen", bgen, "--sample", sample, "--minINFO", repr(settings.quality.min_info)]
  return _make_step_2(f"imputed.{stratum}.{number}", genotypes, stratum, traits, files, settings, first)


def _make_step_2(
  name: str,
  genotypes: list[str],
  stratum: str,
  traits: tuple[str, ...],
  files: engine_files.EngineFiles,
  settings: spec.GwasSpec,
  first: str,
) -> tasks_lib.Task:
  predictions = "".join(f"{trait} $RESULTS/{first}/step_1_{number}.loco\n" for number, trait in enumerate(traits, 1))
  command = [*_make_common(2, stratum, traits, files, settings), *genotypes, "--pred", "$TASK/predictions.txt"]
  command += ["--bsize", str(_BLOCK_2), "--minMAC", "1", "--gz", "--out", "$TASK/step_2"]
  return tasks_lib.Task(
    name=name,
    kind=Kind.ASSOCIATION,
    traits=traits,
    command=tuple(command),
    outputs=tuple(f"step_2_{trait}.regenie.gz" for trait in traits),
    timeout_s=settings.timeout_hours * 3600,
    lists={"predictions.txt": predictions},
    needs=(_MERGE, first),
  )


def _make_common(
  step: int, stratum: str, traits: tuple[str, ...], files: engine_files.EngineFiles, settings: spec.GwasSpec
) -> list[str]:
  command = [_PROGRAM, "--step", str(step), "--qt", "--phenoFile", f"$INPUTS/{engine_files.PHENOTYPES}"]
  command += ["--phenoColList", ",".join(traits)]
  if files.quantitative or files.categorical:
    command += ["--covarFile", f"$INPUTS/{engine_files.COVARIATES}"]
  command += ["--covarColList", ",".join(files.quantitative)] if files.quantitative else []
  if files.categorical:
    command += ["--catCovarList", ",".join(files.categorical), "--maxCatLevels", str(files.max_levels)]
  removes = [*files.all_chromosomes.removes, *([files.strata[stratum]] if stratum in files.strata else [])]
  return [*command, "--remove", ",".join(removes), "--threads", "$THREADS"]


def _exclude(files: engine_files.EngineFiles) -> list[str]:
  excludes = files.all_chromosomes.excludes
  return ["--exclude", ",".join(excludes)] if excludes else []


def _find_gap(task: tasks_lib.Task, stdout: str) -> str:
  if task.name == _MERGE:
    return "" if stdout.rstrip().endswith("done.") else "plink did not print that it is done"
  return "" if "Elapsed time" in stdout else "REGENIE did not print its last lines, with the elapsed time"


def _count_rows(task: tasks_lib.Task, stdout: str) -> dict[str, int]:
  del stdout
  return (
    dict.fromkeys(task.outputs, 1 if task.name.startswith("array.") else 0) if task.kind == Kind.ASSOCIATION else {}
  )
