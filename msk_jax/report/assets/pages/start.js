// What was done, and the hierarchy of models with how well each predicts.
"use strict";
msk.page("start", async (view) => {
  const el = msk.element;
  const scores = await view.table("performance");
  const { root } = view;

  view.text(root,
    "People of one age differ: some bodies are older than others, and so are the parts of one body. Here programs looked at "
    + `${subjects()} and learned to tell a person's age.`);
  root.firstChild.classList.add("lead");
  view.text(root,
    "Where a program takes somebody for older than they are, that part of the body looks like one of an older person. We call "
    + "the difference accelerated ageing, and ask what goes with it: genes, habits, diseases, blood values, and the other parts of "
    + "the same body.");

  const part = view.section("The hierarchy");
  const hasEnsembles = msk.site.models.some((model) => model.is_ensemble);
  view.text(part, "Each line is a prediction, and leads to all that is known of its part of the body. "
    + (hasEnsembles ? "A line combines those that stand below it. " : "Nothing is combined yet: there are no ensembles. ")
    + (scores ? "The bar is R², the share of the differences in age that is explained: from 0 (none) to 1 (all). Beside it stands, in years, how far predictions are off (the root mean squared error)." : ""));
  if (scores) drawTree(part, scores);
  else part.append(tree(nested(), () => null));
  if (hasEnsembles) part.append(msk.methodBox("ensembles"));

  const steps = view.section("In five steps");
  steps.append(el("ol", { class: "steps" }, [
    "Pictures and measurements are checked; what can't be used is counted by reason.",
    `People are dealt into ${msk.site.folds}. Each prediction is of a person whom the program has never seen: it learned from the other folds.`,
    "Predictions are combined, first of one part of the body, then of all.",
    "What is left over by age alone is taken out. The rest, in years, is accelerated ageing.",
    "It is compared: between parts of the body, with genes, and with everything else that is known of the people.",
  ].map((text) => el("li", {}, text))));

  const links = view.section("Where to go");
  links.append(el("div", { class: "cards" }, msk.site.pages.filter((page) => page.name !== "start").map((page) => el("div", { class: "card" },
    el("a", { href: msk.route(page.name) }, page.title),
    el("p", {}, page.missing.needed.length ? "Not run in this study." : page.about[0])))));

  /** Returns what the models look at: `pictures (knee, spine) and simple measurements`. */
  function subjects() {
    const names = msk.inMenuOrder(new Set(msk.site.models.map((model) => model.dimension)));
    const pictures = names.filter((name) => !["general", "scalars"].includes(name)).map((name) => name.replaceAll("_", " "));
    return [pictures.length ? `pictures (${pictures.join(", ")})` : "", names.includes("scalars") ? "simple measurements" : ""].filter(Boolean).join(" and ") || "what is known of people";
  }

  /** Returns the models as a tree: {model, below}; groups without an ensemble are there, too, and have no value. */
  function nested() {
    const nodes = new Map();
    const nodeOf = (name) => {
      if (!nodes.has(name)) nodes.set(name, { model: msk.modelsByName.get(name) ?? groupOf(name), below: [] });
      return nodes.get(name);
    };
    const tops = new Set();
    const hasGeneral = msk.modelsByName.has("general");
    for (const { name, above } of msk.site.models) {
      const path = [...above.filter((each) => each !== "general" || hasGeneral), name].map(nodeOf);
      tops.add(path[0]);
      path.slice(1).forEach((node, place) => {
        if (!path[place].below.includes(node)) path[place].below.push(node);
      });
    }
    return [...tops];
  }

  /** Returns what stands for an ensemble that this study does not have. */
  function groupOf(name) {
    const parts = name.split("/").slice(0, -1);
    return { name, label: parts.join(" / ").replaceAll("_", " "), dimension: parts[0], above: [] };
  }

  function tree(nodes, valueOf) {
    return el("ul", { class: "tree" }, nodes.map((node) => branch(node, valueOf, 0)));
  }

  function branch({ model, below }, valueOf, depth) {
    const parts = model.label.split(" / ");
    const name = model.name === "general" ? "General: all together" : parts.length === 1 ? msk.dimensionLabel(parts[0]) : parts.at(-1);
    const value = valueOf(model.name);
    const line = el("div", { class: "tree-line", style: `--depth:${depth};--dot:var(--dimension-${model.dimension}, var(--soft))` },
      el("a", { href: msk.dimensionRoute(model.dimension) }, name),
      value ? el("span", { class: "meter", "aria-hidden": "true" }, el("span", { style: `width:${Math.max(0, Math.min(1, value.r2)) * 100}%` })) : null,
      value ? el("span", { class: "tree-value" }, `R² ${msk.fixed(value.r2, 2)}`, el("span", { class: "tree-error" }, `, ± ${msk.fixed(value.rmse, 1)} years`)) : null);
    const inner = below.length ? el("ul", {}, below.map((each) => branch(each, valueOf, depth + 1))) : null;
    return el("li", {}, line, inner);
  }

  function drawTree(parent, table) {
    const product = view.select({ key: "product", label: "Sample definition", options: msk.productOptions(table) });
    parent.append(view.row);
    const place = el("div");
    parent.append(place);
    view.follow(["product"], () => {
      const rows = table.where({ product: product() });
      const values = new Map(rows.map((row) => [
        table.value(row, "model"), { r2: table.value(row, "r2"), rmse: table.value(row, "rmse") },
      ]));
      place.replaceChildren(tree(nested(), (name) => values.get(name)), el("p", {}, msk.partialWords(table, rows)));
    });
  }
});
