"""Files of genotypes: read by other programs, with UK Biobank's names, orders and flaws."""

import dataclasses
import hashlib
import pathlib
import subprocess

import bed_reader
import bgen
import numpy as np
import pandas as pd
import pytest

from msk_jax.genome import chromosomes
from msk_jax.io import run_record, tables
from msk_jax.preparation import prepare
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulation import cohort, people
from msk_jax.simulation.files import biobank_tables, flaws, truth
from msk_jax.simulation.genotypes import files, haplotypes, pedigree, variants
from msk_jax.simulation.spec import FlawCounts, GenotypesSpec, PhantomSpec
from tests import programs

_GENOTYPES = dataclasses.replace(GenotypesSpec.small(), num_reference_people=500, num_variants_per_gene=60)
_SPEC = PhantomSpec(
  500, seed=4, has_images=False, flaws=FlawCounts(withdrawn=2), has_genotypes=True, genotypes=_GENOTYPES
)


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("genotypes") / "raw"
  cohort.generate(_SPEC, folder)
  return folder


@pytest.fixture(scope="module")
def main_table(raw) -> pd.DataFrame:
  return pd.read_csv(raw / biobank_tables.MAIN_TABLE, dtype=str, keep_default_na=False).set_index("eid", drop=False)


@pytest.fixture(scope="module")
def fam(raw) -> pd.DataFrame:
  return _read(files.paths(raw, "1")["fam"])


def _read(path: pathlib.Path, **options) -> pd.DataFrame:
  return pd.read_csv(path, sep=r"\s+", header=None, dtype=str, **options)


def _run(folder: pathlib.Path, program: str, *arguments: str) -> pathlib.Path:
  """Runs plink; returns the prefix of what it writes."""
  programs.require(program)
  done = subprocess.run(
    [program, *arguments, "--threads", "1", "--out", "out"], cwd=folder, capture_output=True, text=True
  )
  assert done.returncode == 0, done.stdout + done.stderr
  return folder / "out"


def _bed(raw: pathlib.Path, name: str) -> list[str]:
  place = files.paths(raw, name)
  return ["--bed", str(place["bed"]), "--bim", str(place["bim"]), "--fam", str(place["fam"])]


def test_every_chromosome_has_its_files(raw):
  expected = {path for name in chromosomes.NAMES for path in files.paths(raw, name).values()}
  assert set((raw / "genotypes").iterdir()) == expected and len(expected) == 5 * 23
  assert (raw / "genotypes" / "ukb22418_cX_b0_v2.bed").exists() and (
    raw / "genotypes" / "ukb22828_c1_b0_v3.bgen"
  ).exists()


def test_the_array_reads_as_what_was_drawn(raw):
  drawn = variants.draw(_SPEC.seed, _GENOTYPES)
  units = pedigree.units_of(_SPEC.seed, people.make_people(_SPEC))
  columns = {member.eid: i for i, member in enumerate(m for unit in units for m in unit.members)}
  for name in ("21", "X"):
    each = next(one for one in drawn if one.chromosome == name)
    place = files.paths(raw, name)
    with bed_reader.open_bed(place["bed"], fam_filepath=place["fam"], bim_filepath=place["bim"]) as bed:
      calls = bed.read(dtype="int8", num_threads=1)
      assert set(bed.chromosome) == {"23" if name == "X" else name}
      assert list(bed.sid) == list(each.rsid[each.is_on_array])
      known = [i for i, eid in enumerate(bed.iid) if eid in columns]
      expected = haplotypes.draw(_SPEC.seed, each, units)[each.is_on_array][:, [columns[bed.iid[i]] for i in known]].T
    has_call = calls[known] != -127
    np.testing.assert_array_equal(calls[known][has_call], expected[has_call])
    assert 0.002 < 1 - has_call.mean() < 0.01


def test_plink_reads_the_array(raw, tmp_path):
  frequencies = pd.read_csv(f"{_run(tmp_path, 'plink1.9', *_bed(raw, '2'), '--freq')}.frq", sep=r"\s+")
  drawn = variants.draw(_SPEC.seed, _GENOTYPES)[1]
  expected = pd.Series(drawn.frequency, drawn.rsid)[frequencies["SNP"]].to_numpy()
  assert len(frequencies) == drawn.is_on_array.sum()
  assert np.corrcoef(frequencies["MAF"], expected)[0, 1] > 0.99


