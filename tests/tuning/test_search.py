"""A search: chosen by validation alone, resumed, kept apart from the models; what fails is a row."""

import dataclasses
import json

import pandas as pd
import pytest

from msk_jax.io import errors, locks, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import tuning_tables
from msk_jax.training import pausing
from msk_jax.tuning import comparison, run, spec, trial, trial_table
from tests.training import cohort
from tests.tuning import fake_trainer
from tests.tuning.fake_trainer import FakeTrainer

_DEFAULT = (cohort.LEARNING_RATE, 0.5)
_GOOD, _BAD, _THIRD = (1e-3, 0.5), (1e-4, 0.5), (cohort.LEARNING_RATE, 0.25)
_ERRORS = {_DEFAULT: 6.0, _GOOD: 3.0, _BAD: 9.0}


def _states(table: trial_table.Table) -> dict[int, str]:
  return table.rows.set_index("trial")["state"].to_dict()


def _written(search) -> pd.DataFrame:
  return tables.read(search.folder / "trials.parquet", tuning_tables.TRIALS)


def test_validation_chooses_and_the_table_says_it(tmp_path):
  search = fake_trainer.plan(tmp_path)
  ended = run.run(search, FakeTrainer(_ERRORS))
  assert ended.table.comparison.best == 1 and not ended.can_continue
  rows = _written(search)
  assert rows["trial"].tolist() == [1, 3, 0, 2] and rows["role"].tolist() == ["best", "", "default", ""]
  assert rows["learning_rate"].iloc[0] == 1e-3 and rows["dropout"].iloc[1] == 0.25
  assert rows["num_people"].tolist() == [6] * 4 and set(rows["state"]) == {trial.FINISHED}
  assert rows["ending"].iloc[0] == "max_epochs (still improving)"
  record = run_record.read(search.folder)
  assert record["stage"] == "tune" and record["results"]["chosen"] == 1
  assert record["results"]["says"] == comparison.TOO_FEW and record["results"]["states"] == {"finished": 4}


def test_nothing_of_the_test_fold_reaches_choice_and_table(tmp_path):
  """Test predictions that would turn the order around leave the same bytes."""
  written = []
  for name, change in (("plain", lambda predicted: predicted), ("turned", lambda predicted: 1000 - 20 * predicted)):
    search = fake_trainer.plan(tmp_path / name)
    run.run(search, FakeTrainer(_ERRORS, change))
    for number, each in enumerate(search.trials):  # and what is written of them afterwards
      path = each.training_folder / split_folder.RESULT_NAME
      result = json.loads(path.read_text())
      path.write_text(json.dumps({**result, "test": {"rmse": -number, "r2": number}}))
    table = trial_table.make(search)
    assert not [column for column in table.rows if "test" in column]
    written.append(table.rows.drop(columns="minutes"))
  pd.testing.assert_frame_equal(*written)


def test_a_second_call_trains_nothing_and_writes_nothing(tmp_path):
  run.run(fake_trainer.plan(tmp_path), FakeTrainer(_ERRORS))
  search, trainer = fake_trainer.plan(tmp_path), FakeTrainer(_ERRORS)
  paths = [search.folder / name for name in ("trials.parquet", "trials.csv", run_record.FILE_NAME)]
  before = [path.stat().st_mtime_ns for path in paths]
  run.run(search, trainer)
  assert trainer.trained == [] and [path.stat().st_mtime_ns for path in paths] == before


def test_a_paused_search_resumes_to_the_same_table(tmp_path):
  straight = run.run(fake_trainer.plan(tmp_path / "straight"), FakeTrainer(_ERRORS)).table
  search = fake_trainer.plan(tmp_path / "paused")
  paused = run.run(search, FakeTrainer({**_ERRORS, _GOOD: fake_trainer.PAUSES}))
  assert paused.can_continue and run_record.read(search.folder) is None
  assert _states(paused.table) == {0: "finished", 1: "paused", 2: "not begun", 3: "not begun"}
  assert "2 epochs are done" in paused.table.rows.set_index("trial")["reason"][1]
  trainer = FakeTrainer(_ERRORS)
  resumed = run.run(fake_trainer.plan(tmp_path / "paused"), trainer)
  assert trainer.trained == [_GOOD, _BAD, _THIRD]
  pd.testing.assert_frame_equal(resumed.table.rows.drop(columns="minutes"), straight.rows.drop(columns="minutes"))


