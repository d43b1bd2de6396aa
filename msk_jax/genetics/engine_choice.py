"""Which engine runs: `auto` takes BOLT-LMM if it and its tables are there, else the embedded one."""

import pathlib
import shutil

from absl import logging

from msk_jax.genetics.engines import bolt, interface, regenie
from msk_jax.genetics.spec import Engine, GwasSpec
from msk_jax.io import run_record

PROGRAMS: dict[str, interface.Engine] = {"bolt": bolt.Bolt(), "regenie": regenie.Regenie()}


def choose(settings: GwasSpec, folder: pathlib.Path) -> Engine:
  """Returns the engine: `bolt`, `embedded`, `regenie` or `plan`.

  Args:
    settings: of the stage.
    folder: of earlier results; `auto` keeps the engine that they were made with.
  """
  if settings.engine != "auto":
    return settings.engine
  record = run_record.read(folder)
  if record is not None and record["settings"].get("requested_engine") == "auto":
    earlier = record["settings"]["engine"]
    logging.info("engine: %s, as in the earlier run", earlier)
    return earlier
  lacking = _find_lacking(settings)
  if lacking:
    logging.info("engine: embedded, as BOLT-LMM can't run here: %s", lacking)
    return "embedded"
  logging.info("engine: bolt (BOLT-LMM and its tables are here)")
  return "bolt"


def _find_lacking(settings: GwasSpec) -> str:
  """Returns what BOLT-LMM lacks here; empty if nothing."""
  if shutil.which(settings.bolt.program) is None:
    return f"the program {settings.bolt.program} is not installed"
  if not settings.bolt.ld_scores:
    return "config.gwas.bolt.ld_scores names no table of LD scores"
  if missing := [path for path in (settings.bolt.ld_scores, settings.bolt.genetic_map) if path and not _is_file(path)]:
    return f"{missing[0]} does not exist"
  return ""


def _is_file(path: str) -> bool:
  return pathlib.Path(path).is_file()
