// Mean maps of groups side by side, how far they can be believed, and a phantom's single pictures.
"use strict";
msk.page("attention", async (view) => {
  const el = msk.element;
  const [table, registration, credibility] = await Promise.all([view.table("attention"), view.table("attention_registration"), view.table("attention_credibility")]);
  const ALL = "all";
  const { wanted, methods: methodsOf, persons } = view.page.facts;
  const networks = registration.levels("model");
  const hasMaps = (name) => table.where({ model: name }).length > 0;
  const model = view.select({ key: "model", label: "View and network", options: networks.map((name) => [name, msk.modelLabel(name)]), byDefault: networks.find(hasMaps) ?? networks[0] });
  const methods = table.levels("method");
  if (!methods.length) {
    const place = el("div");
    view.root.append(place);
    view.follow(["model"], () => drawWithout(place));
    return;
  }
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
    if (!hasMaps(model())) {
      drawWithout(place);
      return;
    }
    const shown = el("div", { class: "maps" });
    const columns = columnsOf();
    const figures = await Promise.all(columns.map(({ row, heading, name }) => (row === undefined
      ? el("figure", { class: "map" }, el("figcaption", {}, el("strong", {}, heading), el("span", {}, whyNone(name))), el("div", { class: "map-none" }, "not shown"))
      : msk.attentionMap(table, row, { strength: Number(strength()), heading, hasScale: side() === "method" }))));
    const first = columns.find(({ row }) => row !== undefined);
    const scale = first && side() !== "method" ? await msk.attentionScale(table, first.row) : null;
    if (number !== newest) return;
    shown.append(...figures);
    place.replaceChildren(el("h2", {}, `${msk.modelLabel(model())}${side() === "method" ? "" : `, ${msk.attentionMethod(method())}`}`), ...[msk.mapsLack(registration, model())].filter(Boolean), chosenWords(), shown, ...[scale, msk.methodBox("attention")].filter(Boolean));
    drawRest(place);
  };
  view.state.onChange(["model", "method", "by", "sex", "age_group", "rate", "strength"], update);
  await update();
  view.dataTable(view.section("Table of mean maps"), table, { columns: ["model", "method", "sex", "age_group", "rate", "num_people", "lowest", "mean", "highest", "unit"] });

  /** Draws what is known of a network without mean maps. */
  function drawWithout(parent) {
    parent.replaceChildren(el("h2", {}, msk.modelLabel(model())), el("p", {}, msk.noMapsWords(registration, model())));
    drawRest(parent);
  }

  /** Returns how the people of the maps were chosen: `all` of them are not all people. */
  function chosenWords() {
    const number = wanted[model()];
    return el("p", {}, `The maps are of chosen people: ${number === undefined ? "some samples" : `at most ${msk.countOf(number, "sample")}`} of each sex, age group and rate of ageing, `
      + "the slowest, the most usual and the fastest of them. So those who age very fast or slowly count more here than among all people.");
  }

  /** Returns why there is no map of a kind for a group. */
  function whyNone(name) {
    const known = methodsOf[model()] ?? [];
    const isMade = known.length ? known.includes(name) : table.where({ model: model(), method: name }).length > 0;
    return isMade ? "too few people" : "no maps of this kind were made";
  }

  /** Returns what stands side by side: [{heading, row, name}], name: the kind of map; without a map the row is undefined. */
  function columnsOf() {
    const labels = Object.fromEntries(Object.entries(chosen).map(([key, value]) => [key, value()]));
    const rowOf = (changes) => table.where({ model: model(), method: method(), ...labels, ...changes })[0];
    if (side() === "method") return methods.map((name) => ({ heading: msk.attentionMethod(name), row: rowOf({ method: name }), name }));
    const values = { rate: ["decelerated", "normal", "accelerated"], sex: ["female", "male"], age_group: ["young", "middle", "old"] }[side()];
    return [ALL, ...values].map((value) => ({ heading: value === ALL ? "all groups shown" : value, row: rowOf({ [side()]: value }), name: method() }));
  }

  function drawRest(parent) {
    drawBelief(parent);
    drawPersons(parent);
  }

  function drawBelief(parent) {
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
    else {
      view.text(section, "From low to high: an interval of 95% over people. Where a number of shuffles is given, it is the range over so many shuffled networks.");
      view.dataTable(section, credibility, { key: "checks_", rows: own, columns: ["method", "check", "case", "measure", "value", "low", "high", "num_shuffles", "num_people", "reason", "remark"] });
    }
  }

  function drawPersons(parent) {
    const words = hasMaps(model()) ? [chosen.sex(), chosen.age_group()].filter((value) => value !== ALL) : [];
    const own = persons.filter((each) => each.model === model() && words.every((word) => each.whom.split(" ").includes(word)));
    const section = view.section("Single people", parent);
    if (!own.length) {
      view.text(section, persons.some((each) => each.model === model()) ? "No picture of such people is on this site." : msk.site.is_drawn ? "No pictures of the phantom's people were drawn." : "Pictures of single people are not on this site.");
      return;
    }
    view.text(section, msk.site.is_drawn ? "Nobody real: a program drew these people. From the left: slow, normal, fast ageing." : "Single people who may be shown. From the left: slow, normal, fast ageing.");
    const list = el("div", { class: "persons" });
    for (const { path, whom } of own) list.append(el("figure", { class: "person" }, el("figcaption", {}, whom), el("img", { src: path, alt: `Pictures of ${whom} people with their maps`, loading: "lazy" })));
    section.append(list);
  }
});
