// What the gate checked, and the smallest count of each file.
"use strict";
msk.page("disclosure", async (view) => {
  const el = msk.element;
  const { checked, not_checked: notChecked } = view.page.facts;
  const list = (title, lines) => view.section(title).append(el("ul", {}, lines.map((line) => el("li", {}, line))));
  view.text(view.root, "This site was written because nothing of the following was violated.");
  list("Checked", checked);
  list("Not checked", notChecked);
  const table = await view.table("disclosure");
  if (table) view.dataTable(view.section("Files"), table);
});
