"""The stage `site`: what is there is on it, what is not is named, and nothing leaves that may not."""

import json
import pathlib

import pandas as pd
import pytest

from msk_jax.io import errors, run_record
from msk_jax.report import files, payload, provenance, run, sections
from msk_jax.report.spec import SiteSpec
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
  assert set(decoded) == {"site", "search", "model_cards", *decoded["site"]["tables"]}
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
  assert paths == ["ages/correlations.parquet", "performance/performance.parquet"]


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
  with pytest.raises(errors.InputError, match="other people than the workdir's cohort has now"):
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
  assert set(results["bytes"]) == {"assets", "checklists", "data", "model_cards", "tables"}
  assert results["bytes"]["data"] == sum(path.stat().st_size for path in (workdir / "site" / "data").iterdir())
