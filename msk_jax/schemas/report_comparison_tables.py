"""Tables of the site that set this study beside the paper."""

from msk_jax.io.tables import Schema
from msk_jax.schemas import columns

# A row per number of the paper. here_se, published_se: standard errors, or SDs by bootstrap; missing where there are
# none. difference: here less published_value; difference_in_se: over the root of the sum of both squared. verdict:
# `agrees` (within two), `differs`, `no_error` (nothing to measure the difference by) or `no_number` (none here).
REPRODUCTION = Schema(
  "report_reproduction",
  1,
  {
    "topic": columns.LABEL,
    "what": columns.LABEL,
    "dimension": columns.LABEL,
    "published_value": columns.published(),
    "published_se": columns.published(),
    "here": columns.estimate(),
    "here_se": columns.estimate(),
    "difference": columns.estimate(),
    "difference_in_se": columns.estimate("SE"),
    "verdict": columns.LABEL,
    "source": columns.LABEL,
  },
  is_shared=True,
  keys=("topic", "what", "dimension"),
)

# A row per gene that the paper names and dimension. array, imputed: what this study has of it.
REPRODUCTION_GENES = Schema(
  "report_reproduction_genes",
  1,
  {
    "dimension": columns.LABEL,
    "gene": columns.LABEL,
    "linked_to": columns.LABEL,
    "trait": columns.LABEL,
    "array": columns.LABEL,
    "array_neg_log10_p": columns.estimate("-log10 p"),
    "imputed": columns.LABEL,
    "imputed_neg_log10_p": columns.estimate("-log10 p"),
    "named_in": columns.LABEL,
  },
  is_shared=True,
  keys=("dimension", "gene"),
)
