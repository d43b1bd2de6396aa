"""Lists of withdrawals as UK Biobank sends them, and files that are none."""

import pytest

from msk_jax.cohort import withdrawals
from msk_jax.io import errors

IDS = frozenset({"9000001", "9000002"})


@pytest.mark.parametrize(
  "text",
  [
    "9000001\n9000002\n",
    "9000001\r\n9000002\r\n",
    "9000001\n\n\n9000002",
    "eid\n9000001\n9000002\n",
    "\ufeffeid\r\n\r\n 9000001 \r\n9000002\r\n\r\n",
    '"eid"\n"9000001"\n"9000002"\n',
    "participant.eid\n9000001,\n9000002,\n9000001,\n",
  ],
)
def test_every_form(tmp_path, text):
  path = tmp_path / "w12345_20240101.csv"
  path.write_bytes(text.encode())
  assert withdrawals.read([path]) == IDS


def test_several_lists_and_empty_ones(tmp_path):
  for name, text in (
    ("w1_1.csv", "9000001\n"),
    ("w1_2.csv", "9000002\n9000001\n"),
    ("w1_3.csv", ""),
    ("w1_4.csv", "eid\n"),
  ):
    (tmp_path / name).write_text(text)
  assert withdrawals.read(tmp_path.iterdir()) == IDS
  assert withdrawals.read([]) == frozenset()


@pytest.mark.parametrize("text", ["eid,sex\n9000001,1\n", "9000001\nnine\n", "9000001 9000002\n", "eid\neid\n", "-1\n"])
def test_other_files_are_refused_without_their_content(tmp_path, text):
  (tmp_path / "w_1.csv").write_text(text)
  with pytest.raises(errors.InputError, match=r"w_1\.csv, line \d: not a participant id") as caught:
    withdrawals.read([tmp_path / "w_1.csv"])
  assert "9000001" not in str(caught.value)


def test_binary_files_are_refused(tmp_path):
  (tmp_path / "w_1.csv").write_bytes(b"\xff\xfe9\x00")
  with pytest.raises(errors.InputError, match="can't be read"):
    withdrawals.read([tmp_path / "w_1.csv"])
