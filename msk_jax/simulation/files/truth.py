"""What was planted: the tables under `raw/truth/`. Tests and evaluations read them, stages do not."""

import dataclasses
import pathlib

import pandas as pd

from msk_jax.io import tables
from msk_jax.schemas import truth_tables
from msk_jax.simulation import latent, people
from msk_jax.simulation.exposures import study as exposure_study
from msk_jax.simulation.files import flaws
from msk_jax.simulation.genotypes import causal_variants
from msk_jax.simulation.genotypes import study as genotype_study
from msk_jax.simulation.pictures import anatomy
from msk_jax.simulation.scalars import age_effects

FOLDER = "truth"


@dataclasses.dataclass(frozen=True)
class Options:
  """What not every phantom has; None where this one does not.

  Attributes:
    genotypes: with its variants.
    exposures: with its X variables and their flaws.
  """

  genotypes: genotype_study.Study | None = None
  exposures: exposure_study.Study | None = None


def path(folder: pathlib.Path, schema: tables.Schema) -> pathlib.Path:
  """Returns the path of a table of the truth under the phantom's folder (`<workdir>/raw`)."""
  return pathlib.Path(folder) / FOLDER / f"{schema.name.removeprefix('phantom_')}.parquet"


def write(
  seed: int,
  cohort: list[people.Person],
  planted: list[flaws.Flaw],
  folder: pathlib.Path,
  options: Options = Options(),
) -> None:
  """Writes all tables of the truth; those of variants and of X variables for a phantom that has them."""
  if options.exposures is not None:
    planted = [*planted, *_exposure_flaws(options.exposures)]
  visits = [(person, visit) for person in cohort for visit in person.visits]
  planted_tables = (
    (truth_tables.PEOPLE, [_person_row(person) for person in cohort]),
    (truth_tables.VISITS, [_visit_row(person, visit) for person, visit in visits]),
    (truth_tables.ACCELERATIONS, [row for person in cohort for row in _acceleration_rows(person)]),
    (truth_tables.PARAMETERS, [row for person, visit in visits for row in _parameter_rows(seed, person, visit)]),
    (truth_tables.FLAWS, [dataclasses.astuple(flaw) for flaw in planted]),
    (truth_tables.SCALAR_EFFECTS, [dataclasses.astuple(effect) for effect in age_effects.EFFECTS]),
    (truth_tables.AGE_EFFECTS, [dataclasses.astuple(effect) for effect in anatomy.AGE_EFFECTS]),
  )
  for schema, rows in planted_tables:
    tables.write(path(folder, schema), pd.DataFrame(rows, columns=list(schema.columns)), schema)
  if options.genotypes is not None:
    variants = causal_variants.make_table(options.genotypes)
    tables.write(path(folder, truth_tables.VARIANTS), variants, truth_tables.VARIANTS)
  if options.exposures is not None:
    tables.write(path(folder, truth_tables.EXPOSURES), options.exposures.table, truth_tables.EXPOSURES)


def _exposure_flaws(study: exposure_study.Study) -> list[flaws.Flaw]:
  return [
    flaws.Flaw(flaw.eid, -1, flaw.kind, exposure_study.table_name(flaw.main_category), flaw.column)
    for flaw in study.flaws
  ]


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