def test_plink_finds_the_sexes_on_x(raw, tmp_path):
  checked = pd.read_csv(f"{_run(tmp_path, 'plink1.9', *_bed(raw, 'X'), '--check-sex')}.sexcheck", sep=r"\s+")
  assert (checked["F"][checked["PEDSEX"] == 1] == 1.0).all()
  women = checked[checked["PEDSEX"] == 2]
  assert len(women) > 200 and women["F"].max() < 0.7 and abs(women["F"].median()) < 0.1
  assert ((checked["SNPSEX"] == checked["PEDSEX"]) | (checked["SNPSEX"] == 0)).all()


def test_plink2_finds_the_relatives(raw, tmp_path):
  """By KING's robust estimate over all autosomes, which does not need frequencies."""
  programs.require("plink1.9")
  merge = tmp_path / "list.txt"
  merge.write_text(
    "".join(" ".join(str(files.paths(raw, n)[k]) for k in ("bed", "bim", "fam")) + "\n" for n in "23456789")
  )
  _run(tmp_path, "plink1.9", *_bed(raw, "1"), "--merge-list", str(merge), "--make-bed")
  (tmp_path / "out.fam").rename(tmp_path / "all.fam")
  bed = ["--bed", "out.bed", "--bim", "out.bim", "--fam", "all.fam"]
  table = pd.read_csv(f"{_run(tmp_path, 'plink2', *bed, '--make-king-table')}.kin0", sep="\t", dtype={1: str, 3: str})
  estimates = {
    frozenset((a, b)): k for a, b, k in zip(table.iloc[:, 1], table.iloc[:, 3], table["KINSHIP"], strict=True)
  }
  planted = [(frozenset((a, b)), k) for a, b, k in people.kinship_pairs(people.make_people(_SPEC))]
  siblings = [estimates[pair] for pair, kinship in planted if kinship == 0.25 and pair in estimates]
  assert len(siblings) >= 5 and np.mean(siblings) == pytest.approx(0.25, abs=0.03) and min(siblings) > 0.1


@pytest.mark.parametrize("name", ["1", "X"])
def test_plink2_and_bgen_read_the_imputed_variants(raw, tmp_path, name):
  place = files.paths(raw, name)
  with bgen.BgenReader(str(place["bgen"]), delay_parsing=True) as reader:
    first = [(variant.rsid, variant.chrom, variant.alleles) for variant in reader]
  drawn = next(each for each in variants.draw(_SPEC.seed, _GENOTYPES) if each.chromosome == name)
  drawn = drawn.take(drawn.is_imputed)
  references = np.where(drawn.is_counted_reference, drawn.counted, drawn.other)
  assert [one[0] for one in first] == list(drawn.rsid)
  assert [one[2][0] for one in first] == list(references)  # the reference comes first
  assert {one[1] for one in first} == {"X" if name == "X" else "01"}
  prefix = _run(
    tmp_path, "plink2", "--bgen", str(place["bgen"]), "ref-first", "--sample", str(place["sample"]), "--freq"
  )
  assert len(pd.read_csv(f"{prefix}.afreq", sep="\t")) == len(drawn)


def _dosages(raw: pathlib.Path, name: str) -> np.ndarray:
  """Returns the dosages of the first alleles of a BGEN file, float [m, n]."""
  with bgen.BgenReader(str(files.paths(raw, name)["bgen"]), delay_parsing=True) as reader:
    probabilities = np.stack([variant.probabilities for variant in reader])
  assert probabilities.shape[2] == 3
  return 2 * probabilities[:, :, 0] + probabilities[:, :, 1]


@pytest.mark.parametrize("name", ["6", "X"])
def test_imputed_dosages_are_uncertain_as_their_info_says(raw, name):
  drawn = next(each for each in variants.draw(_SPEC.seed, _GENOTYPES) if each.chromosome == name)
  units = pedigree.units_of(_SPEC.seed, people.make_people(_SPEC))
  columns = {member.eid: i for i, member in enumerate(m for unit in units for m in unit.members)}
  eids = list(_read(files.paths(raw, name)["sample"], skiprows=2)[1])
  known = [i for i, eid in enumerate(eids) if eid in columns]
  true = haplotypes.draw(_SPEC.seed, drawn, units)[drawn.is_imputed][:, [columns[eids[i]] for i in known]].astype(float)
  drawn = drawn.take(drawn.is_imputed)
  dosages = _dosages(raw, name)[:, known]
  dosages = np.where(drawn.is_counted_reference[:, None], dosages, 2 - dosages)
  ploidy_factor = true.var(axis=1) / (2 * drawn.frequency * (1 - drawn.frequency))  # more where men have 0 or 2
  info = dosages.var(axis=1) / (2 * drawn.frequency * (1 - drawn.frequency)) / ploidy_factor
  is_common = drawn.frequency > 0.1
  assert info[is_common].min() > 0.25 and (info[is_common & ~drawn.is_on_array] < 1.05).all()
  assert np.corrcoef(info[is_common], drawn.info[is_common])[0, 1] > 0.95
  r2 = np.array([np.corrcoef(a, b)[0, 1] ** 2 for a, b in zip(dosages, true, strict=True)])
  np.testing.assert_allclose(r2[is_common], info[is_common], atol=0.15)
  np.testing.assert_allclose(dosages.mean(axis=1), true.mean(axis=1), atol=0.12)


