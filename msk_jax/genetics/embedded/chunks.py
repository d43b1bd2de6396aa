"""Results of a chunk of variants, for all traits: a file each, so that an interrupted scan resumes."""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.genetics.embedded import kept_arrays
from msk_jax.mixed_models.association import Tests

COLUMNS = ("chromosome", "rsid", "position_bp", "effect_allele", "other_allele")  # of `Chunk.variants`
_STATISTICS = ("n", "effect_allele_frequency", "beta", "se", "neg_log10_p")


@dataclasses.dataclass(frozen=True)
class Chunk:
  """Tests of m variants and t traits.

  Attributes:
    variants: a row per variant: chromosome, rsid, position_bp, effect_allele, other_allele.
    statistics: name to [m, t]; see `mixed_models.association.Tests`.
    info: float64 [m, t]; NaN for array variants.
    skipped: reason to the number of variants that are not tested and have no row.
  """

  variants: pd.DataFrame
  statistics: dict[str, np.ndarray]
  info: np.ndarray
  skipped: Mapping[str, int] = dataclasses.field(default_factory=dict)


def collect(by_group: list[tuple[list[int], Tests]], num_traits: int) -> dict[str, np.ndarray]:
  """Returns the statistics [m, t] of all traits from those of groups.

  Args:
    by_group: numbers of a group's traits, and their tests.
    num_traits: t.
  """
  m = len(by_group[0][1].n)
  statistics = {name: np.full((m, num_traits), np.nan) for name in _STATISTICS}
  for numbers, tests in by_group:
    for name in _STATISTICS:
      values = getattr(tests, name)
      statistics[name][:, numbers] = values if values.ndim == 2 else values[:, None]
  return statistics


def join(chunks: list[Chunk], skipped: Mapping[str, int] | None = None) -> Chunk:
  """Returns several chunks as one, with the counts of variants that were skipped."""
  return Chunk(
    pd.concat([chunk.variants for chunk in chunks], ignore_index=True),
    {name: np.concatenate([chunk.statistics[name] for chunk in chunks]) for name in _STATISTICS},
    np.concatenate([chunk.info for chunk in chunks]),
    dict(skipped or {}),
  )


def write(path: pathlib.Path, fingerprint: str, chunk: Chunk) -> None:
  """Writes a chunk, whole or not at all."""
  columns = {f"variants.{name}": values.to_numpy(str) for name, values in chunk.variants.items()}
  columns["variants.position_bp"] = chunk.variants["position_bp"].to_numpy(np.int64)
  skipped = {f"skipped.{name}": np.array(count) for name, count in chunk.skipped.items()}
  kept_arrays.write(path, fingerprint, {"info": chunk.info, **columns, **chunk.statistics, **skipped})


def read(path: pathlib.Path, fingerprint: str) -> Chunk | None:
  """Returns a chunk; None if there is none of this fingerprint, or it is damaged."""
  arrays = kept_arrays.read(path, fingerprint)
  if arrays is None or not {"info", *_STATISTICS, *(f"variants.{name}" for name in COLUMNS)} <= set(arrays):
    return None
  variants = pd.DataFrame({name: arrays[f"variants.{name}"] for name in COLUMNS})
  skipped = {name.removeprefix("skipped."): int(arrays[name]) for name in arrays if name.startswith("skipped.")}
  return Chunk(variants, {name: arrays[name] for name in _STATISTICS}, arrays["info"], skipped)


def is_done(path: pathlib.Path, fingerprint: str) -> bool:
  """Returns whether a chunk of this fingerprint is there; looks at nothing else."""
  return kept_arrays.read(path, fingerprint, ()) is not None
