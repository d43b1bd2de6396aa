"""Tables of one's own: labels of radiographs, measurements, variables, phenotypes."""

import gzip
import pathlib

import cv2
import numpy as np
import pandas as pd

from msk_jax.associations.cleaning import own_table as own_variables
from msk_jax.associations.cleaning import rows
from msk_jax.genetics import phenotype_table
from msk_jax.imaging import folder_spec, folder_table
from msk_jax.preparation import own_table
from msk_jax.preparation.spec import TableSpec
from tests.associations import cohorts
from tests.imaging import conftest as dicoms
from tests.mutants import table_changes
from tests.mutants.form import Form, Reading, digest

_SPEC = TableSpec(
  id="Person", age="Years", sex="Gender", instance="Wave", sets={"grip": ("L", "R"), "size": ("CM",)},
  limits={"CM": (100.0, 230.0)},
)  # fmt: skip


def _make_labels(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  lines = ["id,age,sex,path,side,instance"]
  for number in range(24):
    side, name = ("right", "left")[number % 2], f"p{number}.png"
    lines.append(f"{9_000_001 + number // 2},{rng.uniform(30, 80):.2f},{'fm'[number // 2 % 2]},{name},{side},0")
    cv2.imwrite(str(folder / name), np.ascontiguousarray(dicoms.picture(16, 12, seed=number)))
  (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def _read_labels(folder: pathlib.Path) -> Reading:
  table = folder_table.read(folder, folder_spec.FolderSpec())
  folder_table.check_usable(table)
  return Reading(digest(table.rows.drop(columns="line")), {"rows": len(table.rows), **table.reasons})


def _make_measured(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  lines = ["Person,Gender,Years,Wave,L,R,CM"]
  for number in range(60):
    values = f"{rng.uniform(30, 80):.1f},{number % 2},{rng.uniform(20, 50):.1f},{rng.uniform(20, 50):.1f}"
    lines.append(f"{9_000_001 + number // 2},{'MF'[number // 2 % 2]},{values},{rng.uniform(150, 190):.0f}")
  (folder / "table.csv").write_text("\n".join(lines) + "\n")


def _make_measured_gzip(folder: pathlib.Path) -> None:
  _make_measured(folder)
  (folder / "table.csv.gz").write_bytes(gzip.compress((folder / "table.csv").read_bytes()))
  (folder / "table.csv").unlink()


def _read_measured(folder: pathlib.Path) -> Reading:
  name = "table.csv.gz" if "table.csv" not in {path.name for path in folder.iterdir()} else "table.csv"
  table = own_table.read(folder / name, _SPEC)
  counted = {**table.counts, "refused cells": len(table.refused), "rows": len(table.samples)}
  counted |= {f"read as {name}": 1 for name in table.read_as}
  values = [table.scalars[name] for name in sorted(table.scalars)]
  return Reading(digest(table.samples, *values, sorted(table.read_as)), counted)


def _make_variables(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  lines = ["eid,instance,pulse,smokes,colour,rank,seen"]
  for person in range(30):
    for instance in (0, 2):
      day = f"201{person % 10}-0{1 + person % 9}-02"
      colour = ("Red", "Blue", "Green")[int(rng.integers(3))]
      smokes = ("yes", "no")[int(rng.integers(2))]
      lines.append(f"{cohorts.eid(person)},{instance},{rng.integers(50, 90)},{smokes},{colour},{person % 4},{day}")
  (folder / "own.csv").write_text("\n".join(lines) + "\n")
  (folder / "kinds.csv").write_text(
    "column,kind,category,label,rules\npulse,continuous,heart,Pulse at rest,\nrank,ordinal,,Rank,-9=\ncolour,skip,,,\n"
  )


def _read_variables(folder: pathlib.Path) -> Reading:
  cohort = cohorts.cohort(30, instances=(0, 2))
  table = own_variables.open_table(folder / "own.csv", folder / "kinds.csv", rows.make(cohort.samples, cohort.visits))
  names = [entry.variable for entry in table.entries]
  read = [(name, [np.asarray(value) for value in vars(answers).values()]) for name, answers in table.read(names)]
  return Reading(digest(table.entries, table.unit, repr(read)), table.counts)


def _make_phenotypes(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(0)
  rows = pd.DataFrame({"eid": [9_000_001 + i for i in range(80)], "height": rng.normal(170, 9, 80).round(2)})
  rows["grip"] = rng.normal(35, 8, 80).round(1)
  rows.to_csv(folder / "phenotypes.csv", index=False)


def _read_phenotypes(folder: pathlib.Path) -> Reading:
  table = phenotype_table.read(folder / "phenotypes.csv")
  values = [(column.name, digest(column.values)) for column in table.columns]
  return Reading(digest(table.key, values), {**table.counts, "people": len(table.key)})


FORMS = (
  Form("own.labels", _make_labels, _read_labels, ("labels.csv",), is_text=True, share=1.5),
  Form("own.measurements", _make_measured, _read_measured, ("table.csv",), is_text=True, share=1.2),
  Form(
    "own.measurements.gz", _make_measured_gzip, _read_measured, ("table.csv.gz",), table_changes.OF_GZIP,
    is_checked=True, share=0.4,
  ),
  Form("own.variables", _make_variables, _read_variables, ("own.csv", "kinds.csv"), is_text=True, share=1.2),
  Form("phenotypes", _make_phenotypes, _read_phenotypes, ("phenotypes.csv",), is_text=True),
)  # fmt: skip
