"""What was planted: the tables under `raw/truth/`, which no stage but a test or an evaluation may read."""

import dataclasses
import pathlib

import pandas as pd

from msk_jax.io import tables
from msk_jax.simulation import latent, people
from msk_jax.simulation.files import flaws
from msk_jax.simulation.pictures import anatomy
from msk_jax.simulation.scalars import scalar_effects

FOLDER = "truth"

PEOPLE = tables.Schema(
  "phantom_people",
  1,
  {
    "eid": "string",
    "sex": "int8",
    "ethnicity": "int16",
    "birth_date": "string",
    "height_cm": "float64",
    "weight_kg": "float64",
    "family": "string",
    "kinship": "float64",
  },
)
VISITS = tables.Schema(
  "phantom_visits",
  1,
  {
    "eid": "string",
    "instance": "int8",
    "date": "string",
    "age_years": "float64",
    "centre": "int32",
    "is_imaged": "bool",
  },
)
ACCELERATIONS = tables.Schema(
  "phantom_accelerations",
  1,
  {
    "eid": "string",
    "dimension": "string",
    "genetic_years": "float64",
    "environmental_years": "float64",
    "acceleration_years": "float64",
  },
)
PARAMETERS = tables.Schema(
  "phantom_parameters",
  1,
  {"eid": "string", "instance": "int8", "view": "string", "side": "string", "parameter": "string", "value": "float64"},
)
FLAWS = tables.Schema(
  "phantom_flaws",
  1,
  {"eid": "string", "instance": "int8", "kind": "string", "file": "string", "member": "string", "protocol": "string"},
)
AGE_EFFECTS = tables.Schema(
  "phantom_age_effects",
  1,
  {
    "view": "string",
    "parameter": "string",
    "mean": "float64",
    "per_year": "float64",
    "male_difference": "float64",
    "person_sd": "float64",
    "least": "float64",
    "why": "string",
  },
)
SCALAR_EFFECTS = tables.Schema(
  "phantom_scalar_effects",
  1,
  {
    "set": "string",
    "quantity": "string",
    "mean": "float64",
    "male_difference": "float64",
    "per_cm": "float64",
    "per_bmi": "float64",
    "per_muscle": "float64",
    "per_year_female": "float64",
    "per_year_male": "float64",
    "per_year_squared": "float64",
    "person_sd": "float64",
    "visit_sd": "float64",
    "why": "string",
  },
)


def path(folder: pathlib.Path, schema: tables.Schema) -> pathlib.Path:
  """Returns where a table of the truth lies under the phantom's folder (`<workdir>/raw`)."""
  return pathlib.Path(folder) / FOLDER / f"{schema.name.removeprefix('phantom_')}.parquet"


def write(seed: int, cohort: list[people.Person], planted: list[flaws.Flaw], folder: pathlib.Path) -> None:
  """Writes all tables of the truth."""
  visits = [(person, visit) for person in cohort for visit in person.visits]
  made = (
    (PEOPLE, [_person_row(person) for person in cohort]),
    (VISITS, [_visit_row(person, visit) for person, visit in visits]),
    (ACCELERATIONS, [row for person in cohort for row in _acceleration_rows(person)]),
    (PARAMETERS, [row for person, visit in visits for row in _parameter_rows(seed, person, visit)]),
    (FLAWS, [dataclasses.astuple(flaw) for flaw in planted]),
    (SCALAR_EFFECTS, [dataclasses.astuple(effect) for effect in scalar_effects.EFFECTS]),
    (AGE_EFFECTS, [dataclasses.astuple(effect) for effect in anatomy.AGE_EFFECTS]),
  )
  for schema, rows in made:
    tables.write(path(folder, schema), pd.DataFrame(rows, columns=list(schema.columns)), schema)


def _person_row(person: people.Person) -> tuple:
  return (
    person.eid,
    person.sex,
    person.ethnicity,
    person.birth_date.isoformat(),
    person.height_cm,
    person.weight_kg,
    person.family,
    person.kinship,
  )


def _visit_row(person: people.Person, visit: people.Visit) -> tuple:
  return (person.eid, visit.instance, visit.date.isoformat(), person.age_years(visit), visit.centre, visit.is_imaged)


def _acceleration_rows(person: people.Person) -> list[tuple]:
  parts = zip(latent.DIMENSIONS, person.genetic_years, person.environmental_years, strict=True)
  return [(person.eid, dimension, genetic, other, genetic + other) for dimension, genetic, other in parts]


def _parameter_rows(seed: int, person: people.Person, visit: people.Visit) -> list[tuple]:
  if not visit.is_imaged:
    return []
  return [
    (person.eid, visit.instance, view, side, name, value)
    for view in anatomy.ANATOMIES
    for side in anatomy.sides_of(view)
    for name, value in anatomy.draw_parameters(seed, person, visit, view, side).items()
  ]
