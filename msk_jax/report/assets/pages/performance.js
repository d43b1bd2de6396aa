// Scores of all models as bars, published values as diamonds, and the table.
"use strict";
msk.page("performance", async (view) => {
  msk.loadPlotly();
  const table = await view.table("performance");
  const METRICS = {
    r2: { label: "R²", decimals: 3, sd: "r2_sd_bootstrap", published: "published_r2" },
    rmse: { label: "RMSE (years)", decimals: 2, sd: "rmse_sd_bootstrap", published: "published_rmse" },
    c_index: { label: "C-index", decimals: 3, sd: "c_index_sd_folds" },
    mae: { label: "Mean absolute error (years)", decimals: 2, sd: "mae_sd_bootstrap" },
    pearson_r: { label: "Pearson's r", decimals: 3, sd: "pearson_r_sd_bootstrap" },
  };
  const product = view.select({ key: "product", label: "Sample definition", options: msk.productOptions(table) });
  const metric = view.select({ key: "metric", label: "Score", options: Object.entries(METRICS).map(([name, { label }]) => [name, label]) });
  const models = view.select({
    key: "models", label: "Models",
    options: [["all", "all"], ...(msk.site.models.some((model) => model.is_ensemble) ? [["dimensions", "one per dimension"], ["ensembles", "ensembles"], ["single", "without ensembles"]] : [])],
  });
  const dimension = view.select({
    key: "dimension", label: "Dimension",
    options: [["", "all"], ...table.levels("dimension").map((name) => [name, msk.dimensionLabel(name)])],
  });

  const isChosen = (name) => {
    const { is_ensemble: isEnsemble, above } = msk.modelsByName.get(name);
    return { all: true, dimensions: isEnsemble && above.length < 2, ensembles: isEnsemble, single: !isEnsemble }[models()];
  };
  const chosenRows = () => table.where(dimension() ? { product: product(), dimension: dimension() } : { product: product() })
    .filter((row) => isChosen(table.value(row, "model")));

  const plot = view.plot(view.root, {
    title: "Scores of all models on test folds",
    file: "performance", method: "performance",
    describe: () => {
      const rows = chosenRows();
      if (!rows.length) return "No model is chosen.";
      const { label, decimals } = METRICS[metric()];
      const isError = ["rmse", "mae"].includes(metric());
      const known = rows.filter((row) => table.value(row, metric()) !== null);
      if (!known.length) return `${rows.length} models; none has a ${label}.`;
      const best = known.reduce((a, b) => ((table.value(b, metric()) > table.value(a, metric())) !== isError ? b : a));
      return `${rows.length} models; the best ${label} is ${msk.fixed(table.value(best, metric()), decimals)}, of `
        + `${msk.modelLabel(table.value(best, "model"))}. Bars: ${METRICS[metric()].sd.endsWith("folds") ? "SD over folds" : "SD by bootstrap"}.${msk.partialWords(table, rows)}`;
    },
    make: () => draw(chosenRows(), METRICS[metric()]),
  });
  const numbers = view.dataTable(view.section("Table"), table, {
    rows: chosenRows(),
    columns: ["model", "num_people", "n", "num_folds", "r2", "r2_sd_bootstrap", "rmse", "rmse_sd_bootstrap", "c_index", "published_r2", "published_rmse"],
  });
  view.state.onChange(["product", "metric", "models", "dimension"], () => {
    plot.update();
    numbers.setRows(chosenRows());
  });

  function draw(rows, { label, decimals, sd, published }) {
    const names = rows.map((row) => table.value(row, "model"));
    const values = rows.map((row) => table.value(row, metric()));
    const narrow = view.root.clientWidth < 560;
    const ticks = names.map((name) => {
      const { label: text, is_ensemble: isEnsemble, above } = msk.modelsByName.get(name);
      if (isEnsemble && above.length < 2) return `<b>${text}</b>`;
      return narrow ? text.split(" / ").at(-1) : text;
    });
    const end = Math.max(...values, ...rows.map((row) => (published ? table.value(row, published) : 0)), 0);
    const written = {
      type: "scatter", mode: "text", y: names, x: names.map(() => end * (narrow ? 1.2 : 1.1)), text: values.map((value) => msk.fixed(value, decimals)),
      textfont: { size: 11 }, hoverinfo: "skip",
    };
    const bars = {
      type: "bar", orientation: "h", y: names, x: values,
      marker: {
        color: names.map((name) => msk.colour("dimensions", msk.modelsByName.get(name).dimension)),
        opacity: names.map((name) => (msk.modelsByName.get(name).is_ensemble ? 1 : 0.55)),
      },
      error_x: { type: "data", array: rows.map((row) => table.value(row, sd) ?? 0), color: msk.themeColour("soft"), thickness: 1.2, width: 3 },
      customdata: rows.map((row) => [
        msk.modelLabel(table.value(row, "model")), msk.withSd(table.value(row, metric()), table.value(row, sd), decimals, decimals + 1),
        (table.value(row, "num_people")).toLocaleString("en"),
      ]),
      hovertemplate: `<b>%{customdata[0]}</b><br>${label} %{customdata[1]}<br>%{customdata[2]} people<extra></extra>`,
    };
    const beside = published && rows.some((row) => table.value(row, published) !== null) ? [{
      type: "scatter", mode: "markers", y: names, x: rows.map((row) => table.value(row, published)),
      marker: { symbol: "diamond", size: 9, color: msk.themeColour("paper"), line: { color: msk.themeColour("ink"), width: 1.5 } },
      name: "published", hovertemplate: "published %{x}<extra></extra>",
    }] : [];
    return {
      data: [bars, ...beside, written],
      layout: {
        xaxis: {
          title: { text: beside.length ? `${label}; diamonds: published` : label, font: { size: narrow ? 11 : 13 } },
          range: [Math.min(...values, 0), end * (narrow ? 1.4 : 1.2)], tickangle: 0, nticks: narrow ? 4 : 8,
        },
        yaxis: { range: [rows.length - 0.5, -0.5], tickvals: names, ticktext: ticks, tickfont: { size: narrow ? 11 : 13 } },
        bargap: 0.25,
      },
      height: Math.max(160, 70 + 23 * rows.length),
    };
  }
});
