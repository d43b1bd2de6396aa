"""What was done for each plot, in a few plain sentences, with the formula and the section of the paper."""

import dataclasses
from collections.abc import Mapping
from typing import Any

_PREDICTION = "Methods, Evaluating the performance of models"
_ENSEMBLES = "Methods, Ensembling to improve prediction and define aging dimensions"
_AGES = "Methods, Musculoskeletal age definition"
_GWAS = "Methods, Genome-wide association of accelerated musculoskeletal aging"
_SNPS = "Methods, Identification of SNPs associated with accelerated aging"
_HERITABILITY = "Methods, Heritability and genetic correlation"
_XWAS = "Methods, Non-genetic correlates of accelerated aging"
_INTERPRETABILITY = "Methods, Interpretability of the machine learning predictions"


@dataclasses.dataclass(frozen=True)
class Method:
  """How the numbers of a plot came about; words in braces are those of the study (`study_words`).

  Attributes:
    title: of the method.
    text: what was done, for readers who are not specialists.
    formula: in one line, or empty.
    paper: section of the paper; empty for what the paper does not have.
    differs: what is done otherwise than in the paper; empty if nothing is.
  """

  title: str
  text: str
  formula: str = ""
  paper: str = ""
  differs: str = ""


METHODS = {
  "performance": Method(
    "Scores of age predictions",
    "People are dealt into {folds}. Each prediction is of a test fold that the model has not seen; the predictions "
    "of all folds are scored together. The SD is that of the score over draws of the same people with replacement "
    "(bootstrap), or over folds.",
    "R² = 1 − Σ(age − predicted)² / Σ(age − mean age)²;  RMSE = √(Σ(age − predicted)² / n)",
    _PREDICTION,
    "Whole people are drawn with all their visits where the config says so; the paper draws samples.",
  ),
  "ensembles": Method(
    "Ensembles",
    "The predictions of the models below are combined by an elastic net, fitted on validation folds, at three levels: "
    "the algorithms of one view, the views of one dimension, the dimensions.",
    "predicted = b₀ + Σ bᵢ · predictionᵢ, with |b| and b² kept small",
    _ENSEMBLES,
  ),
  "groups": Method(
    "Scores in groups",
    "The same predictions, scored within each group. R² compares with the mean age of the group, so it is low where "
    "all are of about the same age; the error in years can be compared between groups.",
    "mean error = Σ(predicted − age) / n",
    _PREDICTION,
    "The paper's main text gives no scores by group.",
  ),
  "literature": Method(
    "Beside the literature",
    "The paper's text says which of its models are better than earlier ones. Its Table S1, which has the numbers of "
    "all of them, is not at hand: only what the text itself says is shown. Other studies have other people and other "
    "ages; R² depends on the range of ages.",
    "",
    "Discussion, We built the most accurate musculoskeletal age predictor to date; Table S1",
  ),
  "acceleration": Method(
    "Biological age and accelerated ageing",
    "Old people are predicted too young and young people too old, by the way predictions work. A line of the errors "
    "over age is fitted and taken out. What is left is accelerated ageing: above zero, the body looks older.",
    "accelerated ageing = predicted − age − (intercept + slope · age)",
    _AGES,
  ),
  "correlation": Method(
    "Correlations of accelerated ageing",
    "Pearson's correlation of the accelerated ageing of two models over the samples that both have, with its SD by "
    "bootstrap.",
    "r = cov(a, b) / (SD(a) · SD(b))",
    "Results, Phenotypic correlation between aging dimensions",
  ),
  "genetic_correlation": Method(
    "Genetic correlations",
    "A mixed model of two traits tells apart what goes with the genotyped variants and what does not, and correlates "
    "each. LD-score regression gets the same from the summary statistics.",
    "r_g = cov_g(a, b) / √(h²(a) · h²(b)), scaled",
    _HERITABILITY,
  ),
  "comparison": Method(
    "Two kinds of correlations",
    "Each point is a pair of dimensions. The two kinds of correlation are of the same pairs, but not always of the "
    "same people.",
    "",
    "Results, Phenotypic, genetic and environmental correlation between the different musculoskeletal aging dimensions",
  ),
  "heritability": Method(
    "Heritability",
    "A mixed model estimates the share of the variance of accelerated ageing that goes with all genotyped variants "
    "together.",
    "h² = V_g / (V_g + V_e)",
    _HERITABILITY,
  ),
  "gwas": Method(
    "Associations with variants",
    "Each variant is tested against accelerated ageing, given {gwas_covariates}, {gwas_model}. A hit has p < 5e-8.",
    "accelerated ageing = β · allele count + covariates{gwas_effect} + error",
    _GWAS,
  ),
  "qq": Method(
    "Q-Q plot",
    "Sorted p values against those of a study without any association. λ is the median of the test statistic over what "
    "chance gives: far above 1 says confounding, or very many small effects.",
    "λ = median(χ²) / 0.455",
    _GWAS,
  ),
  "loci": Method(
    "Loci and regions",
    "Hits that lie close together or go together are one locus, led by its strongest variant. The gene is the one "
    "that the variant lies in, or the nearest. Credible sets hold the cause with a probability of {coverage}, if the "
    "model is right.",
    "",
    _SNPS,
    "Fine-mapping and effects within each sex are not in the paper.",
  ),
  "xwas": Method(
    "Associations with other variables",
    "Correlation of a variable with accelerated ageing after {xwas_covariates} are taken out of both, over people "
    "who have both. P values are corrected for the number of tests.",
    "r = corr(variable | covariates; accelerated ageing | covariates)",
    _XWAS,
    "{xwas_clusters}, and the false discovery rate is given beside Bonferroni's correction.",
  ),
  "xwas_summary": Method(
    "Associations by category",
    "Of the variables of a category that were tested and did not feed the dimension's own models: how many are "
    "significant, by Bonferroni over the tests of the category; and which of them go with faster and with slower "
    "ageing.",
    "share = significant variables / variables tested",
    _XWAS,
  ),
  "xwas_correlation": Method(
    "Correlations in terms of other variables",
    "For each dimension there is a list of correlations with all variables; the lists of two dimensions are "
    "correlated with each other.",
    "r over variables of r(variable, a) and r(variable, b)",
    "Results, Correlation between musculoskeletal aging dimensions in terms of associations",
  ),
  "xwas_prediction": Method(
    "Accelerated ageing predicted from other variables",
    "All variables of a category together predict accelerated ageing in people whom the model has not seen. The gain "
    "is over age, sex and ethnicity alone.",
    "gain = R²(variables and covariates) − R²(covariates)",
    "Results, Predicting accelerated aging from biomarkers, clinical phenotypes, diseases, environmental variables and "
    "socioeconomic variables",
  ),
  "reproduction": Method(
    "Here and published",
    "The difference of two numbers in units of the standard error of the difference, where both errors, or one, are "
    "known.",
    "(here − published) / √(SE² here + SE² published)",
    "",
  ),
  "attention": Method(
    "Attention maps",
    "Saliency: how much the predicted age changes with each pixel. Grad-RAM: the same for the cells of a late layer, "
    "weighted by what the layer sees there. The maps of chosen people are moved onto one mean picture and averaged; "
    "left knees and hips are mirrored. Of each sex, age group and rate of ageing up to the same number is chosen, the "
    "slowest, the most usual and the fastest. Red makes the age older, blue younger; maps without a sign are yellow. "
    "The colours of one kind of map have one scale.",
    "Grad-RAM = Σ over channels of (∂ age / ∂ channel) · channel",
    _INTERPRETABILITY,
    "The paper's maps have no sign, and it shows single people; group means, the overlap of the pictures and the "
    "checks are not in the paper.",
  ),
  "importances": Method(
    "Importances of measurements",
    "Elastic net: coefficients of scaled measurements. LightGBM: number of splits by a measurement. Neural network: "
    "what is lost when a measurement is shuffled. Means over the folds, with their SD.",
    "permutation = score − score with the measurement shuffled",
    _INTERPRETABILITY,
  ),
  "agreement": Method(
    "Agreement of algorithms",
    "The sizes of the importances of two algorithms are correlated over measurements; `univariate` is each "
    "measurement's own correlation with age.",
    "",
    _INTERPRETABILITY,
  ),
  "histogram": Method(
    "Histogram",
    "People with all measurements of the set, each at the first such visit, in bins of equal width. Bins of fewer than "
    "five people are joined with the next one; the outer bins are open.",
    "",
    "Methods, Data types and Preprocessing",
  ),
  "trend": Method(
    "Measurement by age",
    "Mean and SD of people within five years of age. People of different ages are compared, not one person over time.",
    "",
    "Methods, Data types and Preprocessing",
  ),
}


def to_json(words: Mapping[str, str]) -> dict[str, Any]:
  """Returns all methods as JSON, by name.

  Args:
    words: what stands in braces, from `study_words.of_study`.
  """
  return {
    name: {key: text.format_map(words) for key, text in dataclasses.asdict(method).items()}
    for name, method in METHODS.items()
  }
