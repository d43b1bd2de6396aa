"""Ingests of zips for tests, and what they leave in a workdir."""

import pathlib

import pandas as pd

from msk_jax.imaging import dxa_ingest, ingest_units, store, views

KEY = b"k" * 32
PER_VISIT = {name: 2 if view.is_paired else 1 for name, view in views.VIEWS.items()}


def ingest(
  zips, workdir: pathlib.Path, withdrawn=(), workers: int = 0, smallest_unit: int = 16
) -> ingest_units.IngestCounts:
  """Runs `dxa_ingest.ingest_zips`."""
  return dxa_ingest.ingest_zips(
    zips, workdir, withdrawn=withdrawn, key=KEY, workers=workers, smallest_unit=smallest_unit
  )


def stores(workdir: pathlib.Path) -> dict[str, store.ImageStore]:
  """Opens the stores of all views."""
  return {name: store.ImageStore.open(workdir / "images" / name) for name in views.VIEWS}


def contents(workdir: pathlib.Path) -> dict[tuple, str]:
  """Returns (view, eid, instance, side) -> hash of the pixels as they are read back."""
  hashes = {}
  for name, images in stores(workdir).items():
    for position, (eid, instance, side) in enumerate(images.index[["eid", "instance", "side"]].itertuples(index=False)):
      assert images.verify(position)
      hashes[name, eid, instance, side] = store.image_hash(images.read(position))
  return hashes


def files(workdir: pathlib.Path) -> dict[str, tuple[int, bytes]]:
  """Returns path -> (time of last change, bytes) of all files but locks."""
  return {
    str(p.relative_to(workdir)): (p.stat().st_mtime_ns, p.read_bytes())
    for p in sorted(workdir.rglob("*"))
    if p.is_file() and not p.name.endswith(".lock")
  }


def reasons(workdir: pathlib.Path) -> pd.DataFrame:
  """Reads the QC report."""
  return pd.read_csv(workdir / "qc" / "images.csv", keep_default_na=False)
