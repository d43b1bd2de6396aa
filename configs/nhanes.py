"""A survey's measurements as scalar sets: NHANES 2011-2018, adults of 20 to 59 years. A pattern for own tables.

Command: python -m msk_jax.scalars --config=configs/nhanes.py --config.data.root=/path/to/nhanes --workdir=nhanes
Arguments: smoke. The root holds adults_2011_2018.csv.gz (CDC, public domain; one row per person).
Hardware: any CPU, one core.
Expected time: seconds for the cohort; 30 trials per search take 54 minutes of CPU time (1.4 GB), two (`smoke`) six.
Expected: 14,347 people; complete cases: grip 6,774, body size 13,656, DXA 10,663, all three 5,431. Test R2: all
  three .32 (elastic net), .40 (LightGBM), .445 (network), their ensemble .445; DXA alone .42, body size .18, grip .03.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.preparation import spec
from msk_jax.scalar_models import spec as scalars_spec

# The survey's four groups to field 21000's nearest codes: white (1), black (4). Field 21000 has no Hispanic people:
# they are its other ethnic group (6). The survey's `Other` (Asian, several, any other) can't be told apart: missing.
_ETHNICITIES = {"White": 1, "Black": 4, "Hispanic": 6, "Other": -5}

# Columns that enough people have. Grip was measured in 2011-2014 only; hips of 3,098 people alone, lung function of
# 3,240: left out. Of the DXA masses the total is the sum of the others, and one ratio that of two others: left out too.
_SETS = {
  "grip": ("grip_combo_kg",),
  "body_size": ("height_cm", "weight_kg", "bmi_kgm2", "waist_cm"),
  "dxa": ("mass_fat_pct", "mass_lean_lb", "mass_fat_lb", "mass_bmc_lb", "fat_gyn_pct", "fat_and_pct", "fat_vat_cm2"),
}
# Least and greatest possible values, as for UK Biobank (cohort/scalar_fields.py); two hands grip up to 180 kg.
_LIMITS = {
  "grip_combo_kg": (0.0, 180.0),
  "height_cm": (100.0, 230.0),
  "weight_kg": (25.0, 300.0),
  "bmi_kgm2": (10.0, 100.0),
  "waist_cm": (40.0, 220.0),
  "mass_fat_pct": (1.0, 75.0),
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, smoke=False)
  table = spec.TableSpec(
    file="adults_2011_2018.csv.gz",
    id="SEQN",
    age="age_screen_yr",
    sex="gender",
    ethnicity="race_ethn",
    ethnicity_values=_ETHNICITIES,
    sets=_SETS,
    limits=_LIMITS,
  )
  config = common.stage_config("scalars", scalars_spec.ScalarsSpec(), common.data_config("table"))
  config.data.table = ml_collections.ConfigDict(dataclasses.asdict(table))
  if parsed.smoke:
    common.shrink_scalars(config)
  config.lock()
  return config
