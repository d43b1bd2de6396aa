"""A phantom's people as they were drawn, read from its truth: what draws their pictures again."""

import dataclasses
import datetime
import pathlib

from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import truth_tables
from msk_jax.simulation import latent, people
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.files import truth
from msk_jax.simulation.pictures import drawing

SCHEMAS = (truth_tables.PEOPLE, truth_tables.VISITS, truth_tables.ACCELERATIONS)
"""The tables that people are read from."""


@dataclasses.dataclass(frozen=True)
class Phantom:
  """A phantom cohort on disk.

  Attributes:
    seed: of the cohort.
    scale: nuisance and noise of its pictures.
    people: by eid.
  """

  seed: int
  scale: drawing.Scale
  people: dict[str, people.Person]


def read(folder: pathlib.Path) -> Phantom:
  """Reads a phantom that this program wrote.

  Args:
    folder: of the phantom, `<workdir>/raw`.

  Raises:
    InputError: there is no finished phantom, or another version of the program drew it: it would draw other pictures.
  """
  record = run_record.read(folder)
  if record is None or "generator_version" not in record["settings"]:
    raise errors.InputError(f"{folder} holds no finished phantom: run python -m msk_jax.phantom with this --workdir.")
  settings = record["settings"]
  if settings["generator_version"] != spec_lib.GENERATOR_VERSION:
    raise errors.InputError(
      f"{folder} holds a phantom of generator version {settings['generator_version']}, and this program draws version "
      f"{spec_lib.GENERATOR_VERSION}: its pictures can't be drawn again. Run python -m msk_jax.phantom with this "
      "--workdir, then prepare and train."
    )
  scale = drawing.Scale(float(settings["nuisance"]), float(settings["noise"]))
  return Phantom(int(settings["seed"]), scale, _read_people(folder))


def _read_people(folder: pathlib.Path) -> dict[str, people.Person]:
  accelerations: dict[str, dict[str, tuple[float, float]]] = {}
  for row in _rows(folder, truth_tables.ACCELERATIONS):
    parts = float(row["genetic_years"]), float(row["environmental_years"])
    accelerations.setdefault(str(row["eid"]), {})[str(row["dimension"])] = parts
  visits: dict[str, list[people.Visit]] = {}
  for row in _rows(folder, truth_tables.VISITS):
    date = datetime.date.fromisoformat(row["date"])
    visit = people.Visit(int(row["instance"]), date, int(row["centre"]), bool(row["is_imaged"]))
    visits.setdefault(str(row["eid"]), []).append(visit)
  return {
    str(row["eid"]): people.Person(
      eid=str(row["eid"]),
      sex=int(row["sex"]),
      ethnicity=int(row["ethnicity"]),
      birth_date=datetime.date.fromisoformat(row["birth_date"]),
      height_cm=float(row["height_cm"]),
      weight_kg=float(row["weight_kg"]),
      family=str(row["family"]),
      kinship=float(row["kinship"]),
      genetic_years=tuple(accelerations[str(row["eid"])][name][0] for name in latent.DIMENSIONS),
      environmental_years=tuple(accelerations[str(row["eid"])][name][1] for name in latent.DIMENSIONS),
      visits=tuple(visits[str(row["eid"])]),
    )
    for row in _rows(folder, truth_tables.PEOPLE)
  }


def _rows(folder: pathlib.Path, schema: tables.Schema) -> list[dict]:
  return tables.read(truth.path(folder, schema), schema).to_dict("records")
