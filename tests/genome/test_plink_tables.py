"""Readers of .fam, .bim, .sample and .bed files: what careless files look like."""

import gzip

import numpy as np
import pytest

from msk_jax.genome import plink_tables
from msk_jax.io import errors
from tests.genome import genotypes

_IDS = [str(9_000_001 + i) for i in range(6)]
_SEXES = [1, 2, 1, 2, 0, 2]


@pytest.fixture
def fam(tmp_path):
  path = tmp_path / "a.fam"
  genotypes.write_fam(path, _IDS, _SEXES)
  return path


def _refused(reader, path, *parts: str) -> str:
  with pytest.raises(errors.InputError) as caught:
    reader(path)
  message = str(caught.value)
  assert path.name in message and not any(eid in message for eid in _IDS)
  for part in parts:
    assert part in message, message
  return message


@pytest.mark.parametrize(("separator", "end"), [(" ", "\n"), ("\t", "\n"), ("  \t ", "\n"), (" ", "\r\n")])
def test_people_of_any_separator_and_line_end(tmp_path, separator, end):
  rows = [separator.join((eid, eid, "0", "0", str(sex), "Batch_b001")) for eid, sex in zip(_IDS, _SEXES, strict=True)]
  (tmp_path / "a.fam").write_bytes((end.join([*rows, "", ""])).encode())
  people = plink_tables.read_fam(tmp_path / "a.fam")
  assert people.iid.tolist() == people.fid.tolist() == _IDS
  assert people.sex.tolist() == [1, 0, 1, 0, -1, 0]


def test_ids_stay_as_they_are(tmp_path):
  genotypes.write_fam(tmp_path / "a.fam", ["007", "NA", "nan", "1e6"], [1, 1, 2, 2], ["0", "0", "F1", "None"])
  people = plink_tables.read_fam(tmp_path / "a.fam")
  assert people.iid.tolist() == ["007", "NA", "nan", "1e6"] and people.fid.tolist() == ["0", "0", "F1", "None"]


def test_redacted_people_are_told(tmp_path):
  genotypes.write_fam(tmp_path / "a.fam", ["9000001", "-1", "-12", "-x"], [1, 1, 2, 2])
  assert plink_tables.read_fam(tmp_path / "a.fam").is_redacted.tolist() == [False, True, True, False]


def test_a_header_is_refused_as_it_moves_all_genotypes(fam):
  fam.write_text("FID IID PAT MAT SEX PHENO\n" + fam.read_text())
  _refused(plink_tables.read_fam, fam, "begins with a header")


@pytest.mark.parametrize(("line", "part"), [("9000007 9000007 0 0 1", "fewer"), ("9000007 a 0 0 1 1 1", "more than 6")])
def test_other_numbers_of_columns_are_refused(fam, line, part):
  fam.write_text(fam.read_text() + line + "\n")
  _refused(plink_tables.read_fam, fam, part, "line 7")


def test_a_first_line_of_many_columns_is_refused_without_a_librarys_warning(fam, recwarn):
  fam.write_text("9000001 a 0 0 1 1 1 1 1\n" + fam.read_text())
  _refused(plink_tables.read_fam, fam, "more than 6", "line 1.")
  assert not recwarn.list


def test_a_person_twice_is_refused(fam):
  fam.write_text(fam.read_text() + fam.read_text().splitlines()[1] + "\n")
  _refused(plink_tables.read_fam, fam, "repeat the IID", "line 7")


def test_unknown_codes_of_sex_are_refused(fam):
  fam.write_text(fam.read_text().replace(" 0 0 2 ", " 0 0 F "))
  _refused(plink_tables.read_fam, fam, "3 people have a sex other than", "lines 2, 4, 6")


