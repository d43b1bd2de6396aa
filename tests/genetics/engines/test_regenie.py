"""REGENIE: commands, and tables that it wrote. The program itself is in no package, and is not run."""

import dataclasses
import gzip
import pathlib
import stat

import bed_reader
import numpy as np
import pytest

from msk_jax.genetics import engine_files, estimates, programs, reasons, spec, summary_statistics
from msk_jax.genetics.engines import costs, regenie, regenie_output
from msk_jax.genetics.tasks import Kind, Places
from msk_jax.genome import genotype_files
from msk_jax.io import errors
from tests import programs as required
from tests.genetics.engines import example as example_lib

_ENGINE = regenie.Regenie()
_SETTINGS = example_lib.SETTINGS
_HEADER = "CHROM GENPOS ID ALLELE0 ALLELE1 A1FREQ INFO N TEST BETA SE CHISQ LOG10P EXTRA\n"
_ROWS = [
  "1 100 rs1 G A 0.25 0.9 350 ADD 0.5 0.1 25 6.24 NA",
  "1 100 rs1 G A 0.25 0.9 350 DOM 0.5 0.1 25 6.24 NA",
  "23 50 NA C CT 0.5 1 300 ADD -0.5 0.0125 1600 NA NA",
  "1 200 rs2 G A 0.5 0.8 350 ADD NA NA NA NA TEST_FAIL",
]


def _write_table(path: pathlib.Path, rows=_ROWS, header=_HEADER) -> pathlib.Path:
  text = (header + "\n".join(rows) + "\n").encode()
  path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
  return path


@pytest.mark.parametrize("name", ["step_2_knee.regenie", "step_2_knee.regenie.gz"])
def test_a_table_becomes_ours(tmp_path, name):
  table, num_others = regenie_output.read_table(_write_table(tmp_path / name))
  cleaned, counts = summary_statistics.clean(table, "GRCh37")
  assert num_others == 1 and counts["monomorphic"] == sum(counts.values()) == 1
  assert list(cleaned["variant"]) == ["1:100:G:A", "X:50:C:CT"] and list(cleaned["rsid"]) == ["rs1", "NA"]
  assert list(cleaned["beta"]) == [0.5, -0.5] and list(cleaned["n"]) == [350, 300]
  np.testing.assert_allclose(cleaned["neg_log10_p"], [6.24, summary_statistics.neg_log10_p(np.array([1600]))[0]])
  assert cleaned["neg_log10_p_infinitesimal"].isna().all() and list(cleaned["info"]) == [0.9, 1.0]


def test_another_table_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="BETA"):
    regenie_output.read_table(_write_table(tmp_path / "x", ["1 2"], "CHROM GENPOS\n"))


@pytest.mark.shared_data
def test_the_programs_own_example_is_read(shared_data):
  path = shared_data / "regenie_example" / "test_bin_out_firth_Y1.regenie"
  table, num_others = regenie_output.read_table(path)
  assert len(table) == 1000 and num_others == 0
  first = table.iloc[0]
  assert (first["rsid"], first["chromosome"], first["position_bp"]) == ("1", "1", 1)
  assert (first["other_allele"], first["effect_allele"], first["n"]) == ("2", "1", 494)
  assert (first["effect_allele_frequency"], first["beta"], first["se"]) == (0.214575, 0.0775674, 0.230001)
  assert first["neg_log10_p"] == 0.133163
  chi2 = (table["beta"] / table["se"]) ** 2
  close = np.isclose(summary_statistics.neg_log10_p(chi2.to_numpy()), table["neg_log10_p"], atol=0.01)
  assert close.mean() > 0.95  # the others have Firth's correction
  cleaned, counts = summary_statistics.clean(table, "GRCh37")
  assert cleaned.empty and counts["bad_allele"] == 1000  # its alleles are 1 and 2


def _tasks(example: example_lib.Example, folder: pathlib.Path, settings=_SETTINGS):
  files, places = example.write(folder)
  return _ENGINE.tasks(files, example.analysis, settings), files, places


