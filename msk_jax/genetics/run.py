"""The stage `gwas`: checked inputs, an engine, tables of its results."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.genetics import (
  analysed_people,
  earlier_people,
  engine_choice,
  engine_files,
  further_tables,
  input_hashes,
  inputs,
  inputs_printout,
  printout,
  program_results,
  programs,
  results,
  written_results,
)
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.genetics.embedded import engine as embedded
from msk_jax.genetics.engines import costs, interface, plan
from msk_jax.genetics.inputs import Inputs
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome import bgen_header, genotype_files
from msk_jax.io import errors, locks, outputs, run_record, specs, tables
from msk_jax.schemas import genetics_tables

FOLDER = "gwas"
WORK, _PLAN = "work", "plan"
_VERSION = 2  # raised when the same inputs give other tables
_LOCK = ".gwas_lock"


@dataclasses.dataclass(frozen=True)
class Places:
  """Where things are.

  Attributes:
    workdir: holds `cohort/` and `ages/`; gets `gwas/`.
    genotypes: the folder of the genotype files.
    phenotypes: an own table of phenotypes instead of `ages/`.
    collect: results of a plan that ran on another machine.
    studies: summary statistics of other studies, for genetic correlations.
  """

  workdir: pathlib.Path
  genotypes: pathlib.Path
  phenotypes: pathlib.Path | None = None
  collect: pathlib.Path | None = None
  studies: tuple[pathlib.Path, ...] = ()

  @property
  def output(self) -> pathlib.Path:
    """The stage's folder."""
    return self.workdir / FOLDER


def make_gwas(places: Places, settings: GwasSpec, withdrawn: Collection[str] = ()) -> int:
  """Runs the analysis, or shows it if it is up to date.

  Args:
    places: where things are.
    settings: what is analysed, and how.
    withdrawn: ids of people who have withdrawn.

  Returns:
    The exit status: 1 if something has no result for a reason that another call could mend.

  Raises:
    InputError: an input is missing or wrong; nothing has been run then.
  """
  if places.collect is not None and settings.engine != "plan":
    raise errors.InputError("--collect reads what a plan brought back: it needs config.gwas.engine=plan.")
  busy = f"another process runs gwas in {places.workdir}: wait for it, or give another --workdir"
  with locks.alone(places.workdir / _LOCK, busy):
    return _make(places, settings, withdrawn)


def _make(places: Places, settings: GwasSpec, withdrawn: Collection[str]) -> int:
  name = engine_choice.choose(settings, places.output)
  files = genotype_files.find_files(places.genotypes, settings.files, settings.build)
  resolved = dataclasses.replace(settings, engine=name)
  sources = further_tables.read_sources(places.studies, settings)
  gathered = inputs.gather(places.workdir, files, resolved, withdrawn, places.phenotypes)
  inputs_printout.show(gathered)
  works = places.output / WORK
  earlier_people.remove([*(works.iterdir() if works.is_dir() else ()), places.output / _PLAN], gathered.members)
  if name == "plan" and places.collect is None:
    _write_plan(places, settings, gathered)
    return 0
  output = outputs.Output(FOLDER, places.output, settings_of(settings, name), _hash(gathered, places, resolved))
  if outputs.is_up_to_date(output, lambda: outputs.list_damage(output.folder)):
    _show(output.folder)
    return 0
  analysed_people.write(works, gathered.analysis.people.iid)
  estimated, unfinished = _analyse(places, settings, gathered, name)
  engine = settings.plan_engine if name == "plan" else name
  unfinished = written_results.write(
    output,
    gathered,
    engine,
    estimated,
    lambda written: further_tables.make(written, gathered, sources, settings),
    unfinished=unfinished,
  )
  _show(output.folder)
  for line in unfinished:
    logging.warning("NO RESULT: %s", line)
  return 1 if unfinished else 0


def settings_of(settings: GwasSpec, engine: str) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  values: dict[str, Any] = dataclasses.asdict(settings)
  for name in ("num_threads", "timeout_hours"):
    del values[name]
  for name in {"bolt", "embedded"} - {settings.plan_engine if engine == "plan" else engine}:
    del values[name]
  if engine != "plan":
    del values["plan_engine"]
  return {**values, "engine": engine, "requested_engine": settings.engine, "version": _VERSION}


def spec_of(settings: Mapping[str, Any]) -> GwasSpec:
  """Returns what was analysed, and how, from the settings of a run record (see `settings_of`).

  Raises:
    InputError: they are of another version.
  """
  if settings.get("version") != _VERSION:
    raise errors.InputError("gwas was run by another version of msk_jax: run `python -m msk_jax.gwas` again.")
  known = {name: value for name, value in settings.items() if name not in ("version", "requested_engine")}
  return specs.from_mapping(GwasSpec, known, f"{FOLDER}/{run_record.FILE_NAME}")


def _hash(gathered: Inputs, places: Places, settings: GwasSpec) -> dict[str, str]:
  """Returns the hashes of everything that is read; `settings` name the engine that was chosen."""
  named = [*places.studies]
  named += [pathlib.Path(settings.ld_score.file)] if settings.ld_score.file else []
  hashes = {**gathered.hashes, **{f"named: {name}": value for name, value in input_hashes.of_files(named).items()}}
  program = settings.plan_engine if settings.engine == "plan" else settings.engine
  if program in engine_choice.PROGRAMS:
    own_tables = engine_choice.PROGRAMS[program].check(settings)
    hashes |= {f"{program}: {name}": run_record.hash_file(path) for name, path in own_tables.items()}
  if places.collect is not None:
    hashes["collected"] = input_hashes.of_folder(places.collect)
  return hashes