@pytest.mark.parametrize(
  ("change", "part"),
  [
    (gzip.compress, "gunzip"),
    (lambda data: data.decode().encode("utf-16"), "UTF-16"),
    (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
    (lambda data: b"", "empty"),
    (lambda data: b"\n \n", "empty"),
    (lambda data: b"\x6c\x1b\x01\0\0", "not a text file"),
  ],
)
def test_files_of_other_kinds_are_refused(fam, change, part):
  fam.write_bytes(change(fam.read_bytes()))
  _refused(plink_tables.read_fam, fam, part)


def test_a_missing_file_is_named(tmp_path):
  _refused(plink_tables.read_bim, tmp_path / "none.bim", "can't be read")


def test_variants_with_every_code_of_a_chromosome(tmp_path):
  codes = ["1", "01", "chr2", "chrX", "X", "23", "XY", "25", "PAR1", "Y", "24", "MT", "26", "chrM", "0", "30", "GL7"]
  names = ["1", "1", "2", "X", "X", "X", "XY", "XY", "XY", "Y", "Y", "MT", "MT", "MT", "0", "?", "?"]
  path = tmp_path / "a.bim"
  genotypes.write_bim(path, [(code, f"rs{i}", 1000 + i) for i, code in enumerate(codes)])
  table = plink_tables.read_bim(path)
  assert table["chromosome"].tolist() == names and table["code"].tolist() == codes
  assert table["position_bp"].tolist() == [1000 + i for i in range(len(codes))]
  assert set(table["allele_1"]) == {"A"} and table["rsid"][3] == "rs3"


@pytest.mark.parametrize("line", ["1\trs9\t0\t1e3x\tA\tG", "1\trs9\t0\t10.5\tA\tG", "CHR\tSNP\tCM\tBP\tA1\tA2"])
def test_positions_that_are_not_whole_numbers_are_refused(tmp_path, line):
  path = tmp_path / "a.bim"
  genotypes.write_bim(path, [("1", "rs1", 5)])
  path.write_text(path.read_text() + line + "\n")
  _refused(plink_tables.read_bim, path, "not whole numbers", "line 2")


def test_sample_files(tmp_path):
  path = tmp_path / "a.sample"
  genotypes.write_sample(path, [*_IDS[:2], "-1"], [1, 2, 0])
  people = plink_tables.read_sample(path)
  assert people.iid.tolist() == [*_IDS[:2], "-1"] and people.sex.tolist() == [1, 0, -1]
  assert people.is_redacted.tolist() == [False, False, True]
  path.write_text("ID_1 ID_2 missing\n0 0 0\n" + "".join(f"{eid} {eid} 0\n" for eid in _IDS))
  assert plink_tables.read_sample(path).sex.tolist() == [-1] * 6


@pytest.mark.parametrize(
  ("text", "part"),
  [
    ("9000001 9000001 0 1\n9000002 9000002 0 2\n", "does not begin with"),
    ("ID_1 ID_2 missing sex\n9000001 9000001 0 1\n", "second line"),
    ("ID_1 ID_2 missing sex\n0 0 0 D\n", "empty"),
    ("ID_1 ID_2 missing sex\n0 0 0 D\n9000001 9000001 0\n", "line 3"),
    ("ID_1 ID_2 missing sex\n0 0 0 D\n9000001 9000001 0 1\n9000001 9000001 0 1\n", "line 4"),
  ],
)
def test_sample_files_without_their_header_or_columns_are_refused(tmp_path, text, part):
  (tmp_path / "a.sample").write_text(text)
  _refused(plink_tables.read_sample, tmp_path / "a.sample", part)


def test_bed_files_are_checked_against_the_files_beside_them(tmp_path):
  path = tmp_path / "a.bed"
  genotypes.write_bed(path, np.zeros((6, 5), int))
  plink_tables.check_bed(path, 6, 5)
  whole = path.read_bytes()
  for people, variants in ((6, 4), (9, 5), (6, 6)):
    with pytest.raises(errors.InputError, match="13 bytes"):
      plink_tables.check_bed(path, people, variants)
  for data, part in (
    (whole[:-1], "cut off"),
    (b"\x6c\x1b\x00" + whole[3:], "person by person"),
    (b"\x6c\x1b\x10" + whole[3:], "PLINK 2"),
    (gzip.compress(whole), "gunzip"),
    (b"hello" + whole, "does not begin"),
    (b"", "does not begin"),
  ):
    path.write_bytes(data)
    with pytest.raises(errors.InputError, match=part):
      plink_tables.check_bed(path, 6, 5)


@pytest.mark.shared_data
def test_public_examples(shared_data):
  folder = shared_data / "regenie_example"
  people, variants = plink_tables.read_fam(folder / "example.fam"), plink_tables.read_bim(folder / "example.bim")
  assert (len(people), len(variants)) == (500, 1000) and set(people.sex) <= {-1, 0, 1}
  plink_tables.check_bed(folder / "example.bed", 500, 1000)
  with pytest.raises(errors.InputError, match="another file's"):
    plink_tables.check_bed(folder / "example_3chr.bed", 500, 1000)
  sample = plink_tables.read_sample(folder / "example_3chr.sample")
  assert sample.iid.tolist() == plink_tables.read_fam(folder / "example_3chr.fam").iid.tolist()
