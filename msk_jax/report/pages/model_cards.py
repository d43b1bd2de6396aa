"""Model cards and checklists of reporting guidelines, filled in from run records as far as these go."""

from msk_jax.report import answers, checklists, model_cards
from msk_jax.report.sections import Content, Data, Group, Page, Source
from msk_jax.schemas import performance_tables

_FOLDERS = {"cards": "model_cards", "checklists": "checklists"}


def _make(data: Data) -> Content:
  forms = {
    "cards": model_cards.make_cards(data.models, data.tables["performance"], data.tables["groups"]),
    "checklists": checklists.make_checklists(answers.make_answers(data)),
  }
  return Content(
    documents={"model_cards": {kind: [form.to_json() for form in each] for kind, each in forms.items()}},
    texts={f"{_FOLDERS[kind]}/{form.name}.md": form.to_markdown() for kind, each in forms.items() for form in each},
  )


PAGE = Page(
  name="model_cards",
  title="Model cards and checklists",
  group=Group.ABOUT,
  order=5,
  about=(
    "A model card says what a model is, what it is meant for, how well it works and for whom. Checklists say where a "
    "report answers what readers of such studies must know.",
    "Answers come from the run records. What only a person can answer is left blank and marked. The folders "
    "model_cards/ and checklists/ beside this page hold the same as Markdown, to be completed.",
  ),
  make=_make,
  sources={
    "performance": Source("evaluate", "performance", "performance", performance_tables.PERFORMANCE, is_optional=True),
    "groups": Source("evaluate", "performance", "groups", performance_tables.GROUPS, is_optional=True),
  },
)