def test_a_spent_budget_ends_the_call_once_it_has_trained(tmp_path):
  trained = []
  for _ in range(4):
    trainer = FakeTrainer(_ERRORS)
    search = fake_trainer.plan(tmp_path, budget=pausing.Budget(pausing.deadline_in(0.0)))
    ended = run.run(search, trainer)
    trained += trainer.trained
  assert trained == [_DEFAULT, _GOOD, _BAD, _THIRD] and not ended.can_continue


def test_a_trial_that_diverges_is_a_row_and_is_not_trained_again(tmp_path):
  trainer = FakeTrainer({**_ERRORS, _BAD: fake_trainer.DIVERGES})
  ended = run.run(fake_trainer.plan(tmp_path), trainer)
  assert _states(ended.table) == {0: "finished", 1: "finished", 2: "diverged", 3: "finished"}
  last = ended.table.rows.iloc[-1]
  assert last["trial"] == 2 and last["reason"] == "step 3 gave numbers that are not finite"
  assert pd.isna(last["validation_rmse_years"])
  again = FakeTrainer(_ERRORS)
  assert run.run(fake_trainer.plan(tmp_path), again).table.comparison.best == 1
  assert again.trained == []
  run.run(fake_trainer.plan(tmp_path, overwrite=True), again)
  assert again.trained == [_BAD]


@pytest.mark.parametrize(
  ("happens", "reason"), [(fake_trainer.FAILS, "the disk is full"), (fake_trainer.NEEDS_MEMORY, "not enough memory")]
)
def test_a_trial_that_fails_is_a_row_and_is_tried_again(tmp_path, happens, reason):
  ended = run.run(fake_trainer.plan(tmp_path), FakeTrainer({**_ERRORS, _DEFAULT: happens}))
  assert _states(ended.table)[0] == "failed" and reason in ended.table.rows.iloc[-1]["reason"]
  assert ended.table.comparison.judge() == comparison.NO_DEFAULT and ended.status == 1
  again = FakeTrainer(_ERRORS)
  ended = run.run(fake_trainer.plan(tmp_path), again)
  assert _states(ended.table)[0] == "finished" and again.trained == [_DEFAULT] and ended.status == 0


def test_errors_of_the_program_are_not_rows(tmp_path):
  def broken(call, settings):
    raise RuntimeError("a shape is wrong")

  with pytest.raises(RuntimeError, match="a shape is wrong"):
    run.run(fake_trainer.plan(tmp_path), broken)


def test_a_search_whose_trials_all_fail_is_an_error(tmp_path):
  keys = (_DEFAULT, _GOOD, _BAD, _THIRD)
  with pytest.raises(errors.InputError, match=r"none of 4 trials has finished. The first: the disk is full"):
    run.run(fake_trainer.plan(tmp_path), FakeTrainer(dict.fromkeys(keys, fake_trainer.FAILS)))


def test_another_space_keeps_trials_of_the_same_settings(tmp_path):
  run.run(fake_trainer.plan(tmp_path), FakeTrainer(_ERRORS))
  space = dataclasses.replace(fake_trainer.SPACE, train=spec.TrainLists(learning_rate=(2e-3, 1e-3), optimizer=()))
  trainer = FakeTrainer(_ERRORS)
  search = fake_trainer.plan(tmp_path, dataclasses.replace(fake_trainer.SETTINGS, space=space))
  ended = run.run(search, trainer)
  assert trainer.trained == [(2e-3, 0.5)]
  assert search.trials[ended.table.comparison.best].changes == {"train.learning_rate": 1e-3}
  assert len(list((search.folder / trial.FOLDER).iterdir())) == 5


