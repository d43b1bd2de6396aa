"""The phantom, made on the spot and read like real data."""

from msk_jax.cohort import schemas
from msk_jax.io import tables
from msk_jax.preparation import prepare, prepared
from msk_jax.preparation.spec import DataSpec, PhantomSpec
from msk_jax.simulation.spec import FlawCounts


def test_a_phantom_is_made_read_and_then_left_alone(tmp_path, caplog, monkeypatch):
  flaws = FlawCounts(**{name: 0 for name in vars(FlawCounts.none())} | {"withdrawn": 1})
  phantom = PhantomSpec(num_participants=6, flaws=flaws, max_flawed_fraction=0.5, repeat_imaging_fraction=0.0)
  spec = DataSpec(workers=0, phantom=phantom)
  prepared.ensure(spec, tmp_path / "work")
  participants = tables.read(tmp_path / "work" / "cohort" / "participants.parquet", schemas.PARTICIPANTS)
  listed = next((tmp_path / "work" / "raw").glob("w*_*.csv")).read_text().split()
  assert len(participants) == 5 and not participants["eid"].isin(listed).any()
  indexes = prepare.read_indexes(tmp_path / "work", ["knee", "hip", "full_body/mixed"])
  assert all(set(index["eid"]) <= set(participants["eid"]) and len(index) for index in indexes.values())
  (tmp_path / "work").rename(tmp_path / "moved")  # a workdir is whole in itself
  monkeypatch.setattr(prepare.ingest, "ingest_zips", None)
  with caplog.at_level("INFO"):
    prepared.ensure(spec, tmp_path / "moved")
  assert "nothing to do" in caplog.text
