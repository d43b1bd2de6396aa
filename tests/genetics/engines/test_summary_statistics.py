"""Summary statistics: p values, cleaning, joining, files."""

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from msk_jax.genetics import summary_statistics as lib
from msk_jax.genetics.engines import bolt_output
from msk_jax.io import errors

_HEADER = (
  "SNP\tCHR\tBP\tGENPOS\tALLELE1\tALLELE0\tA1FREQ\tF_MISS\tCHISQ_LINREG\tP_LINREG\tBETA\tSE\t"
  "CHISQ_BOLT_LMM_INF\tP_BOLT_LMM_INF\tCHISQ_BOLT_LMM\tP_BOLT_LMM\n"
)
_ROWS = [
  "rs1\t17\t100\t0\tT\tA\t0.25\t0.1\t1\t3E-01\t0.5\t0.1\t2746.82\t5.2E-599\t9\t2.7E-03",
  "NA\t17\t50\t0\tAT\tA\t0.5\t0\t1\t3E-01\t-0.5\t0.5\t1\t3.2E-01\t-1e+09\t1.0E+00",
  "rs3\t23\t70\t0\tC\tG\t0\t0\t-1e+09\t1.0E+00\t0\t-nan\t-1e+09\t1.0E+00\t-1e+09\t1.0E+00",
  "rs4\t23\t60\t0\tC\tG\t0.1\t0\t4\t1E-01\t1\t0.5\t4\t4.6E-02\t4\t4.6E-02",
]


def _read(tmp_path, rows=_ROWS, header=_HEADER) -> pd.DataFrame:
  path = tmp_path / "x.stats.gz"
  path.write_bytes(gzip.compress((header + "\n".join(rows) + "\n").encode()))
  return bolt_output.read_table(path, 200)


def test_p_is_right_where_doubles_end():
  chi2 = np.array([0.0, 1.0, 30.0, 900.0])
  np.testing.assert_allclose(lib.neg_log10_p(chi2), -stats.chi2.logsf(chi2, 1) / np.log(10), rtol=1e-12)
  assert lib.neg_log10_p(np.array([2746.82]))[0] == pytest.approx(598.28, abs=0.005)  # BOLT prints 5.2E-599
  assert lib.neg_log10_p(np.array([1e6]))[0] == pytest.approx((1e6 / 2 + np.log(1e3 * np.sqrt(np.pi / 2))) / np.log(10))
  assert np.isnan(lib.neg_log10_p(np.array([-1e9, np.nan]))).all()


def test_bolts_table_becomes_ours(tmp_path):
  table, counts = lib.clean(_read(tmp_path), "GRCh37")
  assert list(table["variant"]) == ["17:50:A:AT", "17:100:A:T", "X:60:G:C"]
  assert list(table["rsid"]) == ["NA", "rs1", "rs4"]
  assert counts.pop("monomorphic") == 1 and not any(counts.values())
  np.testing.assert_allclose(table["neg_log10_p"], [0.4985, 598.28, 1.342], rtol=1e-3)
  np.testing.assert_allclose(table["neg_log10_p_mixture"], [np.nan, 2.569, 1.342], rtol=1e-3)
  assert list(table["n"]) == [200, 180, 200] and table["info"].isna().all()
  assert table["position_bp"].dtype == np.int32
  assert list(table["beta"]) == [-0.5, 0.5, 1.0]


def test_without_the_mixture_its_p_is_missing(tmp_path):
  rows = ["\t".join(row.split("\t")[:-2]) for row in _ROWS]
  header = "\t".join(_HEADER.rstrip().split("\t")[:-2]) + "\n"
  table = _read(tmp_path, rows, header)
  assert table["neg_log10_p_mixture"].isna().all() and table["neg_log10_p"].notna().sum() == 3


def test_a_table_without_chi_square_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="CHISQ_BOLT_LMM_INF"):
    _read(tmp_path, ["1\t2"], "SNP\tCHR\n")


def _table(**columns) -> pd.DataFrame:
  n = len(next(iter(columns.values())))
  default = {
    "rsid": [f"rs{number}" for number in range(n)],
    "chromosome": ["1"] * n,
    "position_bp": np.arange(1, n + 1),
    "effect_allele": ["A"] * n,
    "other_allele": ["G"] * n,
    "effect_allele_frequency": [0.2] * n,
    "beta": [0.1] * n,
    "se": [0.1] * n,
    "neg_log10_p": [0.5] * n,
    "neg_log10_p_infinitesimal": [0.5] * n,
    "neg_log10_p_mixture": [np.nan] * n,
    "n": [100] * n,
    "info": [np.nan] * n,
  }
  return pd.DataFrame(default | columns)


