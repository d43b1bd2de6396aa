"""Quotes, line ends and encodings of text tables: read in the only way that fits, or refused."""

import gzip
import io

import pytest

from msk_jax.cohort import csv_columns, csv_header
from msk_jax.io import errors

_HEADER = "f.eid\tf.20002.0.0\tf.31.0.0\n"
_SWALLOWING = '9000001\t"pain on exertion\t0\n9000002\t\t1\n9000003\tquery angina"\t1\n'


def _read(tmp_path, text, delimiter="\t", name="a.tab", positions=(0, 2)):
  data = text if isinstance(text, bytes) else text.encode()
  path = tmp_path / name
  path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
  width = len(csv_header.split(csv_header.read(path).text, delimiter))
  table, cells = csv_columns.read_columns(path, delimiter, width, positions)
  return list(zip(*table.to_pydict().values(), strict=True)), cells.lines_inside_cells


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.tab", "a.tab.gz", "A.TAB.GZ"])
def test_a_tab_export_knows_no_quoting(tmp_path, end, name):
  rows, _ = _read(tmp_path, (_HEADER + _SWALLOWING).replace("\n", end), name=name)
  assert rows == [("9000001", "0"), ("9000002", "1"), ("9000003", "1")]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("more", ["", '9000009\t"a\tb"\t1\n'])  # a cell that truly is quoted makes it no better
def test_quotes_that_would_swallow_rows_are_refused_elsewhere(tmp_path, delimiter, more):
  text = (_HEADER + more + _SWALLOWING).replace("\t", delimiter)
  with pytest.raises(errors.InputError, match=r"a\.csv: its quotes can be read in two ways.* 2 lines") as caught:
    _read(tmp_path, text, delimiter, "a.csv")
  assert "9000" not in str(caught.value) and "pain" not in str(caught.value)


@pytest.mark.parametrize(
  ("body", "rows", "num_inside"),
  [
    ('1,"a, b",0\n2,,1\n', [("1", "0"), ("2", "1")], 0),
    ('1,"a ""b"" c",0\n2,,1\n', [("1", "0"), ("2", "1")], 0),
    ('"1","a","0"\n"2","","1"\n', [("1", "0"), ("2", "1")], 0),
    ('1,"a\nb",0\n2,,1\n', [("1", "0"), ("2", "1")], 1),
    ('1,"a\n\nb\n",0\n2,,1\n', [("1", "0"), ("2", "1")], 2),  # a blank line is none
    ('1,5" pipe,0\n2,,1\n', [("1", "0"), ("2", "1")], 0),
    ('1,5" pipe,0\n2,"a,b",1\n', [("1", "0"), ("2", "1")], 0),
    ('1,"open,0\n2,,1\n', [("1", "0"), ("2", "1")], 0),
    ('1,,0\n2,"open,"1"\n', [("1", "0"), ("2", "1")], 0),
    ('1,,0\n2,,"1\n', [("1", "0"), ("2", '"1')], 0),
  ],
)
def test_quotes_in_a_comma_separated_table(tmp_path, body, rows, num_inside):
  cells, inside = _read(tmp_path, "eid,20002-0.0,31-0.0\n" + body, ",", "a.csv")
  assert cells == rows
  assert inside == num_inside


@pytest.mark.parametrize("body", ['1,"a,b,0\n2,c",1\n3,"x\n', '1,"a,b",0\n2,"open,1\n', "1,2\n", "1,2,3,4\n"])
def test_rows_of_another_width_are_refused(tmp_path, body):
  with pytest.raises(errors.InputError, match="longer or shorter than the header"):
    _read(tmp_path, "eid,20002-0.0,31-0.0\n" + body, ",", "a.csv")


def test_quotes_in_the_header(tmp_path):
  assert csv_header.split('"a,b",c', ",") == ["a,b", "c"]
  assert csv_header.split('"a"\tin"ch\t"b', "\t") == ["a", 'in"ch', '"b']
  assert csv_header.split("x" * 200_000, ",") == ["x" * 200_000]
  assert csv_header.split('"' + "x" * 200_000 + '"', ",") == ["x" * 200_000]


def test_blank_lines_are_skipped(tmp_path):
  rows, _ = _read(tmp_path, "\n  \neid,x,31-0.0\n\n1,,0\n   \n2,,1\n", ",", "a.csv")
  assert rows == [("1", "0"), ("2", "1")]


