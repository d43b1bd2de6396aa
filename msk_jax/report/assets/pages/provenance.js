// The record of each stage, and the files behind each page.
"use strict";
msk.page("provenance", async (view) => {
  const el = msk.element;
  const { site } = msk;
  const [whose, words] = {
    drawn: ["Phantom data. ", "The people are drawn by a program; no number is of a real person."], real: ["Real data. ", "Results of groups of people."],
    unknown: ["Origin unknown. ", "It is not on record whose data these are."],
  }[site.whose];
  view.root.append(el("p", { class: "lead" }, el("strong", {}, whose), words));
  view.text(view.root, `This site was built on ${site.date}.`);
  const folders = Object.keys(site.records);
  const of = (name) => folders.map((folder) => site.records[folder][name]);
  const records = msk.makeTable("provenance_stages", [
    { name: "folder", title: "Folder", values: folders.map((name) => `${name}/`) }, { name: "stage", title: "Stage", values: of("stage") },
    { name: "written", title: "Written", values: of("written") }, { name: "version", title: "Version of msk_jax", values: of("version") },
    { name: "revision", title: "Revision", values: of("revision") }, { name: "settings", title: "Hash of the settings", values: of("settings") },
  ]);
  const section = view.section("Stages");
  if (folders.length) view.dataTable(section, records, { title: "Stages" });
  else view.text(section, "No record is there.");

  const lines = site.pages.flatMap((page) => page.files.map((file) => ({ page, file })));
  const part = view.section("Files behind each page");
  if (!lines.length) return view.text(part, "No page has files.");
  const record = ({ file }) => site.records[file.folder];
  return view.dataTable(part, msk.makeTable("provenance_files", [
    { name: "page", title: "Page", values: lines.map(({ page }) => page.title) }, { name: "file", title: "File", values: lines.map(({ file }) => file.path) },
    { name: "hash", title: "Hash of the file", values: lines.map(({ file }) => file.hash) },
    { name: "stage", title: "Stage", values: lines.map((line) => record(line).stage) }, { name: "written", title: "Written", values: lines.map((line) => record(line).written) },
    { name: "settings", title: "Hash of the settings", values: lines.map((line) => record(line).settings) },
  ]), { key: "files_", title: "Files behind each page", link: { page: (_, row) => msk.route(lines[row].page.name) } });
});
