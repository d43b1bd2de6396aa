"""Lists of withdrawals as UK Biobank sends them, and other files."""

import gzip

import pandas as pd
import pytest

from msk_jax.cohort import withdrawals
from msk_jax.io import errors

IDS = frozenset({"9000001", "9000002"})


def _write(path, *eids):
  path.write_text("".join(f"{eid}\n" for eid in eids))
  return path


@pytest.mark.parametrize(
  "text",
  [
    "9000001\n9000002\n",
    "9000001\r\n9000002\r\n",
    "9000001\r9000002\r",
    "9000001\n\n\n9000002",
    "eid\n9000001\n9000002\n",
    "\ufeffeid\r\n\r\n 9000001 \r\n9000002\r\n\r\n",
    '"eid"\n"9000001"\n"9000002"\n',
    "participant.eid\n9000001,\n9000002,,\n9000001,\n",
    "Participant ID;\n9000001.0;\n09000002;\n",
    "n\u00famero\r\n9.000001e6\r\n9000002\t\r\n",
  ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_form(tmp_path, text, encoding):
  if encoding == "latin-1":
    text = text.removeprefix("\ufeff")
  path = tmp_path / "w12345_20240101.csv"
  path.write_bytes(text.encode(encoding))
  assert withdrawals.read([path]) == {path: IDS}
  path.write_bytes(gzip.compress(text.encode(encoding)))
  assert withdrawals.read([path]) == {path: IDS}


def test_several_lists_and_empty_ones(tmp_path, caplog):
  for name, text in (
    ("w1_1.csv", "9000001\n"),
    ("w1_2.csv", "9000002\n9000001\n"),
    ("w1_3.csv", ""),
    ("w1_4.csv", "eid\n"),
  ):
    (tmp_path / name).write_text(text)
  lists = withdrawals.read(tmp_path.iterdir())
  assert len(lists) == 4 and withdrawals.union(lists) == IDS
  assert "name nobody: w1_3.csv, w1_4.csv" in caplog.text
  assert withdrawals.union(withdrawals.read([])) == frozenset()


@pytest.mark.parametrize(
  ("text", "line"),
  [
    ("eid,sex\n9000001,1\n", 1),
    ("9000001\nnine\n", 2),
    ("9000001 9000002\n", 1),
    ("eid\neid\n", 2),
    ("-1\n", 1),
    ("K7\n", 1),
    ("eid\n\n9.0e6\n", 3),
    ("9000001,2024-01-01\n", 1),
    ("PK\x03\x04\x00\x01\n9000001\n", 1),
  ],
)
def test_other_files_are_refused_without_their_content(tmp_path, text, line):
  (tmp_path / "w_1.csv").write_text(text)
  with pytest.raises(errors.InputError, match=rf"w_1\.csv, line {line}: not a participant id") as caught:
    withdrawals.read([tmp_path / "w_1.csv"])
  assert "900000" not in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff\xfe9", b"\x1f\x8bcut off", gzip.compress(b"9000001\n" * 99, mtime=0)[:-9]])
def test_damaged_files_are_refused(tmp_path, data):
  (tmp_path / "w_1.csv").write_bytes(data)
  with pytest.raises(errors.InputError, match=r"w_1\.csv can't be read"):
    withdrawals.read([tmp_path / "w_1.csv"])


def test_people_are_known_in_any_spelling():
  assert withdrawals.listed(["0017", "7.0", "18", "K7"], {"17", "7"}) == {"0017", "7.0"}
  table = pd.DataFrame({"eid": ["a", "b", "c"], "x": [1, 2, 3]})
  assert withdrawals.without(table, {"b"})["x"].tolist() == [1, 3]


_COHORT = [str(9_000_001 + i) for i in range(6000)]


@pytest.mark.parametrize(
  ("num_listed", "num_people", "is_refused"),
  [(250, 297, True), (50, 297, False), (51, 297, True), (60, 6000, False), (61, 6000, True)],
)
def test_lists_of_too_many_people_ask_for_a_confirmation(tmp_path, num_listed, num_people, is_refused):
  path = _write(tmp_path / "w1_british.csv", *_COHORT[:num_listed])
  lists = withdrawals.read([path, _write(tmp_path / "w1_1.csv", "1", "2")])
  withdrawals.check_size(lists, _COHORT[:num_people], confirmed=True)
  if not is_refused:
    withdrawals.check_size(lists, _COHORT[:num_people], confirmed=False)
    return
  with pytest.raises(errors.InputError, match="confirm_withdrawals") as caught:
    withdrawals.check_size(lists, _COHORT[:num_people], confirmed=False)
  assert f"{num_listed:,} of {num_people:,} people (w1_british.csv {num_listed:,})" in str(caught.value)
  assert _COHORT[0] not in str(caught.value)
  withdrawals.check_size(lists, _COHORT[:num_people], known=_COHORT[:num_listed], confirmed=False)


def test_small_lists_that_add_up_ask_too(tmp_path):
  lists = withdrawals.read(
    _write(tmp_path / f"w1_{i}.csv", *(f"0{eid}" for eid in _COHORT[40 * i : 40 * i + 40])) for i in range(2)
  )
  with pytest.raises(errors.InputError, match=r"80 of 297 people \(w1_0.csv 40, w1_1.csv 40\)"):
    withdrawals.check_size(lists, _COHORT[:297], confirmed=False)


def test_ids_of_other_lengths_than_the_rest_are_a_warning(tmp_path, caplog):
  withdrawals.read([_write(tmp_path / "w1.csv", "9000001", "9000002")])
  withdrawals.read([_write(tmp_path / "w2.csv", "17", "190")])  # ids of another study, all alike
  assert not caplog.records
  found = withdrawals.read([_write(tmp_path / "w3.csv", "9000001", "90000029000003", "90000")])
  assert len(next(iter(found.values()))) == 3
  assert "w3.csv: 2 of 3 ids have not the 7 digits" in caplog.text and "9000002" not in caplog.text
