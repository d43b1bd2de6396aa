"""Tables of the stage `release`: all leave, through `disclosure.door`. All effects: positive ages faster."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_PLACE_TEXT = Column("string", Kind.LOCUS)  # an rs number, or made of chromosome, place and alleles
_MILLIONS = Column("float64", Kind.LOCUS, "Mb")
_OPTIONAL_PEOPLE = Column("Int64", Kind.PEOPLE, "people")
_NEG_LOG10 = columns.estimate("-log10 p")


def _count(unit: str) -> Column:
  return columns.count("Int64", unit)


# GWAS-SSF v1.1.0: its mandatory columns in its order, then columns that it knows. chromosome: X is 23. variant_id:
# chromosome, place, other and effect allele; which of the two is the reference allele is not known. n: rounded down to
# a multiple of five, effect_allele_frequency to a multiple of 5 / n. info: between 0 and 1; of imputed variants alone.
ASSOCIATIONS = Schema(
  "release_associations",
  1,
  {
    "chromosome": columns.LABEL,
    "base_pair_location": Column("int64", Kind.LOCUS, "bp"),
    "effect_allele": columns.LABEL,
    "other_allele": columns.LABEL,
    "beta": columns.estimate("trait's unit"),
    "standard_error": columns.estimate("trait's unit"),
    "effect_allele_frequency": columns.estimate(),
    "neg_log_10_p_value": _NEG_LOG10,
    "variant_id": _PLACE_TEXT,
    "rsid": _PLACE_TEXT,
    "info": columns.estimate(),
    "n": columns.NUM_PEOPLE,
  },
  is_shared=True,
)

# What the files of summary statistics hold. num_written: variants; the others were left out: num_rare with fewer than
# ten of the rarer allele, num_no_sequence with alleles I and D. num_no_rs: written, but their name is not an rs number.
# num_info_clipped: written with an info of 1 or 0 that was beyond.
FILES = Schema(
  "release_files",
  1,
  {
    "trait": columns.LABEL,
    "source": columns.LABEL,
    "build": columns.LABEL,
    "engine": columns.LABEL,
    "engine_p": columns.LABEL,
    "num_written": columns.count("int64", "variants"),
    "num_rare": columns.count("int64", "variants"),
    "num_no_sequence": columns.count("int64", "variants"),
    "num_no_rs": columns.count("int64", "variants"),
    "num_info_clipped": columns.count("int64", "variants"),
    "reason": columns.LABEL,
  },
  is_shared=True,
)

# The paper's Table 1. SNPs: variants with p < 5e-8, genes: different ones in or nearest to them; the paper's are of
# array variants. r2: of predicted age, per sample, before bias correction. gaps: what is missing, and why. Other traits
# (strata, own phenotypes) have a table of the same form.
TABLE_1 = Schema(
  "release_table_1",
  1,
  {
    "dimension": columns.LABEL,
    "trait": columns.LABEL,
    "build": columns.LABEL,
    "engine_p": columns.LABEL,
    "n": _OPTIONAL_PEOPLE,
    "num_snps_array": _count("variants"),
    "num_loci_array": _count("loci"),
    "num_genes_array": _count("genes"),
    "num_snps_imputed": _count("variants"),
    "num_loci_imputed": _count("loci"),
    "num_genes_imputed": _count("genes"),
    "h2": columns.estimate(),
    "h2_se": columns.estimate(),
    "r2": columns.estimate(),
    "r2_sd": columns.estimate(),
    "published_n": columns.published("people"),
    "published_num_snps": columns.published("variants"),
    "published_num_genes": columns.published("genes"),
    "published_h2": columns.published(),
    "published_h2_se": columns.published(),
    "published_r2": columns.published(),
    "published_r2_sd": columns.published(),
    "gaps": columns.LABEL,
  },
  is_shared=True,
  people="genetics",
)

# Numbers of the paper's text. statistic: see `published.reader.ProseNumber`. sd_kind: what both SDs are. num_pairs: of
# a mean, pairs that it is over; num_pairs_left_out: pairs without a result or with too few people.
PROSE_NUMBERS = Schema(
  "release_prose_numbers",
  1,
  {
    "name": columns.LABEL,
    "statistic": columns.LABEL,
    "models": columns.LABEL,
    "value": columns.estimate(),
    "sd": columns.estimate(),
    "sd_kind": columns.LABEL,
    "num_pairs": _count("pairs"),
    "num_pairs_left_out": _count("pairs"),
    "published_value": columns.published(),
    "published_sd": columns.published(),
    "published_num_pairs": columns.published("pairs"),
    "gap": columns.LABEL,
    "source": columns.LABEL,
  },
  is_shared=True,
  keys=("name", "statistic", "models"),
)

# Genes that the paper names, in our results. dimension: the paper's, empty where its text does not say; then the trait
# is the one with the least p. status: `significant` (p < 5e-8), `not_significant`, `no_variant` or `no_result`. The
# variant is the one with the least p of num_variants in the gene and around it. is_hits_gene: whether the gene is among
# those of the trait's hits.
NAMED_LOCI = Schema(
  "release_named_loci",
  1,
  {
    "dimension": columns.LABEL,
    "gene": columns.LABEL,
    "later_name": columns.LABEL,
    "linked_to": columns.LABEL,
    "trait": columns.LABEL,
    "source": columns.LABEL,
    "build": columns.LABEL,
    "engine_p": columns.LABEL,
    "status": columns.LABEL,
    "is_hits_gene": columns.LABEL,
    "num_variants": columns.count("int64", "variants"),
    "rsid": _PLACE_TEXT,
    "chromosome": columns.LABEL,
    "position_mb": _MILLIONS,
    "effect_allele": columns.LABEL,
    "other_allele": columns.LABEL,
    "beta": columns.estimate("trait's unit"),
    "se": columns.estimate("trait's unit"),
    "neg_log10_p": _NEG_LOG10,
    "named_in": columns.LABEL,
  },
  is_shared=True,
  keys=("dimension", "gene", "trait", "source", "rsid"),
)

# Lead variants of loci, without those of rare alleles. n: rounded down to a multiple of five, frequencies to a
# multiple of 5 / n. also_in: of the lead variants that leave.
LEAD_VARIANTS = Schema(
  "release_lead_variants",
  1,
  {
    "trait": columns.LABEL,
    "dimension": columns.LABEL,
    "source": columns.LABEL,
    "build": columns.LABEL,
    "engine_p": columns.LABEL,
    "locus": columns.count("int64", "number"),
    "rsid": _PLACE_TEXT,
    "chromosome": columns.LABEL,
    "position_mb": _MILLIONS,
    "effect_allele": columns.LABEL,
    "other_allele": columns.LABEL,
    "effect_allele_frequency": columns.estimate(),
    "beta": columns.estimate("trait's unit"),
    "se": columns.estimate("trait's unit"),
    "neg_log10_p": _NEG_LOG10,
    "n": columns.NUM_PEOPLE,
    "genes": columns.LABEL,
    "relation": columns.LABEL,
    "direction": columns.LABEL,
    "also_in": columns.LABEL,
  },
  is_shared=True,
  people="genetics",
)
