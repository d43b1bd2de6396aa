"""Odd genotype files, odd cohorts and damaged intermediate files, by the embedded engine."""

import bgen
import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import estimates, results, summary_statistics
from msk_jax.genetics.analysis import Covariates
from msk_jax.genetics.embedded import chunks, engine, groups, imputed_reader, kept_arrays
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome.genotype_files import ImputedFile
from msk_jax.io import errors
from tests.genetics.embedded import cohort as cohorts
from tests.genome import genotypes


def _run(cohort, analysis, folder, imputed=()):
  folder.mkdir(parents=True, exist_ok=True)
  return engine.run(analysis, cohort.files(*imputed), GwasSpec(), folder, {"a": "1"})


def _write_bgen(cohort, variants, **options):
  """Writes variants (chromosome, position, alleles, probabilities, further options) of a cohort's people."""
  path, sample = cohort.folder / "odd.bgen", cohort.folder / "odd.sample"
  with bgen.BgenWriter(str(path), len(cohort.iid), samples=list(cohort.iid), compression="zlib", layout=2) as out:
    for number, (chromosome, position, alleles, probabilities) in enumerate(variants):
      name = f"v{number}"
      out.add_variant(name, name, chromosome, position, alleles, probabilities, bit_depth=8, **options)
  genotypes.write_sample(sample, list(cohort.iid), [1 if male else 2 for male in cohort.sex])
  return ImputedFile("", path, sample)


def test_haploid_men_count_as_homozygous(tmp_path):
  cohort = cohorts.make(tmp_path, 1, 60)
  calls = cohort.calls[:, -5]
  probabilities = np.eye(3)[2 - calls]
  is_man = cohort.sex == 1
  probabilities[is_man] = np.stack([calls[is_man] / 2, 1 - calls[is_man] / 2, np.full(is_man.sum(), np.nan)], 1)
  ploidy = np.where(is_man, 1, 2).astype(np.uint8)
  file = _write_bgen(cohort, [("X", 3_000_000, ["A", "G"], probabilities)], ploidy=ploidy)
  (block,) = imputed_reader.iterate(file, cohort.iid, 10)
  np.testing.assert_allclose(block.dosages[:, 0], calls, atol=1e-6)


def test_variants_that_are_skipped_are_counted(tmp_path):
  cohort = cohorts.make(tmp_path / "files", 2, 120)
  sure = np.eye(3)[2 - cohort.calls[:, 5]]
  three = np.pad(sure, ((0, 0), (0, 3)))
  variants = [("2", 3_000_000, ["A", "G"], sure), ("2", 3_000_100, ["A", "G", "T"], three)]
  variants += [("25", 3_000_200, ["A", "G"], sure), ("2", 3_000_300, ["A", "G", "T"], three)]
  file = _write_bgen(cohort, variants)
  made = _run(cohort, cohort.analysis(cohorts.draw_trait(cohort, 2)), tmp_path / "work", (file,))
  facts = made.write_association("trait0", summary_statistics.IMPUTED, tmp_path / "out.parquet")
  assert facts.num_variants == 1
  assert facts.dropped["not_two_alleles"] == 2
  assert facts.dropped["left_out_chromosome"] == 1


def test_a_file_of_skipped_variants_alone_has_an_empty_table(tmp_path):
  cohort = cohorts.make(tmp_path / "files", 2, 120)
  three = np.pad(np.eye(3)[2 - cohort.calls[:, 5]], ((0, 0), (0, 3)))
  file = _write_bgen(cohort, [("2", 3_000_000, ["A", "G", "T"], three)])
  made = _run(cohort, cohort.analysis(cohorts.draw_trait(cohort, 2)), tmp_path / "work", (file,))
  facts = made.write_association("trait0", summary_statistics.IMPUTED, tmp_path / "out.parquet")
  assert (facts.num_variants, facts.dropped["not_two_alleles"]) == (0, 1)


@pytest.mark.parametrize("places", [[("2", 3_000_100), ("2", 3_000_000)], [("2", 3_000_100), ("1", 3_000_200)]])
def test_imputed_variants_out_of_order_are_refused(tmp_path, places):
  cohort = cohorts.make(tmp_path, 3, 60)
  sure = np.eye(3)[2 - cohort.calls[:, 5]]
  file = _write_bgen(cohort, [(*place, ["A", "G"], sure) for place in places])
  with pytest.raises(errors.InputError, match="order of the genome"):
    list(imputed_reader.iterate(file, cohort.iid, 1))


