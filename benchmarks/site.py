"""How long a site takes until the first plot of a page is drawn, in a Chromium that has never seen it.

`python -m benchmarks.site study/site` opens each page with plots in a new browser, some rounds, and prints medians: the
time from the request for the page until the plot is drawn, and how long the page's own thread worked. The latter says
more on a machine that does other things, too.
"""

import argparse
import pathlib
import shutil
import statistics

_PAGES = ("performance", "correlations")
_WAIT_MS = 120_000


def measure(executable: str, site: pathlib.Path, page: str) -> tuple[float, float]:
  """Returns seconds until the first plot of a page, and seconds that its thread worked."""
  from playwright import sync_api

  with sync_api.sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tab.goto(f"{(site.resolve() / 'index.html').as_uri()}#/{page}")
    tab.wait_for_selector("html[data-first-plot]", timeout=_WAIT_MS)
    seconds = float(tab.evaluate("document.documentElement.dataset.firstPlot")) / 1000
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    browser.close()
  return seconds, metrics["ThreadTime"]


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("site", type=pathlib.Path)
  parser.add_argument("--rounds", type=int, default=5)
  parser.add_argument("--pages", nargs="+", default=_PAGES)
  args = parser.parse_args()
  executable = shutil.which("chromium")
  if executable is None:
    parser.error("Debian package chromium is not installed")
  print("| page | first plot, s | fastest-slowest | work of the thread, s |\n| --- | --- | --- | --- |")
  for page in args.pages:
    times, work = zip(*(measure(executable, args.site, page) for _ in range(args.rounds)), strict=True)
    spread = f"{min(times):.2f}-{max(times):.2f}"
    print(f"| {page} | {statistics.median(times):.2f} | {spread} | {statistics.median(work):.2f} |")


if __name__ == "__main__":
  main()
