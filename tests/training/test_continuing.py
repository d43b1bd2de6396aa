"""What a finished training needs to be shown again, and what one needs that continues."""

import dataclasses
import json
import os
import shutil

import pytest

from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.training import baselines, command, experiment, loop, pausing, prediction_figure, printout
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_FOLD = "models/knee/simple_cnn/fold_0"
_FUTURE = 4_000_000_000  # seconds: in 2096


def _run(workdir, given=(), overwrite=False, withdrawn=(), **train) -> command.Ended:
  with pausing.Budget(pausing.deadline_in(1.0)) as budget:
    call = command.Call(cohort.VIEW, "phantom", workdir, budget, overwrite, withdrawn, given_limits=given)
    return experiment.run_in(call, cohort.experiment(**train))


@pytest.fixture
def finished(straight, tmp_path):
  return shutil.copytree(straight[0], tmp_path / "work")


@pytest.fixture
def untrained(monkeypatch):
  """Fails a test that trains."""
  monkeypatch.setattr(loop, "fit", lambda *arguments: pytest.fail("it trains"))


def test_the_best_parameters_suffice_to_predict_again(finished, straight, untrained):
  shutil.rmtree(finished / _FOLD / "checkpoints")
  before = split_table.read(finished / _FOLD)
  (finished / _FOLD / "predictions.parquet").unlink()
  assert _run(finished).result == straight[1]
  assert split_table.read(finished / _FOLD).equals(before)


@pytest.mark.parametrize("result", ["kept", "lost"])
def test_a_training_whose_checkpoints_are_gone_does_not_begin_as_if_nothing_were_there(finished, untrained, result):
  shutil.rmtree(finished / _FOLD / "checkpoints")
  before = (finished / _FOLD / "result.json").read_bytes()
  if result == "lost":
    (finished / _FOLD / "result.json").unlink()
  with pytest.raises(errors.InputError, match=r"can't continue from epoch 3\. Put the folder back, or .*--overwrite"):
    _run(finished, max_epochs=5)
  assert result == "lost" or (finished / _FOLD / "result.json").read_bytes() == before


def test_lost_best_parameters_of_a_finished_training_are_named(finished, untrained):
  shutil.rmtree(finished / _FOLD / "best")
  (finished / _FOLD / "predictions.parquet").unlink()
  with pytest.raises(errors.InputError, match=r"best are missing or damaged.*--overwrite"):
    _run(finished)


def test_the_plain_command_shows_a_training_whose_limit_was_raised(finished, monkeypatch, caplog):
  raised = _run(finished, given=("max_epochs",), max_epochs=4).result
  assert raised["epochs"] == 4 and raised["limits"]["max_epochs"] == 4
  monkeypatch.setattr(loop, "fit", lambda *arguments: pytest.fail("it trains"))
  with caplog.at_level("WARNING", "absl"):
    assert _run(finished).result == raised
  assert "--config.train.max_epochs=4 of an earlier call is in use, not the config's 3" in caplog.text
  with pytest.raises(errors.InputError, match=r"has done 4 epochs, more than config\.train\.max_epochs = 3"):
    _run(finished, given=("max_epochs",))


def test_limits_are_on_record_and_the_same_whatever_the_history(finished, straight, untrained):
  limits = {"max_epochs": 3, "early_stopping_patience": 15}
  assert straight[1]["limits"] == limits
  assert json.loads((finished / _FOLD / "run.json").read_text())["results"]["limits"] == limits
  ended = _run(finished, early_stopping_patience=20)
  assert ended.result == {**straight[1], "limits": {**limits, "early_stopping_patience": 20}}
  assert split_folder.read_result(finished / _FOLD) == ended.result
  assert json.loads((finished / _FOLD / "run.json").read_text())["results"]["limits"] == ended.result["limits"]


def test_splits_of_other_limits_or_settings_are_not_taken_together(finished, straight, capsys):
  other = shutil.copytree(finished / _FOLD, finished / _FOLD.replace("fold_0", "fold_1"))
  result = {**straight[1], "epochs": 2, "fold": 1, "limits": {"max_epochs": 2, "early_stopping_patience": 15}}
  split_folder.write_result(other, result)
  splits = [(straight[1], finished / _FOLD), (result, other)]
  with pytest.raises(errors.InputError, match="splits ended under other limits"):
    baselines.pooled_test(splits)
  for show in (lambda: printout.print_folds(splits), lambda: printout.print_result(straight[1], finished / _FOLD)):
    show()
    said = " ".join(capsys.readouterr().out.split())
    assert "NOT TAKEN TOGETHER: knee/simple_cnn: splits ended under other limits" in said
    assert "max_epochs 2" in said and "all 2 splits" not in said and "test, 2 splits" not in said


