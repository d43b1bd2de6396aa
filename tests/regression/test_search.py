"""A resumed search gives the same trials, keeps studies apart, and finds an optimum that is there."""

import json
import math

import pytest

from msk_jax.regression import search

_SPACE = {"a": search.Real(0.01, 10.0, is_log=True), "b": search.Real(0, 1), "c": search.Whole(3, 9)}


def _score(setting):
  return -((math.log(setting["a"]) - 1) ** 2) - (setting["b"] - 0.3) ** 2 - abs(setting["c"] - 4)


def _mean(scored):
  return sum(one.score for one in scored) / len(scored)


def _run(found, rounds, at_once=1):
  for _ in range(rounds):
    found.tell([[_score(setting) for setting in settings] for settings in found.ask(at_once)])
  return found


def test_settings_lie_in_the_space_and_get_better():
  found = _run(search.Search(_SPACE, range(4), seed=0), 30)
  for study in found.history:
    assert len(study) == 30
    for one in study:
      assert 0.01 <= one.setting["a"] <= 10 and 0 <= one.setting["b"] <= 1 and one.setting["c"] in range(3, 10)
      assert isinstance(one.setting["c"], int)
    random, chosen = study[: search.RANDOM_TRIALS], study[search.RANDOM_TRIALS :]
    assert _mean(chosen) > _mean(random)
  assert all(one.score > -1 for one in found.best())


@pytest.mark.parametrize("at_once", [1, 3])
def test_going_on_gives_the_trials_of_a_search_never_stopped(at_once):
  whole = _run(search.Search(_SPACE, (0, 7), seed=3), 24, at_once)
  first = _run(search.Search(_SPACE, (0, 7), seed=3), 5, at_once)
  stored = json.loads(json.dumps([[one.to_json() for one in study] for study in first.history]))
  history = [[search.Scored.from_json(one) for one in study] for study in stored]
  rest = _run(search.Search(_SPACE, (0, 7), seed=3, history=history), 19, at_once)
  assert rest.history == whole.history


def test_a_study_depends_on_its_number_and_the_seed_alone():
  together = _run(search.Search(_SPACE, (4, 5), seed=1), 24)
  alone = _run(search.Search(_SPACE, (5,), seed=1), 24)
  assert together.history[1] == alone.history[0]
  assert together.history[0] != together.history[1]
  assert _run(search.Search(_SPACE, (5,), seed=2), 24).history != alone.history


def test_studies_of_one_number_draw_the_same_settings_until_their_scores_tell():
  found = search.Search(_SPACE, (0, 0), seed=1)
  for number in range(search.RANDOM_TRIALS + 2):
    one, other = found.ask()
    assert (one == other) == (number < search.RANDOM_TRIALS), number
    found.tell([[_score(one[0])], [-_score(other[0])]])


def test_failed_fits_are_passed_over_and_kept():
  found = search.Search(_SPACE, (0,), seed=0)
  for number in range(24):
    (settings,) = found.ask()
    found.tell([[math.nan if number % 3 == 0 else _score(settings[0])]])
  stored = [search.Scored.from_json(json.loads(json.dumps(one.to_json()))) for one in found.history[0]]
  assert [math.isnan(one.score) for one in stored] == [number % 3 == 0 for number in range(24)]
  again = search.Search(_SPACE, (0,), seed=0, history=[stored])
  assert again.ask() == found.ask()
  assert again.best() == found.best() and math.isfinite(found.best()[0].score)


def test_no_score_at_all_is_an_error():
  with pytest.raises(ValueError, match="no setting has a score"):
    search.best_of([search.Scored({"a": 1.0}, math.nan)])
