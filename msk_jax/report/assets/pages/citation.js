// How to cite, with BibTeX to copy, and links to all files.
"use strict";
msk.page("citation", async (view) => {
  const el = msk.element;
  const { site } = msk;
  const { paper, paper_bibtex: paperBibtex } = view.page.facts;

  const results = view.section("These results");
  if (site.is_drawn) view.text(results, "They are of a phantom and say nothing about people: do not cite them as results.");
  if (site.citation) {
    view.text(results, site.citation);
    results.append(box("BibTeX of these results", `@misc{${key(site.title, site.date)},\n  title = {${bib(site.title)}},\n  year = {${site.date.slice(0, 4)}},\n  note = {${bib(site.citation)}}\n}`));
  } else {
    results.append(el("p", {}, "Nobody has said yet how to cite them: ", el("code", {}, "config.site.citation"), " does."));
  }
  if (site.contact) view.text(results, `Contact: ${site.contact}`);

  const method = view.section("The method");
  view.text(method, "The study that this one follows:", paper);
  method.append(box("BibTeX of the paper", paperBibtex));

  const tables = view.section("Tables");
  const names = Object.keys(site.csv);
  tables.append(el("p", {}, "All tables as CSV are in the folder ", el("code", {}, "tables/"), " beside this page; its ", el("a", { href: "tables/README.md" }, "README"), " says what each column is."),
    el("ul", { class: "files" }, names.map((name) => el("li", {}, el("a", { href: `tables/${site.csv[name]}`, download: "" }, site.csv[name]), ` ${site.tables[name]?.title ?? name}, ${msk.countOf(site.tables[name]?.rows ?? 0, "row")}`))));
  view.section("Model cards and checklists").append(el("p", {}, "As Markdown in the folders ", el("code", {}, "model_cards/"), " and ", el("code", {}, "checklists/"), ": ",
    el("a", { href: msk.route("model_cards") }, "read them here"), "."));

  const release = view.section("Summary statistics");
  const files = await view.table("release_files");
  if (!files) {
    release.append(el("p", {}, "The genetics release was not made in this study: ", el("code", {}, "python -m msk_jax.release --workdir=…"), " does it."));
    return;
  }
  release.append(el("p", {}, "The release is a folder of its own, beside that of the site: ", el("a", { href: "../release/README.md" }, "release/README.md"),
    " says what each file is. The link leads there where both folders were copied together."));
  view.dataTable(release, files);

  function bib(text) {
    return text.replace(/[{}\\]/g, "");
  }

  function key(title, date) {
    return `${(title.match(/[A-Za-z]+/)?.[0] ?? "site").toLowerCase()}${date.slice(0, 4)}`;
  }

  /** Returns a text with a button that copies it. */
  function box(label, text) {
    const area = el("pre", { class: "copied", tabindex: "0", role: "region", "aria-label": label }, text);
    const status = el("span", { class: "copy-status", role: "status" });
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch { // a browser may forbid it for files
        const range = document.createRange();
        range.selectNodeContents(area);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      status.textContent = "copied";
    };
    return el("div", { class: "copy-box" }, el("button", { type: "button", onclick: copy }, `Copy ${label}`), status, area);
  }
});
