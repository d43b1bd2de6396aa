"""Checklists of reporting guidelines: numbers and subjects of their items in our own words, filled in from records.

Sources: TRIPOD+AI (Collins et al. 2024), STREGA (Little et al. 2009), CLAIM (Mongan et al. 2020). The guidelines
themselves say what each item asks for; here is only its number and subject.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from msk_jax.report.forms import Form, Section

# Per guideline and heading: number, subject, and the name of the answer in `make_checklists`, or nothing.
_TRIPOD = (
  (
    "Title and abstract",
    "1 title|2 abstract",
  ),
  (
    "Introduction",
    "3a medical context|3b users and purpose|3c known inequalities|4 aims",
  ),
  (
    "Methods",
    "5a sources of data:data|5b dates of the data|6a setting|6b who is eligible|6c treatments|"
    "7 preparation of data:preparation|8a outcome and its timing:outcome|"
    "8b who judged the outcome:outcome_source|8c blinding of the outcome|9a choice of predictors:predictors|"
    "9b definition of predictors:predictors|9c who judged the predictors|10 sample size:n|11 missing data|"
    "12a use of the data:folds|12b handling of predictors:preparation|12c type of model:models|"
    "12d differences between clusters|12e measures of performance:metrics|12f updating of models:updating|"
    "12g calculation of predictions:predictions|13 imbalance of classes:classes|14 fairness:groups|"
    "15 output of the model:outcome|16 differences between training and evaluation:folds|17 ethics",
  ),
  (
    "Open science",
    "18a funding|18b conflicts of interest|18c protocol|18d registration|18e sharing of data|18f code:software",
  ),
  (
    "Patients and public",
    "19 involvement",
  ),
  (
    "Results",
    "20a flow of participants|20b characteristics|20c comparison of training and evaluation data:folds|"
    "21 participants per analysis:n|22 full model:settings|23a performance with errors:performance|"
    "23b differences in performance:groups|24 updating:updating",
  ),
  (
    "Discussion",
    "25 interpretation|26 limits:limits|27a poor or missing inputs|27b handling by users|27c next steps",
  ),
)
_STREGA = (
  (
    "Title and introduction",
    "1 title and abstract|2 background|3 aims",
  ),
  (
    "Methods",
    "4 design|5 setting|6 participants|7 variables and genetic variants|8 measurement and genotyping|"
    "9 bias, stratification of the population:gwas_structure|10 study size:gwas_n|"
    "11 quantitative variables:outcome|12a statistical methods:gwas_engine|"
    "12b subgroups and interactions:gwas_strata|12c missing data|12d follow-up or sampling|"
    "12e sensitivity analyses|12f Hardy-Weinberg equilibrium:gwas_quality|12g inference of genotypes|"
    "12h haplotypes|12i population stratification:gwas_structure|12j many comparisons:gwas_many|"
    "12k relatedness:gwas_relatedness",
  ),
  (
    "Results",
    "13 numbers at each stage:gwas_n|14 characteristics|15 outcome data|16 main results:gwas_results|17 other analyses",
  ),
  (
    "Discussion",
    "18 key results|19 limits:limits|20 interpretation|21 other populations|22 funding",
  ),
)
_CLAIM = (
  (
    "Title and introduction",
    "1 title, kind of method|2 abstract|3 background, role of the method|4 aims",
  ),
  (
    "Study design",
    "5 prospective or retrospective|6 goal of the study",
  ),
  (
    "Data",
    "7 sources:data|8 who is eligible|9 preparation:preparation|10 subsets|11 definitions:predictors|"
    "12 removal of names and ids:ids|13 missing data",
  ),
  (
    "Reference standard",
    "14 definition:outcome|15 why this one|16 who annotated:outcome_source|17 tools of annotation:outcome_source|"
    "18 agreement of annotators:outcome_source",
  ),
  (
    "Partitions",
    "19 size:n|20 assignment:folds|21 level at which they are disjoint:folds",
  ),
  (
    "Model",
    "22 description:models|23 software:software|24 starting weights:weights",
  ),
  (
    "Training",
    "25 details:settings|26 choice of the final model:selection|27 ensembles:ensembles",
  ),
  (
    "Evaluation",
    "28 measures:metrics|29 uncertainty:uncertainty|30 robustness|31 explanation|32 other data:external",
  ),
  (
    "Results",
    "33 flow|34 characteristics of partitions|35 performance:performance|36 precision:performance|37 failures",
  ),
  (
    "Discussion and further",
    "38 limits:limits|39 use in practice|40 registration|41 protocol|42 funding",
  ),
)
_NOTE = (
  "Numbers and subjects of the items, in our own words: the guideline itself says what each asks for. Answers were "
  "filled in by the program from its run records."
)


@dataclasses.dataclass(frozen=True)
class _Guideline:
  name: str
  title: str
  source: str
  sections: Sequence[tuple[str, str]]


_GUIDELINES = (
  _Guideline("tripod_ai", "TRIPOD+AI: prediction models", "Collins et al., BMJ 2024, 385: e078378", _TRIPOD),
  _Guideline("strega", "STREGA: genetic associations", "Little et al., PLoS Medicine 2009, 6(2): e22", _STREGA),
  _Guideline("claim", "CLAIM: imaging", "Mongan et al., Radiology: AI 2020, 2(2): e200029", _CLAIM),
)


def make_checklists(answers: Mapping[str, str]) -> list[Form]:
  """Returns the three checklists; an item without an answer is left for a person."""
  return [
    Form(
      each.name,
      f"Checklist {each.title}",
      (_NOTE, f"Source: {each.source}."),
      [Section(title, [_item(text, answers) for text in items.split("|")]) for title, items in each.sections],
    )
    for each in _GUIDELINES
  ]


def names_of_answers() -> set[str]:
  """Returns the names of all answers that an item asks for."""
  texts = [text for each in _GUIDELINES for _, items in each.sections for text in items.split("|")]
  return {name for _, _, name in (text.partition(":") for text in texts) if name}


def _item(text: str, answers: Mapping[str, str]) -> tuple[str, str | None]:
  subject, _, name = text.partition(":")
  return subject, answers.get(name)
