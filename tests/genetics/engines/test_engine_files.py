"""Texts that engines read."""

import dataclasses
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_files, engine_tables, engine_variants
from msk_jax.genetics.engines import bolt, interface, regenie
from msk_jax.genome import chromosomes, genotype_files
from msk_jax.io import errors
from tests.genetics.engines import example as example_lib

_N = 6
_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,20}", fullmatch=True)


def _people(n: int = _N) -> analysis_lib.People:
  ids = np.array([f"{9_000_000 + number}" for number in range(n)])
  return analysis_lib.People(ids, ids, np.zeros(n, np.int8), np.ones(n, bool), np.arange(n) > 0)


def _trait(name: str, values, stratum: str = "all") -> analysis_lib.Trait:
  return analysis_lib.Trait(name, np.asarray(values, float), "years", name, "", stratum)


def _analysis(*traits: analysis_lib.Trait, quantitative=None, categorical=None) -> analysis_lib.Analysis:
  covariates = analysis_lib.Covariates(quantitative or {}, categorical or {})
  return analysis_lib.Analysis(_people(), traits or (_trait("knee", np.arange(_N)),), covariates)


def _genotypes(folder: pathlib.Path, bims: dict[str, str], imputed=()) -> genotype_files.GenotypeFiles:
  fam = "".join(f"{9_000_000 + number} {9_000_000 + number} 0 0 1 Batch_b001\n" for number in range(_N + 2))
  files = []
  for chromosome, text in bims.items():
    paths = [folder / f"c{chromosome}.{ending}" for ending in ("bed", "bim", "fam")]
    paths[1].write_text(text)
    paths[2].write_text(fam)
    files.append(genotype_files.ArrayFile(chromosome, *paths))
  more = [genotype_files.ImputedFile(name, folder / f"c{name}.bgen", folder / f"c{name}.sample") for name in imputed]
  return genotype_files.GenotypeFiles(tuple(files), tuple(more), "GRCh37")


_BIMS = {"1": "1 a 0 5 A G\n1 b 0 6 A G\n", "X": "23 c 0 5 A G\n"}


def test_numbers_come_back_as_they_were():
  values = [1 / 3, 1e-17, -123456.789012345678, np.nan, 1e22, -8.999999999]
  text = engine_tables.make_phenotypes(_analysis(_trait("knee", values))).text
  read = [float(line.split("\t")[2].replace("NA", "nan")) for line in text.splitlines()[1:]]
  np.testing.assert_array_equal(read, values)


def test_no_number_equals_minus_nine():
  quantitative = {"pc": np.array([-9.0, 1, 2, 3, 4, -9])}
  analysis = _analysis(_trait("knee", [-9, -9.0, 1, np.nan, 9, 0]), quantitative=quantitative)
  for table in (engine_tables.make_phenotypes(analysis), engine_tables.make_covariates(analysis)):
    assert table.num_nudged == 2
    numbers = [float(line.split("\t")[2].replace("NA", "nan")) for line in table.text.splitlines()[1:]]
    assert -9.0 not in numbers and np.sum(np.abs(np.array(numbers) + 9) < 1e-7) == 2


@pytest.mark.parametrize("levels", [["NA", "a"], ["-9", "1"], ["-9.0", "1"], ["", "1"], ["a b", "a_b"], ["nan", "b"]])
def test_levels_stay_apart_and_are_never_missing(levels):
  names = engine_tables.name_levels(np.array(levels * 2))
  assert len(set(names)) == 2 and list(names[:2]) == list(names[2:])
  assert not {"NA", "nan", "-9", "-9.0", ""} & set(names) and not any(" " in name for name in names)


def test_plain_levels_keep_their_names():
  assert list(engine_tables.name_levels(np.array(["11010", "1.5", "b-c"]))) == ["11010", "1.5", "b-c"]


def test_missing_covariates_and_names_that_programs_split_are_refused():
  with pytest.raises(ValueError, match="missing values"):
    engine_tables.make_covariates(_analysis(quantitative={"pc": np.full(_N, np.nan)}))
  for name in ("a b", "PC{1:20}", "a,b", "", "1a", "$x", "é"):
    with pytest.raises(ValueError, match="names must begin"):
      engine_tables.make_phenotypes(_analysis(_trait(name, np.ones(_N))))
  with pytest.raises(ValueError, match="same name"):
    engine_tables.make_phenotypes(_analysis(_trait("a", np.ones(_N)), _trait("a", np.ones(_N))))


