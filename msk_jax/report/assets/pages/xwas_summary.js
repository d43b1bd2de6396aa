// Shares of variables that go with accelerated ageing, by category and dimension, and the strongest of them.
"use strict";
msk.page("xwas_summary", async (view) => {
  msk.loadPlotly();
  const [table, leading] = await Promise.all([view.table("xwas_summaries"), view.table("xwas_leading")]);
  if (!table.length) {
    view.text(view.root, "No category has a variable that was tested.");
    return;
  }
  const LEVELS = { all: "all variables", main_category: "main categories", category: "categories" };
  const SHARES = { significant: "significant", accelerating: "accelerating", decelerating: "decelerating" };
  const levels = table.levels("level");
  const level = view.select({
    key: "level", label: "Categories", options: levels.map((name) => [name, LEVELS[name] ?? name]), byDefault: levels.includes("main_category") ? "main_category" : levels[0],
  });
  const share = view.select({ key: "share", label: "Share", options: Object.entries(SHARES) });
  const main = view.select({
    key: "main", label: "Main category", options: [["", "all"], ...msk.optionsOf(table.levels("main_category").filter(Boolean))],
  });
  const dimension = view.select({
    key: "dimension", label: "Dimension (tables)", options: [["", "all"], ...table.levels("dimension").map((name) => [name, msk.dimensionLabel(name)])],
  });
  const dimensions = msk.inMenuOrder(table.levels("dimension"));
  const categoryOf = (row) => table.value(row, "category") || table.value(row, "main_category") || "all variables";
  const wanted = () => Object.fromEntries([["level", level()], ["main_category", level() === "all" ? "" : main()]].filter(([, value]) => value));
  const rows = () => table.where(wanted());
  const ofDimension = (from) => from.where(dimension() ? { ...wanted(), dimension: dimension() } : wanted());
  const column = () => `share_${share()}`;

  const plot = view.plot(view.root, {
    title: "Share of the variables tested (%)", file: "associations_by_category", method: "xwas_summary",
    describe: () => {
      const known = rows().filter((row) => table.value(row, column()) !== null);
      if (!known.length) return "No category has such a share: none of its variables was tested.";
      const top = known.reduce((a, b) => (table.value(b, column()) > table.value(a, column()) ? b : a));
      return `The highest: ${msk.fixed(100 * table.value(top, column()), 1)}% of ${table.value(top, "num_tested").toLocaleString("en")} variables of `
        + `${categoryOf(top).replaceAll("_", " ")} are ${SHARES[share()]} for ${msk.dimensionLabel(table.value(top, "dimension"))}. Empty cells: nothing was tested.`;
    },
    make: draw,
  });
  const numbers = view.dataTable(view.section("Table"), table, {
    rows: ofDimension(table),
    columns: ["dimension", "main_category", "category", "num_variables", "num_tested", "num_circular", "num_significant", "num_significant_fdr",
      "share_significant", "share_accelerating", "share_decelerating", "published_share_accelerating", "published_share_decelerating"],
  });
  let strongest = null;
  if (leading) {
    const section = view.section("The strongest variables of each");
    view.text(section, "The three strongest significant ones each way. A published one is that of the same rank, and may be another variable.");
    strongest = view.dataTable(section, leading, {
      key: "leading_", rows: ofDimension(leading),
      columns: ["dimension", "main_category", "category", "direction", "rank", "label", "r", "effect_per_sd_years", "neg_log10_p", "papers_label", "published_r"],
      link: { label: (_, row) => msk.route("xwas", { variable: leading.value(row, "variable") }) },
    });
  }
  view.state.onChange(["level", "share", "main", "dimension"], () => {
    plot.update();
    numbers.setRows(ofDimension(table));
    strongest?.setRows(ofDimension(leading));
  });
  await plot.ready;

  function draw() {
    const shown = rows();
    const keyOf = (row) => `${table.value(row, "main_category")}/${table.value(row, "category")}`;
    const keys = [...new Set(shown.map(keyOf))];
    const at = new Map(shown.map((row) => [`${keyOf(row)} ${table.value(row, "dimension")}`, row]));
    const rowOf = (i, j) => at.get(`${keys[i]} ${dimensions[j]}`);
    const percent = (row, name) => (row === undefined || table.value(row, name) === null ? null : 100 * table.value(row, name));
    return msk.heatMap({
      rows: keys.map((key) => categoryOf(shown.find((row) => keyOf(row) === key)).replaceAll("_", " ")), columns: dimensions.map(msk.dimensionLabel),
      limit: Math.max(1, ...shown.map((row) => percent(row, column()) ?? 0)), decimals: 1, width: view.root.clientWidth, unit: "%",
      value: (i, j) => percent(rowOf(i, j), column()),
      text: (i, j) => hover(rowOf(i, j), percent),
    });
  }

  function hover(row, percent) {
    if (row === undefined) return "no such variables";
    const value = (name) => table.value(row, name);
    const published = (name) => (value(`published_share_${name}`) === null ? "" : ` (published ${msk.fixed(percent(row, `published_share_${name}`), 1)}%)`);
    return `<b>${categoryOf(row).replaceAll("_", " ")}</b>, ${msk.dimensionLabel(value("dimension"))}<br>${value("num_tested").toLocaleString("en")} variables tested`
      + `${value("num_circular") ? `, ${value("num_circular").toLocaleString("en")} left out as circular` : ""}`
      + `<br>significant ${msk.fixed(percent(row, "share_significant"), 1)}%`
      + `<br>accelerating ${msk.fixed(percent(row, "share_accelerating"), 1)}%${published("accelerating")}`
      + `<br>decelerating ${msk.fixed(percent(row, "share_decelerating"), 1)}%${published("decelerating")}`;
  }
});
