// Scores by fold, sex, age, ethnicity and centre, and the paper's comparison with the literature.
"use strict";
msk.page("performance_groups", async (view) => {
  msk.loadPlotly();
  const [table, literature] = await Promise.all([view.table("performance_groups"), view.table("literature")]);
  const KINDS = { fold: "fold", sex: "sex", age_band: "band of age", ethnicity: "ethnicity", centre: "assessment centre" };
  const METRICS = {
    rmse: { label: "RMSE (years)", decimals: 2 }, mean_error_years: { label: "mean error (years)", decimals: 2 }, mae: { label: "mean absolute error (years)", decimals: 2 },
    r2: { label: "R²", decimals: 3 }, c_index: { label: "C-index", decimals: 3 }, pearson_r: { label: "Pearson's r", decimals: 3 },
  };
  if (table.length) drawGroups();
  else view.text(view.root, "No group of people is large enough to be shown.");
  const plots = literature ? [drawLiterature()] : [];
  await Promise.all(plots.map((plot) => plot.ready));

  function drawGroups() {
    const models = table.levels("model");
    const byDefault = models.includes("general") ? "general" : models[0];
    const model = view.select({ key: "model", label: "Model", options: models.map((name) => [name, msk.words(name, { name: "model" })]), byDefault });
    const product = view.select({ key: "product", label: "Sample definition", options: msk.productOptions(table) });
    const kind = view.select({ key: "by", label: "By", options: table.levels("kind").map((name) => [name, KINDS[name] ?? name.replaceAll("_", " ")]) });
    const metric = view.select({ key: "metric", label: "Score", options: Object.entries(METRICS).map(([name, { label }]) => [name, label]) });
    const rows = () => table.where({ model: model(), product: product(), kind: kind() });
    const plot = view.plot(view.root, {
      title: "Scores by group", file: "performance_by_group", method: "groups",
      describe: () => {
        const known = rows().filter((row) => table.value(row, metric()) !== null);
        const hidden = rows().length - known.length;
        if (!known.length) return "No group has such a score: scores need thirty people who are not all of one age.";
        const values = known.map((row) => table.value(row, metric()));
        return `${known.length} groups of ${msk.modelLabel(model())}; ${METRICS[metric()].label} from ${msk.fixed(Math.min(...values), METRICS[metric()].decimals)} to ${msk.fixed(Math.max(...values), METRICS[metric()].decimals)}.`
          + (hidden ? ` ${hidden} have no such score: they are of fewer than thirty people, or all of one age.` : "");
      },
      make: () => draw(rows(), METRICS[metric()]),
    });
    const numbers = view.dataTable(view.section("Table"), table, {
      rows: rows(), columns: ["group", "num_people", "rmse", "mean_error_years", "mae", "r2", "c_index", "pearson_r"],
    });
    view.state.onChange(["model", "product", "by", "metric"], () => {
      plot.update();
      numbers.setRows(rows());
    });
    function draw(shown, { label, decimals }) {
      const names = shown.map((row) => `${kind() === "fold" ? "fold " : ""}${table.value(row, "group")}`);
      const values = shown.map((row) => table.value(row, metric()));
      return {
        data: [{
          type: "bar", orientation: "h", y: names, x: values, marker: { color: msk.colour("dimensions", msk.dimensionOfModel(model())) },
          text: values.map((value) => (value === null ? "no score" : msk.fixed(value, decimals))), textposition: "auto", cliponaxis: false,
          customdata: shown.map((row) => table.value(row, "num_people").toLocaleString("en")), hovertemplate: `<b>%{y}</b><br>${label} %{x:.${decimals}f}<br>%{customdata} people<extra></extra>`,
        }],
        layout: {
          xaxis: { title: { text: label }, zeroline: true, zerolinecolor: msk.themeColour("soft") }, yaxis: { autorange: "reversed", type: "category" }, bargap: 0.25,
        },
        height: 90 + 27 * shown.length, width: 900,
      };
    }
  }

  function drawLiterature() {
    const section = view.section("Beside the literature");
    view.text(section, "The paper compares its predictions with earlier ones in its Table S1. Its text has only a few of those numbers; the others are not invented here.");
    const dimensions = msk.inMenuOrder(literature.levels("dimension"));
    const SYMBOLS = { here: "circle", paper: "diamond", literature: "square-open" };
    const WORDS = { here: "Circles: this study.", paper: "Diamonds: the paper.", literature: "Squares: earlier studies, where the paper's text has their number." };
    const known = literature.where({ statistic: "r2" }).filter((row) => literature.value(row, "value") !== null);
    const present = Object.keys(SYMBOLS).filter((whose) => known.some((row) => literature.value(row, "whose") === whose));
    const ends = known.flatMap((row) => [-1, 1].map((side) => literature.value(row, "value") + side * (literature.value(row, "sd") ?? 0)));
    const plot = view.plot(section, {
      title: present.includes("here") ? "R²: here, the paper, and the best earlier one that it names" : "R²: the paper, and the best earlier one that it names", file: "literature", method: "literature",
      describe: present.map((whose) => WORDS[whose]).join(" ") + (present.includes("here") ? "" : " This study has no score to put beside them."),
      make: () => ({
        data: present.map((whose) => {
          const symbol = SYMBOLS[whose];
          const own = known.filter((row) => literature.value(row, "whose") === whose);
          return {
            type: "scatter", mode: "markers", name: whose, x: own.map((row) => literature.value(row, "value")), y: own.map((row) => msk.dimensionLabel(literature.value(row, "dimension"))),
            error_x: { type: "data", array: own.map((row) => literature.value(row, "sd") ?? 0), thickness: 1.2, color: msk.themeColour("soft") },
            marker: { symbol, size: 11, color: whose === "here" ? own.map((row) => msk.colour("dimensions", literature.value(row, "dimension"))) : msk.themeColour("ink"), line: { width: symbol.endsWith("open") ? 2 : 0 } },
            hovertemplate: "%{y}, %{fullData.name}: %{x:.3f}<extra></extra>",
          };
        }),
        layout: {
          xaxis: { title: { text: "R²" }, range: [Math.min(0, ...ends.map((value) => value - 0.05)), Math.max(1, ...ends)] }, yaxis: { type: "category", categoryorder: "array", categoryarray: [...dimensions].reverse().map(msk.dimensionLabel) },
          showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
        },
        height: 130 + 34 * dimensions.length, width: 800,
      }),
    });
    view.dataTable(section, literature, { key: "literature_", columns: ["dimension", "statistic", "whose", "value", "sd", "claim", "source"] });
    return plot;
  }
});
