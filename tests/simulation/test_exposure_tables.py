"""Tables of X variables: UK Biobank's columns and codes, who was asked, what is missing, repeats, dates, flaws."""

import dataclasses
import hashlib
import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import column_names, table_files
from msk_jax.io import tables
from msk_jax.schemas import truth_tables
from msk_jax.simulation import cohort, people, spec
from msk_jax.simulation.exposures import diagnoses, fields, flaws, items, study
from msk_jax.simulation.files import truth

_SPEC = spec.PhantomSpec(
  1_000, seed=4, has_images=False, has_exposures=True, exposures=spec.ExposuresSpec(num_variables=240)
)
_MISSING = ("-1", "-3", "-11", "-13")


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("exposures") / "raw"
  cohort.generate(_SPEC, folder)
  return folder


@pytest.fixture(scope="module")
def frames(raw) -> dict[str, pd.DataFrame]:
  return {name: _read(raw, name) for name in fields.MAIN_CATEGORIES}


@pytest.fixture(scope="module")
def persons() -> list[people.Person]:
  return people.make_people(_SPEC)


@pytest.fixture(scope="module")
def plan() -> items.Plan:
  return items.plan(_SPEC.seed, _SPEC.exposures)


def _read(folder: pathlib.Path, main_category: str) -> pd.DataFrame:
  return pd.read_csv(folder / study.table_name(main_category), dtype=str, keep_default_na=False).set_index("eid")


def _truth(folder: pathlib.Path) -> pd.DataFrame:
  return tables.read(truth.path(folder, truth_tables.EXPOSURES), truth_tables.EXPOSURES)


def _cells(frame: pd.DataFrame, field: int, instance: int) -> np.ndarray:
  return frame[[name for name in frame if name.startswith(f"{field}-{instance}.")]].to_numpy()


def _hashes(folder: pathlib.Path) -> dict[str, str]:
  paths = [folder / study.table_name(name) for name in fields.MAIN_CATEGORIES]
  paths.append(truth.path(folder, truth_tables.EXPOSURES))
  return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_seed_gives_the_same_bytes_and_an_interrupted_phantom_is_completed(raw, tmp_path):
  cohort.generate(_SPEC, tmp_path / "raw")
  assert _hashes(tmp_path / "raw") == _hashes(raw)
  (tmp_path / "raw" / study.table_name("environmental")).unlink()
  cohort.generate(_SPEC, tmp_path / "raw")
  assert _hashes(tmp_path / "raw") == _hashes(raw)


def test_bytes_change_with_the_version_alone(tmp_path):
  """Where these hashes change, `spec.EXPOSURES_VERSION` must be raised."""
  exposures = spec.ExposuresSpec.small()
  cohort.generate(dataclasses.replace(_SPEC, num_participants=30, exposures=exposures), tmp_path / "raw")
  hashes = _hashes(tmp_path / "raw")
  heads = {name: hashes[f"exposures_{name}.csv"][:8] for name in ("environmental", "family_history", fields.DISEASES)}
  assert spec.EXPOSURES_VERSION == 1
  assert heads == {"environmental": "568735c8", "family_history": "171536fc", "diseases": "550dcb05"}


def test_the_main_table_is_that_of_a_phantom_without_x_variables(raw, tmp_path):
  cohort.generate(dataclasses.replace(_SPEC, has_exposures=False), tmp_path / "raw")
  name = "tables/ukb99999.csv"
  assert (tmp_path / "raw" / name).read_bytes() == (raw / name).read_bytes()
  assert [path.name for path in (tmp_path / "raw" / "tables").iterdir()] == ["ukb99999.csv"]
  assert not truth.path(tmp_path / "raw", truth_tables.EXPOSURES).exists()


def test_answers_depend_neither_on_the_number_of_people_nor_on_that_of_variables(frames, tmp_path):
  exposures = dataclasses.replace(_SPEC.exposures, num_variables=320).without_flaws()
  cohort.generate(dataclasses.replace(_SPEC, num_participants=305, exposures=exposures), tmp_path / "raw")
  for name in set(fields.MAIN_CATEGORIES) - {fields.DISEASES}:
    other, frame = _read(tmp_path / "raw", name), frames[name].iloc[:305]
    common = frame.columns.intersection(other.columns)
    assert len(common) > 10 and (len(other.columns) > len(common) or name == "family_history")
    assert (frame[common].to_numpy() != other[common].to_numpy()).sum() <= 4  # the flaws


