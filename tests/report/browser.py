"""Debian's Chromium opens a site from its folder, and says what went wrong."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from msk_jax.report import vendored

_WAIT_MS = 60_000
_SERIOUS = ("serious", "critical")


@dataclasses.dataclass
class Tab:
  """A page of the browser that shows a site.

  Attributes:
    page: Playwright's page.
    site: the site's folder.
    faults: errors of scripts, warnings on the console, and requests that are not for files.
  """

  page: Any
  site: pathlib.Path
  faults: list[str]

  def open(self, route: str) -> None:
    """Opens the site at an address as a new reader does, and waits until the page and its plot are drawn."""
    self.page.goto("about:blank")
    self.page.goto(f"{(self.site / 'index.html').as_uri()}#/{route}")
    self.wait(route.split("?")[0])

  def wait(self, name: str) -> None:
    """Waits until the page of that name is drawn."""
    self.page.wait_for_selector(f"main[data-shown='{name}']", timeout=_WAIT_MS)
    if self.page.query_selector(".plot-drawing"):
      self.page.wait_for_selector(".plot-drawing .main-svg", state="attached", timeout=_WAIT_MS)

  @property
  def hash(self) -> str:
    """The address's part after #."""
    return self.page.evaluate("location.hash")

  def download(self, selector: str, number: int = 0) -> str:
    """Presses a button and returns the text of the file that it saves."""
    with self.page.expect_download(timeout=_WAIT_MS) as saved:
      self.page.locator(selector).nth(number).click()
    return pathlib.Path(saved.value.path()).read_text(encoding="utf-8")

  def serious_findings(self) -> list[str]:
    """Returns what axe-core finds of serious and critical faults of accessibility."""
    self.page.evaluate(vendored.read_list()["axe-core"].read().decode())
    results = self.page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")["violations"]
    return [
      json.dumps([each["id"], [node["html"][:200] + node["failureSummary"] for node in each["nodes"]][:3]])
      for each in results
      if each["impact"] in _SERIOUS
    ]


@contextlib.contextmanager
def launch(executable: str) -> Iterator[Any]:
  """Yields a browser without a window."""
  from playwright import sync_api

  with sync_api.sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
    yield browser
    browser.close()


@contextlib.contextmanager
def open_tab(browser: Any, site: pathlib.Path, *, theme: str = "light", width: int = 1280) -> Iterator[Tab]:
  """Yields a tab of a reader who was never here.

  Args:
    browser: from `launch`.
    site: the site's folder.
    theme: what the reader's system says, `light` or `dark`.
    width: of the window, pixels.
  """
  context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True)
  context.set_default_timeout(_WAIT_MS)
  tab = Tab(context.new_page(), site, [])
  tab.page.on("pageerror", lambda error: tab.faults.append(str(error)))
  tab.page.on("console", lambda line: line.type in ("error", "warning") and tab.faults.append(line.text))
  tab.page.on("request", lambda request: _check_request(request.url, tab.faults))
  yield tab
  context.close()


def _check_request(url: str, faults: list[str]) -> None:
  if not url.startswith(("file:", "about:", "data:", "blob:")):
    faults.append(f"asks for {url}")
