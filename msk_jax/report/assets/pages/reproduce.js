// The paper's numbers beside those of this study.
"use strict";
msk.page("reproduce", async (view) => {
  msk.loadPlotly();
  const el = msk.element;
  const [table, genes] = await Promise.all([view.table("reproduction"), view.table("reproduction_genes")]);
  const { is_comparable: isComparable, agrees_within: within } = view.page.facts;
  if (msk.site.is_drawn) {
    view.root.append(el("p", { class: "lead" }, el("strong", {}, "These numbers say nothing about people. "),
      "The people of this study are drawn by a program that follows some of the published numbers. What agrees may be what was planted; what differs may be the small number of people."));
  } else if (!isComparable) {
    view.root.append(el("p", { class: "lead" }, "This study is of other people and measurements than the paper's, so that published numbers do not stand beside its own."));
  }
  if (!table.length) {
    view.text(view.root, "There is no number of this study that stands beside a published one.");
    return;
  }
  const topic = view.select({
    key: "topic", label: "Topic", options: [["", "all"], ...table.levels("topic").map((name) => [name, name])],
  });
  const verdict = view.select({
    key: "verdict", label: "Shown", options: [["", "all"], ["agrees", `agrees (within ${within} SE)`], ["differs", "differs"], ["no_error", "without a standard error"], ["no_number", "without a number here"]],
  });
  const rows = () => table.where(Object.fromEntries([["topic", topic()], ["verdict", verdict()]].filter(([, value]) => value)));
  const cards = el("div");
  view.root.append(cards);

  const plot = view.plot(view.root, {
    title: "Published and here", file: "reproduction", method: "reproduction",
    describe: () => "On the line: the same. Bars: one standard error each. Numbers from −1 to 1 alone; the table has all.",
    make: () => scatter(rows().filter((row) => table.value(row, "here") !== null && Math.abs(table.value(row, "published_value")) <= 1 && Math.abs(table.value(row, "here")) <= 1.5)),
  });
  const distance = view.plot(view.root, {
    title: "Differences in standard errors", file: "reproduction_differences", method: "reproduction",
    describe: () => {
      const known = rows().filter((row) => table.value(row, "difference_in_se") !== null);
      return known.length ? `The ${Math.min(known.length, 40)} largest of ${known.length}. Within the grey band (${within} standard errors) chance alone would do.` : "No difference has a standard error.";
    },
    make: () => differences(rows()),
  });
  const numbers = view.dataTable(view.section("Table"), table, {
    rows: rows(), columns: ["topic", "what", "published_value", "published_se", "here", "here_se", "difference", "difference_in_se", "verdict"],
  });
  const count = () => {
    const of = (name) => rows().filter((row) => table.value(row, "verdict") === name).length.toLocaleString("en");
    cards.replaceChildren(msk.cards([
      [`agree within ${within} SE`, of("agrees")], ["differ by more", of("differs")], ["have no standard error", of("no_error")], ["have no number here", of("no_number")],
    ]));
  };
  count();
  view.state.onChange(["topic", "verdict"], () => {
    count();
    plot.update();
    distance.update();
    numbers.setRows(rows());
  });
  if (genes) {
    const section = view.section("Genes that the paper names");
    const seen = genes.where().filter((row) => [genes.value(row, "array"), genes.value(row, "imputed")].includes("significant")).length;
    view.text(section, `${seen} of ${genes.length} genes have a variant with p < 5e-8 in or near them here.`);
    view.dataTable(section, genes, {
      key: "genes_", columns: ["dimension", "gene", "array", "array_neg_log10_p", "imputed", "imputed_neg_log10_p", "linked_to", "named_in"],
    });
  }

  function colours() {
    const names = Object.values(msk.site.palette.categories);
    return new Map(table.levels("topic").map((name, place) => [name, names[place % names.length]]));
  }

  function scatter(shown) {
    const of = colours();
    const symbols = ["circle", "square", "diamond", "triangle-up", "cross", "star", "x"];
    const low = Math.min(0, ...shown.map((row) => Math.min(table.value(row, "published_value"), table.value(row, "here")))) - 0.03;
    const high = Math.max(0.5, ...shown.map((row) => Math.max(table.value(row, "published_value"), table.value(row, "here")))) + 0.05;
    const narrow = view.root.clientWidth < 560;
    const topics = table.levels("topic").filter((name) => shown.some((row) => table.value(row, "topic") === name));
    return {
      data: [
        { type: "scatter", mode: "lines", x: [low, high], y: [low, high], line: { color: msk.themeColour("soft"), width: 1 }, hoverinfo: "skip", showlegend: false },
        ...topics.map((name, place) => {
          const own = shown.filter((row) => table.value(row, "topic") === name);
          const value = (column) => own.map((row) => table.value(row, column));
          const bar = (column) => ({ type: "data", array: value(column).map((each) => each ?? 0), thickness: 1, width: 0, color: of.get(name) });
          return {
            type: "scatter", mode: "markers", name, x: value("published_value"), y: value("here"), error_x: bar("published_se"), error_y: bar("here_se"),
            marker: { color: of.get(name), size: 9, symbol: symbols[place % symbols.length], opacity: 0.9 },
            text: own.map((row) => `<b>${table.value(row, "what")}</b><br>${name}<br>published ${msk.withSd(table.value(row, "published_value"), table.value(row, "published_se"), 3)}`
              + `<br>here ${msk.withSd(table.value(row, "here"), table.value(row, "here_se"), 3)}`),
            hovertemplate: "%{text}<extra></extra>",
          };
        }),
      ],
      layout: {
        xaxis: { title: { text: "published" }, range: [low, high] }, yaxis: { title: { text: "here" }, range: [low, high] }, showlegend: true,
        legend: narrow ? { orientation: "h", y: -0.2 } : { x: 1.02, y: 1 },
      },
      height: narrow ? 560 : 520, width: 900,
    };
  }

  function differences(shown) {
    const known = shown.filter((row) => table.value(row, "difference_in_se") !== null)
      .sort((a, b) => Math.abs(table.value(b, "difference_in_se")) - Math.abs(table.value(a, "difference_in_se"))).slice(0, 40);
    const of = colours();
    const narrow = view.root.clientWidth < 560;
    const most = narrow ? 24 : 60;
    const label = (row) => {
      const text = `${table.value(row, "what")} (${table.value(row, "topic")})`;
      return text.length > most ? `${text.slice(0, most - 1)}…` : text;
    };
    const values = known.map((row) => table.value(row, "difference_in_se"));
    const reach = 1.1 * Math.max(3, ...values.map(Math.abs));
    return {
      data: [{
        type: "bar", orientation: "h", y: known.map((_, place) => place), x: values, marker: { color: known.map((row) => of.get(table.value(row, "topic"))) },
        text: known.map((row) => `<b>${table.value(row, "what")}</b>, ${table.value(row, "topic")}`), textposition: "none",
        hovertemplate: "%{text}<br>%{x:.1f} standard errors<extra></extra>",
      }],
      layout: {
        xaxis: { title: { text: "here less published (SEs)" }, range: [-reach, reach], zeroline: true, zerolinecolor: msk.themeColour("ink") },
        yaxis: { autorange: "reversed", tickvals: known.map((_, place) => place), ticktext: known.map(label) },
        shapes: [{ type: "rect", x0: -within, x1: within, y0: 0, y1: 1, yref: "paper", fillcolor: msk.themeColour("soft"), opacity: 0.15, line: { width: 0 }, layer: "below" }],
      },
      height: 110 + 22 * known.length, width: 1100,
    };
  }
});