def test_withdrawn_people_leave_the_figure_too(finished, monkeypatch, untrained):
  gone, drawn = frozenset({"9000009", "9000010"}), []
  draw = prediction_figure.draw
  monkeypatch.setattr(prediction_figure, "draw", lambda *rest: (drawn.append(rest[2]), draw(*rest)))
  num = {part: len(rows) for part, rows in split_table.read(finished / _FOLD).groupby("part")}
  for lost in (None, "predictions.parquet", "frozen_ridge.parquet"):
    drawn.clear()
    if lost:
      (finished / _FOLD / lost).unlink()
    os.utime(finished / _FOLD / "predictions.png", (_FUTURE, _FUTURE))  # the clock was ahead, and is set back
    _run(finished, withdrawn=gone)
    assert [len(drawn[-1][part][0]) for part in ("validation", "test")] == [num["validation"] - 1, num["test"] - 1]
    assert not gone & set(split_table.read(finished / _FOLD, "frozen_ridge.parquet")["eid"])
  drawn.clear()
  _run(finished, withdrawn=gone)
  assert not drawn


def _age(folder, patience=15) -> None:
  """Turns a finished training's files into those of the version before exact statistics."""
  record = json.loads((folder / "run.json").read_text())
  train = record["settings"]["train"]
  for name in ("warmup_steps", "mean_keep", "exact_statistics_images"):
    del train[name]
  if patience is not None:
    train["early_stopping_patience"] = patience
  del record["results"]["limits"], record["results"]["given_limits"]
  (folder / "run.json").write_text(json.dumps(record))
  result = json.loads((folder / "result.json").read_text())
  newer = ("longest_stall", "ending", "still_improving", "limits", "baselines", "verdict")
  result = {name: value for name, value in result.items() if name not in newer} | {"stopped_early": False, "version": 1}
  (folder / "result.json").write_text(json.dumps(result))
  for name in ("reference.json", "frozen_ridge.parquet"):
    (folder / name).unlink()


def test_a_finished_training_of_an_older_version_is_shown_and_completed(finished, straight, untrained):
  _age(finished / _FOLD)
  ended = _run(finished)
  assert ended.status is pausing.Status.FINISHED
  for name in ("params_sha256", "test", "baselines", "verdict", "epochs", "ending", "limits"):
    assert ended.result[name] == straight[1][name]
  assert _run(finished).result == ended.result
  with pytest.raises(errors.InputError, match=r"an older msk_jax trained .*--overwrite"):
    _run(finished, max_epochs=5)
  with pytest.raises(errors.InputError, match=r"other settings or data .*train\.warmup_steps"):
    _run(finished, warmup_steps=6)


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_older_result_keeps_the_limits_that_it_ended_by(finished, untrained, caplog, is_whole):
  _run(finished)
  baseline, reference = ((finished / _FOLD / name).read_bytes() for name in ("frozen_ridge.parquet", "reference.json"))
  _age(finished / _FOLD, patience=11)
  if is_whole:  # nothing is predicted again
    (finished / _FOLD / "frozen_ridge.parquet").write_bytes(baseline)
    (finished / _FOLD / "reference.json").write_bytes(reference)
  for _ in range(2):
    result = _run(finished, given=("early_stopping_patience",), early_stopping_patience=4).result
    assert result["limits"] == {"max_epochs": 3, "early_stopping_patience": 11} and "longest_stall" not in result
    recorded = json.loads((finished / _FOLD / "run.json").read_text())["results"]
    assert "limits" not in recorded and "given_limits" not in recorded
  assert "with config.train.early_stopping_patience = 11, which is shown; this call's 4 does not count" in caplog.text


def test_unknown_limits_of_an_older_result_are_named_not_invented(finished, untrained, caplog):
  _age(finished / _FOLD, patience=None)
  result = _run(finished).result
  assert not {"limits", "ending", "longest_stall"} & set(result) and "its limits are not on record" in caplog.text
  assert "limits" not in split_folder.read_result(finished / _FOLD)
  printout.print_result(result, finished / _FOLD)


def test_an_unfinished_training_of_an_older_version_is_named(finished, untrained):
  _age(finished / _FOLD)
  (finished / _FOLD / "result.json").unlink()
  with pytest.raises(errors.InputError, match=r"an older msk_jax trained .*--overwrite"):
    _run(finished)


def test_a_preset_is_kept_only_once_the_folder_is_the_trainings_own(finished, straight, untrained):
  from msk_jax.training import kept_preset, presets

  preset = kept_preset.Applied(presets.choose(118, "simple_cnn", False))
  with pausing.Budget(pausing.deadline_in(1.0)) as budget:
    call = command.Call(cohort.VIEW, "phantom", finished, budget, preset=preset)
    with pytest.raises(errors.InputError, match="other settings"):
      experiment.run_in(call, cohort.experiment(learning_rate=0.5))
    assert not (finished / "models/knee/simple_cnn/preset.json").exists()
    experiment.run_in(dataclasses.replace(call), cohort.experiment())
  assert (finished / "models/knee/simple_cnn/preset.json").exists()
