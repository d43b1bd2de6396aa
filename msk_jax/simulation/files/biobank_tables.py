"""The phantom's tables as UK Biobank spells them: the main table, the list of withdrawals, the relatedness file."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.io import atomic
from msk_jax.simulation import people, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.files import flaws, genotype_columns, scalar_columns
from msk_jax.simulation.genotypes import study as genotype_study

MAIN_TABLE = "tables/ukb99999.csv"
WITHDRAWALS = "w99999_20260101.csv"
KINSHIP = "ukb_rel.dat"

_REPORTED_SEX, _GENETIC_SEX = "31-0.0", "22001-0.0"
_INSTANCES = (0, 1, 2, 3)
_ETHNICITY_INSTANCES = (0, 1, 2)
_MISSING_ETHNICITY = -5
_STRANGER = "9999999"  # an eid on the list of withdrawals that is in no table


def main_table(
  spec: spec_lib.PhantomSpec,
  cohort: list[people.Person],
  planned: list[flaws.Flaw],
  study: genotype_study.Study | None = None,
) -> pd.DataFrame:
  """Returns the main table as text cells, one row per participant, columns named as `ukbconv` does.

  Fields: 31 sex, 34 year and 52 month of birth, 53 dates, 54 centres, 21000 ethnicity, 22001 genetic sex, and the
  scalar measurements (`scalar_columns`). With genotypes, those of `genotype_columns` too; field 22001 is then empty
  for people who were not genotyped.
  """
  absurd = {flaw.eid for flaw in planned if flaw.kind == "implausible_age"}
  demographics = pd.DataFrame([_row(spec, person, person.eid in absurd) for person in cohort])
  scalars = scalar_columns.main_table_columns(spec, cohort, planned)
  if study is None:
    return pd.concat([demographics, scalars], axis=1)
  mismatched = {flaw.eid for flaw in planned if flaw.kind == flaws.SEX_MISMATCH}
  for row, (person, sample) in enumerate(zip(cohort, study.samples, strict=True)):
    if person.eid in mismatched:
      demographics.loc[row, [_REPORTED_SEX, _GENETIC_SEX]] = [str(1 - person.sex), str(person.sex)]
    elif not sample.is_genotyped:
      demographics.loc[row, _GENETIC_SEX] = ""
  return pd.concat([demographics, genotype_columns.main_table_columns(spec.seed, study), scalars], axis=1)


def write(
  spec: spec_lib.PhantomSpec,
  cohort: list[people.Person],
  planned: list[flaws.Flaw],
  folder: pathlib.Path,
  study: genotype_study.Study | None = None,
) -> None:
  """Writes the main table, the list of withdrawals and the relatedness file under `folder`."""
  with atomic.replacing(folder / MAIN_TABLE) as temporary:
    main_table(spec, cohort, planned, study).to_csv(temporary, index=False, lineterminator="\n")
  withdrawn = sorted(flaw.eid for flaw in planned if flaw.kind == "withdrawn")
  atomic.write_text(folder / WITHDRAWALS, "".join(f"{eid}\n" for eid in (*withdrawn, _STRANGER)))
  atomic.write_text(folder / KINSHIP, _kinship_text(spec, cohort))


def _row(spec: spec_lib.PhantomSpec, person: people.Person, is_absurd: bool) -> dict[str, str]:
  rng = randomness.generator(spec.seed, "missing values", person.eid)
  visits = {visit.instance: visit for visit in person.visits}
  is_known = rng.random(3) >= spec.missing_value_fraction
  row = {
    "eid": person.eid,
    _REPORTED_SEX: str(person.sex) if is_known[0] else "",
    "34-0.0": str(flaws.ABSURD_BIRTH_YEAR if is_absurd else person.birth_date.year),
    "52-0.0": str(person.birth_date.month),
  }
  for instance in _INSTANCES:
    row[f"53-{instance}.0"] = visits[instance].date.isoformat() if instance in visits else ""
  for instance in _INSTANCES:
    row[f"54-{instance}.0"] = str(visits[instance].centre) if instance in visits else ""
  # Some who did not answer at baseline did at a later visit.
  has_ethnicity = person.ethnicity != _MISSING_ETHNICITY
  for instance in _ETHNICITY_INSTANCES:
    has_answer = instance in visits and has_ethnicity and (instance > 0 or is_known[1])
    row[f"21000-{instance}.0"] = str(person.ethnicity) if has_answer else ""
  row[_GENETIC_SEX] = str(person.sex) if is_known[2] else ""
  return row


def _kinship_text(spec: spec_lib.PhantomSpec, cohort: list[people.Person]) -> str:
  lines = ["ID1 ID2 HetHet IBS0 Kinship"]
  for first, second, kinship in people.kinship_pairs(cohort):
    # Estimates scatter about the pedigree's value. Loci without a shared allele (IBS0) get rarer with kinship.
    rng = randomness.generator(spec.seed, "kinship", first, second)
    estimate = kinship + 0.008 * float(np.clip(rng.standard_normal(), -2, 2))
    opposite = max(0.0002, 0.02 * (1.0 - 4.0 * kinship) + 0.0005 * rng.random())
    lines.append(f"{first} {second} {0.06 + 0.05 * kinship:.3f} {opposite:.4f} {estimate:.4f}")
  return "\n".join(lines) + "\n"