def _analyse(places: Places, settings: GwasSpec, gathered: Inputs, name: str) -> tuple[results.Results, list[str]]:
  """Returns the engine's results, and a line for each run that another call could mend."""
  if name == embedded.NAME:
    folder = places.output / WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    earlier_people.add(folder, gathered.analysis.people.iid)
    hashes = {**gathered.hashes, **_describe_analysis(settings)}
    return embedded.run(gathered.analysis, gathered.files, settings, folder, hashes), []
  program = _collect(places, settings, gathered) if name == "plan" else _run_program(places, settings, gathered, name)
  return program, program.list_unfinished()


def _describe_analysis(settings: GwasSpec) -> dict[str, str]:
  """Returns a hash of the settings that say who and what is analysed."""
  names = ("dimensions", "traits", "strata", "transformation", "build", "ethnicities", "covariates", "quality")
  values = dataclasses.asdict(settings)
  return {"settings": run_record.fingerprint({name: values[name] for name in names})}


def _run_program(places: Places, settings: GwasSpec, gathered: Inputs, name: str) -> program_results.ProgramResults:
  engine = engine_choice.PROGRAMS[name]
  version = engine.version(settings)
  folder = places.output / WORK / name
  earlier_people.add(folder, gathered.analysis.people.iid)
  files, tasks = _prepare(engine, folder / "inputs", settings, gathered)
  estimated = _show_costs(tasks, files, settings, name, gathered)
  task_places = tasks_lib.Places(files.genotypes, folder / "inputs", folder / "tasks", settings.num_threads)
  outcomes = programs.run_all(
    tasks,
    task_places,
    engine.program(version),
    {cost.task: cost.hours for cost in estimated},
  )
  return program_results.ProgramResults(engine, settings.build, outcomes, written_results.list_sources(gathered))


def _prepare(engine: interface.Engine, folder: pathlib.Path, settings: GwasSpec, gathered: Inputs):
  """Writes the program's inputs; returns them and the tasks."""
  own_tables = {name: pathlib.Path(path) for name, path in engine.check(settings).items()}
  files = engine_files.write(folder, gathered.analysis, gathered.files, own_tables)
  if files.num_nudged:
    logging.info("%d values of exactly -9, which programs take as missing, were moved by a billionth", files.num_nudged)
  return files, engine.tasks(files, gathered.analysis, settings)


def _show_costs(
  tasks, files: engine_files.EngineFiles, settings: GwasSpec, name: str, gathered: Inputs
) -> list[costs.Cost]:
  num_imputed = sum(bgen_header.read(file.bgen).num_variants for file in gathered.files.imputed)
  estimated = costs.estimate(tasks, files, settings, name, num_imputed)
  printout.show_lines(["Cost of the runs (estimate)", *costs.make_lines(estimated)])
  return estimated


def _write_plan(places: Places, settings: GwasSpec, gathered: Inputs) -> None:
  engine = engine_choice.PROGRAMS[settings.plan_engine]
  folder = places.output / _PLAN
  files, tasks = _prepare(engine, folder, settings, gathered)
  estimated = _show_costs(tasks, files, settings, settings.plan_engine, gathered)
  about = {"engine": engine.name, "build": settings.build, "num_threads": settings.num_threads}
  plan.write(folder, tasks, about, [dataclasses.asdict(cost) for cost in estimated])
  earlier_people.add(folder, gathered.analysis.people.iid)
  printout.show_lines(
    [
      f"The plan is in {folder}. It holds individual-level data: copy it only to where they may be.",
      f"There: GENOTYPES=/local/genotypes OUT=/local/results sh {plan.COMMANDS}",
      "Then here: the same command with --collect=RESULTS, the folder that OUT named.",
    ]
  )


def _collect(places: Places, settings: GwasSpec, gathered: Inputs) -> program_results.ProgramResults:
  """Reads what came back of a plan, which must be of the same inputs as now."""
  assert places.collect is not None
  engine = engine_choice.PROGRAMS[settings.plan_engine]
  folder = places.output / _PLAN
  if not (folder / plan.PLAN).exists():
    raise errors.InputError(f"there is no plan in {folder}: write it first, by the same command without --collect.")
  own_tables = engine.check(settings)
  files, texts = engine_files.build(gathered.analysis, gathered.files, own_tables)
  tasks = engine.tasks(files, gathered.analysis, settings)
  plan.refuse_others(folder, engine_files.hash_texts(texts, own_tables), tasks)
  outcomes = plan.collect(folder, places.collect, engine.program(""))
  return program_results.ProgramResults(engine, settings.build, outcomes, written_results.list_sources(gathered))


def _show(folder: pathlib.Path) -> None:
  def read(name: str, schema: tables.Schema) -> pd.DataFrame:
    return tables.read(folder / f"{name}.parquet", schema)

  optional = (genetics_tables.LD_SCORE_REGRESSION, genetics_tables.LD_SCORE_CORRELATIONS)
  names = ("ld_score_regression", "ld_score_correlations")
  further = [
    read(name, schema) if (folder / f"{name}.parquet").exists() else pd.DataFrame(columns=list(schema.columns))
    for name, schema in zip(names, optional, strict=True)
  ]
  printout.show_further(*further)
  printout.show_results(
    read("traits", genetics_tables.TRAITS),
    read("heritability", genetics_tables.HERITABILITY),
    read("genetic_correlations", genetics_tables.GENETIC_CORRELATIONS),
    str(folder),
  )
