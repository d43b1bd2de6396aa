"""People of inputs that do not belong together, and rows in another order: refused, and no id in any message."""

import dataclasses

import numpy as np
import pytest

from msk_jax.genetics.spec import QualitySpec
from msk_jax.genome.genotype_files import ArrayFile, GenotypeFiles
from msk_jax.io import errors
from msk_jax.schemas import cohort_tables
from tests.genetics.inputs import study as studies
from tests.genome import genotypes


def _refused(study, *parts: str, **arguments) -> str:
  with pytest.raises(errors.InputError) as caught:
    study.gather(**arguments)
  message = str(caught.value)
  assert not any(eid in message for eid in studies.EIDS), message
  for part in parts:
    assert part in message, message
  return message


def _swap(values: list, seed: int = 0) -> list:
  return [values[i] for i in np.random.default_rng(seed).permutation(len(values))]


def test_a_fam_of_another_application_is_refused_with_the_forms_of_ids(study):
  study.write_fam([str(9_500_001 + i) for i in range(studies.NUM)])
  _refused(study, "0 of 600 people of the workdir's ages", "`#######`", "another application")


def test_ids_with_another_form_are_shown_by_their_form(study):
  study.write_fam([f"S{i}_{eid}" for i, eid in enumerate(studies.EIDS)])
  _refused(study, "a.fam have the form `a#_#######`", "`#######`")


def test_few_people_in_common_are_a_warning_with_the_forms(study, caplog):
  study.write_fam([*studies.EIDS[:250], *(f"X{eid}" for eid in studies.EIDS[250:])])
  study.gather()
  assert "FEW PEOPLE IN COMMON" in caplog.text and "`a#######`" in caplog.text
  assert not any(eid in caplog.text for eid in studies.EIDS)


def test_ids_that_are_the_same_without_zeros_are_refused(study):
  study.write_fam([*studies.EIDS[:-1], f"0{studies.EIDS[0]}"])
  _refused(study, "1 people have the id of another")


def test_fam_rows_in_another_order_are_refused_by_their_sexes_in_the_cohort(study):
  """The ids alone were moved: the .fam file's sexes are other people's."""
  study.write_fam(_swap(studies.EIDS))
  _refused(study, "have another sex in the cohort than in a.fam", "another order")


def test_whole_fam_rows_in_another_order_are_refused_by_genotypes_on_x(study):
  """Ids and sexes were moved together: genotypes alone tell."""
  study.write_fam(_swap(studies.EIDS), _swap(studies.FAM_SEX))
  _refused(study, "have another sex in the cohort and a.fam than in the genotypes on chromosome X")


def test_genotypes_in_their_order_raise_no_alarm_and_two_swapped_people_are_dropped(study):
  inputs = study.gather()
  assert inputs.counts["sex_differs_on_x"] == 0 and inputs.counts["sex_compared_on_x"] > 500
  sex = inputs.analysis.people.sex
  eids = inputs.analysis.people.iid[[int(np.argmax(sex == 0)), int(np.argmax(sex == 1))]].tolist()
  places = [studies.EIDS.index(eid) for eid in eids]
  swapped, sexes = studies.EIDS.copy(), studies.FAM_SEX.copy()
  for values in (swapped, sexes):
    values[places[0]], values[places[1]] = values[places[1]], values[places[0]]
  study.write_fam(swapped, sexes)
  changed = study.gather()
  assert changed.counts["sex_differs_on_x"] == 2
  assert set(inputs.analysis.people.iid) - set(changed.analysis.people.iid) == set(eids)
  kept = study.gather(dataclasses.replace(studies.SPEC, quality=QualitySpec(drop_sex_mismatches=False)))
  assert len(kept.analysis.people) == len(inputs.analysis.people)


def test_without_variants_on_x_the_order_is_not_checked_and_that_is_said(study, caplog):
  num = studies.NUM_AUTOSOMAL
  study.write_genotypes(studies.draw_genotypes()[:, :num], studies.list_variants()[:num])
  assert study.gather().counts["sex_compared_on_x"] == 0
  assert "SEXES ARE NOT CHECKED" in caplog.text


def test_unknown_sexes_in_the_fam_file_contradict_nobody(study):
  study.write_fam(sexes=[0] * studies.NUM)
  assert len(study.gather().analysis.people) > 500


def _by_chromosome(study) -> GenotypeFiles:
  copies, variants = studies.draw_genotypes(), studies.list_variants()
  half = studies.NUM_AUTOSOMAL // 2
  parts = {"1": slice(0, half), "2": slice(half, 2 * half), "X": slice(2 * half, None)}
  files = []
  for name, part in parts.items():
    paths = [study.path(f"c{name}.{suffix}") for suffix in ("bed", "bim", "fam")]
    genotypes.write_bed(paths[0], copies[:, part])
    genotypes.write_bim(paths[1], variants[part])
    genotypes.write_fam(paths[2], studies.EIDS, studies.FAM_SEX)
    files.append(ArrayFile(name, *paths))
  return GenotypeFiles(tuple(files), (), "GRCh37")


def test_files_by_chromosome_give_what_a_single_file_gives(study, monkeypatch):
  whole, files = study.gather(), _by_chromosome(study)
  monkeypatch.setattr(studies.Study, "files", lambda self, *, imputed: files)
  parts = study.gather()
  assert parts.analysis.people.iid.tolist() == whole.analysis.people.iid.tolist()
  assert parts.analysis.excluded_variants == whole.analysis.excluded_variants


