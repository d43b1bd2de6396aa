"""What a .bgen file says of itself, and what BOLT-LMM can't read."""

import pathlib
import subprocess

import bgen
import numpy as np
import pytest

from msk_jax.genome import bgen_header
from msk_jax.io import errors
from tests import programs
from tests.genome import genotypes

_IDS = [str(9_000_001 + i) for i in range(8)]


def _write(
  path: pathlib.Path,
  *,
  compression: str | None = "zlib",
  bits: int = 8,
  layout: int = 2,
  ploidy: np.ndarray | None = None,
  phased: bool = False,
  ids: bool = True,
) -> pathlib.Path:
  rng = np.random.default_rng(0)
  names = _IDS if ids else []
  with bgen.BgenWriter(str(path), n_samples=8, samples=names, compression=compression, layout=layout) as writer:
    for number in range(5):
      probabilities = rng.dirichlet(np.ones(3), 8)
      if phased:
        first = rng.random((8, 2))
        probabilities = np.stack([first[:, 0], 1 - first[:, 0], first[:, 1], 1 - first[:, 1]], axis=1)
      if ploidy is not None:
        probabilities = np.where(ploidy[:, None] == 2, probabilities, [0.25, 0.75, np.nan])
      writer.add_variant(
        varid=f"v{number}",
        rsid=f"rs{number}",
        chrom="01",
        pos=1000 + number,
        alleles=["A", "G"],
        genotypes=probabilities,
        ploidy=np.full(8, 2, np.uint8) if ploidy is None else ploidy,
        phased=phased,
        bit_depth=bits,
      )
  return path


def test_a_file_as_uk_biobanks(tmp_path):
  header = bgen_header.read(_write(tmp_path / "a.bgen"))
  assert (header.layout, header.compression, header.num_people, header.num_variants) == (2, "zlib", 8, 5)
  assert header.iid.tolist() == _IDS
  assert header.first == (bgen_header.Coding("01", "1", 2, 2, 2, False, 8),) * 3
  bgen_header.check_for_bolt(header)


def test_a_file_without_ids(tmp_path):
  assert bgen_header.read(_write(tmp_path / "a.bgen", ids=False)).iid is None


@pytest.mark.parametrize(
  ("changes", "part"),
  [
    ({"bits": 16}, "16 bits"),
    ({"compression": "zstd"}, "compressed by zstd"),
    ({"compression": None}, "compressed by none"),
    ({"layout": 1}, "layout 1"),
    ({"ploidy": np.array([1, 2] * 4, np.uint8)}, "one copy"),
    ({"phased": True}, "phased"),
  ],
)
def test_what_bolt_can_not_read_is_refused_with_the_way_to_write_it(tmp_path, changes, part):
  header = bgen_header.read(_write(tmp_path / "a.bgen", **changes))
  with pytest.raises(errors.InputError, match=part) as caught:
    bgen_header.check_for_bolt(header)
  assert "a.bgen" in str(caught.value)
  assert "--export bgen-1.2 bits=8" in str(caught.value)


def test_a_zstd_files_bits_are_read(tmp_path):
  assert bgen_header.read(_write(tmp_path / "a.bgen", compression="zstd", bits=12)).first[0].bits == 12


def test_files_of_plink2(tmp_path):
  programs.require("plink2")
  copies = genotypes.draw(40, 30, is_male=np.arange(40) % 2 == 0)
  genotypes.write_bed(tmp_path / "a.bed", copies)
  genotypes.write_fam(tmp_path / "a.fam", [str(9_000_001 + i) for i in range(40)], [1 + i % 2 for i in range(40)])
  genotypes.write_bim(tmp_path / "a.bim", [("23", f"rs{i}", 5_000_000 + i) for i in range(30)])
  headers = {}
  for name, bits in (("wide", ()), ("narrow", ("bits=8",))):
    command = ["plink2", "--bfile", "a", "--export", "bgen-1.2", *bits, "--out", name]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    headers[name] = bgen_header.read(tmp_path / f"{name}.bgen")
  with pytest.raises(errors.InputError, match="16 bits"):
    bgen_header.check_for_bolt(headers["wide"])
  assert headers["narrow"].first[0].chromosome == "X" and headers["narrow"].first[0].min_ploidy == 1
  with pytest.raises(errors.InputError, match="set every sex to 2"):
    bgen_header.check_for_bolt(headers["narrow"])


@pytest.mark.shared_data
def test_public_examples(shared_data):
  folder = shared_data / "regenie_example"
  plain, zstd = (bgen_header.read(folder / f"example_3chr{suffix}.bgen") for suffix in ("", "_zstd"))
  assert (plain.compression, zstd.compression) == ("zlib", "zstd")
  assert plain.num_people == zstd.num_people == 500
  assert plain.first[0].bits == 8
  with pytest.raises(errors.InputError, match="zstd"):
    bgen_header.check_for_bolt(zstd)


@pytest.mark.parametrize("size", [0, 3, 10, 23, 60, 140])
def test_a_file_that_is_cut_off_is_refused(tmp_path, size):
  path = _write(tmp_path / "a.bgen")
  path.write_bytes(path.read_bytes()[:size])
  with pytest.raises(errors.InputError, match=r"a\.bgen"):
    bgen_header.read(path)


def test_other_files_are_refused(tmp_path):
  (tmp_path / "a.bgen").write_bytes(bytes(range(256)) * 10)
  with pytest.raises(errors.InputError, match="does not begin"):
    bgen_header.read(tmp_path / "a.bgen")
