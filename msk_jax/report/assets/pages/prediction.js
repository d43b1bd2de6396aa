// How well each category predicts accelerated ageing of each dimension, and which variables do.
"use strict";
msk.page("prediction", async (view) => {
  msk.loadPlotly();
  const [scores, importances] = await Promise.all([view.table("xwas_prediction_scores"), view.table("xwas_prediction_importances")]);
  const BEST = "best";
  const algorithms = scores.levels("algorithm");
  const algorithm = view.select({
    key: "algorithm", label: "Algorithm", options: [...(algorithms.length > 1 ? [[BEST, "the best of each"]] : []), ...msk.optionsOf(algorithms)],
  });
  const score = view.select({ key: "score", label: "Score", options: [["r2", "R²"], ["gain_r2", "R² gained over age, sex, ethnicity"]] });
  const dimension = view.select({ key: "dimension", label: "Dimension", options: scores.levels("dimension").map((name) => [name, msk.dimensionLabel(name)]) });
  const categoryOf = (table, row) => [table.value(row, "main_category"), table.value(row, "category")].filter(Boolean).join("/");
  const categories = [...new Set(scores.where().map((row) => categoryOf(scores, row)))];
  const words = (name) => name.split("/").at(-1).replaceAll("_", " ");
  const category = view.select({ key: "category", label: "Category", options: categories.map((name) => [name, name.replaceAll("_", " ").replace("/", " / ")]) });
  const rows = () => scores.where(algorithm() === BEST ? {} : { algorithm: algorithm() });
  const isCircular = (row) => scores.value(row, "num_circular") > 0; // some of its variables fed the dimension's own models
  const dimensions = msk.inMenuOrder(scores.levels("dimension"));

  const rowOf = () => {
    const best = new Map();
    for (const row of rows()) {
      const key = `${categoryOf(scores, row)} ${scores.value(row, "dimension")}`;
      const value = scores.value(row, score());
      if (!best.has(key) || (value ?? -Infinity) > (scores.value(best.get(key), score()) ?? -Infinity)) best.set(key, row);
    }
    return best;
  };

  const map = view.plot(view.root, {
    title: "Prediction of accelerated ageing on test folds", file: "prediction_of_accelerated_ageing", method: "xwas_prediction",
    describe: () => {
      const all = rows().filter((row) => scores.value(row, score()) !== null);
      if (!all.length) return "No model has a score.";
      const known = all.filter((row) => !isCircular(row));
      const circular = known.length < all.length ? " °: circular, as some of the variables fed the dimension's own models; such scores do not count." : "";
      if (!known.length) return `No score counts.${circular}`;
      const top = known.reduce((a, b) => (scores.value(b, score()) > scores.value(a, score()) ? b : a));
      return `The best: ${words(categoryOf(scores, top))} for ${msk.dimensionLabel(scores.value(top, "dimension"))}, `
        + `${msk.fixed(scores.value(top, score()), 3)}.${algorithm() === BEST ? " The best of several algorithms was chosen on the same folds, so it is a little too good." : ""}${circular}`;
    },
    make: () => {
      const at = rowOf();
      const row = (i, j) => at.get(`${categories[i]} ${dimensions[j]}`);
      const value = (i, j) => (row(i, j) === undefined ? null : scores.value(row(i, j), score()));
      const limit = msk.robustLimit(categories.flatMap((_, i) => dimensions.map((_, j) => value(i, j) ?? NaN)), 0.02);
      return msk.heatMap({
        rows: categories.map(words), columns: dimensions.map(msk.dimensionLabel), limit, decimals: 3, value, width: view.root.clientWidth, unit: "R²",
        text: (i, j) => hover(row(i, j)), mark: (i, j) => (isCircular(row(i, j)) ? "°" : ""),
      });
    },
  });

  const part = view.section("");
  let bars = null;
  const drawBars = () => {
    part.replaceChildren();
    if (!importances) return;
    const shown = importances.where({ dimension: dimension() }).filter((row) => categoryOf(importances, row) === category()
      && (algorithm() === BEST || importances.value(row, "algorithm") === algorithm()));
    part.append(msk.element("h2", {}, `What the models of ${words(category())} look at: ${msk.dimensionLabel(dimension())}`));
    if (!shown.length) {
      part.append(msk.element("p", {}, "There is no such model."));
      return;
    }
    const first = `${importances.value(shown[0], "algorithm")} ${importances.value(shown[0], "measure")}`;
    const drawn = shown.filter((row) => `${importances.value(row, "algorithm")} ${importances.value(row, "measure")}` === first)
      .sort((a, b) => Math.abs(importances.value(b, "mean")) - Math.abs(importances.value(a, "mean"))).slice(0, 20);
    bars = view.plot(part, {
      title: `Importances, ${first.replaceAll("_", " ")}`, file: `importances_${dimension()}`, method: "xwas_prediction",
      describe: "Mean over folds, with their SD. Pale: age, sex and ethnicity. Outlined: the dimension's own models had it as input.",
      behind: { table: importances, rows: shown, columns: ["role", "label", "feature", "algorithm", "measure", "mean", "sd_folds", "num_splits", "is_circular"] },
      make: () => importanceBars(drawn),
    });
  };
  view.follow(["dimension", "category", "algorithm"], drawBars);
  const numbers = view.dataTable(view.section("Table of scores"), scores, {
    rows: rows(), sort: "gain_r2.down",
    columns: ["main_category", "category", "dimension", "algorithm", "num_people", "r2", "r2_sd_folds", "covariates_r2", "gain_r2", "gain_r2_low", "gain_r2_high", "says", "num_variables_most", "num_circular", "published_r2", "reason"],
    link: { category: (_, row) => msk.route("prediction", { category: categoryOf(scores, row), dimension: scores.value(row, "dimension") }) },
  });
  view.state.onChange(["algorithm", "score"], () => {
    map.update();
    numbers.setRows(rows());
  });
  await map.ready;
  await bars?.ready;

  function hover(row) {
    if (row === undefined) return "no such model";
    const value = (name) => scores.value(row, name);
    const people = value("num_people");
    return `<b>${words(categoryOf(scores, row))}</b>, ${msk.dimensionLabel(value("dimension"))}<br>R² ${msk.withSd(value("r2"), value("r2_sd_folds"), 3)} (SD over folds)`
      + `${isCircular(row) ? `<br>circular: ${msk.countOf(value("num_circular"), "variable")} fed the dimension's own models` : ""}<br>age, sex, ethnicity alone ${msk.fixed(value("covariates_r2"), 3)}${gained(value)}<br>${value("algorithm").replaceAll("_", " ")}`
      + `${people === null ? "" : `, ${people.toLocaleString("en")} people`}${value("reason") ? `<br>${value("reason").replaceAll("_", " ")}` : ""}`;
  }

  function gained(value) {
    if (!value("says")) return "";
    const [gain, low, high] = ["gain_r2", "gain_r2_low", "gain_r2_high"].map((name) => msk.fixed(value(name), 3));
    return `<br>gained ${gain} (95% from ${low} to ${high}):<br>${value("says")}`;
  }

  function importanceBars(chosen) {
    const of = (name) => chosen.map((row) => importances.value(row, name));
    const narrow = view.root.clientWidth < 560;
    const labels = of("label").map((name) => (name.length > (narrow ? 18 : 44) ? `${name.slice(0, narrow ? 17 : 43)}…` : name).replaceAll("_", " "));
    return {
      data: [{
        type: "bar", orientation: "h", y: chosen.map((_, place) => place), x: of("mean"),
        error_x: { type: "data", array: of("sd_folds").map((value) => value ?? 0), color: msk.themeColour("soft"), thickness: 1 },
        marker: {
          color: msk.colour("dimensions", dimension()), opacity: of("role").map((role) => (role === "variable" ? 1 : 0.4)),
          line: { width: of("is_circular").map((value) => (value === "yes" ? 2 : 0)), color: msk.themeColour("ink") },
        },
        text: of("label"), textposition: "none", hovertemplate: "%{text}: %{x:.4f}<extra></extra>",
      }],
      layout: {
        xaxis: { title: { text: "importance" }, zeroline: true, zerolinecolor: msk.themeColour("soft") },
        yaxis: { autorange: "reversed", tickvals: chosen.map((_, place) => place), ticktext: labels },
      },
      height: 100 + 24 * chosen.length, width: 1000,
    };
  }
});
