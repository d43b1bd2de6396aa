"""The study of nothing: what it shuffles and draws, and that it can say that there is something."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd
import pytest

from benchmarks import null_claims, null_pictures, null_shuffled, null_study
from msk_jax.simulation import people
from msk_jax.simulation import spec as phantom_spec
from msk_jax.simulation.pictures import drawing


def _make_traits(num_people: int, seed: int) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
  """Returns traits of people's visits, sexes, and families of one to three people."""
  rng = np.random.default_rng(seed)
  eid = np.array([str(9_000_001 + number) for number in range(num_people)], object)
  sex = pd.Series(rng.integers(0, 2, num_people), index=eid)
  family = pd.Series(np.sort(rng.integers(0, num_people // 2, num_people)), index=eid)
  twice = np.concatenate([eid, rng.choice(eid, num_people // 10, replace=False)])
  instance = np.array([2] * num_people + [3] * (len(twice) - num_people))
  return pd.DataFrame({"eid": twice, "instance": instance, "knee": np.arange(len(twice)) * 1.0}), sex, family


def test_people_swap_within_their_sex():
  traits, sex, _ = _make_traits(60, 0)
  traits = traits[traits["instance"] == 2]
  swapped = null_shuffled.swap_people(traits, sex, np.random.default_rng(0))
  assert sorted(swapped["eid"]) == sorted(traits["eid"]) and (swapped["knee"] == traits["knee"]).all()
  assert (sex[swapped["eid"]].to_numpy() == sex[traits["eid"]].to_numpy()).all()
  assert not (swapped["eid"] == traits["eid"]).any()


def test_families_swap_whole_with_families_alike():
  traits, sex, family = _make_traits(400, 0)
  swapped = null_shuffled.swap_families(traits, sex, family, np.random.default_rng(0))
  given = traits.loc[swapped.index]
  assert 300 < len(swapped) < len(traits) and (swapped["knee"] == given["knee"]).all()
  assert (sex[swapped["eid"]].to_numpy() == sex[given["eid"]].to_numpy()).all()
  assert not swapped.duplicated(["eid", "instance"]).any()
  assert set(zip(swapped["eid"], swapped["instance"], strict=True)) <= set(
    zip(traits["eid"], traits["instance"], strict=True)
  )
  pairs = set(zip(family[given["eid"]], family[swapped["eid"]], strict=True))
  assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
  assert not any(one == other for one, other in pairs)


def test_a_family_that_is_like_no_other_is_left_out():
  traits = pd.DataFrame({"eid": ["a", "b", "c", "d"], "instance": 2, "knee": [1.0, 2.0, 3.0, 4.0]})
  sex = pd.Series([0, 1, 0, 0], index=["a", "b", "c", "d"])
  family = pd.Series([0, 0, 1, 2], index=["a", "b", "c", "d"])
  swapped = null_shuffled.swap_families(traits, sex, family, np.random.default_rng(0))
  assert sorted(swapped["eid"]) == ["c", "d"]


@pytest.mark.parametrize(
  ("values", "is_limit", "says"),
  [
    ([0.04, 0.06, 0.05, 0.05], False, "as stated"),
    ([0.0501, 0.0503, 0.0502, 0.0502], False, "within the margin"),
    ([0.08, 0.081, 0.079, 0.08], False, "NOT AS STATED"),
    ([0.0, 0.01, 0.0, 0.01], False, "NOT AS STATED"),
    ([0.0, 0.01, 0.0, 0.01], True, "as stated"),
    ([0.2, 0.21, 0.19, 0.2], True, "NOT AS STATED"),
    ([], True, "not measured"),
  ],
)
def test_a_claim_fails_where_more_is_found_than_stated(values, is_limit, says):
  claim = null_claims.Claim("share", 0.05, 0.005, lambda seed: seed["x"], is_limit=is_limit)
  assert claim.judge([{"x": value} for value in values])[-1] == says


def test_shares_that_are_never_seen_keep_the_error_of_the_stated_share():
  claim = null_claims.Claim("any", 0.05, 0.05, lambda seed: seed["x"], is_limit=True, is_share=True)
  assert claim.judge([{"x": False}] * 20)[1:4] == ["0.0000 (0.0487)", "20", "171"]


def test_shares_that_are_alike_in_all_seeds_are_no_proof():
  shares = [claim for claims in null_claims.CLAIMS.values() for claim in claims if claim.is_share]
  names = {claim.name for claim in shares}
  assert {"h2: intervals of 95% that reach 0", "trainings no better than the mean", "h2 that may be used"} <= names
  for claim in shares:
    best = float(round(claim.stated))
    judged = dataclasses.replace(claim, value=lambda seed: seed["x"]).judge([{"x": best}] * 9)
    assert judged[-1] == "as stated" and "(0.0000)" not in judged[1] and judged[3] != "2"


def test_text_is_all_that_a_picture_says_of_age():
  spec = phantom_spec.PhantomSpec(40, imaged_fraction=1.0)
  visits = [(person, visit) for person in people.make_people(spec) for visit in person.visits if visit.is_imaged]
  picture = next(each for each in drawing.PICTURES if each.view == "spine/coronal")
  levels = np.linspace(0, 255, 100)
  ages: dict[bytes, int] = {}
  texts: dict[tuple[int, tuple[int, int]], bytes] = {}
  for person, visit in visits:
    noise, text = (
      null_pictures.draw(levels, case, 0, person, visit, picture) for case in (null_pictures.NOISE, null_pictures.TEXT)
    )
    on_plate = null_pictures.plate(*noise.shape)
    shown, age = text[on_plate].tobytes(), int(person.age_years(visit))
    assert ages.setdefault(shown, age) == age and texts.setdefault((age, text.shape), shown) == shown
    text[on_plate] = noise[on_plate]
    assert (noise == text).all() and noise.dtype == np.uint8


def test_archives_of_noise_are_written_once(tmp_path):
  shown = null_pictures.write_data(tmp_path, null_pictures.NOISE, 3, 12)
  times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.zip")}
  assert len(times) == shown["pictures"] >= 12
  assert null_pictures.write_data(tmp_path, null_pictures.NOISE, 3, 12) == shown
  assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.zip")}


def _run(tmp_path: pathlib.Path, parts: dict[str, int]) -> str:
  counts = [f"--{part}={parts.get(part, 0)}" for part in null_study.PARTS]
  flags = [
    "--quick",
    f"--workdir={tmp_path / 'study'}",
    f"--log={tmp_path / 'log'}",
    f"--markdown={tmp_path / 'table'}",
  ]
  null_study.main([*counts, *flags])
  first = (tmp_path / "log").read_text()
  null_study.main([*counts, *flags])
  assert (tmp_path / "log").read_text() == first
  return (tmp_path / "table").read_text()


@pytest.mark.slow
@pytest.mark.long
def test_other_peoples_ages_are_tabulated_and_resumed(tmp_path, capsys):
  table = _run(tmp_path, {"genes": 1, "variables": 1, "predictions": 1})
  assert "array variants, share of p < .05" in table
  assert "of two values, rarer" in table and "R2 of predictions from X" in table


@pytest.mark.slow
@pytest.mark.long
def test_pictures_of_noise_are_tabulated_and_resumed(tmp_path, capsys):
  table = _run(tmp_path, {"noise": 1})
  assert "trainings that count as learned" in table
