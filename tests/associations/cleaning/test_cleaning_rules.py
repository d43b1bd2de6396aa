"""Each rule of the catalogue equals a loop written from its words, on drawn tables in any spelling."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from msk_jax.associations import variables
from msk_jax.associations.catalogue import entries
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.cohort.column_names import Column, Spelling
from tests.associations import cohorts

_NUM_PEOPLE = 12
_FIELDS = {  # a field of each way of reading -> codes that are drawn
  1289: ["", "-10", "-1", "-3", "0", "2", "7"],
  5452: ["", "-1", "-3", "0", "1"],
  4814: ["", "-1", "4", "13", "12", "11"],
  2217: ["", "-1", "-3", "8", "40"],
  30600: ["", "-1", "41.5", "38"],
}
_FACTORS = {6138: ["", "1", "2", "6", "-7", "-3"], 1647: ["", "1", "6", "-1", "-3"]}
_ENTRIES = {entry.field: entry for entry in entries.read()}


def _cells(codes, num=_NUM_PEOPLE):
  return st.lists(st.sampled_from(codes), min_size=num, max_size=num)


@st.composite
def _tables(draw):
  columns = {Column(field): draw(_cells(codes)) for field, codes in _FIELDS.items()}
  columns[Column(1647)] = draw(_cells(_FACTORS[1647]))
  for array in range(3):
    columns[Column(6138, 0, array)] = draw(_cells(_FACTORS[6138]))
  for array in range(2):
    columns[Column(4079, 0, array)] = draw(_cells(["", "70", "80", "91"]))
    columns[Column(94, 0, array)] = draw(_cells(["", "60", "75"]))
  for array in range(3):
    columns[Column(3061, 0, array)] = draw(_cells(["", "0", "32", "8"]))
    columns[Column(3062, 0, array)] = draw(_cells(["", "3.5", "4.25"]))
  columns[Column(2129)] = draw(_cells(["", "1", "2"]))
  columns[Column(2139)] = draw(_cells(["", "-2", "17", "25"]))
  columns[Column(5237)] = draw(_cells(["", "0", "1"]))
  for array in range(2):
    columns[Column(5108, 0, array)] = draw(_cells(["", "5", "6.5"]))
  columns[Column(31)] = ["1"] * _NUM_PEOPLE
  return columns


def _number(text, entry):
  if text == "":
    return math.nan
  return entry.rules.get(float(text), float(text))


def _expected(columns):
  """What each variable is, from the words of `entries`, person by person."""
  get = lambda person, field, array=0: columns.get(Column(field, 0, array), [""] * _NUM_PEOPLE)[person]  # noqa: E731
  category = {f: [g for g in (*_FIELDS, 2207) if _ENTRIES[g].category == _ENTRIES[f].category] for f in _FIELDS}
  result = {}
  for field in _FIELDS:
    entry = _ENTRIES[field]
    values = []
    for person in range(_NUM_PEOPLE):
      text = get(person, field)
      any_answer = any(get(person, other) for other in category[field])
      is_filled = text == "" and entry.fill is not None and any_answer
      values.append(entry.fill if is_filled else _number(text, entry))
    result[str(field)] = values
  for field in _FACTORS:
    missing = {code for code, value in _ENTRIES[field].rules.items() if math.isnan(value)}
    answers = [{get(p, field, a) for a in range(3)} - {""} - {f"{m:.0f}" for m in missing} for p in range(_NUM_PEOPLE)]
    for level in set().union(*answers):
      result[f"{field}_{level}"] = [float(level in each) if each else math.nan for each in answers]
  mean = lambda known: np.mean(known) if known else math.nan  # noqa: E731
  result["4079"] = [
    mean([float(t) for a in range(2) if (t := get(p, 4079, a) or get(p, 94, a))]) for p in range(_NUM_PEOPLE)
  ]
  blows = [
    [get(p, 3062, a) for a in range(3) if get(p, 3061, a) in ("0", "32") and get(p, 3062, a)]
    for p in range(_NUM_PEOPLE)
  ]
  result["3062"] = [float(each[0]) if each else math.nan for each in blows]
  result["2139"] = [
    math.nan if get(p, 2129) != "1" or get(p, 2139) in ("", "-2") else float(get(p, 2139)) for p in range(_NUM_PEOPLE)
  ]
  picked = [get(p, 5108, int(get(p, 5237))) if get(p, 5237) else "" for p in range(_NUM_PEOPLE)]
  result["5108"] = [float(text) if text else math.nan for text in picked]
  return result


@settings(
  max_examples=5,
  deadline=None,
  phases=[Phase.explicit, Phase.reuse, Phase.generate],
  suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_tables(), st.sampled_from(list(Spelling)), st.booleans(), st.sampled_from([3, 100]))
def test_rules_are_what_they_say(tmp_path_factory, columns, spelling, packs, columns_per_pass):
  folder = tmp_path_factory.mktemp("rules")
  path = cohorts.write(folder / "table.csv", columns, spelling=spelling, packs=packs)
  expected = {name: np.array(values, float) for name, values in _expected(columns).items()}
  usable = {n: v for n, v in expected.items() if len(np.unique(v[~np.isnan(v)])) > 1}
  if not usable:
    return
  out = folder / "out"
  out.mkdir()
  inputs = exposures.Inputs(tables=(path,))
  spec = ExposureSpec(cells_per_pass=columns_per_pass * _NUM_PEOPLE)
  made = exposures.make(out, inputs, cohorts.cohort(_NUM_PEOPLE), spec)
  cleaned = variables.load(out)
  assert set(cleaned.names()) == set(usable)
  for name, values in usable.items():
    np.testing.assert_array_equal(cleaned.read([name])[:, 0], values, err_msg=name)
  assert made.counts["cells_not_understood"] == 0


def test_packed_answers_keep_their_numbers(tmp_path):
  """`70||90`: the second of three answers is blank, so that the third stays the third."""
  text = "eid,p3062_i0,p3061_i0\n" + "".join(f"{cohorts.eid(n)},3.5||4.{n},8||0\n" for n in range(4))
  path = tmp_path / "packed.csv"
  path.write_text(text)
  exposures.make(tmp_path, exposures.Inputs(tables=(path,)), cohorts.cohort(4), ExposureSpec())
  assert variables.load(tmp_path).read(["3062"])[:, 0].tolist() == pytest.approx([4.0, 4.1, 4.2, 4.3])
