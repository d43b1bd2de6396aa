"""The stage `site`: what is there is on it, what is not is named, and nothing leaves that may not."""

import json
import pathlib

import pandas as pd
import pytest

from msk_jax.disclosure import site_tables
from msk_jax.io import errors, run_record, tables
from msk_jax.report import files, payload, provenance, run, sections
from msk_jax.report.spec import SiteSpec
from msk_jax.schemas import columns
from tests.report import study


@pytest.fixture(scope="module")
def workdir(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("study")
  study.write(folder)
  run.make_site(folder, SiteSpec(title="A <study>"))
  return folder


def _decoded(folder: pathlib.Path) -> dict:
  return dict(payload.decode(path.read_text("utf-8")) for path in sorted((folder / "data").glob("*.js")))


def test_every_file_of_data_is_declared_and_is_also_a_csv(workdir):
  site = workdir / "site"
  decoded = _decoded(site)
  assert set(decoded) == {
    *("site", "search", "model_cards", "attention_1", "attention_2"),
    *decoded["site"]["tables"],
  }
  pictures = {name for name in decoded if name.startswith(("gwas_picture_", "gwas_quantiles_", "gwas_region_"))}
  tables = decoded["site"]["tables"].keys() - pictures
  assert len(pictures) == 2 * 6 + 2 + 1  # of three traits and two sources; the regions of one trait, and genes
  for name in tables:
    table, _ = payload.to_table(decoded[name])
    csv = pd.read_csv(
      site / "tables" / f"{name}.csv", dtype=table.dtypes.to_dict(), keep_default_na=False, na_values=[""]
    )
    for column in table:
      expected = table[column].replace("", None) if table[column].dtype == "string" else table[column]
      pd.testing.assert_series_equal(csv[column], expected, check_dtype=False)
  readme = (site / "tables" / "README.md").read_text()
  assert all(f"## {name}.csv" in readme for name in tables)
  assert not pictures & {path.stem for path in (site / "tables").iterdir()}


def test_a_large_csv_is_compressed(tmp_path, monkeypatch):
  monkeypatch.setattr(files, "_LARGE_LETTERS", 100)
  study.write_performance(tmp_path, study.performance())
  folder = run.make_site(tmp_path, SiteSpec()) / "tables"
  names = ["disclosure", "performance", "reproduction"]
  assert sorted(path.name for path in folder.iterdir()) == ["README.md", *(f"{name}.csv.gz" for name in names)]
  assert "## performance.csv.gz" in (folder / "README.md").read_text()
  assert pd.read_csv(folder / "performance.csv.gz")["model"].tolist() == [*study.MODELS] * 2


def test_a_page_says_where_the_tables_that_it_uses_come_from(workdir):
  pages = {page["name"]: page for page in _decoded(workdir / "site")["site"]["pages"]}
  assert [file["path"] for file in pages["start"]["files"]] == ["performance/performance.parquet"]
  paths = [file["path"] for file in pages["correlations"]["files"]]
  assert paths == ["ages/correlations.parquet", "performance/performance.parquet", "ages/dimensions.parquet"]


def test_the_title_is_text(workdir):
  html = (workdir / "site" / "index.html").read_text()
  assert "A &lt;study>" in html and "<study>" not in html and "{{" not in html


def test_every_page_has_a_script():
  for page in sections.all_pages():
    assert (pathlib.Path(run.__file__).parent / "assets" / "pages" / f"{page.name}.js").exists(), page.name


def test_the_same_again_does_nothing(workdir, caplog):
  before = (workdir / "site" / run_record.FILE_NAME).stat().st_mtime_ns
  run.make_site(workdir, SiteSpec(title="A <study>"))
  assert (workdir / "site" / run_record.FILE_NAME).stat().st_mtime_ns == before


def test_what_did_not_run_is_named(tmp_path, capsys):
  study.write_performance(tmp_path, study.performance())
  site = run.make_site(tmp_path, SiteSpec())
  pages = {page["name"]: page for page in _decoded(site)["site"]["pages"]}
  assert pages["performance"]["missing"] == {"needed": [], "optional": []}
  [missing] = pages["correlations"]["missing"]["needed"]
  assert missing == {"path": "ages/correlations.parquet", "command": "python -m msk_jax.ages"}
  assert "Page correlations has nothing to show: ages/correlations.parquet" in capsys.readouterr().out


def test_an_empty_workdir_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="holds no results yet"):
    run.make_site(tmp_path, SiteSpec())


def test_an_unfinished_stage_is_refused(tmp_path):
  study.write_performance(tmp_path, study.performance())
  (tmp_path / "performance" / run_record.FILE_NAME).unlink()
  with pytest.raises(errors.InputError, match=r"unfinished.*msk_jax\.evaluate"):
    run.make_site(tmp_path, SiteSpec())


def test_a_small_count_stops_the_build(tmp_path):
  study.write_performance(tmp_path, study.performance().assign(num_people=3, n=pd.NA))
  with pytest.raises(errors.InputError, match=r"performance.*one to four"):
    run.make_site(tmp_path, SiteSpec())
  assert not (tmp_path / "site").exists()


