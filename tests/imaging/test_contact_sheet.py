"""Contact sheets: which images are on them, and their size."""

import numpy as np

from msk_jax.imaging import (
  contact_sheet,
)


def test_contact_sheets_choose_by_content_and_stay_small() -> None:
  hashes = [f"{(i * 7919) % 1000:03d}" for i in range(1000)]
  chosen = contact_sheet.spread(hashes)
  assert len(chosen) == 40 and chosen == sorted(chosen) and max(chosen) > 500
  page = contact_sheet.draw([np.full((541, 181), 90, np.uint8)] * 40, ["visit 2"] * 40, "title", "n")
  assert page.dtype == np.uint8 and page.shape[2] == 3 and page.shape[0] < 2400 and page.shape[1] <= 1700
