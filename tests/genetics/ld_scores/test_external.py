"""Tables of other studies: columns by many names, alleles aligned, what is dropped counted."""

import gzip

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics.ld_scores import alignment, external, scores
from msk_jax.io import errors

_FORMS = {
  "gwas_ssf": (
    "chromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\tstandard_error\tp_value\trsid\tn\n"
    "1\t1000\tA\tG\t0.2\t0.1\t0.0455\trs1\t500\n"
  ),
  "bolt": "SNP\tCHR\tBP\tGENPOS\tALLELE1\tALLELE0\tA1FREQ\tF_MISS\tBETA\tSE\tP_BOLT_LMM_INF\tN\n"
  "rs1\t1\t1000\t0\tA\tG\t.3\t0\t0.2\t0.1\t4E-2\t500\n",
  "regenie": "CHROM GENPOS ID ALLELE0 ALLELE1 A1FREQ N TEST BETA SE CHISQ LOG10P EXTRA\n"
  "1 1000 rs1 G A .3 500 ADD 0.2 0.1 4 1.34 NA\n",
  "plink2": "#CHROM\tPOS\tID\tREF\tALT\tA1\tOBS_CT\tBETA\tSE\tP\n1\t1000\trs1\tA\tG\tA\t500\t0.2\t0.1\t0.0455\n",
  "ldsc": "SNP A1 A2 Z N\nrs1 A G 2.0 500\n",
  "odds": "snp,a1,a2,or,p,n\nrs1,a,g,1.2214027581601699,0.04550026389635842,500\n",
}


@pytest.mark.parametrize("form", sorted(_FORMS))
@pytest.mark.parametrize("is_packed", [False, True])
def test_tables_of_many_programs_mean_the_same(tmp_path, form, is_packed):
  path = tmp_path / ("study.txt.gz" if is_packed else "study.txt")
  path.write_bytes(gzip.compress(_FORMS[form].encode()) if is_packed else _FORMS[form].encode())
  table = external.read(path).table
  row = table.iloc[0]
  assert (row["rsid"], row["effect_allele"], row["other_allele"]) == ("rs1", "A", "G")
  assert row["z"] == pytest.approx(2.0, abs=1e-6)
  assert row["n"] == 500
  if form not in ("ldsc", "odds"):
    assert (row["chromosome"], row["position_bp"]) == ("1", 1000)


def test_tiny_p_values_have_a_statistic(tmp_path):
  path = tmp_path / "study.txt"
  path.write_text("SNP A1 A2 BETA LOG10P N\nrs1 A G -0.2 400 500\nrs2 A G 0.2 2.0 500\n")
  z = external.read(path).table["z"]
  assert z[0] == pytest.approx(-42.8, abs=0.2)
  assert z[1] == pytest.approx(2.5758, abs=1e-3)


@pytest.mark.parametrize(
  ("text", "message"),
  [
    ("SNP A1 Z N\nrs1 A 1 5\n", "other_allele"),
    ("A1 A2 Z N\nA G 1 5\n", "rsid"),
    ("SNP A1 A2 BETA N\nrs1 A G 1 5\n", "standard error"),
    ("SNP A1 A2 Z\nrs1 A G 1\n", "sample sizes"),
    ("SNP A1 A2 Z N\nrs1 AT G 1 5\nrs2 A G x 5\n", "no usable row"),
  ],
)
def test_what_can_not_be_used_is_refused(tmp_path, text, message):
  path = tmp_path / "study.txt"
  path.write_text(text)
  with pytest.raises(errors.InputError, match=message):
    external.read(path)


def test_rows_without_numbers_or_bases_are_counted(tmp_path):
  path = tmp_path / "study.txt"
  path.write_text("SNP A1 A2 Z N\nrs1 AT G 1 5\nrs2 A G x 5\nrs3 A G 1 0\nrs4 A G 1 9\n")
  read = external.read(path)
  assert len(read.table) == 1
  assert dict(read.dropped) == {"not_a_single_base": 1, "no_statistic": 1, "no_sample_size": 1}


@pytest.mark.parametrize(
  ("header", "row", "reason"),
  [
    ("SNP A1 A2 BETA SE N", "rs2 A G 0.2 -0.1 9", "no_statistic"),
    ("SNP A1 A2 BETA P N", "rs2 A G 0.2 1.5 9", "no_statistic"),
    ("SNP A1 A2 BETA P N", "rs2 A G 0.2 -0.1 9", "no_statistic"),
    ("SNP A1 A2 BETA LOG10P N", "rs2 A G 0.2 -3 9", "no_statistic"),
    ("SNP A1 A2 BETA SE N", "rs2 A G 0.2 1e-300 9", "no_statistic"),
    ("SNP A1 A2 BETA SE N", "rs2 A G 0.2 0.1 inf", "no_sample_size"),
    ("SNP A1 A2 BETA SE N", "rs2 A G 0.2 0.1 1e300", "no_sample_size"),
  ],
)
def test_impossible_numbers_are_dropped_and_counted(tmp_path, header, row, reason):
  path = tmp_path / "study.txt"
  path.write_text(f"{header}\nrs1 A G 0.2 0.1 9\n{row}\n")
  found = external.read(path)
  assert list(found.table["rsid"]) == ["rs1"] and found.dropped[reason] == 1


