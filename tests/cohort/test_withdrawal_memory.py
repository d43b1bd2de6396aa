"""A workdir remembers who has withdrawn without their ids; a memory can become unusable."""

import json

import pytest

from msk_jax.cohort import withdrawal_memory as memory
from msk_jax.io import errors

_EIDS = ["9000001", "9000002", "0017", "K7"]


def test_lists_add_up_and_no_id_is_kept(tmp_path):
  assert memory.recall(tmp_path, _EIDS) == frozenset()
  memory.remember(tmp_path, [])
  assert not (tmp_path / "cohort").exists()
  memory.remember(tmp_path, {"9000001", "17"})
  memory.remember(tmp_path, {"K7"})
  assert memory.recall(tmp_path, _EIDS) == {"9000001", "0017", "K7"}
  path = tmp_path / "cohort" / memory.FILE_NAME
  assert "9000001" not in path.read_text()
  before = path.stat().st_mtime_ns
  memory.remember(tmp_path, {"9000001"})
  assert path.stat().st_mtime_ns == before


def test_people_are_forgotten_by_naming_who_stays(tmp_path):
  memory.remember(tmp_path, {"9000001", "17", "K7"})
  assert memory.keep_only(tmp_path, {"0017", "9000002"}) == 2
  assert memory.recall(tmp_path, _EIDS) == {"0017"}
  assert memory.keep_only(tmp_path, {"17"}) == 0
  assert memory.keep_only(tmp_path, ()) == 1 and not (tmp_path / "cohort" / memory.FILE_NAME).exists()
  assert memory.keep_only(tmp_path, ()) == 0 and memory.recall(tmp_path, _EIDS) == frozenset()


def test_the_hash_names_people_in_any_order_and_only_with_the_key(tmp_path):
  assert memory.hashes(tmp_path, ()) == {}
  one, same = memory.hashes(tmp_path, ["a", "b"]), memory.hashes(tmp_path, {"b", "a"})
  assert one == same != memory.hashes(tmp_path, ["a"])
  assert memory.hashes(tmp_path / "other", ["a", "b"]) != one


@pytest.mark.parametrize(
  ("change", "message"),
  [
    (lambda workdir: (workdir / ".pseudonym_key").unlink(), "belongs to another key"),
    (lambda workdir: (workdir / "cohort" / memory.FILE_NAME).write_text("{"), "is damaged"),
    (lambda workdir: (workdir / "cohort" / memory.FILE_NAME).write_text("[]"), "is damaged"),
    (
      lambda workdir: (workdir / "cohort" / memory.FILE_NAME).write_text(
        json.dumps({"schema": "withdrawn", "version": 2, "key_check": "", "people": []})
      ),
      "another version",
    ),
  ],
)
def test_an_unusable_memory_is_an_error(tmp_path, change, message):
  memory.remember(tmp_path, {"9000001"})
  change(tmp_path)
  for use in (memory.recall, memory.remember, memory.keep_only):
    with pytest.raises(errors.InputError, match=f"{message}.*give all lists again"):
      use(tmp_path, ["9000001"])
