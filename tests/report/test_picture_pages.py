"""Pages of attention maps, of measurements and of scores by group: what they make, and what they may not show."""

import base64
import collections
import json
import math
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.disclosure import site_pictures
from msk_jax.io import errors, run_record
from msk_jax.report import attention_maps, methods, payload, run, sections
from msk_jax.report.pages import attention, performance_groups
from msk_jax.report.spec import SiteSpec
from msk_jax.schemas import age_tables, performance_tables
from tests.report import genetic_study, picture_study, study

_PEOPLE_OF = f"attention/{picture_study.NETWORK}"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("study")
  study.write_pictures(folder)
  study.write_performance(folder, study.performance(), study.groups())
  return folder


@pytest.fixture
def copy(workdir, tmp_path):
  shutil.copytree(workdir, tmp_path / "copy")
  return tmp_path / "copy"


def _documents(site) -> dict:
  return dict(payload.decode(path.read_text("utf-8")) for path in (site / "data").glob("*.js"))


def test_mean_maps_are_red_where_older_and_say_of_how_many_people(workdir):
  maps = attention_maps.read(workdir / _PEOPLE_OF / "group_means" / "grad_ram.parquet")
  assert maps is not None and maps.document["is_signed"]
  png = base64.b64decode(maps.document["pictures"]["p4"].partition(",")[2])
  assert json.loads(site_pictures.texts_of_png(png)["Description"]) == {"num_people": 30}
  picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
  blue, _, red, alpha = picture[20, -1]
  assert red > blue and alpha > 150
  blue, _, red, alpha = picture[20, 0]
  assert blue > red and alpha > 150


def test_a_phantoms_people_are_shown_and_real_ones_are_not(copy):
  assert list((run.make_site(copy, SiteSpec()) / "persons").iterdir())
  study.write_source(copy, "ukb")
  study.finish_cohort(copy)
  site = run.make_site(copy, SiteSpec())
  assert not (site / "persons").exists()
  [page] = [page for page in _documents(site)["site"]["pages"] if page["name"] == "attention"]
  assert page["facts"]["persons"] == []
  shown = run.make_site(copy, SiteSpec(shows_persons=True))
  assert [path.name for path in (shown / "persons").iterdir()] == ["knee-inception_v3-female_old_right.png"]


def test_maps_of_few_people_stop_the_build(copy):
  folder = copy / _PEOPLE_OF / "group_means"
  table = pd.read_parquet(folder / "grad_ram.parquet")
  from msk_jax.io import tables
  from msk_jax.schemas import attention_credibility_tables

  table.loc[1, "num_people"] = 3
  tables.write(folder / "grad_ram.parquet", table, attention_credibility_tables.GROUPS)
  study.finish(copy, f"{_PEOPLE_OF}/group_means", "attention", picture_study.hash_maps(folder.parent))
  with pytest.raises(errors.InputError, match="one to four"):
    run.make_site(copy, SiteSpec())


def test_mean_maps_of_other_maps_than_there_are_now_are_refused(copy):
  picture_study.write_maps(copy / _PEOPLE_OF, 1.0)
  study.finish(copy, f"{_PEOPLE_OF}/maps", "attention", {})
  with pytest.raises(errors.InputError, match="group_means was made of another version"):
    run.make_site(copy, SiteSpec())


def test_withdrawn_people_are_not_among_the_measurements(copy):
  shutil.rmtree(copy / "performance")
  shutil.rmtree(copy / "attention")
  gone = set(picture_study.eids()[:20])
  with pytest.raises(errors.InputError, match=r"models/scalars/anthropometry was made with people who have withdrawn"):
    run.make_site(copy, SiteSpec(), gone)
  shutil.rmtree(copy / "models")
  counts = []
  for withdrawn in ((), gone):
    features = pd.read_csv(run.make_site(copy, SiteSpec(), withdrawn) / "tables" / "scalar_features.csv")
    counts.append(features.loc[features["sex"] == "all", "num_people"].unique().tolist())
  assert counts == [[600], [580]]


def test_a_site_is_made_without_the_maps_themselves(copy):
  """They do not leave, so they may have been removed; how people were chosen is then not said."""
  facts = []
  for _ in range(2):
    [page] = [
      page for page in _documents(run.make_site(copy, SiteSpec()))["site"]["pages"] if page["name"] == "attention"
    ]
    facts.append(page["facts"]["wanted"])
    for path in (copy / _PEOPLE_OF / "maps").iterdir():
      if path.name != run_record.FILE_NAME:
        path.unlink()
    shutil.rmtree(copy / "site")
  assert facts == [{picture_study.NETWORK: 10}, {}]


