"""Genome builds: positions that can't be of the declared one."""

import pandas as pd
import pytest

from msk_jax.genome import builds, chromosomes
from msk_jax.io import errors


def _table(*rows: tuple[str, int, str]) -> pd.DataFrame:
  return pd.DataFrame(rows, columns=["chromosome", "position_bp", "rsid"])


@pytest.mark.parametrize("build", chromosomes.BUILDS)
def test_the_ends_of_the_declared_build_are_its_ends(build):
  rows = [(name, length, f"v{name}") for name, length in chromosomes.LENGTHS_BP[build].items()]
  builds.check(_table(*rows, ("MT", 10**9, "m")), build, "a.bim")
  with pytest.raises(errors.InputError, match=f"chromosome 7 in {build}"):
    builds.check(_table(("7", chromosomes.LENGTHS_BP[build]["7"] + 1, "x")), build, "a.bim")


def test_the_build_that_fits_is_named():
  rows = [(name, length, "x") for name, length in chromosomes.LENGTHS_BP["GRCh38"].items()]
  with pytest.raises(errors.InputError, match=r"a\.bim.* in GRCh37, the declared build\. They fit GRCh38"):
    builds.check(_table(*rows), "GRCh37", "a.bim")
  with pytest.raises(errors.InputError, match="They fit no build"):
    builds.check(_table(("1", 10**9, "x")), "GRCh37", "a.bim")


def test_a_known_variant_at_the_place_of_the_other_build_is_refused():
  at_37, at_38 = ("19", 45_411_941, "rs429358"), ("19", 44_908_684, "rs429358")
  builds.check(_table(at_37), "GRCh37", "a.bim")
  builds.check(_table(at_38), "GRCh38", "a.bim")
  with pytest.raises(errors.InputError, match="rs429358 is where GRCh38 has them"):
    builds.check(_table(at_38), "GRCh37", "a.bim")
  with pytest.raises(errors.InputError, match=r"a\.bim mixes builds"):
    builds.check(_table(at_38, ("19", 45_412_079, "rs7412")), "GRCh37", "a.bim")


def test_a_made_up_variant_with_a_known_id_elsewhere_says_nothing():
  builds.check(_table(("3", 45_411_941, "rs429358"), ("19", 5, "rs7412")), "GRCh38", "a.bim")