def _chunk(positions):
  n = len(positions)
  names = {"chromosome": "1", "rsid": "rs", "effect_allele": "A", "other_allele": "G"}
  variants = pd.DataFrame({**{name: [text] * n for name, text in names.items()}, "position_bp": positions})
  values = {"n": 100.0, "effect_allele_frequency": 0.3, "beta": 0.1, "se": 0.1, "neg_log10_p": 0.5}
  return chunks.Chunk(
    variants, {name: np.full((n, 1), value) for name, value in values.items()}, np.full((n, 1), np.nan)
  )


def _embedded(folder, cohort, parts):
  paths = [folder / f"{number}.npz" for number in range(len(parts))]
  for path, positions in zip(paths, parts, strict=True):
    chunks.write(path, "f", _chunk(positions))
  analysis = cohort.analysis(np.arange(60.0))
  files = {summary_statistics.ARRAY: paths, summary_statistics.IMPUTED: []}
  return engine.Embedded(analysis, "GRCh37", files, "f", {}, {}), paths


def test_a_variant_that_ends_one_chunk_and_begins_the_next_is_there_once(tmp_path):
  made, _ = _embedded(tmp_path, cohorts.make(tmp_path / "files", 4, 60), [[1000, 2000, 2000], [2000, 3000]])
  facts = made.write_association("trait0", summary_statistics.ARRAY, tmp_path / "out.parquet")
  assert isinstance(facts, results.AssociationFacts)
  assert (facts.num_variants, facts.dropped["repeated"]) == (3, 2)


def test_a_chunk_that_is_damaged_inside_is_made_again_by_the_next_call(tmp_path):
  made, paths = _embedded(tmp_path, cohorts.make(tmp_path / "files", 4, 60), [[1000, 2000]])
  raw = bytearray(paths[0].read_bytes())
  raw[raw.index(b"beta.npy") + 200] ^= 0xFF
  paths[0].write_bytes(bytes(raw))
  assert chunks.is_done(paths[0], "f")
  with pytest.raises(errors.InputError, match="damaged"):
    made.write_association("trait0", summary_statistics.ARRAY, tmp_path / "out.parquet")
  assert not chunks.is_done(paths[0], "f")


def test_any_damaged_byte_is_nothing_or_harmless(tmp_path):
  path = tmp_path / "a.npz"
  values = np.arange(20.0)
  kept_arrays.write(path, "f", {"values": values})
  raw = path.read_bytes()
  for place in range(len(raw)):
    for flip in (0x01, 0x08, 0xFF):
      path.write_bytes(raw[:place] + bytes([raw[place] ^ flip]) + raw[place + 1 :])
      arrays = kept_arrays.read(path, "f")
      assert arrays is None or "values" not in arrays or np.array_equal(arrays["values"], values)


def test_the_same_run_gives_the_same_bits(tmp_path):
  cohort = cohorts.make(tmp_path / "files", 5, 200)
  analysis = cohort.analysis(cohorts.draw_trait(cohort, 5))
  made = [_run(cohort, analysis, tmp_path / name) for name in ("first", "second")]
  for first, second in zip(*(each.files[summary_statistics.ARRAY] for each in made), strict=True):
    assert first.read_bytes() == second.read_bytes()


def test_a_pair_whose_common_people_are_fewer_than_the_covariates_has_no_correlation(tmp_path):
  cohort = cohorts.make(tmp_path / "files", 6, 200)
  first, second = cohorts.draw_trait(cohort, 6), cohorts.draw_trait(cohort, 7)
  first[:98] = np.nan
  second[103:] = np.nan
  made = _run(cohort, cohort.analysis(first, second), tmp_path / "work")
  correlation = made.correlation(("trait0", "trait1"))
  assert correlation.reason == estimates.NOT_ESTIMABLE
  assert not correlation.rg.is_number
  assert np.isfinite(made.heritability("trait0").h2.value)


def test_a_trait_that_covariates_explain_is_refused_by_name(tmp_path):
  cohort = cohorts.make(tmp_path / "files", 7, 200)
  analysis = cohort.analysis(cohorts.draw_trait(cohort, 7), cohort.sex * 2.0 + 1)
  with pytest.raises(errors.InputError, match="trait1"):
    _run(cohort, analysis, tmp_path / "work")


def test_a_basis_of_constant_and_repeated_covariates_has_their_rank():
  x = np.random.default_rng(0).standard_normal(50)
  covariates = Covariates({"a": x, "b": 3 * x + 0.1, "c": np.full(50, 0.1)}, {"level": np.full(50, "only")})
  basis = groups.make_basis(covariates, np.arange(50))
  assert basis.shape == (50, 2)
  np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)
