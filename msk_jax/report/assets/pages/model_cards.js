// A model card or a checklist at a time; blank answers are marked.
"use strict";
msk.page("model_cards", async (view) => {
  const el = msk.element;
  const forms = await msk.data("model_cards");
  const all = [...forms.cards.map((form) => [`model_cards/${form.name}.md`, form]),
    ...forms.checklists.map((form) => [`checklists/${form.name}.md`, form])];
  const byPath = new Map(all);
  const chosen = view.select({ key: "form", label: "Card or checklist", options: all.map(([path, form]) => [path, form.title]) });
  const place = el("div");
  view.root.append(view.row, place);

  const answer = (value) => (value === null
    ? el("em", {}, "☐ To be filled in by a person.")
    : el("span", {}, value.replaceAll("**", "").replaceAll("`", "")));

  view.follow(["form"], () => {
    const path = chosen();
    const form = byPath.get(path) ?? all[0][1];
    place.replaceChildren(
      el("h2", {}, form.title),
      ...form.notes.map((note) => el("p", {}, note.replaceAll("**", ""))),
      el("p", {}, `${form.blank} items are left for a person. As Markdown: `, el("a", { href: path, download: "" }, path)),
      ...form.sections.map((section) => el("section", {}, el("h3", {}, section.title),
        el("dl", {}, section.items.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, answer(value))])))));
  });
});
