"""LD-score regression on the stage's tables: pairs of traits, other studies, reasons."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import summary_statistics
from msk_jax.genetics.ld_scores import external, scores, stage
from msk_jax.io import errors
from tests.genetics.ld_scores import test_ld_score_regression as simulated

_BASES = [("A", "G"), ("C", "A"), ("T", "C"), ("A", "T")]


@pytest.fixture(scope="module")
def simulation():
  return simulated._simulate(4)


@pytest.fixture
def tables(tmp_path, simulation):
  """Two traits' summary statistics, LD scores, and the variants."""
  z, score, num_reference, _ = simulation
  m = len(z)
  chromosome = np.array([str(1 + 22 * i // m) for i in range(m)])
  alleles = np.array([_BASES[i % 4] for i in range(m)])
  variants = pd.DataFrame({"rsid": [f"rs{10 + i}" for i in range(m)], "chromosome": chromosome})
  variants["position_bp"] = 1000 + 50 * np.arange(m) % 40_000_000
  variants["effect_allele"], variants["other_allele"] = alleles[:, 0], alleles[:, 1]
  paths = {}
  for number in (0, 1):
    values = {"effect_allele_frequency": 0.3, "beta": z[:, number] * 0.01, "se": 0.01, "neg_log10_p": 1.0}
    values |= {"neg_log10_p_infinitesimal": 1.0, "neg_log10_p_mixture": np.nan, "n": 50_000, "info": np.nan}
    cleaned, _ = summary_statistics.clean(variants.assign(**values), "GRCh37")
    paths[f"t{number}"] = tmp_path / f"t{number}.parquet"
    about = summary_statistics.About("bolt", "2.4", "GRCh37", "array", f"t{number}", "p")
    summary_statistics.write(paths[f"t{number}"], cleaned, about)
  known = scores.LdScores(variants[["rsid", "chromosome", "position_bp"]].assign(ld_score=score), num_reference, "test")
  return paths, known, variants, z


def test_traits_have_heritability_intercept_and_correlation(tables):
  paths, known, variants, _ = tables
  regressions, joined = stage.regress(paths, known)
  rows = regressions.set_index("trait")
  assert rows.loc["t0", "num_variants"] == len(variants)
  assert rows.loc["t0", "h2"] == pytest.approx(0.35, abs=4 * rows.loc["t0", "h2_se"])
  assert rows.loc["t0", "intercept"] == pytest.approx(1.0, abs=4 * rows.loc["t0", "intercept_se"])
  pair = stage.correlate(joined, [], known, by_place=False).iloc[0]
  assert (pair["trait"], pair["other"]) == ("t0", "t1")
  assert pair["rg"] == pytest.approx(0.6, abs=4 * pair["rg_se"])


@pytest.mark.parametrize("by_place", [True, False])
def test_another_study_with_other_alleles_and_order_gives_the_same(tables, tmp_path, by_place):
  paths, known, variants, z = tables
  rng = np.random.default_rng(0)
  swap = rng.random(len(variants)) < 0.5
  study = pd.DataFrame({"SNP": variants["rsid"], "CHR": variants["chromosome"], "BP": variants["position_bp"]})
  study["A1"] = np.where(swap, variants["other_allele"], variants["effect_allele"])
  study["A2"] = np.where(swap, variants["effect_allele"], variants["other_allele"])
  study["Z"], study["N"] = np.where(swap, -1, 1) * z[:, 1], 50_000
  study.sample(frac=1, random_state=1).to_csv(tmp_path / "study.tsv", sep="\t", index=False)
  _, joined = stage.regress(paths, known)
  found = stage.correlate(joined, [external.read(tmp_path / "study.tsv")], known, by_place=by_place)
  inside = found[found["other_kind"] == stage.TRAIT].iloc[0]
  outside = found[(found["other_kind"] == stage.STUDY) & (found["trait"] == "t0")].iloc[0]
  assert outside["num_ambiguous"] == pytest.approx(len(variants) / 4, rel=0.01)
  assert outside["num_flipped"] > 0.3 * outside["num_variants"]
  assert outside["rg"] == pytest.approx(inside["rg"], abs=3 * inside["rg_se"])
  own = found[(found["other_kind"] == stage.STUDY) & (found["trait"] == "t1")].iloc[0]
  assert own["rg"] == pytest.approx(1.0, abs=3 * own["rg_se"] + 0.02)


def test_few_variants_and_other_builds_have_reasons(tables, tmp_path):
  paths, known, variants, z = tables
  few = scores.LdScores(known.table.iloc[:300], known.num_reference, "few")
  regressions, joined = stage.regress(paths, few)
  assert set(regressions["reason"]) == {stage.TOO_FEW}
  assert set(stage.correlate(joined, [], few, by_place=True)["reason"]) == {stage.TOO_FEW}
  study = pd.DataFrame({"SNP": variants["rsid"], "CHR": variants["chromosome"], "BP": variants["position_bp"]})
  study = study.assign(A1="A", A2="C", Z=z[:, 0], N=5)
  study.to_csv(tmp_path / "study.tsv", sep="\t", index=False)
  _, joined = stage.regress(paths, known)
  found = stage.correlate(joined, [external.read(tmp_path / "study.tsv")], known, by_place=True)
  assert set(found.loc[found["other_kind"] == stage.STUDY, "reason"]) == {stage.OTHER_BUILD}


def test_files_of_ld_scores(tmp_path):
  bolt = tmp_path / "bolt.tab"
  bolt.write_text("SNP\tCHR\tBP\tLDSCORE\nrs1\t1\t10\t2.5\nrs2\tX\t20\t1.5\nrs3\t2\t30\tNA\n")
  assert list(scores.from_file(bolt, 0.0).table["ld_score"]) == [2.5]
  ldsc = tmp_path / "1.l2.ldscore"
  ldsc.write_text("CHR SNP BP L2\n1 rs1 10 2.5\n")
  assert scores.from_file(ldsc, 900.0).num_reference == 900.0
  wrong = tmp_path / "wrong.txt"
  wrong.write_text("a b\n1 2\n")
  with pytest.raises(errors.InputError, match="LDSCORE or L2"):
    scores.from_file(wrong, 0.0)