def test_fam_has_a_number_in_its_last_column_and_ids_of_the_analysed_alone():
  people = _analysis().people
  row = f"{people.fid[0]}\t{people.iid[0]} 9000008 0 2 Batch_b001"
  assert engine_tables.rewrite_fam([row, "1 2 0 0 1 x"], people) == [
    f"{people.fid[0]} {people.iid[0]} 0 0 2 1",
    "left_out_1 left_out_1 0 0 1 1",
  ]


def test_known_chromosomes_need_no_new_bim():
  for codes in (["1", "chr2", "X"], ["23", "01"]):
    bim = engine_variants.rewrite([f"{code} a 0 1 A G" for code in codes], chromosomes.NAMES, "0")
    assert bim == engine_variants.BimText(None, (), len(codes))


@pytest.mark.parametrize("code", ["0", "24", "25", "26", "XY", "Y", "MT", "chrM", "30", "GL000191.1"])
def test_other_chromosomes_are_hidden_and_excluded(code):
  lines = [f"{code} rs1 0 7 A G", "17 rs1 0 8 A G", f"{code} rs2 0 9 A G", "18 . 0 1 A G"]
  bim = engine_variants.rewrite(lines, chromosomes.AUTOSOMES, "4")
  assert bim.left_out == ("left_out_4_0", "left_out_4_2") and bim.num_variants == 2
  assert [line.split("\t")[:2] for line in bim.text.splitlines()] == [
    ["17", "left_out_4_0"],
    ["17", "rs1"],
    ["17", "left_out_4_2"],
    ["18", "."],
  ]


def test_runs_take_their_chromosomes(tmp_path):
  files, texts = engine_files.build(_analysis(), _genotypes(tmp_path, _BIMS, ("1", "X")), {})
  assert [bim for _, bim in files.autosomes.beds] == ["$GENOTYPES/c1.bim"]
  assert [bim for _, bim in files.with_x.beds] == ["$GENOTYPES/c1.bim", "$GENOTYPES/cX.bim"]
  assert files.autosomes.bgens == (("$GENOTYPES/c1.bgen", "$GENOTYPES/c1.sample"),)
  assert len(files.with_x.bgens) == 2 and files.num_variants_left_out == 0
  assert (files.autosomes.num_people, files.with_x.num_people) == (6, 5)
  assert texts["remove.autosomes.txt"].split() == ["left_out_6"] * 2 + ["left_out_7"] * 2
  assert texts["remove.with_x.txt"].split()[:2] == ["9000000"] * 2
  assert (files.autosomes.num_variants, files.with_x.num_variants) == (2, 3)


def test_without_imputed_files_everybody_stays(tmp_path):
  files, _ = engine_files.build(_analysis(), _genotypes(tmp_path, _BIMS), {})
  assert files.with_x.num_people == _N


def test_without_x_there_is_one_run(tmp_path):
  files, _ = engine_files.build(_analysis(), _genotypes(tmp_path, {"1": "1 a 0 5 A G\n", "X": "25 b 0 5 A G\n"}), {})
  assert files.with_x is None and files.num_variants_left_out == 1
  kinds = {task.kind for task in bolt.Bolt().tasks(files, _analysis(), example_lib.SETTINGS)}
  assert kinds == {"association", "heritability"}


def test_one_file_of_all_chromosomes_hides_x_from_the_run_on_autosomes(tmp_path):
  files, texts = engine_files.build(
    _analysis(), _genotypes(tmp_path, {"": "1 a 0 1 A G\nX a 0 2 A G\n0 c 0 3 A G\n"}), {}
  )
  assert texts["exclude.autosomes.txt"] == "left_out_0_1\nleft_out_0_2\n"
  assert texts["exclude.with_x.txt"] == "left_out_0_2\n"
  assert files.num_variants_left_out == 1