def test_people_of_the_files_are_not_those_of_the_tables(raw, fam, main_table):
  """As in UK Biobank: other orders, a few more and fewer people, fewer on X, batches in column 6."""
  array, in_table = list(fam[1]), set(main_table.index)
  assert list(fam[0]) == array and array != sorted(array)
  assert len(set(array) - in_table) == 5 and 2 <= len(in_table - set(array)) <= 35
  withdrawn = {flaw.eid for flaw in flaws.plan(_SPEC, people.make_people(_SPEC)) if flaw.kind == "withdrawn"}
  assert len(withdrawn) == 2 and withdrawn <= in_table and withdrawn & set(array)
  assert all(text.startswith(("Batch_b", "UKBiLEVEAX_b")) for text in fam[5])
  header = files.paths(raw, "1")["sample"].read_text().splitlines()[:2]
  assert header == ["ID_1 ID_2 missing sex", "0 0 0 D"]
  on_autosomes, on_x = ([*_read(files.paths(raw, name)["sample"], skiprows=2)[1]] for name in ("1", "X"))
  assert set(on_x) < set(on_autosomes) < set(array)
  assert on_autosomes != [eid for eid in array if eid in set(on_autosomes)]
  for name in ("9", "X"):
    pd.testing.assert_frame_equal(_read(files.paths(raw, name)["fam"]), fam)


def test_the_main_table_tells_of_genotyping(raw, fam, main_table):
  columns = ["22000-0.0", "22005-0.0", *(f"22009-0.{k}" for k in range(1, 21))]
  assert set(columns) < set(main_table.columns)
  is_genotyped = main_table.index.isin(fam[1])
  assert (main_table.loc[~is_genotyped, [*columns, "22001-0.0"]] == "").all(axis=None)
  genotyped = main_table[is_genotyped]
  assert (genotyped[columns] != "").all(axis=None)
  batch = genotyped["22000-0.0"].astype(int)
  assert batch.between(-11, 95).all() and (batch != 0).all() and 0.03 < (batch < 0).mean() < 0.2
  names = fam.set_index(1)[5].loc[genotyped.index]
  assert names.str.startswith("UKBiLEVE").eq(batch < 0).all()
  assert genotyped["22005-0.0"].astype(float).mean() == pytest.approx(0.005, rel=0.2)
  pcs = genotyped[columns[2:]].astype(float)
  is_white = genotyped["21000-0.0"].isin(["1", "1001", "1002", "1003"])
  is_black = genotyped["21000-0.0"].isin(["4001", "4002"])
  assert pcs.loc[is_white, "22009-0.1"].mean() == pytest.approx(-12, abs=3)
  assert is_black.sum() == 0 or pcs.loc[is_black, "22009-0.1"].min() > 150
  assert (pcs.loc[is_white].std()[5:] < 4).all()


def test_missing_calls_are_those_that_the_table_counts(raw, main_table):
  parts = []
  for name in chromosomes.NAMES:
    place = files.paths(raw, name)
    with bed_reader.open_bed(place["bed"], fam_filepath=place["fam"], bim_filepath=place["bim"]) as bed:
      parts.append(bed.read(dtype="int8", num_threads=1) == -127)
      eids = bed.iid
  share = pd.Series(np.concatenate(parts, axis=1).mean(axis=1), eids)
  genotyped = main_table[main_table["22005-0.0"] != ""]
  np.testing.assert_allclose(genotyped["22005-0.0"].astype(float), share[genotyped.index], rtol=1e-5)