def test_columns_are_classic_and_sorted_and_files_are_tables(raw, frames):
  for name, frame in frames.items():
    parsed = [column_names.parse(column) for column in frame]
    columns = [each.column for each in parsed if each is not None]
    assert len(columns) == len(parsed) and columns == sorted(columns)
    described = table_files.inspect(raw / study.table_name(name))
    assert described is not None and described.delimiter == ","
    assert len(frame) == 1_000


def test_codes_are_those_of_the_field(frames, plan, raw):
  flawed = tables.read(truth.path(raw, truth_tables.FLAWS), truth_tables.FLAWS)
  for field in plan.fields:
    frame, allowed = frames[field.main_category], {"", *items.options(field), *field.codes, *field.specials}
    for instance in field.instances:
      columns = [name for name in frame if name.startswith(f"{field.number}-{instance}.")]
      cells = set(frame[columns].to_numpy().ravel())
      if any(name in set(flawed["member"]) for name in columns):
        cells -= set(flaws._TEXTS.values())
      surplus = cells - allowed
      if field.kind in (fields.CONTINUOUS, fields.SKEWED, fields.COUNT):
        assert all(float(cell) >= 0 for cell in surplus), field.number
      else:
        assert not surplus, field.number


def test_special_codes_are_in_use(frames):
  cells = pd.concat([frame.melt()["value"] for name, frame in frames.items() if name != fields.BIOMARKERS])
  counts = cells[cells != ""].value_counts(normalize=True)
  for code in ("-1", "-3", "-7", "-10", "-11", "-13", "-17"):
    assert counts[code] > 5e-5, code


def test_answers_are_of_visits_that_were_made_and_of_the_sex_that_was_asked(frames, plan, persons):
  was_there = np.zeros((len(persons), 4), bool)
  for row, person in enumerate(persons):
    was_there[row, [visit.instance for visit in person.visits]] = True
  sex = np.array([person.sex for person in persons])
  for field in plan.fields:
    for instance in field.instances:
      has_answer = (_cells(frames[field.main_category], field.number, instance) != "").any(axis=1)
      assert not (has_answer & ~was_there[:, instance]).any()
      if field.sex is not None:
        assert not (has_answer & (sex != field.sex)).any()


def test_conditional_questions_are_asked_after_the_answers_that_lead_to_them(frames, plan):
  conditional = [field for field in plan.fields if field.parent is not None]
  assert len(conditional) > 3
  for field in conditional:
    frame = frames[field.main_category]
    leads = np.isin(_cells(frame, field.parent.field, 0), field.parent.codes).any(axis=1)
    has_answer = (_cells(frame, field.number, 0) != "").any(axis=1)
    assert not (has_answer & ~leads).any()
    assert has_answer.sum() > 0.75 * leads.sum()


def test_several_answers_fill_the_columns_from_the_first_one_on(frames, plan):
  field = next(field for field in plan.fields if field.kind == fields.MULTI and len(field.codes) > 4)
  cells = _cells(frames[field.main_category], field.number, 0)
  filled = cells != ""
  assert (filled[:, :-1] >= filled[:, 1:]).all() and filled[:, 1].any()
  assert not np.isin(cells[:, 1:], field.specials).any()
  numbers = np.where(filled, cells, "0").astype(int)
  assert (np.diff(numbers, axis=1)[filled[:, 1:]] > 0).all()


