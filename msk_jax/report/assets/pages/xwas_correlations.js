// Correlations of dimensions in terms of the variables that go with them, alone or together.
"use strict";
msk.page("xwas_correlations", async (view) => {
  msk.loadPlotly();
  const [univariate, multivariate, means] = await Promise.all([
    view.table("xwas_similarity"), view.table("xwas_prediction_similarity"), view.table("xwas_similarity_means"),
  ]);
  const kind = view.select({
    key: "kind", label: "By",
    options: [["univariate", "associations (univariate)"], ...(multivariate ? [["multivariate", "importances (multivariate)"]] : [])],
  });
  const SELECTIONS = { all: "all tested in both", union: "significant in either (union)", intersection: "significant in both (intersection)" };
  const selection = view.select({
    key: "selection", label: "Variables", options: univariate.levels("selection").map((name) => [name, SELECTIONS[name] ?? name]),
  });
  const algorithm = multivariate ? view.select({ key: "algorithm", label: "Algorithm (multivariate)", options: msk.optionsOf(multivariate.levels("algorithm")) }) : () => "";
  const measure = view.select({ key: "measure", label: "Coefficient", options: [["pearson", "Pearson"], ["spearman", "Spearman"]] });
  const levels = ["", ...new Set([univariate, multivariate].filter(Boolean).flatMap((table) => (
    table.where().map((row) => categoryOf(table, row)))))].filter((name, place, all) => place === 0 || (name && all.indexOf(name) === place));
  const category = view.select({
    key: "category", label: "Category", options: levels.map((name) => [name, name ? name.replaceAll("_", " ").replace("/", " / ") : "all variables"]),
  });
  const table = () => (kind() === "multivariate" ? multivariate : univariate);

  function categoryOf(from, row) {
    const [main, sub] = [from.value(row, "main_category"), from.value(row, "category")];
    return sub ? `${main}/${sub}` : main;
  }

  const rows = () => {
    const from = table();
    const wanted = kind() === "multivariate" ? { algorithm: algorithm() } : { selection: selection() };
    return from.where(wanted).filter((row) => categoryOf(from, row) === category());
  };
  const place = view.section("");
  let plot = null;
  let numbers = null;
  const build = () => {
    place.replaceChildren();
    plot = view.plot(place, {
      title: "Correlations of dimensions", file: "xwas_correlations", method: "xwas_correlation",
      describe: () => {
        const from = table();
        const shown = rows();
        const known = shown.filter((row) => from.value(row, "is_related") !== "yes").map((row) => from.value(row, measure())).filter((value) => value !== null);
        if (!known.length) return kind() === "multivariate" && !category() ? "Choose a category: predictions are made from each one." : "No pair of dimensions has a correlation here: too few variables.";
        const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
        return `${msk.countOf(known.length, "pair")} of which neither is part of the other: mean ${msk.fixed(mean, 3)}, from ${msk.fixed(Math.min(...known), 2)} to ${msk.fixed(Math.max(...known), 2)}.`;
      },
      make: draw,
    });
    const box = msk.element("div");
    place.append(msk.element("h2", {}, "Table"), box);
    numbers = view.dataTable(box, table(), {
      rows: rows(), key: kind() === "multivariate" ? "m_" : "",
      columns: ["dimension_1", "dimension_2", "num_variables", "pearson", "spearman", "is_related"],
    });
  };
  view.follow(["kind"], build);
  view.state.onChange(["selection", "algorithm", "measure", "category"], () => {
    plot.update();
    numbers.setRows(rows());
  });
  if (means) {
    const section = view.section("Means by category");
    view.text(section, "Means over pairs of dimensions, beside the published ones.");
    view.dataTable(section, means, { key: "means_", columns: ["level", "main_category", "category", "selection", "measure", "num_pairs", "mean", "sd", "published_mean", "published_sd"] });
  }
  await plot.ready;

  function draw() {
    const from = table();
    const shown = rows();
    const names = msk.inMenuOrder(new Set(from.levels("dimension_1").concat(from.levels("dimension_2"))));
    const rowOf = new Map(shown.flatMap((row) => {
      const pair = [from.value(row, "dimension_1"), from.value(row, "dimension_2")];
      return [[pair.join(" "), row], [pair.reverse().join(" "), row]];
    }));
    const at = (i, j) => rowOf.get(`${names[i]} ${names[j]}`);
    const labels = names.map(msk.dimensionLabel);
    return msk.heatMap({
      rows: labels, columns: labels, isSquare: true, width: view.root.clientWidth,
      value: (i, j) => (at(i, j) === undefined ? null : from.value(at(i, j), measure())),
      text: (i, j) => {
        const row = at(i, j);
        if (row === undefined) return `<b>${labels[i]}</b>`;
        return `<b>${labels[i]}</b><br>${labels[j]}<br>Pearson ${msk.fixed(from.value(row, "pearson"), 3)}, Spearman ${msk.fixed(from.value(row, "spearman"), 3)}`
          + `<br>${from.value(row, "num_variables").toLocaleString("en")} variables${from.value(row, "is_related") === "yes" ? "<br>one is part of the other" : ""}`;
      },
    });
  }
});
