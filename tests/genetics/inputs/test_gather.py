"""All inputs together: who is analysed, in which order, with what."""

import dataclasses

import numpy as np

from msk_jax.genetics import inputs_printout
from msk_jax.genetics.analysis import FEMALE, MALE
from msk_jax.genetics.spec import CovariateSpec
from msk_jax.io import tables
from msk_jax.schemas import age_tables, cohort_tables, genetics_tables
from tests.genetics.inputs import study as studies


def _steps(inputs) -> dict[str, int]:
  return dict(zip(inputs.overlap["step"], inputs.overlap["n_dropped"], strict=True))


def test_people_traits_and_covariates_are_in_the_order_of_the_fam_file(study):
  order = np.random.default_rng(0).permutation(studies.NUM)
  copies = studies.draw_genotypes()[order]
  study.write_genotypes(copies, studies.list_variants())
  study.write_fam([studies.EIDS[i] for i in order], [studies.FAM_SEX[i] for i in order])
  inputs = study.gather()
  people = inputs.analysis.people
  cohort = tables.read(study.workdir / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  white = set(cohort.loc[cohort["ethnicity"].isin([1, 1001, 1002, 1003]), "eid"])
  assert people.iid.tolist() == [studies.EIDS[i] for i in order if studies.EIDS[i] in white]
  male = {eid: bool(is_male) for eid, is_male in zip(studies.EIDS, studies.IS_MALE, strict=True)}
  assert people.sex.tolist() == [MALE if male[eid] else FEMALE for eid in people.iid]
  ages = tables.read(study.workdir / "ages/participant/knee/ensemble.parquet", age_tables.AGES)
  by_eid = ages.set_index("eid")["acceleration_years"]
  knee = next(trait for trait in inputs.analysis.traits if trait.name == "knee")
  np.testing.assert_array_equal(knee.values, by_eid.reindex(people.iid).to_numpy())
  assert (knee.unit, knee.model, knee.dimension, knee.stratum) == ("years", "knee/ensemble", "knee", "all")
  assert np.isnan(knee.values).any() and knee.num_people == np.isfinite(knee.values).sum()
  visits = tables.read(study.workdir / "cohort" / "visits.parquet", cohort_tables.VISITS)
  first = visits[visits["instance"] == 0].set_index("eid")
  np.testing.assert_array_equal(inputs.analysis.covariates.quantitative["age"], first["age_years"].reindex(people.iid))
  centre = first["centre"].reindex(people.iid)
  assert inputs.analysis.covariates.categorical["centre"].tolist() == [f"c{code}" for code in centre]


def test_each_step_is_counted(study):
  inputs = study.gather(withdrawn=frozenset({studies.EIDS[0], "9000999"}))
  table = inputs.overlap
  assert table["n_before"].iloc[1:].tolist() == table["n"].iloc[:-1].tolist()
  assert (table["n_before"] - table["n_dropped"] == table["n"]).all()
  steps = _steps(inputs)
  assert table["n"].iloc[0] == studies.NUM and steps["not withdrawn"] == 1
  assert steps["ethnicity"] > 0 and table["n"].iloc[-1] == len(inputs.analysis.people)
  assert studies.EIDS[0] not in inputs.analysis.people.iid
  assert set(table) == set(genetics_tables.OVERLAP.columns)


def test_withdrawn_people_are_removed_however_their_ids_are_spelled(study):
  study.write_fam([f"00{eid}" for eid in studies.EIDS])
  everybody = set(study.gather().analysis.people.iid)
  others = set(study.gather(withdrawn=frozenset({studies.EIDS[4]})).analysis.people.iid)
  assert everybody - others == {f"00{studies.EIDS[4]}"}


def test_ids_with_zeros_in_front_family_ids_and_two_halves_are_the_same_people(study):
  expected = study.gather().analysis
  for iids, fids in (
    ([f"0{eid}" for eid in studies.EIDS], None),
    (studies.EIDS, ["0"] * studies.NUM),
    ([f"{eid}_{eid}" for eid in studies.EIDS], None),
  ):
    study.write_fam(iids, fids=fids)
    inputs = study.gather()
    assert len(inputs.analysis.people) == len(expected.people)
    np.testing.assert_array_equal(inputs.analysis.traits[0].values, expected.traits[0].values)
    assert inputs.analysis.people.iid[0] in iids  # as in the .fam file, for programs
    assert inputs.counts["ids_of_two_halves"] == (studies.NUM if "_" in iids[0] else 0)


def test_redacted_people_are_counted_and_left_out(study):
  study.write_fam(["-1", "-2", *studies.EIDS[2:]])
  inputs = study.gather()
  assert inputs.counts["redacted"] == 2 and _steps(inputs)["not removed by UK Biobank (negative id)"] == 2


def test_strata_are_traits_of_their_own(study):
  inputs = study.gather(dataclasses.replace(studies.SPEC, strata=("all", "female", "male")))
  names = [trait.name for trait in inputs.analysis.traits]
  assert names == ["general", "knee", "general.female", "knee.female", "general.male", "knee.male"]
  by_name = {trait.name: trait for trait in inputs.analysis.traits}
  is_female = inputs.analysis.people.sex == FEMALE
  assert np.isnan(by_name["knee.female"].values[~is_female]).all()
  assert by_name["knee.female"].num_people + by_name["knee.male"].num_people == by_name["knee"].num_people


def test_a_stratum_alone_has_its_people_alone_and_sex_is_no_covariate(study):
  inputs = study.gather(dataclasses.replace(studies.SPEC, strata=("male",)))
  assert (inputs.analysis.people.sex == MALE).all()
  assert "sex" not in inputs.analysis.covariates.categorical
  assert [trait.name for trait in inputs.analysis.traits] == ["general.male", "knee.male"]


def test_everybody_is_analysed_without_ethnicities(study):
  spec = dataclasses.replace(
    studies.SPEC, ethnicities=(), covariates=CovariateSpec(num_pcs=3, ethnicity=False, centre=False)
  )
  inputs = study.gather(spec)
  assert len(inputs.analysis.people) == studies.NUM
  assert set(inputs.analysis.covariates.categorical) == {"sex"}


def test_every_input_has_a_hash(study):
  studies.add_imputed(study)
  inputs = study.gather(imputed=True)
  names = {"a.bed", "a.bim", "a.fam", "c1.bgen", "c1.sample"}
  names |= {f"cohort/{name}.parquet" for name in ("participants", "visits", "genetics")}
  names |= {f"ages/{name}.parquet" for name in ("dimensions", "participant/general", "participant/knee/ensemble")}
  assert set(inputs.hashes) == names
  (study.path("a.bim")).write_text(study.path("a.bim").read_text().replace("\tA\tG", "\tA\tC"))
  changed = study.gather(imputed=True)
  assert {name for name in names if changed.hashes[name] != inputs.hashes[name]} == {"a.bim"}
  with_withdrawn = study.gather(imputed=True, withdrawn=frozenset({studies.EIDS[0]}))
  assert set(with_withdrawn.hashes) - names == {"withdrawn"}


def test_who_is_imputed_is_told(study):
  studies.add_imputed(study, [*studies.EIDS[10:], "-1"], [*studies.FAM_SEX[10:], 0])
  inputs = study.gather(imputed=True)
  people = inputs.analysis.people
  assert people.is_imputed.tolist() == [eid not in studies.EIDS[:10] for eid in people.iid]
  assert not people.is_imputed_on_x.any()
  last = inputs.overlap.iloc[-1]
  assert last["step"] == "of these imputed (autosomes)" and last["n"] == people.is_imputed.sum()


def test_nothing_shown_holds_an_id(study, capfd, caplog):
  with caplog.at_level("INFO"):
    inputs_printout.show(study.gather(dataclasses.replace(studies.SPEC, strata=("all", "female"))))
  shown = "".join(capfd.readouterr()) + caplog.text
  assert "not withdrawn" in shown and "knee.female" in shown
  assert not any(eid in shown for eid in studies.EIDS)
