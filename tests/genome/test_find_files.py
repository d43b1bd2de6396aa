"""Which genotype files are in a folder."""

import pytest

from msk_jax.genome import chromosomes
from msk_jax.genome.genotype_files import FilePatterns, find_files
from msk_jax.io import errors

_PLAIN = FilePatterns("c{chromosome}.bed", "c{chromosome}.bim", "c{chromosome}.fam", "c{chromosome}.bgen", "s.sample")


def _touch(folder, *names: str) -> None:
  for name in names:
    (folder / name).touch()


def _touch_all(folder, kinds=("bed", "bim", "fam"), names=chromosomes.NAMES) -> None:
  _touch(folder, *(f"c{name}.{kind}" for name in names for kind in kinds))


def test_a_file_for_each_chromosome(tmp_path, caplog):
  _touch_all(tmp_path, ("bed", "bim", "fam", "bgen"))
  _touch(tmp_path, "s.sample")
  files = find_files(tmp_path, _PLAIN, "GRCh37")
  assert [file.chromosome for file in files.array] == list(chromosomes.NAMES)
  assert [file.chromosome for file in files.imputed] == list(chromosomes.NAMES)
  assert {file.sample.name for file in files.imputed} == {"s.sample"}
  assert files.array[22].bed.name == "cX.bed" and not caplog.text


def test_chromosome_23_is_x_and_names_may_hold_a_star(tmp_path):
  _touch_all(tmp_path, names=chromosomes.AUTOSOMES)
  _touch(tmp_path, "c23.bed", "c23.bim", "c23.fam")
  for name in (*chromosomes.AUTOSOMES, "23"):
    (tmp_path / f"c{name}.fam").rename(tmp_path / f"c{name}_s488.fam")
  patterns = FilePatterns("c{chromosome}.bed", "c{chromosome}.bim", "c{chromosome}_s*.fam", "")
  files = find_files(tmp_path, patterns, "GRCh37")
  assert files.array[22].fam.name == "c23_s488.fam" and files.imputed == ()
  _touch(tmp_path, "c2_s489.fam")
  with pytest.raises(errors.InputError, match=r"several files match c2_s\*\.fam: c2_s488.fam, c2_s489.fam"):
    find_files(tmp_path, patterns, "GRCh37")


def test_a_single_file(tmp_path, caplog):
  _touch(tmp_path, "a.bed", "a.bim", "a.fam")
  files = find_files(tmp_path, FilePatterns("a.bed", "a.bim", "a.fam", "a.bgen", "a.sample"), "GRCh38")
  assert [file.chromosome for file in files.array] == [""] and files.build == "GRCh38"
  assert "NO IMPUTED GENOTYPES" in caplog.text


def test_missing_files_are_named(tmp_path):
  _touch_all(tmp_path)
  (tmp_path / "c7.bim").unlink()
  (tmp_path / "cX.fam").unlink()
  with pytest.raises(errors.InputError, match=r"2 files of genotypes are missing.*c7\.bim, cX\.fam"):
    find_files(tmp_path, _PLAIN, "GRCh37")


def test_a_common_fam_that_is_missing_is_named(tmp_path):
  _touch_all(tmp_path, ("bed", "bim"))
  with pytest.raises(errors.InputError, match=r"missing.*all\.fam"):
    find_files(tmp_path, FilePatterns("c{chromosome}.bed", "c{chromosome}.bim", "all.fam", ""), "GRCh37")


def test_autosomes_without_files_are_refused_unless_that_is_allowed(tmp_path, caplog):
  _touch_all(tmp_path, names=("1", "2", "4"))
  with pytest.raises(errors.InputError, match="chromosomes 3, 5, 6"):
    find_files(tmp_path, _PLAIN, "GRCh37")
  allowed = FilePatterns(_PLAIN.bed, _PLAIN.bim, _PLAIN.fam, "", allows_missing=True)
  assert [file.chromosome for file in find_files(tmp_path, allowed, "GRCh37").array] == ["1", "2", "4"]
  assert "CHROMOSOMES WITHOUT FILES" in caplog.text


def test_without_x_the_autosomes_are_analysed_with_a_word(tmp_path, caplog):
  _touch_all(tmp_path, names=chromosomes.AUTOSOMES)
  assert len(find_files(tmp_path, _PLAIN, "GRCh37").array) == 22
  assert "left out: X" in caplog.text


def test_no_files_at_all(tmp_path):
  with pytest.raises(errors.InputError, match=r"looked for c\{chromosome\}\.bed"):
    find_files(tmp_path, _PLAIN, "GRCh37")
  with pytest.raises(errors.InputError, match="not a folder"):
    find_files(tmp_path / "none", _PLAIN, "GRCh37")


def test_a_single_bed_with_a_fam_for_each_chromosome_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="belong together"):
    find_files(tmp_path, FilePatterns("a.bed", "a.bim", "c{chromosome}.fam", ""), "GRCh37")