@pytest.mark.parametrize("position", ["inf", "1e30", "-5", "x", ""])
def test_an_impossible_position_is_none(tmp_path, position):
  path = tmp_path / "study.tsv"
  path.write_text(f"SNP\tCHR\tBP\tA1\tA2\tZ\tN\nrs1\t1\t{position}\tA\tG\t1\t5\n")
  assert external.read(path).table["position_bp"].tolist() == [-1]


@pytest.mark.parametrize("rows", ["rs1 A G 1 5 7\nrs2 A G 1 5\n", "rs2 A G 1 5\nrs1 A G 1 5 7\n"])
def test_rows_longer_than_the_header_are_refused(tmp_path, rows):
  path = tmp_path / "study.txt"
  path.write_text("SNP A1 A2 Z N\n" + rows)  # pandas would take the first column for names of rows
  with pytest.raises(errors.InputError, match=r"study\.txt can't be read .*no row longer than the header"):
    external.read(path)


def test_ld_scores_without_a_place_or_a_number_are_left_out(tmp_path):
  path = tmp_path / "scores.tsv"
  rows = ["rs1\t1\t5000\t1.5", "rs2\t\t5000\t1.5", "rs3\t1\tinf\t1.5", "rs4\t1\t5000\tinf", "rs5\tchr2\t70\t2"]
  path.write_text("\n".join(["SNP\tCHR\tBP\tL2", *rows]) + "\n")
  assert list(scores.from_file(path, 0).table["rsid"]) == ["rs1", "rs5"]


@pytest.mark.parametrize("place", [2, 12, 40, -6])
def test_a_damaged_packed_table_is_refused(tmp_path, place):
  path = tmp_path / "study.txt.gz"
  data = bytearray(gzip.compress(_FORMS["ldsc"].encode() * 30))
  data[place] ^= 0xFF
  path.write_bytes(data)
  with pytest.raises(errors.InputError, match=r"study\.txt\.gz can't be read"):
    external.read(path)


def _table(rows):
  columns = ["rsid", "chromosome", "position_bp", "effect_allele", "other_allele"]
  return pd.DataFrame(rows, columns=columns)


def test_alleles_are_aligned():
  ours = _table(
    [
      ("rs1", "1", 10, "A", "G"),
      ("rs2", "1", 20, "A", "G"),
      ("rs3", "1", 30, "A", "G"),
      ("rs4", "1", 40, "A", "G"),
      ("rs5", "1", 50, "A", "T"),
      ("rs6", "1", 60, "A", "G"),
      ("rs7", "1", 70, "A", "G"),
      ("rs8", "1", 80, "A", "G"),
      ("rs8", "1", 80, "A", "C"),
    ]
  )
  theirs = _table(
    [
      ("rs1", "1", 10, "A", "G"),
      ("rs2", "1", 20, "G", "A"),
      ("rs3", "1", 30, "T", "C"),
      ("rs4", "1", 40, "C", "T"),
      ("rs5", "1", 50, "T", "A"),
      ("rs6", "1", 60, "A", "C"),
      ("rs8", "1", 80, "A", "G"),
    ]
  )
  for by_place in (True, False):
    got = alignment.align(ours, theirs, by_place=by_place)
    assert list(ours["rsid"].iloc[got.rows]) == ["rs1", "rs2", "rs3", "rs4"]
    assert list(got.sign) == [1, -1, 1, -1]
    assert dict(got.counts) == {
      "shared": 4,
      "flipped": 2,
      "other_strand": 2,
      "ambiguous": 1,
      "other_alleles": 1,
      "repeated": 2,
      "not_found": 1,
    }


def test_alignment_recovers_shuffled_and_recoded_statistics():
  rng = np.random.default_rng(0)
  count = 3000
  pairs = [("A", "G"), ("A", "C"), ("T", "G"), ("A", "T")]
  chosen = [pairs[i] for i in rng.integers(0, 4, count)]
  ours = _table([(f"rs{i}", "2", 100 + i, *pair) for i, pair in enumerate(chosen)]).assign(z=rng.standard_normal(count))
  turn = {"A": "T", "C": "G", "G": "C", "T": "A"}
  theirs = ours.copy()
  swap, strand = rng.random(count) < 0.5, rng.random(count) < 0.5
  effect, other = theirs["effect_allele"].to_numpy(str), theirs["other_allele"].to_numpy(str)
  new = [np.where(swap, other, effect), np.where(swap, effect, other)]
  new = [np.where(strand, [turn[a] for a in each], each) for each in new]
  theirs = theirs.assign(effect_allele=new[0], other_allele=new[1], z=np.where(swap, -1, 1) * theirs["z"])
  theirs = theirs.sample(frac=1, random_state=0).reset_index(drop=True)
  got = alignment.align(ours, theirs, by_place=True)
  np.testing.assert_allclose(ours["z"].to_numpy()[got.rows], got.sign * theirs["z"].to_numpy()[got.other_rows])
  assert got.counts["shared"] + got.counts["ambiguous"] == count
