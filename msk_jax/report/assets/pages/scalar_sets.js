// Measurements: histogram by sex, and trend over age.
"use strict";
msk.page("scalar_sets", async (view) => {
  msk.loadPlotly();
  const [features, histograms, trends] = await Promise.all(["scalar_features", "scalar_histograms", "scalar_trends"].map((name) => view.table(name)));
  if (!features.length) {
    view.text(view.root, "No set has enough people to be shown.");
    return;
  }
  const words = (name) => name.replaceAll("_", " ");
  // Own names may have spaces: a key is the two names with theirs escaped.
  const keyOf = (row) => ["set", "feature"].map((name) => encodeURIComponent(features.value(row, name))).join(" ");
  const namesOf = (key) => key.split(" ").map(decodeURIComponent);
  const all = features.where({ sex: "all" }).map(keyOf);
  const feature = view.select({ key: "feature", label: "Measurement", options: all.map((key) => [key, namesOf(key).map(words).join(": ")]) });
  const keys = () => {
    const [set, name] = namesOf(feature());
    return { set, feature: name };
  };
  const sexes = () => {
    const own = features.where(keys()).map((row) => features.value(row, "sex"));
    return own.length > 1 ? ["female", "male"] : ["all"];
  };
  const sex = { female: "women", male: "men", all: "everybody" };
  const colour = (name) => msk.colour("sexes", name);
  const plots = [
    view.plot(view.root, {
      title: "Histogram", file: "histogram", method: "histogram",
      describe: () => sexes().map((name) => {
        const [row] = features.where({ ...keys(), sex: name });
        const sd = features.value(row, "sd");
        return `${sex[name]}: ${features.value(row, "num_people").toLocaleString("en")} people, mean ${msk.withSd(features.value(row, "mean"), sd, msk.decimalsOf(sd))} (SD)`;
      }).join("; ") + (binsOf().length > 1 ? "" : ". There are no bins: all values are equal, or bins would be of fewer than five people."),
      behind: { table: histograms, rows: () => histograms.where(keys()), columns: ["sex", "low", "high", "num_people"] },
      make: drawHistogram,
    }),
    view.plot(view.root, {
      title: "By age", file: "trend", method: "trend",
      describe: () => {
        const own = sexes().map((name) => [name, features.where({ ...keys(), sex: name })[0]]);
        return `Mean of five years of age; the band is one SD each way. ${own.map(([name, row]) => `${sex[name]}: r with age ${msk.fixed(features.value(row, "age_r"), 3)}, ${msk.signed(features.value(row, "per_year"), msk.decimalsOf(features.value(row, "per_year")))} per year`).join("; ")}.`;
      },
      behind: { table: trends, rows: () => trends.where(keys()), columns: ["sex", "age_band", "mean", "sd", "num_people"] },
      make: drawTrend,
    }),
  ];
  view.dataTable(view.section("All measurements"), features, { columns: ["set", "feature", "sex", "num_people", "mean", "sd", "age_r", "per_year"],
    link: { feature: (_, row) => msk.route("scalar_sets", { feature: keyOf(row) }) } });
  view.state.onChange(["feature"], () => plots.forEach((plot) => plot.update()));
  await Promise.all(plots.map((plot) => plot.ready));

  /** Returns the bins, the same for both sexes: [[low, high], ...]. */
  function binsOf() {
    return histograms.where({ ...keys(), sex: "all" }).map((row) => [histograms.value(row, "low"), histograms.value(row, "high")]);
  }

  function drawHistogram() {
    const axis = words(keys().feature);
    const bins = binsOf();
    if (bins.length < 2) return { data: [], layout: { xaxis: { visible: false }, yaxis: { visible: false } }, height: 60, width: 900 };
    // Of two bins both are open: they are drawn as wide as an SD.
    const inner = bins.map(([low, high]) => high - low).filter(Number.isFinite);
    const [everybody] = features.where({ ...keys(), sex: "all" });
    const width = inner.length ? Math.min(...inner) : features.value(everybody, "sd");
    const fixed = (value) => msk.fixed(value, msk.decimalsOf(width));
    return {
      data: sexes().map((name) => {
        const own = histograms.where({ ...keys(), sex: name });
        const value = (column) => own.map((row) => histograms.value(row, column));
        const [low, high] = [value("low"), value("high")];
        const start = low.map((each, place) => (Number.isFinite(each) ? each : high[place] - width));
        const end = high.map((each, place) => (Number.isFinite(each) ? each : start[place] + width));
        const text = low.map((each, place) => (Number.isFinite(each) ? Number.isFinite(high[place]) ? `${fixed(each)} to ${fixed(high[place])}` : `${fixed(each)} or more` : `less than ${fixed(high[place])}`));
        return {
          type: "bar", name: sex[name], x: start.map((each, place) => (each + end[place]) / 2), width: start.map((each, place) => end[place] - each),
          y: value("num_people").map((number, place) => number * width / (end[place] - start[place])), opacity: 0.6, marker: { color: colour(name) },
          customdata: value("num_people").map((number, place) => [text[place], number.toLocaleString("en")]), hovertemplate: `%{customdata[0]}, ${sex[name]}: %{customdata[1]} people<extra></extra>`,
        };
      }),
      layout: { barmode: "overlay", bargap: 0, xaxis: { title: { text: axis } }, yaxis: { title: { text: "people per bin" } }, showlegend: sexes().length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 } },
      height: 340, width: 900,
    };
  }

  function drawTrend() {
    return {
      data: sexes().flatMap((name) => {
        const own = trends.where({ ...keys(), sex: name });
        const value = (column) => own.map((row) => trends.value(row, column));
        const decimals = msk.decimalsOf(features.value(features.where({ ...keys(), sex: name })[0], "sd"));
        const [mean, sd, ages] = [value("mean"), value("sd"), value("age_band").map((band) => Number(band.split("-")[0]) + 2.5)];
        return [
          { type: "scatter", mode: "lines", x: [...ages, ...[...ages].reverse()], y: [...mean.map((each, place) => each + (sd[place] ?? 0)), ...mean.map((each, place) => each - (sd[place] ?? 0)).reverse()], fill: "toself", fillcolor: colour(name), opacity: 0.18, line: { width: 0 }, hoverinfo: "skip", showlegend: false },
          { type: "scatter", mode: "lines+markers", name: sex[name], x: ages, y: mean, line: { color: colour(name), width: 2 }, marker: { size: 7, symbol: name === "male" ? "square" : "circle" },
            customdata: own.map((row) => [trends.value(row, "age_band"), trends.value(row, "num_people").toLocaleString("en")]), hovertemplate: `%{customdata[0]} years, ${sex[name]}: %{y:.${decimals}f}<br>%{customdata[1]} people<extra></extra>` },
        ];
      }),
      layout: { xaxis: { title: { text: "age (years)" } }, yaxis: { title: { text: words(keys().feature) } }, showlegend: sexes().length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 } },
      height: 340, width: 900,
    };
  }
});
