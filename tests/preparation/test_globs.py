"""Globs of paths under a data root."""

import pytest

from msk_jax.preparation import globs


@pytest.mark.parametrize(
  ("path", "pattern", "expected"),
  [
    ("a.zip", "**/a.zip", True),
    ("x/y/a.zip", "**/a.zip", True),
    ("xa.zip", "**/a.zip", False),
    ("tables/a.csv", "tables/*", True),
    ("tables/x/a.csv", "tables/*", False),
    ("a+b.csv", "a+b.csv", True),
    ("aab.csv", "a+b.csv", False),
    ("a1.csv", "a?.csv", True),
    ("x/y/z", "x/**", True),
    ("w1.csv", "**/w[0-9]*.{csv,txt}{,.gz}", True),
    ("x/w1_2.txt.gz", "**/w[0-9]*.{csv,txt}{,.gz}", True),
    ("white.csv", "**/w[0-9]*.{csv,txt}{,.gz}", False),
    ("w1.csv.zip", "**/w[0-9]*.{csv,txt}{,.gz}", False),
    ("a/b", "a[!x]b", False),
    ("ayb", "a[!x]b", True),
    ("a[b.csv", "a[b.csv", True),
    ("a{b.csv", "a{b.csv", True),
    ("9000001_20158_2_0.zip", "**/*_20158_*_*.zip", True),
    ("9000001_20158_2.zip", "**/*_20158_*_*.zip", False),
  ],
)
def test_globs(path, pattern, expected):
  assert globs.matches(path, pattern) is expected
