"""Genes of GTF and GFF3 files, as GENCODE and Ensembl write them."""

import gzip

import pandas as pd
import pytest

from msk_jax.genome import gtf
from msk_jax.io import errors

_GENCODE = """\
##description: evidence-based annotation of the human genome (GRCh37), version 19 (Ensembl 74)
##format: gtf
chr20\tHAVANA\tgene\t34021145\t34042568\t.\t-\t.\tgene_id "ENSG1.8"; gene_type "protein_coding"; gene_name "GDF5"; 
chr20\tHAVANA\ttranscript\t34021149\t34026027\t.\t-\t.\tgene_id "ENSG1.8"; gene_type "protein_coding"; gene_name "GDF5";
chr7\tHAVANA\tgene\t120965421\t120981158\t.\t+\t.\tgene_id "ENSG2"; gene_type "protein_coding"; gene_name "WNT16"; 
chrY\tHAVANA\tgene\t150855\t155000\t.\t+\t.\tgene_id "ENSGR3"; gene_type "protein_coding"; gene_name "PLCXD1";
chrM\tENSEMBL\tgene\t3307\t4262\t.\t+\t.\tgene_id "ENSG4"; gene_type "protein_coding"; gene_name "MT-ND1";
"""
_ENSEMBL_GTF = """\
#!genome-build GRCh37.p13
20\ten\tgene\t34021145\t34042568\t.\t-\t.\tgene_id "E1"; gene_name "GDF5"; gene_biotype "protein_coding";
7\thavana\tgene\t120965421\t120981158\t.\t+\t.\tgene_id "ENSG2"; gene_name "WNT16"; gene_biotype "protein_coding";
HG104_HG975_PATCH\thavana\tgene\t1\t9\t.\t+\t.\tgene_id "ENSG5"; gene_name "PATCHED"; gene_biotype "protein_coding";
"""
_ENSEMBL_GFF3 = """\
##gff-version 3
#!genome-build  GRCh38.p14
7\thavana\tgene\t121325367\t121341104\t.\t+\t.\tID=gene:ENSG2;Name=WNT16;biotype=protein_coding;description=a%3Bb
20\thavana\tncRNA_gene\t100\t200\t.\t+\t.\tID=gene:ENSG6;biotype=lncRNA
20\thavana\tpseudogene\t300\t400\t.\t+\t.\tID=gene:ENSG7;Name=TWO%20WORDS;biotype=processed_pseudogene
20\thavana\tmRNA\t300\t400\t.\t+\t.\tID=transcript:ENST7;Parent=gene:ENSG7
##FASTA
>20
ACGT
"""
_WNT16 = ("WNT16", "protein_coding", "7", 120_965_421, 120_981_158)
_GDF5 = ("GDF5", "protein_coding", "20", 34_021_145, 34_042_568)


def _write(folder, text: str, name: str = "genes.gtf"):
  path = folder / name
  path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
  return path


def _rows(table: pd.DataFrame) -> list[tuple]:
  return list(table.itertuples(index=False, name=None))


@pytest.mark.parametrize("name", ["genes.gtf", "genes.gtf.gz"])
def test_gencode_gtf(tmp_path, name):
  result = gtf.read(_write(tmp_path, _GENCODE, name), "GRCh37")
  assert _rows(result.genes.table) == [_WNT16, _GDF5]
  assert result.dropped == {"other records": 1, "genes of other sequences": 2}
  assert (result.genes.build, result.genes.source) == ("GRCh37", name)


def test_ensembl_gtf(tmp_path):
  result = gtf.read(_write(tmp_path, _ENSEMBL_GTF.replace("\n", "\r\n")), "GRCh37")
  assert _rows(result.genes.table) == [_WNT16, _GDF5]
  assert result.dropped == {"genes of other sequences": 1}


def test_ensembl_gff3(tmp_path):
  result = gtf.read(_write(tmp_path, _ENSEMBL_GFF3, "genes.gff3"), "GRCh38")
  assert _rows(result.genes.table) == [
    ("WNT16", "protein_coding", "7", 121_325_367, 121_341_104),
    ("ENSG6", "lncRNA", "20", 100, 200),
    ("TWO WORDS", "processed_pseudogene", "20", 300, 400),
  ]


def test_gencode_mapped_back_may_name_both_builds(tmp_path):
  text = _GENCODE.replace("(GRCh37), version 19 (Ensembl 74)", "(GRCh38), version 47, mapped to GRCh37 with a tool")
  assert len(gtf.read(_write(tmp_path, text), "GRCh37").genes.table) == 2


@pytest.mark.parametrize(
  ("text", "build", "message"),
  [
    (_GENCODE, "GRCh38", r"is of GRCh37, not of GRCh38"),
    (_GENCODE, "hg19", r"build must be one of"),
    ("#only a header\n", "GRCh37", "no gene records"),
    ("\n".join(line for line in _GENCODE.splitlines() if "\tgene\t" not in line), "GRCh37", "no gene records"),
    ("chr1,HAVANA,gene,1,2\n", "GRCh37", "line 1: .*nine columns.* has 1"),
    (_GENCODE.replace("\t34042568", "\tx"), "GRCh37", "line 3: columns 4 and 5"),
    (_GENCODE.replace("34021145\t34042568", "34042568\t34021145"), "GRCh37", "line 3: columns 4 and 5"),
    (_GENCODE.replace("\t34042568", "\t64042568"), "GRCh37", "line 3: the gene ends beyond chromosome 20 of GRCh37"),
    ("1\ta\tgene\t1\t2\t.\t+\t.\tlevel 2;\n", "GRCh37", "line 1: the gene has none of the attributes"),
    ("", "GRCh37", "no gene records"),
  ],
)
def test_what_is_not_a_file_of_genes_is_refused(tmp_path, text, build, message):
  with pytest.raises(errors.InputError, match=message):
    gtf.read(_write(tmp_path, text), build)


def test_damaged_files_are_refused(tmp_path):
  whole = gzip.compress((_GENCODE * 400).encode())
  for content in (whole[: len(whole) // 2], whole[:200] + bytes(50) + whole[250:]):
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(content)
    with pytest.raises(errors.InputError, match=r"after line \d+"):
      gtf.read(path, "GRCh37")
  path.write_bytes(b"chr1\xff\xfe\n")
  with pytest.raises(errors.InputError, match="not text"):
    gtf.read(path, "GRCh37")
  with pytest.raises(errors.InputError, match="FileNotFoundError"):
    gtf.read(tmp_path / "absent.gtf", "GRCh37")
