"""Reads genes from an annotation that the user names: GTF or GFF3 of GENCODE or Ensembl, plain or gzip."""

import collections
import dataclasses
import gzip
import pathlib
import re
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping

import pandas as pd

from msk_jax.genome import chromosomes, genes
from msk_jax.io import errors, plain_files

_GENE_RECORDS = ("gene", "ncRNA_gene", "pseudogene")  # Ensembl's GFF3 has the last two besides `gene`
_NAME_KEYS = ("gene_name", "Name", "gene_id", "ID")  # Ensembl's genes without a name are known by their id
_TYPE_KEYS = ("gene_type", "gene_biotype", "biotype")
_GTF_ATTRIBUTE = re.compile(r'\s*(\w+) "([^"]*)"\s*')
_BUILD = re.compile(r"GRCh3[78]")
_GZIP = b"\x1f\x8b"


@dataclasses.dataclass(frozen=True)
class Annotation:
  """What a file of genes holds.

  Attributes:
    genes: those of chromosomes 1-22 and X.
    dropped: what was left out: `other records` (transcripts, exons, ...), `genes of other sequences` (Y, MT, patches).
  """

  genes: genes.Genes
  dropped: Mapping[str, int]


def read(path: pathlib.Path, build: str) -> Annotation:
  """Returns the genes of a GTF or GFF3 file.

  Args:
    path: the file; gzip is told by its content.
    build: of its positions, one of `chromosomes.BUILDS`.

  Raises:
    InputError: there is no such file, it is damaged, it has no genes, a line is not GTF or GFF3, or its header or its
      positions are of another build.
  """
  if build not in chromosomes.BUILDS:
    raise errors.InputError(f"{path}: build must be one of {', '.join(chromosomes.BUILDS)}, got {build!r}.")
  dropped: collections.Counter[str] = collections.Counter()
  header_builds: set[str] = set()
  rows = []
  for number, line in _lines(path):
    if line.startswith("#"):
      header_builds |= set(_BUILD.findall(line))
      continue
    record = _parse(line, f"{path}, line {number}")
    if record.feature not in _GENE_RECORDS:
      dropped["other records"] += 1
    elif record.chromosome not in chromosomes.NAMES:
      dropped["genes of other sequences"] += 1
    else:
      rows.append(_gene_row(record, build))
  if header_builds and build not in header_builds:
    raise errors.InputError(f"{path} says that it is of {', '.join(sorted(header_builds))}, not of {build}.")
  if not rows:
    raise errors.InputError(f"{path} has no gene records of chromosomes 1-22 and X: give a GTF or GFF3 with genes.")
  table = genes.in_order(pd.DataFrame(rows, columns=["name", "type", "chromosome", "start_bp", "end_bp"]))
  return Annotation(genes.Genes(table, build, path.name), dict(dropped))


@dataclasses.dataclass(frozen=True)
class _Record:
  """A line of the file; `place` is the line in words, `attributes` is its last column."""

  place: str
  chromosome: str | None
  feature: str
  start_bp: int
  end_bp: int
  attributes: str


def _lines(path: pathlib.Path) -> Iterator[tuple[int, str]]:
  """Yields numbers, from 1, and texts of the lines that are not empty, up to the sequences of a GFF3 file."""
  number = 0
  try:
    with plain_files.open_binary(path) as raw:
      is_packed = raw.read(2) == _GZIP
    with gzip.open(path, "rt", encoding="utf-8") if is_packed else path.open(encoding="utf-8") as file:
      for number, line in enumerate(file, 1):
        if line.startswith("##FASTA"):
          return
        if line.strip():
          yield number, line.rstrip("\r\n")
  except UnicodeDecodeError:
    raise errors.InputError(f"{path}, after line {number}: it is not text. Give a GTF or GFF3 file.") from None
  except (EOFError, zlib.error, OSError) as error:
    raise errors.InputError(
      f"{path}, after line {number}: it can't be read ({type(error).__name__}). If it is a copy, copy it again."
    ) from None


def _parse(line: str, place: str) -> _Record:
  columns = line.split("\t")
  if len(columns) != 9:
    raise errors.InputError(f"{place}: GTF and GFF3 have nine columns divided by tabs, this line has {len(columns)}.")
  try:
    start, end = int(columns[3]), int(columns[4])
  except ValueError:
    start, end = 0, 0
  if not 1 <= start <= end:
    raise errors.InputError(f"{place}: columns 4 and 5 are not a start and an end in base pairs.")
  return _Record(place, chromosomes.parse(columns[0]), columns[2], start, end, columns[8])


def _gene_row(record: _Record, build: str) -> tuple[str, str, str, int, int]:
  """Returns name, type, chromosome, start and end of a gene."""
  assert record.chromosome is not None
  length = chromosomes.LENGTHS_BP[build][record.chromosome]
  if record.end_bp > length:
    raise errors.InputError(
      f"{record.place}: the gene ends beyond chromosome {record.chromosome} of {build} ({length:_} bp). Is the file of "
      "another build?"
    )
  attributes = _parse_attributes(record.attributes)
  name = next((attributes[key] for key in _NAME_KEYS if attributes.get(key)), "")
  if not name:
    raise errors.InputError(f"{record.place}: the gene has none of the attributes {', '.join(_NAME_KEYS)}.")
  type_ = next((attributes[key] for key in _TYPE_KEYS if attributes.get(key)), "unknown")
  return name.removeprefix("gene:"), type_, record.chromosome, record.start_bp, record.end_bp


def _parse_attributes(text: str) -> dict[str, str]:
  """Returns attributes of GTF (`key "value";`) or GFF3 (`key=value;`)."""
  if _GTF_ATTRIBUTE.match(text):
    pairs = _GTF_ATTRIBUTE.findall(text)
    return {key: value for key, value in reversed(pairs)}  # of a key that occurs twice the first counts
  parts = (part.partition("=") for part in text.split(";"))
  return {key.strip(): urllib.parse.unquote(value.strip()) for key, _, value in parts}
