"""Tables of the site that no other stage has: they leave, through `disclosure.door`."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

# num_samples: rounded down to a multiple of five, as pairs differ by few people; below 20 there is no result.
CORRELATIONS = Schema(
  "report_correlations",
  1,
  {
    "product": columns.LABEL,
    "model_1": columns.LABEL,
    "model_2": columns.LABEL,
    "r": columns.estimate(),
    "sd": columns.estimate(),
    "num_samples": Column("Int64", Kind.SAMPLES, "samples", step=5),
    "published_r": columns.published(),
    "published_r_sd": columns.published(),
  },
  is_shared=True,
  people="performance",
)

# Places of models, from 1: `hierarchy` is the paper's order, `clustering` that of the leaves of a tree of 1 - r
# (average linkage), `r2` by falling R2; missing where there is none.
MODEL_ORDERS = Schema(
  "report_model_orders",
  1,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "label": columns.LABEL,
    "dimension": columns.LABEL,
    "is_dimension": columns.LABEL,  # `yes`: the model that stands for its dimension
    "hierarchy": columns.count("int64", "place"),
    "clustering": columns.count("Int64", "place"),
    "r2": columns.count("Int64", "place"),
  },
  is_shared=True,
  keys=("product", "model"),
)

# How biological ages came about. bias_slope, bias_at_60_years: of the line of predicted less actual age that is taken
# out; acceleration_sd_years: of what is left. stands_for: the dimension that the model stands for, or empty.
# refused: why it has no ages.
AGES = Schema(
  "report_ages",
  1,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "stands_for": columns.LABEL,
    "bias_slope": columns.estimate("years per year"),
    "bias_at_60_years": columns.estimate("years"),
    "acceleration_sd_years": columns.estimate("years"),
    "warning": columns.LABEL,
    "refused": columns.LABEL,
  },
  is_shared=True,
  keys=("product", "model"),
)

# People by accelerated ageing, of several visits their mean: bins from low to high, in SDs of the people's values and
# in years; the outer bins are open, their limits are infinite. No bin is of fewer than five people. model: the one that
# stands for the dimension, whose people they are.
ACCELERATIONS = Schema(
  "report_accelerations",
  2,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "dimension": columns.LABEL,
    "low_sd": columns.estimate("SD"),
    "high_sd": columns.estimate("SD"),
    "low_years": columns.estimate("years"),
    "high_years": columns.estimate("years"),
    "num_people": columns.NUM_PEOPLE,
  },
  is_shared=True,
  people="performance",
)

# The paper's comparisons with the literature. whose: `paper`, `literature`, or `here`, the study's own model that
# stands for the dimension.
LITERATURE = Schema(
  "report_literature",
  1,
  {
    "dimension": columns.LABEL,
    "statistic": columns.LABEL,
    "whose": columns.LABEL,
    "value": columns.estimate(),
    "sd": columns.estimate(),
    "claim": columns.LABEL,
    "source": columns.LABEL,
  },
  is_shared=True,
  keys=("dimension", "statistic", "whose", "claim", "source"),
)

# What the search box finds. kind: e.g. `variable`, `gene`; route: where on the site it leads.
SEARCH = Schema(
  "report_search",
  1,
  {"kind": columns.LABEL, "label": columns.LABEL, "detail": columns.LABEL, "route": columns.LABEL},
  is_shared=True,
)

# The files of a site. smallest_count: the smallest count of people or samples above zero in the file, missing without
# any; smallest_in: its column.
DISCLOSURE = Schema(
  "report_disclosure",
  1,
  {
    "file": columns.LABEL,
    "form": columns.LABEL,
    "what": columns.LABEL,
    "num_rows": columns.count("Int64", "rows"),
    "smallest_count": Column("Int64", Kind.PEOPLE, "people or samples"),
    "smallest_in": columns.LABEL,
  },
  is_shared=True,
)
