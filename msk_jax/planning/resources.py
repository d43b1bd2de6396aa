"""What a job of each stage needs of a machine."""

import dataclasses
import types
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Resources:
  """What an engine asks of a machine for one job.

  Attributes:
    cores: CPU cores.
    memory_gb: main memory.
    minutes: the longest that a job may take before the machine takes its resources back.
    gpus: accelerators.
  """

  cores: int
  memory_gb: int
  minutes: int
  gpus: int = 0

  def __post_init__(self) -> None:
    """Refuses numbers without meaning."""
    if min(self.cores, self.memory_gb, self.minutes) < 1 or self.gpus < 0:
      raise ValueError("cores, memory_gb and minutes are at least 1, gpus at least 0.")


# Trainings: the published ten hours on one GPU (as the authors' scripts ask for), and half an hour to end. The
# published 8 GB, 20 GB (scalars), 16 GB (XWAS), and 150 minutes and 32 GB (attention of a view). GWAS: .27 MB a person
# and 10 GB for 42,000 people; twelve runs of 108 minutes, fifteen pairs of 548, on ten cores. The rest: as measured
# at full size (README, "How long it takes"), with room.
DEFAULTS: Mapping[str, Resources] = types.MappingProxyType(
  {
    "prepare": Resources(8, 8, 360),
    "train": Resources(4, 8, 630, gpus=1),
    "scalars": Resources(4, 20, 1440),
    "ensemble": Resources(2, 8, 60),
    "evaluate": Resources(2, 8, 60),
    "ages": Resources(2, 8, 60),
    "attention": Resources(4, 32, 150, gpus=1),
    "gwas": Resources(10, 24, 10_080),
    "loci": Resources(2, 24, 720),
    "release": Resources(2, 16, 240),
    "xwas": Resources(2, 16, 720),
    "site": Resources(2, 8, 60),
  }
)
