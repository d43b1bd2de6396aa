"""Sex is read where its spelling says what it means, and refused where two codings are in use."""

import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.labels import sexes

_SETTING = 'sex_values = {{"{male}": 1, "{female}": 0}}'


def _read(cells, values=()):
  return sexes.read(pd.Series(cells, dtype="str"), "sex", dict(values), _SETTING)


@pytest.mark.parametrize(
  ("cells", "values", "codes"),
  [
    (["F", "female", "W", "Woman", "m", "MALE", "man", "", "?"], {}, [0, 0, 0, 0, 1, 1, 1, -1, -1]),
    (["0", "1", "1.0", "00", "NA", "1e0"], {}, [0, 1, 1, 0, -1, 1]),
    (["0", "1", "f", "Male"], {}, [0, 1, 0, 1]),
    (["1.0", "2.0", "01", "9"], {"1": 1, "2": 0}, [1, 0, 1, -1]),
    (["1", "2", "0"], {"1.0": 0, "2.0": 1}, [0, 1, -1]),
    (["Homme", "femme", "x"], {"HOMME": 1, "Femme": 0}, [1, 0, -1]),
    (["f"] * 60 + ["divers"], {}, [0] * 60 + [-1]),
    (["", ""], {}, [-1, -1]),
  ],
)
def test_what_is_understood(cells, values, codes):
  assert _read(cells, values).codes.tolist() == codes


@pytest.mark.parametrize(
  "numbers", [["1", "2"], ["0", "1", "2"], ["0", "2"], ["0"], ["1"], ["2"], ["1.0", "2.0"], ["0", "1", "9"], ["f", "1"]]
)
def test_numbers_of_an_unknown_coding_are_refused(numbers):
  with pytest.raises(errors.InputError, match=r'column sex holds the number.*sex_values = {"1": 1, "[02]": 0} where'):
    _read([*numbers, *numbers, ""])


def test_both_codings_are_said():
  with pytest.raises(errors.InputError, match=r'{"1": 1, "2": 0} where 1 is male.*{"2": 1, "1": 0} where it is the re'):
    _read(["1", "2"])


def test_words_that_are_not_understood_are_refused_when_they_are_no_slip():
  with pytest.raises(errors.InputError, match=r"50 of 100 cells \(50.0%\) are not understood .*spelled h\)"):
    _read(["m", "h"] * 50)  # mujer, hombre: `m` would be a man
  with pytest.raises(errors.InputError, match="spelled other text") as caught:
    _read(["P9000001", "Jane Elizabeth Doe"])
  assert "9000001" not in str(caught.value) and "Jane" not in str(caught.value)


def test_how_a_column_was_read_is_counted_and_said(caplog):
  caplog.set_level("INFO")
  found = _read(["F", "f", "Woman", "m", "", "?", *["m"] * 100, "9000001 or so"])
  assert found.counts == {
    "female": {"f": 2, "woman": 1},
    "male": {"m": 101},
    "unknown": {"": 1, "?": 1, "other text": 1},
  }
  assert "column sex read as: female 3 (f 2, woman 1), male 101 (m), unknown 3 (" in caplog.text


def test_the_advice_holds_the_numbers_that_are_there():
  """Pasted as it is, it must not make half the people unknown."""
  with pytest.raises(errors.InputError, match=r'{"1": 1, "0": 0} where 1 is male and 0 female'):
    _read(["0", "1", "9"])


def test_a_sex_that_no_cell_has_by_the_given_spellings_is_said(caplog):
  _read(["1", "2"], {"1": 1, "F": 0})
  assert "column sex: no cell is female by the spellings that are given" in caplog.text
  caplog.clear()
  _read(["1", "2"], {"1": 1, "2": 0, "F": 0})
  assert not caplog.text


def test_the_flag_of_predict():
  assert sexes.from_flag(["1=male", "2.0=Female"], "--sex_values") == {"1": 1, "2": 0}
  for bad in (["1"], ["1=boy"], ["1=male", "1.0=female"]):
    with pytest.raises(errors.InputError, match=r"--sex_values: .*give each spelling once"):
      sexes.from_flag(bad, "--sex_values")
