"""BOLT-LMM with imputed variants, which fewer people have than array variants, and fewest on chromosome X."""

import dataclasses
import gzip

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import programs, spec
from msk_jax.genetics.engines import bolt
from tests.genetics.engines import example as example_lib

_ENGINE = bolt.Bolt()
_SETTINGS = dataclasses.replace(
  example_lib.SETTINGS,
  heritability=False,
  genetic_correlations=False,
  quality=spec.QualitySpec(max_missing_per_person=0.5, min_imputed_allele_frequency=0.01, min_info=0.4),
)


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> example_lib.Example:
  example = example_lib.make(tmp_path_factory.mktemp("genotypes"))
  return dataclasses.replace(
    example, analysis=dataclasses.replace(example.analysis, traits=example.analysis.traits[:1])
  )


def _run(example: example_lib.Example, folder, num_tasks: int = 2) -> list[programs.Outcome]:
  files, places = example.write(folder)
  tasks = _ENGINE.tasks(files, example.analysis, _SETTINGS)[:num_tasks]
  return programs.run_all(tasks, places, _ENGINE.program("2.4"))


def test_each_run_has_the_people_who_are_imputed(example, tmp_path):
  outcomes = _run(example_lib.add_imputed(example, tmp_path), tmp_path)
  assert [outcome.reason for outcome in outcomes] == [None, None]
  array, imputed = (_ENGINE.read_association("knee", source, "GRCh37", outcomes) for source in ("array", "imputed"))
  assert array.num_people == imputed.num_people == 365
  assert array.table["info"].isna().all() and imputed.table["info"].between(0.4, 1.05).all()
  assert set(imputed.table["chromosome"]) == {"21", "X"} and len(imputed.table) < 120
  assert imputed.table.groupby("chromosome")["n"].unique().map(list).to_dict() == {"21": [365], "X": [355]}
  assert array.table.groupby("chromosome")["n"].max().to_dict() == {
    **dict.fromkeys(["17", "18", "19", "20", "21"], 365),
    "X": 355,
  }
  printed = pd.read_csv(outcomes[1].folder / bolt.IMPUTED_TABLE, sep="\t").set_index("SNP")
  x = imputed.table.query("chromosome == 'X'").set_index("rsid")
  np.testing.assert_array_equal(x["beta"], printed["BETA"].reindex(x.index))
  np.testing.assert_array_equal(x["info"], printed["INFO"].reindex(x.index))


def test_a_truncated_imputed_table_is_no_result(example, tmp_path):
  (outcome,) = _run(example_lib.add_imputed(example, tmp_path), tmp_path, 1)
  path = outcome.folder / bolt.IMPUTED_TABLE
  path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-3]))
  assert programs.judge(outcome.task, outcome.folder, _ENGINE.program("2.4"), 0).code == "incomplete_output"


@pytest.mark.parametrize(
  ("options", "words"), [({"bit_depth": 16}, "more than 8 bits"), ({"compression": "zstd"}, "zstd")]
)
def test_bgen_files_that_bolt_cannot_read_are_named(example, tmp_path, options, words):
  (outcome,) = _run(example_lib.add_imputed(example, tmp_path, **options), tmp_path, 1)
  assert outcome.reason.code == "input_refused" and words in outcome.reason.text


def test_people_who_are_not_in_the_sample_file_are_named_as_such(example, tmp_path):
  wrong = example_lib.add_imputed(example, tmp_path)
  people = dataclasses.replace(wrong.analysis.people, is_imputed=np.ones(370, bool))
  wrong = dataclasses.replace(wrong, analysis=dataclasses.replace(wrong.analysis, people=people))
  (outcome,) = _run(wrong, tmp_path, 1)
  assert outcome.reason.code == "input_refused" and "not in a sample file" in outcome.reason.text
  assert "900000" not in outcome.reason.text
