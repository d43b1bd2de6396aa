"""Results of variants leave without rare alleles, ids, base pairs in texts, or counts to subtract."""

import gzip

import numpy as np
import pandas as pd
import pytest

from msk_jax.disclosure import door, variants
from msk_jax.io import errors
from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns, release_tables

_SCHEMA = release_tables.ASSOCIATIONS
_POSITION = 9_000_001  # looks like an id, and is a place on chromosome 7


def _variants(**others) -> pd.DataFrame:
  values = {
    "chromosome": "7",
    "base_pair_location": [_POSITION],
    "effect_allele": "A",
    "other_allele": "G",
    "beta": 0.1,
    "standard_error": 0.01,
    "effect_allele_frequency": 0.3,
    "neg_log_10_p_value": 599.28,
    "rsid": "rs9000001",
    "info": 0.9,
    "n": 1200,
    **others,
  }
  table = pd.DataFrame(values)
  if "variant_id" not in table:
    table["variant_id"] = variants.make_ids(table)
  return table[list(_SCHEMA.columns)].astype(_SCHEMA.dtypes)


def _read(path) -> list[str]:
  return gzip.decompress(path.read_bytes()).decode().splitlines()


def test_a_data_file_has_base_pairs_and_no_p_becomes_zero(tmp_path):
  path = tmp_path / "knee_array.tsv.gz"
  parts = [_variants(), _variants(rsid=pd.NA, base_pair_location=[_POSITION + 1], info=np.nan)]
  assert door.write_variants(path, parts, _SCHEMA) == 2
  first = f"7\t{_POSITION}\tA\tG\t0.1\t0.01\t0.3\t599.28\t7_{_POSITION}_A_G".replace("A_G", "G_A")
  assert _read(path)[0].split("\t") == list(_SCHEMA.columns)
  assert _read(path)[1] == f"{first}\trs9000001\t0.9\t1200"
  assert _read(path)[2].endswith("\t#NA\t#NA\t1200")


def test_the_same_rows_give_the_same_bytes(tmp_path):
  for name in ("a.tsv.gz", "b.tsv.gz"):
    door.write_variants(tmp_path / name, [_variants()], _SCHEMA)
  assert (tmp_path / "a.tsv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()


@pytest.mark.parametrize(
  ("others", "why"),
  [
    ({"effect_allele_frequency": 0.004}, "fewer than 10 of the rarer allele"),  # 9.6
    ({"effect_allele_frequency": 0.996}, "fewer than 10 of the rarer allele"),
    ({"effect_allele_frequency": np.nan}, "fewer than 10 of the rarer allele"),
    ({"effect_allele_frequency": 0.008, "chromosome": "23"}, "fewer than 10 of the rarer allele"),  # 9.6 in men
    ({"effect_allele_frequency": 0.3 + 1 / 2_400}, "effect_allele_frequency is not rounded to a multiple of 5 / n"),
    ({"n": 1203}, "n is not rounded to a multiple of five"),
    ({"n": 4}, "n holds counts of one to four"),
    ({"rsid": "9000001"}, "rsid holds texts that are not places"),
    ({"rsid": "person"}, "rsid holds texts that are not places"),
    ({"variant_id": "7_9000002_G_A"}, "variant_id holds texts that are not places"),
    ({"effect_allele": "9000001"}, "effect_allele looks like a participant's id"),
    ({"base_pair_location": [260_000_000]}, "past the end of any chromosome"),
    ({"base_pair_location": [0]}, "past the end of any chromosome"),
    ({"beta": 9_000_001.0}, "beta looks like a participant's id"),
  ],
)
def test_what_may_not_leave_is_refused(tmp_path, others, why):
  with pytest.raises(errors.InputError, match=why) as raised:
    door.write_variants(tmp_path / "a.tsv.gz", [_variants(), _variants(**others)], _SCHEMA)
  assert "9000001" not in str(raised.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("chromosome", "frequency"), [("7", 0.0042), ("23", 0.0084), ("X", 0.0084)])
def test_ten_alleles_may_leave(chromosome, frequency):
  table = pd.DataFrame({"chromosome": [chromosome], "effect_allele_frequency": [frequency], "n": [1200]})
  assert not variants.is_rare(table).any()
  assert variants.is_rare(table.assign(n=1190)).all()


def test_exactly_ten_alleles_may_leave():
  table = pd.DataFrame({"chromosome": ["1"], "effect_allele_frequency": [10 / 2_400], "n": [1200]})
  assert not variants.is_rare(table).any()


def test_people_are_rounded_down_to_fives():
  assert variants.round_people(np.array([4, 5, 1204, 1205])).tolist() == [0, 5, 1200, 1205]


def test_frequencies_do_not_tell_a_few_peoples_alleles():
  """Of 1,204 and 1,201 people, the frequencies that leave are those of whole tens of alleles."""
  table = pd.DataFrame({"chromosome": "1", "n": variants.round_people(np.array([1204, 1201, 1200]))})
  table["effect_allele_frequency"] = [103 / 2_408, 101 / 2_402, 1.0]
  rounded = variants.round_frequencies(table)
  assert rounded.tolist() == [100 / 2_400, 100 / 2_400, 1.0]
  exact = table.assign(effect_allele_frequency=[10 / 2_400, 14.9 / 2_400, 1 - 10 / 2_400])
  assert not variants.is_rare(exact.assign(effect_allele_frequency=variants.round_frequencies(exact))).any()


def test_a_table_for_people_has_no_base_pairs(tmp_path):
  with pytest.raises(errors.InputError, match="base_pair_location holds base pairs, which look like"):
    door.write_table(tmp_path, "variants", _variants(), _SCHEMA)
  megabases = Schema("t", 1, {"position_mb": Column("float64", Kind.LOCUS, "Mb")}, is_shared=True)
  door.check_table(pd.DataFrame({"position_mb": [9.000001, np.nan]}), megabases)
  with pytest.raises(errors.InputError, match="past the end of any chromosome in Mb"):
    door.check_table(pd.DataFrame({"position_mb": [9_000_001.0]}), megabases)


def test_frequencies_alone_can_not_be_checked():
  schema = Schema("t", 1, {"effect_allele_frequency": columns.estimate()}, is_shared=True)
  with pytest.raises(errors.InputError, match="not the chromosome and n to count alleles by"):
    door.check_table(pd.DataFrame({"effect_allele_frequency": [0.5]}), schema)


def test_texts_with_ids_are_refused(tmp_path):
  door.write_text(tmp_path / "a.md", "rs9000001 near chromosome 7, 9.00 Mb; 407,998 people")
  for name, text in (("b.md", "person 9000001"), ("9000001.md", "a"), ("c.md", "at 7:9000001"), ("d.md", "xrs9000001")):
    with pytest.raises(errors.InputError, match="a text is not written") as raised:
      door.write_text(tmp_path / name, text)
    assert "9000001" not in str(raised.value)
  assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_unknown_columns_and_ids_in_names_are_refused(tmp_path):
  with pytest.raises(errors.InputError, match="its columns eid are not known"):
    door.write_variants(tmp_path / "a.tsv.gz", [_variants().assign(eid="9000001")], _SCHEMA)
  with pytest.raises(errors.InputError, match="the name of its file looks like"):
    door.write_variants(tmp_path / "9000001.tsv.gz", [_variants()], _SCHEMA)
