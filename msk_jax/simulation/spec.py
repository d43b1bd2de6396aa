"""What a phantom cohort is made of: its size, its seed, its flaws and its image settings."""

import dataclasses

FIRST_EID = 9_000_001  # above UK Biobank's eids, so that nobody takes a phantom for a real participant
MAX_PARTICIPANTS = 999_998  # eids keep seven digits

# Raised whenever the same spec gives other bytes. A phantom of an older version is drawn again.
GENERATOR_VERSION = 3


@dataclasses.dataclass(frozen=True)
class FlawCounts:
  """How many of each flaw of the real data are planted. Small cohorts get fewer.

  Attributes:
    corrupt_zip: zips cut off in the middle.
    missing_view: zips without one of the eight images.
    single_total_body: zips with one of the two Total Body images.
    transposed: zips with one image whose rows and columns are swapped.
    white_margin: zips with one image with saturated saw-tooth margins.
    implausible_age: people whose year of birth in the table is absurd.
    duplicate_visit: visits with a second zip (array 1).
    withdrawn: people on the list of withdrawals who are still in every table.
    truncated_dicom: zips with one DICOM that ends in the middle.
    pixel_length: zips with one DICOM whose pixel data are shorter or longer than the header says.
    html_page: zips with an HTML page under a DICOM's name.
    unknown_protocol: zips with one image of an unknown ProtocolName.
    implausible_scalar: people with an impossible scalar value at baseline.
    infinite_scalar: people with an infinite scalar value.
    text_scalar: people with text in place of a scalar value.
  """

  corrupt_zip: int = 2
  missing_view: int = 2
  single_total_body: int = 2
  transposed: int = 2
  white_margin: int = 2
  implausible_age: int = 2
  duplicate_visit: int = 2
  withdrawn: int = 3
  truncated_dicom: int = 2
  pixel_length: int = 2
  html_page: int = 2
  unknown_protocol: int = 2
  implausible_scalar: int = 2
  infinite_scalar: int = 2
  text_scalar: int = 2

  def __post_init__(self):
    for name, count in dataclasses.asdict(self).items():
      if count < 0:
        raise ValueError(f"flaws.{name} is a count, got {count}.")

  @classmethod
  def none(cls) -> "FlawCounts":
    """Returns counts of zero: a cohort without flaws."""
    return cls(**{field.name: 0 for field in dataclasses.fields(cls)})


@dataclasses.dataclass(frozen=True)
class PhantomSpec:
  """A phantom cohort; two equal specs give the same bytes.

  Attributes:
    num_participants: people in the tables.
    seed: random numbers depend on it, on the eid and on the purpose of the draw, on nothing else.
    imaged_fraction: share of the people with at least one imaging visit.
    repeat_imaging_fraction: share of the imaged with images at instance 2 and at instance 3.
    missing_value_fraction: share of empty cells in the table's optional fields. Scalars are missing in proportion to
      it, each as often as in UK Biobank at the default.
    max_flawed_fraction: largest share of visits and of people with a flaw.
    flaws: how many flaws of which kind.
    nuisance: variation that has nothing to do with age (position, size, exposure), relative to the usual.
    noise: of the images, relative to the usual.
    has_images: whether DXA images are drawn. Without them, many people cost little: there are tables and the truth.
  """

  num_participants: int = 1000
  seed: int = 0
  imaged_fraction: float = 0.95
  repeat_imaging_fraction: float = 0.1
  missing_value_fraction: float = 0.01
  max_flawed_fraction: float = 0.1
  flaws: FlawCounts = FlawCounts()
  nuisance: float = 1.0
  noise: float = 1.0
  has_images: bool = True

  def __post_init__(self):
    if not 1 <= self.num_participants <= MAX_PARTICIPANTS:
      raise ValueError(f"num_participants must be in 1..{MAX_PARTICIPANTS}, got {self.num_participants}.")
    if self.seed < 0:
      raise ValueError(f"seed must not be negative, got {self.seed}.")
    for name in ("imaged_fraction", "repeat_imaging_fraction", "missing_value_fraction", "max_flawed_fraction"):
      if not 0.0 <= getattr(self, name) <= 1.0:
        raise ValueError(f"{name} is a share in [0, 1], got {getattr(self, name)}.")
    for name in ("nuisance", "noise"):
      if not 0.0 <= getattr(self, name) <= 3.0:
        raise ValueError(f"{name} must be in [0, 3], got {getattr(self, name)}.")