@pytest.mark.parametrize(
  ("iids", "sexes", "part"),
  [
    (_swap(studies.EIDS), _swap(studies.FAM_SEX), "other people than c1.fam"),
    (studies.EIDS[:-1], studies.FAM_SEX[:-1], "599 people, and c1.fam 600"),
    (studies.EIDS, [2, *studies.FAM_SEX[1:-1], 2], "1 sexes other"),
  ],
)
def test_fam_files_of_chromosomes_that_differ_are_refused(study, monkeypatch, iids, sexes, part):
  files = _by_chromosome(study)
  genotypes.write_fam(files.array[1].fam, iids, sexes)
  monkeypatch.setattr(studies.Study, "files", lambda self, *, imputed: files)
  _refused(study, "c2.fam has", part)


@pytest.mark.parametrize(
  ("iids", "sexes", "parts"),
  [
    ([str(9_500_001 + i) for i in range(studies.NUM)], studies.FAM_SEX, ("0 of the 600 people", "`#######`")),
    (_swap(studies.EIDS), studies.FAM_SEX, ("another sex in c1.sample than in a.fam",)),
  ],
)
def test_sample_files_of_another_application_or_order_are_refused(study, iids, sexes, parts):
  studies.add_imputed(study, iids, sexes)
  _refused(study, *parts, imputed=True)


def test_a_sample_file_of_another_bgen_is_refused(study):
  studies.add_imputed(study)
  genotypes.write_sample(study.path("c1.sample"), studies.EIDS[:-1], studies.FAM_SEX[:-1])
  _refused(study, "c1.bgen holds 600 people, and c1.sample 599", imputed=True)


@pytest.mark.parametrize(
  ("coding", "part"),
  [({"bit_depth": 16}, "16 bits"), ({"compression": "zstd"}, "zstd"), ({"chromosome": "05"}, "chromosome 05")],
)
def test_bgen_files_that_bolt_dies_of_are_refused_first(study, coding, part):
  studies.add_imputed(study, **coding)
  _refused(study, "c1.bgen", part, imputed=True)


@pytest.mark.parametrize("engine", [{"engine": "regenie"}, {"engine": "plan", "plan_engine": "regenie"}])
def test_other_engines_take_them(study, engine):
  studies.add_imputed(study, bit_depth=16)
  assert study.gather(dataclasses.replace(studies.SPEC, **engine), imputed=True).analysis.people.is_imputed.any()


def test_sex_mismatches_aneuploidy_and_outliers_are_dropped_and_counted(study):
  kept = study.gather().analysis.people.iid[:6].tolist()

  def spoil(table):
    is_first, is_second, is_third, is_fourth = (table["eid"] == eid for eid in kept[:4])
    table.loc[is_first, "reported_sex"] = 1 - table.loc[is_first, "genetic_sex"]
    table.loc[is_second, "has_aneuploidy"] = 1
    table.loc[is_third, "is_outlier"] = 1
    table.loc[is_fourth, "missing_call_rate"] = 0.2
    return table

  study.change_cohort("genetics", cohort_tables.GENETICS, spoil)
  inputs = study.gather()
  assert not set(kept[:4]) & set(inputs.analysis.people.iid) and kept[4] in inputs.analysis.people.iid
  dropped = dict(zip(inputs.overlap["step"], inputs.overlap["n_dropped"], strict=True))
  for step in (
    "reported sex is the genetic one",
    "two sex chromosomes",
    "no outlier of heterozygosity or missing calls",
    "missing calls (field 22005)",
  ):
    assert dropped[step] == 1, step
  off = QualitySpec(drop_sex_mismatches=False, drop_aneuploidy=False, drop_outliers=False, max_missing_per_person=0.5)
  assert set(kept) <= set(study.gather(dataclasses.replace(studies.SPEC, quality=off)).analysis.people.iid)


def test_people_with_many_missing_calls_are_dropped_before_variants_are_judged(study):
  copies = studies.draw_genotypes()
  kept = [studies.EIDS.index(eid) for eid in study.gather().analysis.people.iid]
  copies[kept[:20], : studies.NUM_AUTOSOMAL] = 3
  study.write_genotypes(copies, studies.list_variants())
  spec = dataclasses.replace(studies.SPEC, quality=QualitySpec(max_missing_per_variant=0.03))
  inputs = study.gather(spec)
  assert len(inputs.analysis.people) == len(kept) - 20
  assert dict(zip(inputs.overlap["step"], inputs.overlap["n_dropped"], strict=True))["missing calls"] == 20
  assert not len(inputs.quality)  # among everybody 4% of the calls of each variant are missing


@pytest.mark.parametrize(
  ("change", "step"),
  [
    (lambda study: study.write_fam([f"-{i + 1}" for i in range(studies.NUM)]), "a.fam"),
    (lambda study: None, "has not withdrawn"),
    (
      lambda study: study.change_cohort(
        "participants", cohort_tables.PARTICIPANTS, lambda table: table.assign(ethnicity=3001)
      ),
      "ethnicity",
    ),
    (
      lambda study: study.change_cohort("genetics", cohort_tables.GENETICS, lambda table: table.assign(pc_2=np.nan)),
      "covariate principal components",
    ),
    (
      lambda study: study.change_cohort("visits", cohort_tables.VISITS, lambda table: table.assign(centre=-1)),
      "covariate centre",
    ),
    (
      lambda study: study.change_cohort("genetics", cohort_tables.GENETICS, lambda table: table.assign(is_outlier=1)),
      "no outlier",
    ),
  ],
)
def test_nobody_left_names_the_step_that_took_the_last(study, change, step):
  change(study)
  withdrawn = frozenset(studies.EIDS) if step == "has not withdrawn" else frozenset()
  message = _refused(study, withdrawn=withdrawn)
  assert "nobody" in message and step in message
