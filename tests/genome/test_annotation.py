"""Genes at places, against a search of the whole table."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.genome import annotation, chromosomes, genes
from msk_jax.io import errors
from tests import cases


def _genes(*rows: tuple[str, str, str, int, int], build: str = "GRCh37") -> genes.Genes:
  table = pd.DataFrame(rows, columns=["name", "type", "chromosome", "start_bp", "end_bp"])
  return genes.Genes(genes.in_order(table), build, "a test")


def _search(chromosome: str, position: int, table: pd.DataFrame, coding_first: bool) -> tuple[str, str, int]:
  """Returns genes, relation and distance: the oracle."""
  rows = np.flatnonzero(table.chromosome.to_numpy() == chromosome)
  if not len(rows):
    return "", "none", -1
  names, starts, ends, types = (table[name].to_numpy()[rows] for name in ("name", "start_bp", "end_bp", "type"))
  distance = np.maximum(0, np.maximum(starts - position, position - ends))
  is_coding = np.asarray(types == "protein_coding")
  everything = np.ones(len(rows), bool)
  preferred = is_coding if coding_first else everything
  for among in (preferred, everything):
    if (among & (distance == 0)).any():
      return ", ".join(dict.fromkeys(names[among & (distance == 0)])), "overlapping", 0
  among = preferred if preferred.any() else everything
  least = distance[among].min()
  return ", ".join(dict.fromkeys(names[among & (distance == least)])), "nearest", int(least)


@pytest.mark.parametrize("coding_first", cases.first_of([True, False]))
def test_many_overlaps_and_ties_are_as_in_a_search_of_the_whole_table(coding_first):
  rng = np.random.default_rng(3)
  starts = rng.integers(1, 900, 160)
  rows = [
    (f"G{rng.integers(120)}", str(rng.choice(["protein_coding", "pseudogene"])), str(rng.choice(["1", "2", "X"])), s, e)
    for s, e in zip(starts, starts + rng.integers(0, 12, 160), strict=True)
  ]
  rows.append(("LONE", "lincRNA", "5", 400, 410))  # a chromosome without a protein-coding gene
  table = _genes(*rows)
  places = [(name, p) for name in ("1", "2", "3", "5", "X") for p in range(1, 950)]
  names, positions = zip(*places, strict=True)
  result = annotation.annotate(names, np.array(positions), "GRCh37", table, coding_first=coding_first)
  expected = [_search(name, position, table.table, coding_first) for name, position in places]
  assert list(result.itertuples(index=False, name=None)) == expected
  assert result["genes"].str.contains(", ").sum() > 100 and set(result["relation"]) == {
    "overlapping",
    "nearest",
    "none",
  }


@pytest.mark.parametrize("coding_first", cases.first_of([True, False]))
def test_embedded_genes_are_as_in_a_search_of_the_whole_table(coding_first):
  embedded = genes.read_embedded()
  rng = np.random.default_rng(4)
  names = rng.choice(chromosomes.NAMES, 150)
  positions = np.array([rng.integers(1, chromosomes.LENGTHS_BP["GRCh37"][name] + 1) for name in names])
  result = annotation.annotate(names, positions, "GRCh37", embedded, coding_first=coding_first)
  expected = [_search(n, p, embedded.table, coding_first) for n, p in zip(names, positions, strict=True)]
  assert list(result.itertuples(index=False, name=None)) == expected


def test_ends_are_inclusive_and_a_tie_names_both_sides():
  table = _genes(("LEFT", "protein_coding", "1", 10, 20), ("RIGHT", "protein_coding", "1", 30, 40))
  positions = np.array([9, 10, 20, 21, 25, 26, 41])
  result = annotation.annotate(["1"] * 7, positions, "GRCh37", table)
  assert list(result["genes"]) == ["LEFT", "LEFT", "LEFT", "LEFT", "LEFT, RIGHT", "RIGHT", "RIGHT"]
  assert list(result["distance_bp"]) == [1, 0, 0, 1, 5, 4, 1]


def test_known_variants_lie_in_their_genes():
  """rs143384 and rs2908004, whose genes the paper names."""
  result = annotation.annotate(["20", "7"], np.array([34_025_756, 120_969_769]), "GRCh37", genes.read_embedded())
  assert list(result["genes"]) == ["GDF5", "WNT16"] and set(result["relation"]) == {"overlapping"}


def test_a_pseudogene_is_named_where_no_coding_gene_overlaps():
  """FGFR3P1, which the paper names."""
  place = ["6"], np.array([31_345_500]), "GRCh37", genes.read_embedded()
  assert list(annotation.annotate(*place)["genes"]) == ["FGFR3P1"]


def test_a_mixture_of_builds_is_refused():
  with pytest.raises(errors.InputError, match=r"positions are of GRCh38, genes .* of GRCh37"):
    annotation.annotate(["1"], np.array([5]), "GRCh38", genes.read_embedded())


def test_no_places_and_no_genes():
  empty = annotation.annotate([], np.empty(0, int), "GRCh37", genes.read_embedded())
  assert list(empty.columns) == ["genes", "relation", "distance_bp"] and empty.empty
  nothing = annotation.annotate(["1"], np.array([5]), "GRCh37", _genes(("A", "protein_coding", "2", 1, 9)))
  assert list(nothing.itertuples(index=False, name=None)) == [("", "none", -1)]
  with pytest.raises(ValueError, match="of one length"):
    annotation.annotate(["1"], np.array([5, 6]), "GRCh37", genes.read_embedded())
