"""The stage with figures: written beside the tables, and drawn again when what they show changes."""

import dataclasses

import matplotlib.pyplot as plt
import pytest

from msk_jax.figures import frame
from msk_jax.gwas_loci import run
from msk_jax.gwas_loci.figures import draw, gathered
from msk_jax.io import run_record, tables
from msk_jax.schemas import age_tables, loci_tables
from tests.gwas_loci import planted
from tests.gwas_loci.figures import stand_ins

_DRAWN = dataclasses.replace(planted.LOCI, has_figures=True)


@pytest.fixture(scope="module", name="study")
def _analysed(tmp_path_factory) -> planted.Planted:
  study = planted.make(tmp_path_factory.mktemp("loci_figures") / "study")
  study.run_gwas()
  return study


@pytest.fixture(name="drawn")
def note_figures(monkeypatch):
  """Returns the names of the figures; little is written, as the figures themselves take long."""
  names = []

  def note(figure, path, statement=None):
    del statement
    names.append(path.stem)
    for file in frame.files(path):
      file.write_bytes(b"a figure")
    plt.close(figure)

  monkeypatch.setattr(frame, "save", note)
  return names


def test_the_stage_draws_what_its_tables_hold(study, drawn, monkeypatch):
  study.run_loci(_DRAWN)
  leads = study.read("loci", loci_tables.LOCI)
  expected = {f"{row.trait}_{row.source}_locus_{row.locus}" for row in leads.itertuples()}
  assert len(expected) > 2 and expected == {name for name in drawn if "_locus_" in name}
  files = run_record.read(study.loci)["results"]["files"]
  assert {f"figures/{name}.{kind}" for name in drawn for kind in ("png", "svg")} <= set(files)

  calls = []
  monkeypatch.setattr(draw, "draw_all", lambda *inputs: calls.append(inputs))
  study.run_loci(_DRAWN)
  assert not calls
  row = {"product": "participant", "model_1": "general", "model_2": "knee/ensemble", "r": 0.3, "sd": 0.1}
  path = gathered.correlations_path(study.workdir)
  tables.write(path, stand_ins.empty(age_tables.CORRELATIONS, row), age_tables.CORRELATIONS)
  study.run_loci(_DRAWN)
  assert [tables_drawn.phenotypic_correlations["r"].tolist() for _, _, tables_drawn, *_ in calls] == [[0.3]]
  assert not calls[0][2].traits["doubt"].any()

  model = calls[0][2].traits["model"].iloc[0]
  summary = [{"product": product, "model": model, "warning": "noise"} for product in ("participant", "sample")]
  for row in summary:
    tables.write(path.with_name("summary.parquet"), stand_ins.empty(age_tables.SUMMARY, row), age_tables.SUMMARY)
    study.run_loci(_DRAWN)
  noticed = [tables_drawn.traits.set_index("model")["doubt"].to_dict() for _, _, tables_drawn, *_ in calls[1:]]
  assert [doubts[model] for doubts in noticed] == ([True, False] if model else [False, False])


def test_without_figures_there_is_no_folder(study):
  study.run_loci(planted.LOCI)
  assert not (study.loci / run.FIGURES).exists()