def test_a_trial_is_known_by_all_settings_of_its_training_but_its_limits(tmp_path):
  settings, plain = cohort.experiment(), fake_trainer.plan(tmp_path).trials

  def folders(experiment) -> list:
    return [each.folder for each in fake_trainer.plan(tmp_path, experiment=experiment).trials]

  assert folders(cohort.experiment(max_epochs=9)) == [each.folder for each in plain]
  for other in (dataclasses.replace(settings, seed=1), cohort.experiment(batch_size=16)):
    assert not set(folders(other)) & {each.folder for each in plain}


def test_trials_are_no_models_of_ensembles_and_evaluations(tmp_path):
  search = fake_trainer.plan(tmp_path)
  run.run(search, FakeTrainer(_ERRORS))
  assert split_folder.list_models(tmp_path) == [] and not (tmp_path / split_folder.MODELS).exists()
  assert all(each.training_folder.is_relative_to(tmp_path / "tuning/knee/simple_cnn") for each in search.trials)


def test_two_searches_at_once_are_refused(tmp_path):
  search = fake_trainer.plan(tmp_path)
  with (
    locks.alone(search.folder.with_name(f".{search.folder.name}.lock"), "busy"),
    pytest.raises(errors.InputError, match="another search is at work"),
  ):
    run.run(search, FakeTrainer(_ERRORS))


def test_people_who_withdraw_leave_trials_of_earlier_searches_too(tmp_path):
  first = fake_trainer.plan(tmp_path)
  run.run(first, FakeTrainer(_ERRORS))
  gone = split_table.read(first.trials[0].training_folder)["eid"].iloc[0]
  space = dataclasses.replace(fake_trainer.SPACE, train=spec.TrainLists(learning_rate=(), optimizer=()))
  settings = dataclasses.replace(fake_trainer.SETTINGS, space=space)
  run.run(fake_trainer.plan(tmp_path, settings, withdrawn={gone}), FakeTrainer(_ERRORS))
  for each in first.trials:
    assert gone not in set(split_table.read(each.training_folder)["eid"])


def test_another_split_and_impossible_values_are_refused(tmp_path):
  with pytest.raises(errors.InputError, match=r"config\.fold is 3, but settings are searched on split 0"):
    fake_trainer.plan(tmp_path, experiment=dataclasses.replace(cohort.experiment(), fold=3))
  space = dataclasses.replace(fake_trainer.SPACE, model=spec.ModelLists(dropout=(1.5,)))
  with pytest.raises(errors.InputError, match=r"config.tune.space \(model.dropout = 1.5\) can't be tried: .*\[0, 1\)"):
    fake_trainer.plan(tmp_path, dataclasses.replace(fake_trainer.SETTINGS, space=space))


def test_more_epochs_continue_all_trials_before_any_is_compared(tmp_path):
  """Trials under other limits are not beside each other, not even in a table of how far the search has come."""
  run.run(fake_trainer.plan(tmp_path), FakeTrainer(_ERRORS))
  longer = fake_trainer.plan(tmp_path, experiment=cohort.experiment(max_epochs=4))
  assert set(trial_table.make(longer).rows["state"]) == {trial.PAUSED}


def test_trials_of_other_data_are_not_beside_new_ones(tmp_path):
  search = fake_trainer.plan(tmp_path)
  run.run(search, FakeTrainer(_ERRORS))
  other = dataclasses.replace(search, hashes={**search.hashes, "samples": "of other people"})
  assert set(trial_table.make(other).rows["state"]) == {trial.NOT_BEGUN}
  trial.write_note(search.trials[1].folder, trial.Note(trial.FINISHED, data=other.data))
  assert _states(trial_table.make(other)) == {0: "not begun", 1: "finished", 2: "not begun", 3: "not begun"}