@pytest.mark.parametrize(
  ("column", "bad", "good", "reason"),
  [
    ("chromosome", ["0", "25", "XY", "MT", "Y", "Z"], ["chr1", "23", "X", "01"], "left_out_chromosome"),
    ("position_bp", [0, -5, 249_250_622], [1, 249_250_621], "position_outside_chromosome"),
    ("effect_allele", ["0", "1", "G", "N", "a", "", "<CN0>", None], ["A", "I", "D", "ACGT"], "bad_allele"),
    ("se", [0.0, -1.0, np.nan, np.inf], [1e-9], "monomorphic"),
    ("effect_allele_frequency", [-0.1, 1.1, np.nan], [0.0, 1.0], "bad_frequency"),
    ("beta", [np.nan, np.inf], [0.0, -1.0], "not_finite"),
    ("neg_log10_p", [np.nan, np.inf, -1.0], [0.0, 1e6], "not_finite"),
  ],
)
def test_what_cannot_be_used_is_dropped_and_counted(column, bad, good, reason):
  values = [*bad, *good]
  position = {} if column == "position_bp" else {"position_bp": np.arange(1, len(values) + 1)}
  cleaned, counts = lib.clean(_table(**{column: values}, **position), "GRCh37")
  assert len(cleaned) == len(good) and counts[reason] == len(bad) == sum(counts.values())


def test_repeated_variants_are_dropped_and_alleles_tell_variants_apart():
  table = _table(position_bp=[5, 5, 5, 5], effect_allele=["A", "A", "C", "G"], other_allele=["G", "G", "G", "A"])
  cleaned, counts = lib.clean(table, "GRCh37")
  assert list(cleaned["variant"]) == ["1:5:G:A", "1:5:G:C", "1:5:A:G"] and counts["repeated"] == 1


def test_rows_are_sorted_along_the_genome():
  table = _table(chromosome=["X", "10", "2", "2"], position_bp=[1, 1, 9, 3])
  assert list(lib.clean(table, "GRCh38")[0]["variant"]) == ["2:3:G:A", "2:9:G:A", "10:1:G:A", "X:1:G:A"]


def test_an_empty_table_stays_one():
  cleaned, counts = lib.clean(_table(beta=[0.1]).iloc[:0], "GRCh37")
  assert cleaned.empty and list(cleaned) == list(lib.SCHEMA.columns) and not any(counts.values())
  assert np.isnan(lib.lambda_gc(cleaned["beta"], cleaned["se"]))


def test_lambda_is_one_without_effects():
  z = np.random.default_rng(0).normal(size=200_000)
  assert lib.lambda_gc(z, np.ones(len(z))) == pytest.approx(1.0, abs=0.02)
  assert lib.lambda_gc(1.2 * z, np.ones(len(z))) == pytest.approx(1.44, abs=0.03)


def test_runs_are_joined_by_place_and_alleles_and_never_by_row():
  autosomes = _table(rsid=["a", "b", "c", "d"], beta=[1.0, 2.0, 3.0, 4.0])
  with_x = _table(
    rsid=["x", "d", "c", "a", "e"],
    chromosome=["23", "1", "1", "1", "1"],
    position_bp=[1, 4, 3, 1, 9],
    effect_allele=["A", "A", "G", "A", "A"],
    other_allele=["G", "G", "A", "G", "G"],
    beta=[10.0, 20.0, 30.0, 40.0, 50.0],
  )
  table, counts = bolt_output.join(autosomes, with_x)
  assert dict(zip(table["rsid"], table["beta"], strict=True)) == {"a": 1.0, "b": 2.0, "d": 4.0, "x": 10.0}
  assert counts == {"lacking_in_run_with_x": 1, "lacking_in_run_on_autosomes": 1, "contradicting": 1}


def test_metadata_are_checked(tmp_path):
  about = {
    "engine": "bolt",
    "engine_version": "2.4",
    "build": "GRCh37",
    "source": "array",
    "trait": "knee",
    "p_value": "p",
  }
  for name, bad in (("build", "hg19"), ("source", "exome")):
    with pytest.raises(ValueError, match=name):
      lib.About(**(about | {name: bad}))
  table, _ = lib.clean(_table(beta=[0.1]), "GRCh37")
  from msk_jax.io import tables

  tables.write(tmp_path / "x.parquet", table, lib.SCHEMA, {"engine": "bolt"})
  with pytest.raises(errors.InputError, match="engine_version"):
    lib.read(tmp_path / "x.parquet")