def test_missing_shares_are_recorded_and_whole_visits_lack_the_questionnaire(frames, plan, raw):
  recorded = _truth(raw).drop_duplicates("variable").set_index("variable")
  for field in plan.fields:
    if field.kind in (fields.MULTI, fields.NOMINAL, fields.ORDINAL) or field.parent is not None:
      continue
    observed = sum(
      int((~np.isin(_cells(frames[field.main_category], field.number, i), ["", *_MISSING, "not measured"])).sum())
      for i in field.instances
    )
    assert abs(recorded.loc[str(field.number), "num_observed"] - observed) <= 2
  questions = [field for field in plan.fields if field.is_questionnaire and field.parent is None and field.sex is None]
  answers = np.stack([(_cells(frames[f.main_category], f.number, 0) != "").any(axis=1) for f in questions], axis=1)
  share = (~answers).all(axis=1).mean()
  assert share == pytest.approx(0.03, abs=4 * np.sqrt(0.03 * 0.97 / len(answers)))
  assert 0.03 < recorded["share_missing"][recorded["main_category"] != fields.DISEASES].mean() < 0.15


def test_nothing_but_special_codes_is_missing_without_missingness(tmp_path):
  exposures = dataclasses.replace(_SPEC.exposures, missingness=0.0)
  cohort.generate(dataclasses.replace(_SPEC, num_participants=200, exposures=exposures), tmp_path / "raw")
  assert _truth(tmp_path / "raw")["share_missing"].max() < 0.07


def test_diagnoses_have_dates_some_of_them_after_the_visits(frames, persons):
  frame = frames[fields.DISEASES]
  codes, dates = _cells(frame, 41270, 0), _cells(frame, 41280, 0)
  assert ((codes != "") == (dates != "")).all()
  baseline = {person.eid: person.visits[0].date.isoformat() for person in persons}
  last = {person.eid: person.visits[-1].date.isoformat() for person in persons}
  before, after = np.zeros(2, int)
  for eid, codes_of, dates_of in zip(frame.index, codes, dates, strict=True):
    present = [code for code in codes_of if code]
    assert present == sorted(present) and len({code[:3] for code in present}) == len(present)
    assert all(len(code) == 4 for code in present)
    kept = [date for date in dates_of if date]
    assert all(str(diagnoses.RECORDS_BEGIN) <= date <= str(diagnoses.RECORDS_END) for date in kept)
    before += sum(date <= baseline[eid] for date in kept)
    after += sum(date > last[eid] for date in kept)
  assert before > 50 and after > 10


def test_flaws_are_planted_by_count_and_recorded(raw, frames):
  planted = tables.read(truth.path(raw, truth_tables.FLAWS), truth_tables.FLAWS)
  counts = planted["kind"].value_counts()
  assert counts[flaws.UNKNOWN_CODE] == 2 and counts[flaws.TEXT] == 2
  assert counts[flaws.SINGLE_VALUE] == 2 and counts[flaws.REPEATED_COLUMN] == 1
  for row in planted.itertuples():
    if row.kind in (flaws.UNKNOWN_CODE, flaws.TEXT):
      name = row.file.removeprefix("tables/exposures_").removesuffix(".csv")
      assert frames[name].loc[row.eid, row.member] in ("77", "not measured")
    elif row.kind == flaws.SINGLE_VALUE:
      cells = set(frames["clinical_phenotypes"][row.member])
      assert cells - {""} == {"0"}
    elif row.kind == flaws.REPEATED_COLUMN:
      assert frames["clinical_phenotypes"][row.member].equals(frames[fields.BIOMARKERS][row.member])
    elif row.kind == "withdrawn":
      assert all(row.eid in frame.index for frame in frames.values())
  assert (planted["kind"] == "withdrawn").sum() == 3


def test_without_flaws_there_are_none(tmp_path):
  exposures = _SPEC.exposures.without_flaws()
  cohort.generate(dataclasses.replace(_SPEC, num_participants=40, exposures=exposures), tmp_path / "raw")
  planted = tables.read(truth.path(tmp_path / "raw", truth_tables.FLAWS), truth_tables.FLAWS)
  assert not planted["file"].str.contains("exposures").any()
  clinical, biomarkers = (_read(tmp_path / "raw", name) for name in ("clinical_phenotypes", fields.BIOMARKERS))
  assert clinical.columns.intersection(biomarkers.columns).empty
  assert "4792-0.0" not in clinical


def test_one_person_is_a_phantom_too(tmp_path):
  cohort.generate(dataclasses.replace(_SPEC, num_participants=1), tmp_path / "raw")
  assert all(len(_read(tmp_path / "raw", name)) == 1 for name in fields.MAIN_CATEGORIES)
