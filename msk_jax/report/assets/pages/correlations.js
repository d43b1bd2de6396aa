// Heat map of the correlations of accelerated ageing.
"use strict";
msk.page("correlations", async (view) => {
  msk.loadPlotly();
  const [pairs, orders] = await Promise.all([view.table("correlations"), view.table("model_orders")]);
  const product = view.select({ key: "product", label: "Sample definition", options: msk.productOptions(pairs) });
  const models = view.select({
    key: "models", label: "Models", options: [["dimensions", "one per dimension"], ["all", "all"]],
  });
  const order = view.select({
    key: "order", label: "Order",
    options: [["hierarchy", "hierarchy"], ["clustering", "clustering"], ...(orders.filledColumns().includes("r2") ? [["r2", "R²"]] : [])],
  });

  const shownModels = () => {
    const rows = orders.where({ product: product() })
      .filter((row) => models() === "all" || orders.value(row, "is_dimension") === "yes");
    return msk.sortRows(orders, rows, order(), false).map((row) => orders.value(row, "model"));
  };
  const shownRows = () => {
    const names = new Set(shownModels());
    return pairs.where({ product: product() }).filter((row) => names.has(pairs.value(row, "model_1")) && names.has(pairs.value(row, "model_2")));
  };

  const plot = view.plot(view.root, {
    title: "Pearson's r",
    file: "correlations", method: "correlation",
    describe: () => {
      const values = shownRows().map((row) => pairs.value(row, "r")).filter((value) => value !== null);
      if (!values.length) return "No pair of models has a correlation.";
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return `${values.length} pairs of models; r from ${msk.fixed(Math.min(...values), 2)} to ${msk.fixed(Math.max(...values), 2)}, mean ${msk.fixed(mean, 3)}.`;
    },
    make: () => draw(shownModels(), shownRows()),
  });
  const numbers = view.dataTable(view.section("Table"), pairs, {
    rows: shownRows(), columns: ["model_1", "model_2", "r", "sd", "num_samples", "published_r", "published_r_sd"],
  });
  view.state.onChange(["product", "models", "order"], () => {
    plot.update();
    numbers.setRows(shownRows());
  });

  function draw(names, rows) {
    const place = new Map(names.map((name, number) => [name, number]));
    const matrix = (fill) => names.map(() => names.map(fill));
    const values = matrix(() => null);
    const words = matrix(() => "");
    for (const row of rows) {
      const pair = ["model_1", "model_2"].map((name) => place.get(pairs.value(row, name)));
      const r = pairs.value(row, "r");
      const samples = pairs.value(row, "num_samples");
      const published = pairs.value(row, "published_r");
      const text = r === null ? (samples === null ? "fewer than 20 samples" : "no correlation: one of the two is the same in all") : `r ${msk.withSd(r, pairs.value(row, "sd"), 3)}<br>n ≥ ${samples.toLocaleString("en")}`
        + (published === null ? "" : `<br>published ${msk.fixed(published, 3)}`);
      for (const [i, j] of [pair, [...pair].reverse()]) {
        values[i][j] = r;
        words[i][j] = `<b>${msk.modelLabel(names[i])}</b><br>${msk.modelLabel(names[j])}<br>${text}`;
      }
    }
    names.forEach((name, i) => { words[i][i] = `<b>${msk.modelLabel(name)}</b>`; });
    const isSmall = names.length <= 12;
    const narrow = view.root.clientWidth < 560;
    const labels = names.map((name) => (narrow && !isSmall ? msk.modelLabel(name).split(" / ").at(-1) : msk.modelLabel(name)));
    const size = isSmall ? 12 : 10;
    const side = Math.min(view.root.clientWidth, isSmall ? 640 : 1000);
    const axis = { tickvals: names.map((_, i) => i), ticktext: labels, tickfont: { size }, showgrid: false, zeroline: false, constrain: "domain", ticks: "", showticklabels: isSmall || !narrow };
    return {
      data: [{
        type: "heatmap", z: values, text: words, hovertemplate: "%{text}<extra></extra>", hoverongaps: false,
        colorscale: msk.signedScale(), zmin: -1, zmax: 1, xgap: isSmall ? 2 : 0.5, ygap: isSmall ? 2 : 0.5,
        showscale: !(narrow && isSmall), // their values are written
        colorbar: narrow
          ? { orientation: "h", thickness: 10, len: 0.8, outlinewidth: 0, y: 1.02, yanchor: "bottom" }
          : { title: { text: "r" }, thickness: 12, len: 0.6, outlinewidth: 0, x: 1.02 },
      }],
      layout: {
        xaxis: { ...axis, tickangle: isSmall && !narrow ? 0 : -90 },
        yaxis: { ...axis, range: [names.length - 0.5, -0.5], scaleanchor: "x" },
        annotations: !isSmall ? [] : values.flatMap((line, i) => line.map((value, j) => ({
          x: j, y: i, text: value === null ? "" : msk.fixed(value, narrow ? 2 : 3), showarrow: false,
          font: { size: narrow ? 9 : 12, color: Math.abs(value) > 0.55 ? (msk.theme.get() === "dark" ? "#10151b" : "#ffffff") : msk.themeColour("ink") },
        }))),
      },
      height: Math.max(320, side * (isSmall ? 0.85 : 0.95)),
      width: isSmall ? 760 : 1120,
    };
  }
});