def test_commands_of_both_steps(tmp_path):
  example = example_lib.add_imputed(example_lib.make(tmp_path), tmp_path)
  tasks, files, _ = _tasks(example, tmp_path)
  assert [task.name for task in tasks] == ["merge", "step_1.all", "array.all", "imputed.all.0", "imputed.all.1"]
  _, first, array, imputed, _ = (" ".join(task.command) for task in tasks)
  common = (
    "--qt --phenoFile $INPUTS/phenotypes.tab --phenoColList knee,hip.x --covarFile $INPUTS/covariates.tab "
    "--covarColList age,one --catCovarList centre --maxCatLevels 12 --remove $INPUTS/remove.with_x.txt"
  )
  assert all(common in command for command in (first, array, imputed))
  assert first.startswith("regenie --step 1 ") and "--lowmem" in first and "--bsize 1000" in first
  assert (
    "--exclude $INPUTS/exclude.txt,$INPUTS/exclude.with_x.txt" in first and first.count("$RESULTS/merge/merged") == 1
  )
  assert array.startswith("regenie --step 2 ") and "--bed $RESULTS/merge/merged" in array
  assert "--bgen $GENOTYPES/21.bgen --sample $GENOTYPES/21.sample" in imputed and "--exclude" not in imputed
  assert not any("--strict" in command for command in (first, array, imputed))
  assert tasks[2].lists == {
    "predictions.txt": "knee $RESULTS/step_1.all/step_1_1.loco\nhip.x $RESULTS/step_1.all/step_1_2.loco\n"
  }
  assert tasks[3].needs == ("merge", "step_1.all")
  rows = costs.estimate(tasks, files, _SETTINGS, "regenie", num_imputed=120)
  assert all(row.hours >= 0 and row.memory_gb > 0 for row in rows)


def test_strata_have_steps_of_their_own(tmp_path):
  example = example_lib.make(tmp_path)
  knee, hip = example.analysis.traits
  women = dataclasses.replace(hip, stratum="female")
  example = dataclasses.replace(example, analysis=dataclasses.replace(example.analysis, traits=(knee, women)))
  tasks, _, _ = _tasks(example, tmp_path)
  assert [task.name for task in tasks] == ["merge", "step_1.all", "array.all", "step_1.female", "array.female"]
  assert "--remove $INPUTS/remove.with_x.txt,$INPUTS/remove.female.txt" in " ".join(tasks[-1].command)


def test_files_per_chromosome_are_merged_without_a_change_of_alleles(tmp_path):
  required.require("plink1.9")
  example = example_lib.make(tmp_path)
  array = example.genotypes.array[0]
  with bed_reader.open_bed(array.bed, bim_filepath=array.bim, fam_filepath=array.fam) as bed:
    chosen = {chromosome: np.flatnonzero(bed.chromosome == chromosome)[:50] for chromosome in ("17", "21", "X")}
    calls = {chromosome: bed.read(np.s_[:, rows], dtype="int8") for chromosome, rows in chosen.items()}
    properties = {name: {c: getattr(bed, name)[rows] for c, rows in chosen.items()} for name in _PROPERTIES}
    iid = bed.iid
  calls["21"] = np.where(calls["21"] < 0, calls["21"], 2 - calls["21"]).astype(
    np.int8
  )  # the first allele is the common one
  files = []
  for chromosome, values in calls.items():
    paths = [tmp_path / f"c{chromosome}.{ending}" for ending in ("bed", "bim", "fam")]
    of_file = {name: values_of[chromosome] for name, values_of in properties.items()}
    bed_reader.to_bed(paths[0], values, properties=of_file | {"fid": iid, "iid": iid}, num_threads=1)
    files.append(genotype_files.ArrayFile(chromosome, *paths))
  genotypes = genotype_files.GenotypeFiles(tuple(files), (), "GRCh37")
  tasks, _, places = _tasks(dataclasses.replace(example, genotypes=genotypes), tmp_path)
  outcome = programs.run(tasks[0], places, _ENGINE.program("3"))
  assert outcome.reason is None
  with bed_reader.open_bed(outcome.folder / "merged.bed") as bed:
    np.testing.assert_array_equal(bed.read(dtype="int8"), np.concatenate(list(calls.values()), 1))
    np.testing.assert_array_equal(bed.allele_1, np.concatenate(list(properties["allele_1"].values())))
    is_analysed = np.isin(iid, example.analysis.people.iid)
    np.testing.assert_array_equal(bed.iid[is_analysed], iid[is_analysed])
    assert not np.isin(bed.iid[~is_analysed], iid).any()


