// Importances of measurements by algorithm, and how far algorithms agree.
"use strict";
msk.page("importances", async (view) => {
  msk.loadPlotly();
  const [table, agreement] = await Promise.all([view.table("importances"), view.table("importance_agreement")]);
  const words = (name) => name.replaceAll("_", " ");
  const set = view.select({ key: "set", label: "Set", options: msk.optionsOf(table.levels("set")), byDefault: table.levels("set").includes("all") ? "all" : table.levels("set")[0] });
  const algorithms = table.levels("algorithm");
  const algorithm = view.select({ key: "algorithm", label: "Algorithm", options: msk.optionsOf(algorithms) });
  const measures = table.levels("measure");
  const measure = view.select({ key: "measure", label: "Measure", options: [["", "the algorithm's main one"], ...msk.optionsOf(measures)] });
  const rows = () => {
    const own = table.where({ set: set(), algorithm: algorithm() });
    const has = new Set(own.map((row) => table.value(row, "measure")));
    const main = view.page.facts.main_measures[algorithm()];
    const chosen = [measure(), main].find((name) => has.has(name)) ?? [...has][0];
    return own.filter((row) => table.value(row, "measure") === chosen)
      .sort((a, b) => Math.abs(table.value(b, "mean") ?? 0) - Math.abs(table.value(a, "mean") ?? 0));
  };
  const MOST = 30;
  const plot = view.plot(view.root, {
    title: "Importances, mean over folds", file: "importances", method: "importances",
    describe: () => {
      const shown = rows();
      if (!shown.length) return "This set has no model by this algorithm.";
      const constant = shown.filter((row) => table.value(row, "mean") === null).length;
      return `${words(table.value(shown[0], "measure"))} of ${words(algorithm())}: the ${Math.min(shown.length, MOST)} largest of ${shown.length}. Bars: SD over folds. Names end in their unit.`
        + (constant ? ` ${constant} constant ones have none.` : "");
    },
    make: () => draw(rows().filter((row) => table.value(row, "mean") !== null).slice(0, MOST)),
  });
  const numbers = view.dataTable(view.section("Table"), table, { rows: rows(), columns: ["feature", "measure", "mean", "sd_folds", "num_folds"] });
  const section = view.section("Do the algorithms agree?");
  const pairs = () => agreement.where({ set: set() });
  const matrix = view.plot(section, {
    title: "Correlation of importances between algorithms", file: "importance_agreement", method: "agreement",
    describe: () => (pairs().length ? "1: the same order and sizes of importances. Univariate: each measurement's own correlation with age." : "One algorithm alone: there is nothing to compare."),
    make: drawAgreement,
  });
  const compared = view.dataTable(section, agreement, { key: "agreement_", rows: pairs(), columns: ["first", "second", "pearson", "spearman", "num_features", "num_left_out", "published_pearson"] });
  view.state.onChange(["set", "algorithm", "measure"], () => {
    plot.update();
    matrix.update();
    numbers.setRows(rows());
    compared.setRows(pairs());
  });
  await Promise.all([plot.ready, matrix.ready]);

  function draw(shown) {
    const narrow = view.root.clientWidth < 560;
    const of = (name) => shown.map((row) => table.value(row, name));
    const most = narrow ? 20 : 44;
    return {
      data: [{
        type: "bar", orientation: "h", y: shown.map((_, place) => place), x: of("mean"), marker: { color: msk.colour("dimensions", "scalars") },
        error_x: { type: "data", array: of("sd_folds").map((value) => value ?? 0), color: msk.themeColour("soft"), thickness: 1.2 },
        text: of("feature").map(words), textposition: "none", hovertemplate: "%{text}: %{x:.4f}<extra></extra>",
      }],
      layout: {
        xaxis: { title: { text: shown.length ? words(table.value(shown[0], "measure")) : "" }, zeroline: true, zerolinecolor: msk.themeColour("soft") },
        yaxis: { autorange: "reversed", tickvals: shown.map((_, place) => place), ticktext: of("feature").map(words).map((text) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)) },
      },
      height: 90 + 23 * Math.max(shown.length, 2), width: 1000,
    };
  }

  function drawAgreement() {
    const own = pairs();
    const names = [...new Set(own.flatMap((row) => [agreement.value(row, "first"), agreement.value(row, "second")]))];
    const known = new Map(own.map((row) => [[agreement.value(row, "first"), agreement.value(row, "second")].sort().join(" "), row]));
    const rowOf = (i, j) => known.get([names[i], names[j]].sort().join(" "));
    if (!names.length) return { data: [], layout: { xaxis: { visible: false }, yaxis: { visible: false } }, height: 60 };
    return msk.heatMap({
      rows: names.map(words), columns: names.map(words), isSquare: true, width: view.root.clientWidth,
      value: (i, j) => (i === j || rowOf(i, j) === undefined ? null : agreement.value(rowOf(i, j), "pearson")),
      text: (i, j) => (i === j || rowOf(i, j) === undefined ? words(names[i])
        : `<b>${words(names[i])}</b><br>${words(names[j])}<br>r ${msk.fixed(agreement.value(rowOf(i, j), "pearson"), 3)}, by ranks ${msk.fixed(agreement.value(rowOf(i, j), "spearman"), 3)}`),
    });
  }
});