def test_sex_mismatches_are_planted_in_field_31(raw, fam, main_table):
  table = tables.read(truth.path(raw, truth_tables.FLAWS), truth_tables.FLAWS)
  mismatched = table[table["kind"] == flaws.SEX_MISMATCH]
  assert len(mismatched) == 3 and set(mismatched["member"]) == {"31-0.0"}
  in_both = main_table[(main_table["31-0.0"] != "") & (main_table["22001-0.0"] != "")]
  assert set(in_both.index[in_both["31-0.0"] != in_both["22001-0.0"]]) == set(mismatched["eid"])
  genetic = fam.set_index(1)[4].loc[mismatched["eid"]].map({"1": "1", "2": "0"})
  assert list(genetic) == list(main_table.loc[mismatched["eid"], "22001-0.0"])


def test_the_table_of_causal_variants_gives_the_scores_from_the_files(raw):
  """Effects, alleles and genotypes fit together: an independent sum over the files is the genetic part."""
  effects = tables.read(truth.path(raw, truth_tables.VARIANTS), truth_tables.VARIANTS)
  assert set(effects["kind"]) == {"lead", "background"} and set(effects["source"]) == {"array", "imputed", "both"}
  scores: pd.DataFrame | None = None
  for name in chromosomes.NAMES:
    place = files.paths(raw, name)
    of_chromosome = effects[effects["chromosome"] == name]
    with bed_reader.open_bed(place["bed"], fam_filepath=place["fam"], bim_filepath=place["bim"]) as bed:
      calls = pd.DataFrame(bed.read(dtype="float32", num_threads=1), bed.iid, bed.sid)
      counted = dict(zip(bed.sid, bed.allele_1, strict=True))
    calls = calls.fillna(calls.mean())
    with bgen.BgenReader(str(place["bgen"]), delay_parsing=True) as reader:
      imputed = {variant.rsid: (variant.alleles[0], variant.probabilities) for variant in reader}
    eids = list(_read(place["sample"], skiprows=2)[1])
    for row in of_chromosome.itertuples():
      if row.source == "imputed":
        first, probabilities = imputed[row.rsid]
        dosage = pd.Series(2 * probabilities[:, 0] + probabilities[:, 1], eids)
        dosage = dosage if first == row.effect_allele else 2 - dosage
      else:
        assert counted[row.rsid] == row.effect_allele
        dosage = calls[row.rsid]
      if scores is None:
        scores = pd.DataFrame(0.0, calls.index, sorted(set(effects["dimension"])))
      scores[row.dimension] += row.effect_years * dosage.reindex(scores.index)
  truth_table = tables.read(truth.path(raw, truth_tables.ACCELERATIONS), truth_tables.ACCELERATIONS)
  genetic = truth_table.pivot(index="eid", columns="dimension", values="genetic_years")
  both = scores.dropna().index.intersection(genetic.index)
  assert len(both) > 450
  for dimension in scores:
    slope, _ = np.polyfit(scores.loc[both, dimension], genetic.loc[both, dimension], 1)
    assert np.corrcoef(scores.loc[both, dimension], genetic.loc[both, dimension])[0, 1] > 0.98
    assert slope == pytest.approx(1.0, abs=0.03)


def test_such_a_phantom_is_prepared_as_any_other(raw):
  """Its genotype files are not taken for tables, lists or relatedness, and the phantom is not drawn again."""
  data = data_spec.DataSpec(kind="phantom", scalars_only=True, phantom=_SPEC, workers=0)
  before = (raw / run_record.FILE_NAME).stat().st_mtime_ns
  prepare.prepare(data, raw.parent)
  assert (raw / run_record.FILE_NAME).stat().st_mtime_ns == before
  folder = raw.parent / cohort_tables.FOLDER
  people_read = tables.read(folder / "participants.parquet", cohort_tables.PARTICIPANTS)
  assert 490 <= len(people_read) <= 498  # without the withdrawn, and some without a sex


def _hashes(folder: pathlib.Path) -> dict[str, str]:
  paths = [path for path in folder.rglob("*") if path.is_file() and path.name != run_record.FILE_NAME]
  return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_rerun_does_nothing_and_lost_files_come_back_the_same(raw):
  before = _hashes(raw)
  times = {path: path.stat().st_mtime_ns for path in raw.rglob("*")}
  cohort.generate(_SPEC, raw)
  assert {path: path.stat().st_mtime_ns for path in times} == times
  files.paths(raw, "7")["bgen"].unlink()
  files.paths(raw, "X")["bed"].write_bytes(b"short")
  cohort.generate(_SPEC, raw)
  assert _hashes(raw) == before
