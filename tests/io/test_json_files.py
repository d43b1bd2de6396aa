"""A damaged JSON record raises one of two kinds of error, whatever is wrong with it."""

import json
import os
import threading

import pytest

from msk_jax.io import errors, json_files, plain_files, run_record


@pytest.mark.parametrize(
  "text",
  [
    b"",
    b"{",
    b"[]",
    b"5",
    b'"a"',
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"a": ' * 100_000,
    b'{"a": %s}' % (b"9" * 9999),
    b'{"a": 1e999}',
    b'{"a": -Infinity}',
  ],
)
def test_what_is_no_object_is_a_value_error(tmp_path, text):
  path = tmp_path / "a.json"
  path.write_bytes(text)
  with pytest.raises(ValueError, match=r".") as caught:
    json_files.read(path)
  assert not isinstance(caught.value, OSError)


def _pipe(path):
  os.mkfifo(path)


@pytest.mark.parametrize(
  "make",
  [_pipe, lambda path: path.mkdir(), lambda path: path.symlink_to("gone"), lambda path: path.symlink_to("/dev/zero")],
)
def test_what_is_no_file_is_an_os_error_at_once(tmp_path, make):
  path = tmp_path / "a.json"
  make(path)
  raised = []

  def read() -> None:
    try:
      json_files.read(path)
    except OSError as error:
      raised.append(error)

  thread = threading.Thread(target=read, daemon=True)  # one that waits at the pipe would wait for ever
  thread.start()
  thread.join(30)
  assert raised and str(path) in str(raised[0])


def test_a_whole_file_is_read(tmp_path):
  path = tmp_path / "a.json"
  path.write_text('{"a": "ü"}', encoding="utf-8")
  assert json_files.read(path) == {"a": "ü"}
  assert plain_files.read_bytes(path) == path.read_bytes()


@pytest.mark.parametrize(
  "changes",
  [
    {"settings": []},
    {"inputs": None},
    {"results": 5},
    {"stage": 7},
    {"results": {"files": 5}},
    {"results": {"files": {"a": {"sha256": "x"}}}},
    {"results": {"files": {"a": {"bytes": "7"}}}},
  ],
)
def test_a_run_record_of_another_form_is_refused_by_name(tmp_path, changes):
  run_record.write(tmp_path, "ages", {}, {}, results={"files": {"a": {"bytes": 7}}})
  path = tmp_path / run_record.FILE_NAME
  record = json_files.read(path)
  assert run_record.read(tmp_path) == record
  for name, value in changes.items():
    record[name] = value
  path.write_text(json.dumps(record))
  with pytest.raises(errors.InputError, match=r"run\.json can't be read .*Delete it"):
    run_record.read(tmp_path)