_PROPERTIES = ("sid", "chromosome", "bp_position", "allele_1", "allele_2")


def test_the_runs_of_a_fake_program_are_read_together(tmp_path, monkeypatch):
  """Both steps, with a script in the program's place that writes what REGENIE would."""
  required.require("plink1.9")
  example = example_lib.add_imputed(example_lib.make(tmp_path), tmp_path)
  script = """#!/bin/sh
    while [ $# -gt 0 ]; do
      case "$1" in --step) step=$2 ;; --out) out=$2 ;; --bgen) bgen=$2 ;; --pred) pred=$2 ;; esac
      shift
    done
    echo "|  REGENIE v3.2.1  |"
    if [ $step = 1 ]; then echo x > ${out}_1.loco; echo x > ${out}_2.loco
    else
      cut -d' ' -f2 $pred | xargs cat > /dev/null || exit 1
      chr=1; case "$bgen" in *X.bgen) chr=23 ;; esac
      for trait in knee hip.x; do
        printf "HEADER$chr 100 rs1 G A 0.25 0.9 350 ADD 0.5 0.1 25 6.24 NA\\n" | gzip > ${out}_$trait.regenie.gz
      done
    fi
    echo "Elapsed time : 1s"
  """.replace("HEADER", _HEADER.replace("\n", "\\n"))
  (tmp_path / "bin").mkdir()
  path = tmp_path / "bin" / "regenie"
  path.write_text(script)
  path.chmod(path.stat().st_mode | stat.S_IXUSR)
  monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
  tasks, _, places = _tasks(example, tmp_path)
  outcomes = programs.run_all(tasks, places, _ENGINE.program("3.2.1"))
  assert [outcome.reason for outcome in outcomes] == [None] * 5
  array, imputed = (_ENGINE.read_association("knee", source, "GRCh37", outcomes) for source in ("array", "imputed"))
  assert list(array.table["chromosome"]) == ["1"] and list(imputed.table["chromosome"]) == ["1", "X"]
  assert array.table["info"].isna().all() and list(imputed.table["info"]) == [0.9, 0.9]
  assert (array.engine_version, array.num_people, array.p_value) == ("3.2.1", 350, "LOG10P")
  assert _ENGINE.read_heritability("knee", outcomes).reason == estimates.NOT_OF_ENGINE
  assert _ENGINE.read_correlation(("knee", "hip.x"), outcomes).reason == estimates.NOT_OF_ENGINE


def test_reasons():
  diagnose = _ENGINE.diagnose
  assert (
    diagnose(reasons.Failure(1, stderr="ERROR: Uh-oh, SNP rs1 has low variance (=0).")).code == "monomorphic_variants"
  )
  assert diagnose(reasons.Failure(1, stderr="ERROR: cannot open file : /x/9000001.bed")).code == "input_refused"
  assert diagnose(reasons.Failure(-9)).code == "killed"


def test_without_the_program_the_plan_is_offered(monkeypatch):
  monkeypatch.setenv("PATH", "/nowhere")
  with pytest.raises(errors.InputError, match="engine=plan"):
    _ENGINE.version(spec.GwasSpec())


def test_kinds(tmp_path):
  run = engine_files.RunFiles((("$GENOTYPES/a.bed", "$GENOTYPES/a.bim"),), (), ("$INPUTS/r",), (), np.ones(6, bool), 10)
  files = engine_files.EngineFiles(pathlib.Path("/g"), run, None, {}, (), (), 0, {}, 0, 0)
  tasks = _ENGINE.tasks(files, example_lib.make(tmp_path).analysis, _SETTINGS)
  assert [task.kind for task in tasks] == [Kind.PREPARATION, Kind.PREPARATION, Kind.ASSOCIATION]
  filled = Places(tmp_path, tmp_path, tmp_path).fill_in(" ".join(tasks[1].command), tmp_path)
  assert "$" not in filled and "--covarFile" not in filled and "--exclude" not in filled