def test_what_looks_like_an_id_stops_the_build(tmp_path):
  study.write_performance(tmp_path, study.performance())
  with pytest.raises(errors.InputError, match="looks like a participant's id"):
    run.make_site(tmp_path, SiteSpec(contact=f"person {9_000_001}"))


def test_results_of_other_people_than_now_are_refused(tmp_path):
  study.write_performance(tmp_path, study.performance())
  (tmp_path / "cohort" / "participants.parquet").write_bytes(b"now")
  study.finish(tmp_path, "performance", "evaluate", {"cohort/participants.parquet": "then"})
  with pytest.raises(
    errors.InputError, match=r"other contents of cohort/participants\.parquet than there are now.*msk_jax\.evaluate"
  ):
    run.make_site(tmp_path, SiteSpec())


def test_results_of_two_analyses_are_not_shown_side_by_side(tmp_path):
  study.write(tmp_path)
  for folder, stage, value in (("performance", "evaluate", "now"), ("ages", "ages", "then")):
    study.finish(tmp_path, folder, stage, {"predictions/sample/general.parquet": value})
  with pytest.raises(errors.InputError, match=r"performance/ and ages/ are not of one analysis.*general\.parquet"):
    run.make_site(tmp_path, SiteSpec())


def test_results_with_people_who_have_withdrawn_are_refused(tmp_path):
  study.write_performance(tmp_path, study.performance())
  with pytest.raises(errors.InputError, match="withdrawn"):
    run.make_site(tmp_path, SiteSpec(), {str(9_000_001)})


def test_hashes_never_hold_seven_digits_in_a_row():
  assert provenance._grouped("12345678901234567890") == "1234 5678 9012"
  assert provenance._grouped("34f4e1fa0001-dirty") == "34f4 e1fa 0001-dirty"
  assert provenance._grouped("unknown") == "unknown"


def test_the_record_says_how_large_it_is(workdir):
  results = json.loads((workdir / "site" / run_record.FILE_NAME).read_text())["results"]
  assert set(results["bytes"]) == {"assets", "checklists", "data", "model_cards", "persons", "tables"}
  assert results["bytes"]["data"] == sum(path.stat().st_size for path in (workdir / "site" / "data").iterdir())


def test_texts_are_those_of_these_data(tmp_path):
  """Own data: no diamonds of published values, no phantom; without a record of whose they are that is said."""
  study.write_performance(tmp_path, study.performance())
  for kind, whose, has_diamonds in (("simulated", "drawn", True), ("folder", "real", False), ("", "unknown", True)):
    study.write_source(tmp_path, kind)
    if not kind:
      (tmp_path / "cohort" / "source.json").unlink()
    site = run.make_site(tmp_path, SiteSpec())
    described = _decoded(site)["site"]
    [about] = [" ".join(page["about"]) for page in described["pages"] if page["name"] == "performance"]
    assert described["whose"] == whose
    assert ("Diamonds" in about, "phantom" in about) == (has_diamonds, whose == "drawn")
    readme = (site / "tables" / "README.md").read_text()
    assert ("not on record whose" in readme, "not real" in readme) == (whose == "unknown", whose == "drawn")
    assert "| `performance/` | evaluate |" in readme


def test_other_libraries_make_another_site(monkeypatch, tmp_path):
  before = run._hash_program()
  for name in ("browser.json", "a.gz"):
    (tmp_path / name).write_text(name)
  monkeypatch.setattr(run.vendored, "list_files", lambda names: [tmp_path / "browser.json", tmp_path / "a.gz"])
  assert run._hash_program() != before


def test_places_are_to_the_base_pair_and_formulas_are_texts(tmp_path):
  schema = tables.Schema(
    "report_places",
    1,
    {
      "gene": columns.LABEL,
      "position_mb": tables.Column("float64", tables.Kind.LOCUS, "Mb"),
      "beta": columns.estimate(),
    },
    is_shared=True,
  )
  table = pd.DataFrame(
    {"gene": ["=HYPERLINK(1)", "-A", "TP53"], "position_mb": [123.456789, 2.0, 0.000001], "beta": [0.123456789, 1, 2]}
  )
  shown = sections.SiteTable("places", "", "", table, schema)
  written = files.write_table(tmp_path, shown)
  read = pd.read_csv(tmp_path / "tables" / written.csv)
  assert read["position_mb"].tolist() == [123.456789, 2.0, 0.000001] and read["beta"].iloc[0] == 0.123457
  assert read["gene"].tolist() == ["'=HYPERLINK(1)", "'-A", "TP53"]
  stored, _ = payload.to_table(payload.decode((tmp_path / "data" / "places.js").read_text())[1])
  assert stored["position_mb"].iloc[0] == 123.456789 and stored["gene"].iloc[0] == "=HYPERLINK(1)"
  assert not list(site_tables.find_differences((tmp_path / "tables" / written.csv).read_text(), stored, schema))
