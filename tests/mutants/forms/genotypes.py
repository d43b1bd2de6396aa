"""PLINK and BGEN files, gathered and read as `gwas` does."""

import pathlib
import shutil

import numpy as np

from msk_jax.genetics import inputs
from msk_jax.genetics.embedded import array_reader, imputed_reader
from msk_jax.genetics.spec import CovariateSpec, GwasSpec
from tests.genetics.inputs import study as studies
from tests.mutants.form import Form, Reading, digest

_SPEC = GwasSpec(covariates=CovariateSpec(num_pcs=3), engine="embedded")
_EXAMPLE = pathlib.Path("/usr/share/doc/bolt-lmm-example/examples")


def _make(folder: pathlib.Path) -> None:
  made = studies.make(folder / "study")
  studies.add_imputed(made)
  for path in list(made.folder.iterdir()):
    shutil.move(path, folder / path.name)
  made.folder.rmdir()


def _reader(*, imputed: bool):
  def read(folder: pathlib.Path) -> Reading:
    made = studies.Study(folder)
    files = made.files(imputed=imputed)
    gathered = inputs.gather(made.workdir, files, _SPEC)
    iid = gathered.analysis.people.iid
    parts, counted = [], {name: value for name, value in gathered.counts.items() if isinstance(value, int)}
    counted |= {f"step {row.step}": int(row.n) for row in gathered.overlap.itertuples()}
    counted["people"] = len(iid)
    for variants in array_reader.open_files(files, iid, gathered.analysis.excluded_variants):
      parts += [variants.table, variants.chromosome.read(0, variants.chromosome.num_variants)]
    skipped: dict = {}
    for file in files.imputed:
      for block in imputed_reader.iterate(file, iid, 100, skipped=skipped):
        parts += [block.table, block.dosages]
    for of_chunk in skipped.values():
      counted |= of_chunk
    return Reading(digest(iid, *parts), counted)

  return read


def _other_sizes(data: bytes, rng: np.random.Generator) -> bytes:
  """A .bgen file whose header claims other numbers of variants or people, another layout or compression."""
  place = (4, 8, 12, 20)[int(rng.integers(4))]
  number = (0, 1, 2, 599, 601, 2**31, 2**32 - 1, int(rng.integers(2**32)))[int(rng.integers(8))]
  return data[:place] + number.to_bytes(4, "little") + data[place + 4 :]


def _other_block(data: bytes, rng: np.random.Generator) -> bytes:
  """A .bgen file with another length of a variant's text or genotypes."""
  place = data.find(b"rs90%d" % int(rng.integers(4)))
  offset = int(rng.integers(-6, 40))
  number = (0, 1, 3, 255, 65_535, 2**31, 2**32 - 1)[int(rng.integers(7))]
  width = (2, 4)[int(rng.integers(2))]
  place = max(0, place + offset)
  return data[:place] + (number % 2 ** (8 * width)).to_bytes(width, "little") + data[place + width :]


def _other_mode(data: bytes, rng: np.random.Generator) -> bytes:
  """A .bed file of another kind."""
  return data[:2] + bytes([int(rng.integers(256))]) + data[3:]


def _missing_calls(data: bytes, rng: np.random.Generator) -> bytes:
  """A .bed file with a run of missing calls."""
  place = int(rng.integers(3, len(data)))
  return data[:place] + b"\x55" * min(5000, len(data) - place) + data[place + 5000 :]


_BGEN = {each.__name__.strip("_"): each for each in (_other_sizes, _other_block)}
_BED = {each.__name__.strip("_"): each for each in (_other_mode, _missing_calls)}
_ARRAY, _ALL = _reader(imputed=False), _reader(imputed=True)
FORMS = (
  Form("plink.bed", _make, _ARRAY, ("a.bed",), _BED, share=0.8),
  Form("plink.bim", _make, _ARRAY, ("a.bim",), is_text=True, share=0.8),
  Form("plink.fam", _make, _ARRAY, ("a.fam",), is_text=True, share=0.8),
  Form("bgen", _make, _ALL, ("c1.bgen",), _BGEN, share=1.2),
  Form("bgen.sample", _make, _ALL, ("c1.sample",), is_text=True, share=0.6),
)