def test_pictures_of_persons_keep_their_model_and_every_cell_has_some(tmp_path):
  paths = [
    tmp_path / "attention" / model / "overlays" / f"{sex}_{age}_right_{rank}.png"
    for model in ("own-net/v2", "own/net-v2")
    for sex in ("female", "male")
    for age in ("young", "middle", "old")
    for rank in range(1, 4)
  ]
  chosen = attention._choose_overlays(paths)
  assert len({each.path for each in chosen}) == len(chosen) == 2 * 12
  for model in ("own-net/v2", "own/net-v2"):
    cells = collections.Counter(tuple(each.whom.split()[:2]) for each in chosen if each.model == model)
    assert set(cells.values()) == {2} and len(cells) == 6


def _scores(r2: dict[str, float]) -> pd.DataFrame:
  """Schema performance of single models of the knee."""
  row = dict(product="sample", dimension="knee", r2_sd_bootstrap=0.01, rmse=4.0, rmse_sd_bootstrap=0.1)
  rows = [genetic_study.row(performance_tables.PERFORMANCE, model=name, r2=value, **row) for name, value in r2.items()]
  return pd.DataFrame(rows)


def _chosen(schema, model: str) -> pd.DataFrame:
  return pd.DataFrame([genetic_study.row(schema, product="sample", dimension="knee", model=model)])


def test_literature_has_this_study_the_paper_and_no_invented_number():
  scores = _scores({"knee/inception_v3": 0.6, "knee/inception_resnet_v2": 0.7})
  best = _chosen(performance_tables.BEST, "knee/inception_resnet_v2")
  table = performance_groups.compare(scores, best=best).set_index(["dimension", "statistic", "whose"])
  assert table.loc[("knee", "r2", "here"), "value"] == 0.7  # no ensemble: the best on validation folds
  assert table.loc[("knee", "r2", "paper"), "value"] == 0.69
  assert table.loc[("full_body", "r2", "literature"), "value"] == 0.83
  assert table["value"].isna().sum() == 3 and (table["source"] != "").all()


def test_the_model_beside_the_literature_is_not_chosen_on_test_folds():
  """Nor is it one without a score: a missing score is not the highest."""
  scores = _scores({"knee/inception_v3": 0.6, "knee/inception_resnet_v2": 0.7, "knee/vgg": math.nan})
  ages = _chosen(age_tables.DIMENSIONS, "knee/inception_v3")
  best = _chosen(performance_tables.BEST, "knee/inception_resnet_v2")
  for given, value in (((ages, best), 0.6), ((None, best), 0.7)):
    table = performance_groups.compare(scores, *given).set_index(["dimension", "statistic", "whose"])
    assert table.loc[("knee", "r2", "here"), "value"] == value
  assert "here" not in set(performance_groups.compare(scores)["whose"])


def test_every_method_that_a_script_names_is_there():
  import pathlib
  import re

  scripts = pathlib.Path(run.__file__).parent / "assets"
  named = {
    name for path in scripts.rglob("*.js") for name in re.findall(r'method(?:Box\(|: )"(\w+)"', path.read_text())
  }
  assert named == set(methods.METHODS)


def test_sources_of_many_folders_find_theirs():
  source = sections.Source("attention", "attention/**/group_means", "*.parquet", performance_tables.GROUPS)
  folders = ["attention/knee/inception_v3/group_means", "attention/knee/inception_v3/maps", "gwas"]
  assert [each.path for each in source.in_folders(folders)] == ["attention/knee/inception_v3/group_means/*.parquet"]


@pytest.mark.parametrize(
  "changed", ["cohort/participants.parquet", "models/scalars/anthropometry/elastic_net/run.json"]
)
def test_importances_of_an_older_cohort_or_model_are_not_shown(copy, changed):
  record = copy / "models/scalars/anthropometry/run.json"
  value = json.loads(record.read_text())
  value["inputs"][changed] = "of another"
  record.write_text(json.dumps(value))
  with pytest.raises(errors.InputError, match=rf"models/scalars/anthropometry/ does not.*{changed}.*msk_jax\.scalars"):
    run.make_site(copy, SiteSpec())
