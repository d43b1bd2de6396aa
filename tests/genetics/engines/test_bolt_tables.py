"""LD scores and the genetic map: checked before the start, and used."""

import dataclasses
import gzip

import pytest

from msk_jax.genetics import engine_files, programs, spec
from msk_jax.genetics.engines import bolt, bolt_tables
from msk_jax.genetics.tasks import Places
from msk_jax.io import errors
from tests.genetics.engines import example as example_lib

_MAP = "chr position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n"


def _write(path, text: str):
  path.write_bytes(gzip.compress(text.encode()))
  return str(path)


@pytest.mark.parametrize(
  ("text", "words"),
  [
    ("SNP CHR BP\nrs1 1 1\n", "no columns LDSCORE"),
    ("SNP CHR BP LDSCORE\n", "no rows"),
    ("SNP CHR BP LDSCORE\nrs1 1\n", "don't fit"),
    ("", "no columns"),
  ],
)
def test_wrong_tables_are_refused(tmp_path, text, words):
  with pytest.raises(errors.InputError, match=words):
    bolt_tables.check(spec.BoltSpec(ld_scores=_write(tmp_path / "x.gz", text)), "GRCh37")


def test_missing_cut_and_plain_tables_are_refused(tmp_path):
  whole = gzip.compress(b"SNP CHR BP LDSCORE\n" + b"rs1 1 1 1.5\n" * 9)
  for content in (None, whole[:-9], b"SNP LDSCORE\nrs1 1\n"):
    path = tmp_path / "x.tab.gz"
    if content:
      path.write_bytes(content)
    with pytest.raises(errors.InputError, match="third_party/README"):
      bolt_tables.check(spec.BoltSpec(ld_scores=str(path)), "GRCh37")


def test_a_map_of_another_build_is_refused(tmp_path):
  settings = spec.BoltSpec(genetic_map=_write(tmp_path / "genetic_map_hg19_withX.txt.gz", _MAP + "1 1 1 0\n"))
  assert list(bolt_tables.check(settings, "GRCh37")) == [bolt_tables.GENETIC_MAP]
  with pytest.raises(errors.InputError, match="another build"):
    bolt_tables.check(settings, "GRCh38")


def test_bolt_uses_both(tmp_path):
  example = example_lib.make(tmp_path)
  rows = [line.split() for line in example.genotypes.array[0].bim.read_text().splitlines()[6:]]
  scores = "SNP\tCHR\tBP\tLDSCORE\n" + "".join(f"{row[1]}\t1\t{row[3]}\t2.5\n" for row in rows)
  positions = "".join(f"{number} {place} 1.0 {place / 1e6}\n" for number in range(1, 24) for place in (1, 10**8))
  bolt_spec = dataclasses.replace(
    example_lib.SETTINGS.bolt,
    ld_scores=_write(tmp_path / "scores.gz", scores),
    genetic_map=_write(tmp_path / "map.gz", _MAP + positions),
  )
  settings = dataclasses.replace(example_lib.SETTINGS, bolt=bolt_spec)
  engine = bolt.Bolt()
  files = engine_files.write(tmp_path / "inputs", example.analysis, example.genotypes, engine.check(settings))
  (task, *_) = engine.tasks(files, example.analysis, settings)
  places = Places(files.genotypes, tmp_path / "inputs", tmp_path / "results")
  outcome = programs.run(task, places, engine.program("2.4"))
  assert outcome.reason is None
  stdout = (outcome.folder / "stdout.txt").read_text()
  assert "--LDscoresFile" in stdout and "--geneticMapFile" in stdout and "--LDscoresUseChip" not in stdout


def test_options_reach_the_command(tmp_path):
  example = example_lib.make(tmp_path)
  files, _ = engine_files.build(example.analysis, example.genotypes, {})
  changes = {"infinitesimal_only": True, "allows_no_heritability": True, "refines_reml": True, "seed": 3}
  settings = dataclasses.replace(
    example_lib.SETTINGS, num_threads=4, bolt=dataclasses.replace(example_lib.SETTINGS.bolt, **changes)
  )
  tasks = bolt.Bolt().tasks(files, example.analysis, settings)
  for task in tasks:
    assert {"--seed=3", "--numThreads=$THREADS", "--allowh2g01", "--covarMaxLevels=12"} <= set(task.command)
    assert ("--reml" in task.command) == (not task.outputs) and "--remlNoRefine" not in task.command
    assert ("--lmmInfOnly" in task.command) == bool(task.outputs) and "--lmm" not in task.command
    assert not any("LDscores" in text for text in task.command)