@pytest.mark.parametrize("text", ["eid,x,31-0.0", "eid,x,31-0.0\n", "\ufeffeid,x,31-0.0\r\n\r\n"])
def test_a_header_alone_has_no_rows(tmp_path, text):
  assert _read(tmp_path, text, ",", "a.csv")[0] == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told(tmp_path, encoding):
  (tmp_path / "a.csv").write_bytes("eid,31-0.0\n1,0\n".encode(encoding))
  header = csv_header.read(tmp_path / "a.csv")
  assert (header.text.strip("\ufeff"), header.encoding) == ("eid,31-0.0", csv_header.UTF_16)
  with pytest.raises(errors.InputError, match="UTF-16"):
    csv_header.refuse_utf_16(tmp_path / "a.csv", header)


def test_a_column_that_is_not_wanted_may_be_latin_1(tmp_path):
  assert _read(tmp_path, "eid,größe,31-0.0\n1,ä,0\n".encode("latin-1"), ",", "a.csv")[0] == [("1", "0")]
  with pytest.raises(errors.InputError, match="not UTF-8"):
    _read(tmp_path, "eid,größe,31-0.0\n1,ä,0\n".encode("latin-1"), ",", "a.csv", positions=(1,))


def test_a_changed_file_is_looked_at_again(tmp_path):
  head = "eid,20002-0.0,31-0.0\n"
  assert _read(tmp_path, head + '1,"a\nb",0\n', ",", "a.csv")[1] == 1
  assert _read(tmp_path, head + '1,"ab",0\n2,,1\n', ",", "a.csv")[1] == 0


def test_a_line_without_end_is_read_in_few_pieces(tmp_path, monkeypatch):
  path, sizes = tmp_path / "a.txt", []
  path.write_bytes(b"x" * 4_000_000)

  class Counted(io.BytesIO):
    def read(self, size=-1):
      sizes.append(size)
      return super().read(size)

  monkeypatch.setattr(csv_header, "open_binary", lambda path: Counted(path.read_bytes()))
  assert len(csv_header.read(path).text) == 4_000_000 and len(sizes) < 12


def test_a_last_line_without_line_end_is_a_warning(tmp_path, caplog):
  assert _read(tmp_path, "eid,a,b\n9000001,1,23\n9000002,1,2", ",")[0] == [("9000001", "23"), ("9000002", "2")]
  assert "a.tab does not end with a line end. If it was cut off" in caplog.text
  caplog.clear()
  _read(tmp_path, "eid,a,b\r9000001,1,23\r", ",", name="b.csv")
  assert not caplog.text


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_an_odd_row_of_text_that_is_not_utf_8_is_refused_without_a_traceback(tmp_path, capfd, quote):
  rows = b"f.eid\tf.31.0.0\n9000001\t0\n9000002\tM\xfcller\t1\n" + quote
  with pytest.raises(errors.InputError, match=r"a\.tab: .*longer or shorter than the header") as caught:
    _read(tmp_path, rows, positions=(0, 1))
  assert "9000" not in str(caught.value)
  assert "Traceback" not in capfd.readouterr().err


def test_lines_inside_cells_are_counted_where_a_quoted_text_is_not_utf_8(tmp_path):
  path = tmp_path / "a.csv"
  rows = b"".join(b"%d,1,2\n" % (9_000_010 + i) for i in range(9))
  path.write_bytes(b"eid,a,b\n" + rows + b'9000001,"M\xfcller, K",2\n9000002,"two\nlines",2\n')
  table, written = csv_columns.read_columns(path, ",", 3, [0, 2])
  assert table.num_rows == 11 and written.has_quoting and written.lines_inside_cells == 1


@pytest.mark.parametrize("place", range(30, 200, 17))
def test_a_damaged_packed_table_is_an_error_of_the_system(tmp_path, place):
  rows = "".join(f"{9_000_001 + i}\t{i * i % 7}\n" for i in range(300))
  data = bytearray(gzip.compress(("f.eid\tf.31.0.0\n" + rows).encode()))
  data[place : place + 4] = b"\xff\x00\xff\x00"
  path = tmp_path / "a.tab.gz"
  path.write_bytes(data)
  with pytest.raises((OSError, EOFError)):
    csv_columns.read_columns(path, "\t", 2, [0, 1])
