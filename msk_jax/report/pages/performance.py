"""How well ages are predicted: all models, beside the published numbers (the paper's Figure 2)."""

from msk_jax.report.sections import Content, Data, DrawnOnly, Group, Page, PapersOnly, SiteTable, Source
from msk_jax.schemas import performance_tables

_SCHEMA = performance_tables.PERFORMANCE


def _make(data: Data) -> Content:
  about = (
    "A row per model and sample definition: scores on test folds, before any correction of bias; published numbers "
    "where the models and the people are the paper's."
  )
  table = SiteTable("performance", "Age prediction performance", about, data["performance"], _SCHEMA)
  return Content(tables=(table,))


PAGE = Page(
  name="performance",
  title="Age prediction performance",
  menu="Performance",
  group=Group.AGE,
  order=0,
  about=(
    "Each model predicts the age of people whom it has never seen: folds of people take turns as the test fold. "
    "Ensembles combine the models below them in the hierarchy.",
    "R² is the share of the differences in age that is explained. RMSE, the root mean squared error, is in years. The "
    "C-index is the share of pairs of people whom the model puts in the right order of age. Bars show the SD of many "
    "draws of the same people (bootstrap).",
    "Sample definitions: per sample, each visit of a person counts; per participant, the visits of a person are "
    "averaged.",
    PapersOnly("Diamonds are the published values."),
    DrawnOnly("A phantom's values say nothing about people."),
  ),
  make=_make,
  sources={"performance": Source("evaluate", "performance", "performance", _SCHEMA)},
)
