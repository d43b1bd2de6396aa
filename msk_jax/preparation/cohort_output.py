"""What `prepare` writes, of whatever kind of data: whether it is up to date, and its run record."""

import dataclasses
import datetime
import pathlib
from collections.abc import Mapping
from typing import Any

from msk_jax.imaging import dxa_ingest, folder_ingest, ingest_units
from msk_jax.io import outputs, run_record
from msk_jax.preparation import assembly, damage, ownership, summary
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables
from msk_jax.simulation import spec as phantom_spec

_VERSION = 8  # raised when the same inputs would give other tables


def settings_of(spec: data_spec.DataSpec, workdir: pathlib.Path) -> dict[str, Any]:
  """Returns the settings that determine the outputs, as JSON values."""
  values = {**dataclasses.asdict(spec), "phantom": phantom_spec.settings_of(spec.phantom)}
  for name in ("workers", "allow_no_relatedness", *({"phantom", "folder", "table"} - {spec.kind})):
    del values[name]
  pictures = folder_ingest.pipeline_version() if spec.kind == "folder" else dxa_ingest.pipeline_version()
  return {**values, **ownership.source_of(spec, workdir), "version": _VERSION, "pictures": pictures}


def describe(spec: data_spec.DataSpec, workdir: pathlib.Path, hashes: Mapping[str, str]) -> outputs.Output:
  """Returns the output that these settings and inputs (name to hash) make."""
  return outputs.Output("prepare", workdir / cohort_tables.FOLDER, settings_of(spec, workdir), hashes, "the cohort")


def is_up_to_date(output: outputs.Output, workdir: pathlib.Path, today: datetime.date | None = None) -> bool:
  """Returns whether there is nothing to do. If not, removes damaged files and the record: the cohort is unfinished.

  Args:
    output: from `describe`.
    workdir: the workdir.
    today: the day of the call, where visits after it are left out.
  """
  record = run_record.read(output.folder)
  if record is None:
    return False
  reasons = ["files are missing or damaged"] if damage.remove_damaged(workdir) else []
  waiting, until = record["results"]["left_out"].get("visits_in_the_future"), record["results"].get("visits_until")
  if waiting and today and until != today.isoformat():
    reasons.append(f"{waiting} visits were after {until}, the day of the last call")
  if outputs.is_up_to_date(output, lambda: reasons):
    return True
  run_record.remove(output.folder)
  return False


def finish(
  output: outputs.Output,
  workdir: pathlib.Path,
  cohort: assembly.Cohort,
  facts: Mapping[str, Any],
  counts: ingest_units.IngestCounts | None = None,
) -> None:
  """Writes the tables, then the run record that makes them valid, and prints the summary.

  Args:
    output: from `describe`.
    workdir: the workdir.
    cohort: the tables.
    facts: what else `summary.show` knows.
    counts: of images, or None where there are none.
  """
  cohort.write(output.folder)
  results = {
    "participants": len(cohort.participants),
    "visits": len(cohort.visits),
    "images": {} if counts is None else counts.images,
    "reasons": {} if counts is None else counts.reasons,
    **facts,
  }
  outputs.finish(output, {**results, outputs.FILES: damage.describe(workdir)})
  summary.show(results, workdir)