def test_strata_leave_out_who_has_no_value(tmp_path):
  women = _trait("knee.female", [1, 2, 3, np.nan, np.nan, np.nan], "female")
  both = _trait("knee", np.arange(_N))
  analysis = _analysis(both, women)
  files, texts = engine_files.build(analysis, _genotypes(tmp_path, _BIMS), {})
  assert texts["remove.female.txt"].split() == [f"900000{number}" for number in (3, 3, 4, 4, 5, 5)]
  for task in bolt.Bolt().tasks(files, analysis, example_lib.SETTINGS):
    assert ("--remove=$INPUTS/remove.female.txt" in task.command) == (task.traits == ("knee.female",)), task.name


def test_pairs_are_of_one_stratum_and_have_people():
  nan = np.nan
  analysis = _analysis(
    _trait("a", [1, 2, 3, 4, nan, nan]),
    _trait("b", [nan, nan, 3, 4, 5, 6]),
    _trait("c", [1, 2, nan, nan, nan, nan]),
    _trait("a.f", np.ones(_N), "female"),
  )
  assert interface.list_pairs(analysis, np.ones(_N, bool), 0) == ([("a", "b"), ("a", "c")], {("b", "c"): 0})
  kept = np.arange(_N) > 0
  assert interface.list_pairs(analysis, kept, 2) == ([("a", "b")], {("a", "c"): 1, ("b", "c"): 0})
  assert interface.list_pairs(analysis, np.ones(_N, bool), 3) == ([], {("a", "b"): 2, ("a", "c"): 2, ("b", "c"): 0})


def test_paths_that_programs_take_apart_are_refused(tmp_path):
  for name in ("a b", "a{1}"):
    (tmp_path / name).mkdir()
    with pytest.raises(errors.InputError, match="blank or a brace"):
      engine_files.build(_analysis(), _genotypes(tmp_path / name, _BIMS, ("1",)), {})
  engine_files.build(_analysis(), _genotypes(tmp_path / "a b", _BIMS), {})
  with pytest.raises(errors.InputError, match="brace"):
    engine_files.write(tmp_path / "in{1}", _analysis(), _genotypes(tmp_path, _BIMS))
  (tmp_path / "in").mkdir()
  good = _genotypes(tmp_path / "in", _BIMS)
  for name in ("a$b", "a b", "a'b"):
    bad = genotype_files.ImputedFile("1", tmp_path / name / "x.bgen", tmp_path / name / "x.sample")
    with pytest.raises(errors.InputError, match="can't read"):
      engine_files.build(_analysis(), dataclasses.replace(good, imputed=(bad,)), {})


def test_somebody_who_is_not_in_the_fam_file_is_refused(tmp_path):
  genotypes = _genotypes(tmp_path, _BIMS)
  genotypes.array[0].fam.write_text("9000001 9000001 0 0 1 1\n")
  with pytest.raises(ValueError, match=r"missing from the \.fam") as error:
    engine_files.build(_analysis(), genotypes, {})
  assert "900000" not in str(error.value)


def test_more_variants_than_the_model_takes_are_refused(tmp_path):
  files, _ = engine_files.build(_analysis(), _genotypes(tmp_path, _BIMS), {})
  files = dataclasses.replace(files, autosomes=dataclasses.replace(files.autosomes, num_variants=1_000_001))
  with pytest.raises(errors.InputError, match="1_000_001 array variants"):
    bolt.Bolt().tasks(files, _analysis(), example_lib.SETTINGS)


@given(names=st.lists(_NAMES, min_size=1, max_size=4, unique=True))
def test_every_trait_has_its_own_tasks_whatever_its_name(names):
  run = engine_files.RunFiles(
    (("$GENOTYPES/a.bed", "$GENOTYPES/a.bim"),), (), ("$INPUTS/r",), (), np.ones(_N, bool), 10
  )
  files = engine_files.EngineFiles(pathlib.Path("/g"), run, run, {}, (), (), 0, {}, 0, 0)
  analysis = _analysis(*(_trait(name, np.arange(_N)) for name in names))
  tasks = bolt.Bolt().tasks(files, analysis, example_lib.SETTINGS)
  assert len({task.name for task in tasks}) == len(tasks) == 3 * len(names) + len(names) * (len(names) - 1) // 2
  for task in tasks:
    assert [text.partition("=")[2] for text in task.command if text.startswith("--phenoCol=")] == list(task.traits)
    assert type(task).from_json(task.to_json()) == task
  (*_, last) = regenie.Regenie().tasks(files, analysis, example_lib.SETTINGS)
  assert last.traits == tuple(names)
