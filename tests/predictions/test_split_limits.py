"""Splits are of one model if each would have ended where it did under the limits of the others."""

import json

import pytest

from msk_jax.predictions import split_limits, split_settings


def _result(epochs, best_epoch, stall, limits):
  result = {"fold_map_hash": "a", "epochs": epochs, "best_epoch": best_epoch, "longest_stall": stall}
  return result if limits is None else {**result, "limits": split_limits.Limits(*limits).to_json()}


@pytest.mark.parametrize(
  ("first", "second", "is_alike"),
  [
    (_result(12, 10, 3, (12, 5)), _result(12, 9, 2, (12, 5)), True),
    (_result(12, 10, 3, (12, 5)), _result(24, 20, 3, (24, 5)), False),  # cut off at half of the epochs
    (_result(8, 3, 4, (12, 5)), _result(24, 20, 3, (24, 5)), True),  # ended by patience, with as many epochs to go
    (_result(8, 3, 4, (100, 5)), _result(50, 48, 3, (50, 9)), True),  # both so under 50 epochs and a patience of 5
    (_result(8, 3, 4, (12, 5)), _result(12, 11, 6, (12, 9)), False),  # the second went on after six epochs
    (_result(8, 3, 4, (12, 5)), _result(12, 5, 5, (12, 9)), False),  # the first would have gone on, the second not
    (_result(12, 10, 3, None), _result(12, 9, 2, (12, 5)), True),
    (_result(24, 20, 3, None), _result(12, 9, 2, (12, 5)), False),
    (_result(24, 20, 3, None), _result(12, 9, 2, None), True),  # nobody knows
    ({"fold_map_hash": "a", "epochs": 7}, _result(12, 9, 2, (12, 5)), True),  # no training
  ],
)
def test_limits_are_alike_where_both_would_have_ended_so(tmp_path, first, second, is_alike):
  folders = []
  for number, result in enumerate((first, second)):
    folders.append(tmp_path / f"fold_{number}")
    folders[-1].mkdir()
    (folders[-1] / "result.json").write_text(json.dumps(result))
  for pair in (folders, folders[::-1]):
    text = split_settings.describe_difference("knee/inception_v3", pair)
    assert (text == "") == is_alike
    if text:
      assert "fold_0" in text and "fold_1" in text and f"after {first['epochs']} epochs: " in text
      assert "max_epochs 12, early_stopping_patience" in text


def _write(folder, result, patience=None):
  """Writes a split; one with a patience is of an older version, which recorded it among the settings."""
  older = {} if patience is None else {"early_stopping_patience": patience}
  folder.mkdir()
  (folder / "result.json").write_text(json.dumps(result))
  settings = {"train": {"learning_rate": 1e-3, **older}}
  (folder / "run.json").write_text(json.dumps({"settings": settings}))


def _older(epochs, best_epoch):
  return {"fold_map_hash": "a", "epochs": epochs, "best_epoch": best_epoch, "version": 1}


@pytest.mark.parametrize(
  ("first", "second", "is_alike"),
  [
    ((_older(8, 3), 5), (_older(30, 15), 15), False),  # the second may have gone on after five epochs
    ((_older(12, 10), 5), (_older(12, 9), 15), True),  # both cut off at twelve epochs, after few without a better one
    ((_older(12, 10), 5), (_older(24, 20), 5), False),  # cut off at half of the epochs
    ((_older(8, 3), 5), (_older(40, 35), 5), True),
    ((_older(8, 3), 5), (_result(12, 9, 2, (12, 15)), None), True),  # the new one would have ended so by 5 too
    ((_older(8, 3), 5), (_result(12, 11, 6, (12, 15)), None), False),  # the new one went on after six epochs
    ((_older(30, 15), 15), (_result(8, 3, 4, (12, 5)), None), False),
    (({**_result(8, 3, 0, (9, 15)), "version": 1}, 5), (_older(30, 15), 15), False),  # completed under others' limits
  ],
)
def test_an_older_records_patience_counts_as_its_limit(tmp_path, caplog, first, second, is_alike):
  folders = [tmp_path / "fold_0", tmp_path / "fold_1"]
  for folder, (result, patience) in zip(folders, (first, second), strict=True):
    _write(folder, result, patience)
  for pair in (folders, folders[::-1]):
    text = split_settings.describe_difference("knee/inception_v3", pair)
    assert (text == "") == is_alike
    if text:
      assert f"fold_0 after {first[0]['epochs']} epochs: " in text and f"early_stopping_patience {first[1]}" in text
  assert "not on record" not in caplog.text


def test_unknown_limits_are_named(tmp_path, caplog):
  for number, limits in enumerate((None, (12, 5), None)):
    _write(tmp_path / f"fold_{number}", _result(12, 10, 3, limits))
  folders = sorted(tmp_path.iterdir())
  assert split_settings.describe_difference("knee", folders) == ""
  assert "knee: under which limits fold_0, fold_2 ended is not on record" in caplog.text
  caplog.clear()
  assert split_settings.describe_difference("knee", folders[:1]) == "" and not caplog.text


def test_a_setting_that_an_older_record_lacks_is_what_it_acted_as(tmp_path):
  for number, train in enumerate(({}, {"warmup_steps": 0, "mean_keep": 0.0, "exact_statistics_images": 0})):
    folder = tmp_path / f"fold_{number}"
    folder.mkdir()
    record = {"settings": {"train": {"learning_rate": 1e-3, **train}, "fold": number}}
    (folder / "run.json").write_text(json.dumps(record))
  folders = sorted(tmp_path.iterdir())
  assert split_settings.describe_difference("knee", folders) == ""
  record["settings"]["train"]["warmup_steps"] = 60
  (folder / "run.json").write_text(json.dumps(record))
  assert "settings.train.warmup_steps (0, 60)" in split_settings.describe_difference("knee", folders)
