// Mean maps of groups side by side, how far they can be believed, and a phantom's single pictures.
"use strict";
msk.page("attention", async (view) => {
  const el = msk.element;
  const [table, registration, credibility] = await Promise.all([view.table("attention"), view.table("attention_registration"), view.table("attention_credibility")]);
  const ALL = "all";
  if (!table.length) {
    view.text(view.root, "No group has enough people for a mean map.");
    for (const row of registration.where()) if (registration.value(row, "not_made")) view.text(view.root, `${msk.modelLabel(registration.value(row, "model"))}: ${registration.value(row, "not_made")}.`);
    const known = registration.levels("model");
    if (known.length) drawRest(view.select({ key: "model", label: "View and network", options: known.map((name) => [name, msk.modelLabel(name)]) }), view.root);
    return;
  }
  const model = view.select({ key: "model", label: "View and network", options: table.levels("model").map((name) => [name, msk.modelLabel(name)]) });
  const methods = table.levels("method");
  const method = view.select({ key: "method", label: "Kind of map", options: methods.map((name) => [name, msk.attentionMethod(name)]), byDefault: methods.includes("grad_ram") ? "grad_ram" : methods[0] });
  const side = view.select({ key: "by", label: "Side by side", options: [["rate", "rates of ageing"], ["sex", "women and men"], ["age_group", "age groups"], ["method", "kinds of maps"]] });
  const chosen = Object.fromEntries([["sex", "Sex", ["female", "male"]], ["age_group", "Age", ["young", "middle", "old"]], ["rate", "Rate of ageing", ["decelerated", "normal", "accelerated"]]]
    .map(([key, label, values]) => [key, view.select({ key, label, options: [[ALL, "all"], ...values.filter((value) => table.levels(key).includes(value)).map((value) => [value, value])] })]));
  const strength = view.select({ key: "strength", label: "Strength of the map", options: [["1", "full"], ["0.5", "half"], ["0", "picture alone"]] });
  const place = el("div");
  view.root.append(place);
  let newest = 0;
  const update = async () => {
    const number = ++newest;
    const shown = el("div", { class: "maps" });
    const columns = columnsOf();
    const figures = await Promise.all(columns.map(({ row, heading }) => (row === undefined
      ? el("figure", { class: "map" }, el("figcaption", {}, el("strong", {}, heading), el("span", {}, "too few people")), el("div", { class: "map-none" }, "not shown"))
      : msk.attentionMap(table, row, { strength: Number(strength()), heading }))));
    const first = columns.find(({ row }) => row !== undefined);
    const scale = first && side() !== "method" ? await msk.attentionScale(table, first.row) : null;
    if (number !== newest) return;
    shown.append(...figures);
    place.replaceChildren(el("h2", {}, `${msk.modelLabel(model())}${side() === "method" ? "" : `, ${msk.attentionMethod(method())}`}`), shown, ...[scale, msk.methodBox("attention")].filter(Boolean));
    drawRest(model, place);
  };
  view.state.onChange(["model", "method", "by", "sex", "age_group", "rate", "strength"], update);
  await update();
  view.dataTable(view.section("Table of mean maps"), table, { columns: ["model", "method", "sex", "age_group", "rate", "num_people", "lowest", "mean", "highest", "unit"] });

  /** Returns what stands side by side: [{heading, row}]; a row that is undefined has too few people. */
  function columnsOf() {
    const labels = Object.fromEntries(Object.entries(chosen).map(([key, value]) => [key, value()]));
    const rowOf = (changes) => table.where({ model: model(), method: method(), ...labels, ...changes })[0];
    if (side() === "method") return methods.map((name) => ({ heading: msk.attentionMethod(name), row: rowOf({ method: name }) }));
    const values = { rate: ["decelerated", "normal", "accelerated"], sex: ["female", "male"], age_group: ["young", "middle", "old"] }[side()];
    return [ALL, ...values].map((value) => ({ heading: value === ALL ? "together" : value, row: rowOf({ [side()]: value }) }));
  }

  function drawRest(model, parent) {
    drawBelief(model, parent);
    drawPersons(model, parent);
  }

  function drawBelief(model, parent) {
    const row = registration.where({ model: model() })[0];
    const section = view.section("How far the maps can be believed", parent);
    if (row !== undefined && registration.value(row, "correlation_after") !== null) {
      const value = (name) => msk.fixed(registration.value(row, name), 3);
      section.append(msk.cards([
        ["correlation of a picture with the mean one, before they are laid over each other", value("correlation_before")], ["after", value("correlation_after")],
        ["overlap of the bodies (Dice), before", value("dice_before")], ["after", value("dice_after")],
      ]));
    }
    const own = credibility?.where({ model: model() }) ?? [];
    if (!own.length) section.append(el("p", {}, "The checks of the maps were not run: ", el("code", {}, "python -m msk_jax.attention --workdir=…"), " does it."));
    else view.dataTable(section, credibility, { key: "checks_", rows: own, columns: ["method", "check", "case", "measure", "value", "low", "high", "num_people", "reason"] });
  }

  function drawPersons(model, parent) {
    const wanted = table.length ? [chosen.sex(), chosen.age_group()].filter((value) => value !== ALL) : [];
    const own = view.page.facts.persons.filter((each) => each.model === model() && wanted.every((word) => each.whom.split(" ").includes(word)));
    const section = view.section("Single people", parent);
    if (!own.length) {
      view.text(section, msk.site.is_drawn ? "No such pictures of the phantom's people were drawn." : "Pictures of single people are not on this site.");
      return;
    }
    view.text(section, msk.site.is_drawn ? "Nobody real: a program drew these people. From the left: slow, normal, fast ageing." : "Single people who may be shown. From the left: slow, normal, fast ageing.");
    const list = el("div", { class: "persons" });
    for (const { path, whom } of own) list.append(el("figure", { class: "person" }, el("figcaption", {}, whom), el("img", { src: path, alt: `Pictures of ${whom} people with their maps`, loading: "lazy" })));
    section.append(list);
  }
});
