"""Flaws of X variables, planted by count."""

import dataclasses
from collections.abc import Collection, Sequence

from msk_jax.cohort.column_names import Column
from msk_jax.simulation import people, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.exposures import fields as fields_lib
from msk_jax.simulation.exposures import items as items_lib

UNKNOWN_CODE, TEXT, SINGLE_VALUE, REPEATED_COLUMN = (
  "unknown_exposure_code",
  "text_in_exposure",
  "single_value_exposure",
  "repeated_exposure_column",
)
SINGLE_VALUES = {4792: "0", 5529: "0"}  # field -> the answer that everybody gives
SINGLE_VALUES_IN = REPEATED_IN = "clinical_phenotypes"  # the main category that gets them
_TEXTS = {UNKNOWN_CODE: "77", TEXT: "not measured"}
_IMAGING = 2  # the visit with most accelerations
_KINDS = {UNKNOWN_CODE: (fields_lib.ORDINAL,), TEXT: (fields_lib.CONTINUOUS, fields_lib.SKEWED)}


@dataclasses.dataclass(frozen=True)
class Flaw:
  """One planted flaw.

  Attributes:
    kind: UNKNOWN_CODE, TEXT, SINGLE_VALUE or REPEATED_COLUMN.
    main_category: whose table has it.
    column: its name, of SINGLE_VALUE that at baseline.
    eid: whose cell it is; empty for a flaw of a whole column.
    text: what the cell holds.
  """

  kind: str
  main_category: str
  column: str
  eid: str = ""
  text: str = ""


def plan(
  spec: spec_lib.ExposuresSpec,
  seed: int,
  chosen: items_lib.Plan,
  cohort: Sequence[people.Person],
  withdrawn: Collection[str],
) -> list[Flaw]:
  """Chooses the flaws. Cells are those of visits that were made, of people who have not withdrawn, each once."""
  rng = randomness.generator(seed, "flawed exposures")
  counts = {UNKNOWN_CODE: spec.num_unknown_codes, TEXT: spec.num_text_cells}
  flaws: dict[tuple[str, str], Flaw] = {}
  for kind, count in counts.items():
    fields = [field for field in chosen.fields if field.kind in _KINDS[kind] and field.parent is None]
    fields = [field for field in fields if field.sex is None and (kind == TEXT or field.is_questionnaire)]
    for _ in range(count):
      field = fields[rng.integers(len(fields))]
      instance = _IMAGING if _IMAGING in field.instances else field.instances[0]
      candidates = [
        person.eid
        for person in cohort
        if person.eid not in withdrawn and any(visit.instance == instance for visit in person.visits)
      ]
      if candidates:
        eid, column = candidates[rng.integers(len(candidates))], str(Column(field.number, instance))
        flaws[eid, column] = Flaw(kind, field.main_category, column, eid, _TEXTS[kind])
  single = [
    Flaw(SINGLE_VALUE, SINGLE_VALUES_IN, str(Column(number)), text=text)
    for number, text in list(SINGLE_VALUES.items())[: spec.num_single_value_variables]
  ]
  repeated = [
    Flaw(REPEATED_COLUMN, REPEATED_IN, str(Column(field.number, field.instances[0])))
    for field in chosen.of_main_category(fields_lib.BIOMARKERS)[-spec.num_repeated_columns :]
    if spec.num_repeated_columns
  ]
  return [*flaws.values(), *single, *repeated]
