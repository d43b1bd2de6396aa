"""What may leave and why: what the gate checked, what it did not, and the smallest count of every file."""

from msk_jax.disclosure import site_gate
from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content(facts={"checked": list(site_gate.CHECKED), "not_checked": list(site_gate.NOT_CHECKED)})


PAGE = Page(
  name="disclosure",
  title="What may leave, and how it was checked",
  menu="Disclosure",
  group=Group.ABOUT,
  order=8,
  about=(
    "Nothing on this site may tell of a single person. Before it was written, a gate looked into every file as a "
    "reader can, unpacked, and compared the tables with each other. Any fault stops the site.",
    "A count of one to four people is never shown, and neither is one that follows from others as a difference.",
  ),
  make=_make,
)
