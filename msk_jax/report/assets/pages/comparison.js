// A scatter plot of two kinds of correlations between dimensions.
"use strict";
msk.page("comparison", async (view) => {
  msk.loadPlotly();
  const OPTIONS = () => ({ measure: measure(), selection: selection() });
  const measure = view.select({ key: "measure", label: "Coefficient (XWAS)", options: [["pearson", "Pearson"], ["spearman", "Spearman"]] });
  const selection = view.select({
    key: "selection", label: "Variables (XWAS)", options: [["all", "all tested in both"], ["union", "significant in either"], ["intersection", "significant in both"]],
  });
  let kinds = await msk.pairCorrelations(view, OPTIONS());
  if (kinds.length < 2) {
    view.row.remove();
    view.text(view.root, kinds.length ? `This study has one kind of correlation alone: ${kinds[0].label}. Two can be compared once gwas or xwas have run.`
      : "This study has no correlations yet: they are made by ages, gwas and xwas.");
    return;
  }
  const options = kinds.map(({ name, label }) => [name, label]);
  const other = kinds.find(({ name }) => name === "genetic") ?? kinds.find(({ name }) => name === "xwas_") ?? kinds[1];
  const across = view.select({ key: "x", label: "Across", options });
  const up = view.select({ key: "y", label: "Up", options, byDefault: other.name === kinds[0].name ? kinds[1].name : other.name });
  const withGeneral = view.checkbox({ key: "general", label: "with general, which is made of the others" });

  const points = () => {
    const [first, second] = [across(), up()].map((name) => kinds.find((kind) => kind.name === name) ?? { pairs: new Map(), label: name });
    const keys = [...first.pairs.keys()].filter((key) => second.pairs.has(key) && (withGeneral() || !key.split(" ").includes("general")));
    return { first, second, keys };
  };
  const place = view.section("");
  let plot = null;
  const build = () => {
    place.replaceChildren();
    const { first, second, keys } = points();
    const of = (kind, name) => keys.map((key) => kind.pairs.get(key)[name] ?? null);
    plot = view.plot(place, {
      title: "Correlations of pairs of dimensions", file: "two_kinds_of_correlations", method: "comparison",
      describe: keys.length < 3 ? "Too few pairs have both kinds of correlation." : `${msk.countOf(keys.length, "pair")}; the two kinds correlate ${msk.fixed(pearson(of(first, "value"), of(second, "value")), 2)}. ${msk.errorWords([first, second])}${beyondWords(first, second, keys)}`,
      make: () => draw(first, second, keys),
    });
    place.append(msk.element("h2", {}, "Table"));
    view.dataTable(place, msk.makeTable("two_kinds_of_correlations", [
      { name: "pair", title: "Pair", values: keys.map(msk.pairLabel) },
      { name: "across", title: first.label, values: of(first, "value") }, { name: "across_error", title: "SE or SD", values: of(first, "error") },
      { name: "up", title: second.label, values: of(second, "value") }, { name: "up_error", title: "SE or SD", values: of(second, "error") },
    ]), { title: "Two kinds of correlations" });
  };
  view.state.onChange(["x", "y", "general"], build);
  view.state.onChange(["measure", "selection"], async () => {
    kinds = await msk.pairCorrelations(view, OPTIONS());
    build();
  });
  build();
  await plot.ready;

  /** Returns on which side of its point each name is: neighbours across have it on different sides. */
  function sides(x) {
    const order = x.map((_, place) => place).sort((a, b) => x[a] - x[b]);
    const result = [];
    order.forEach((place, number) => { result[place] = ["top center", "bottom center"][number % 2]; });
    return result;
  }

  function pearson(x, y) {
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mx, my] = [mean(x), mean(y)];
    const sum = (call) => x.reduce((total, _, i) => total + call(x[i] - mx, y[i] - my), 0);
    return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
  }

  /** Returns the ends of both axes: estimates far beyond 1, as genetic ones of few people are, would hide all others. */
  function endsOf(first, second, keys) {
    const values = [first, second].flatMap((kind) => keys.map((key) => kind.pairs.get(key).value));
    return [Math.max(-1.35, Math.min(0, ...values) - 0.1), Math.min(1.35, Math.max(0.3, ...values) + 0.1)];
  }

  /** Returns how many pairs lie beyond the axes; an empty text if none does. */
  function beyondWords(first, second, keys) {
    const [low, high] = endsOf(first, second, keys);
    const beyond = keys.filter((key) => [first, second].some((kind) => kind.pairs.get(key).value < low || kind.pairs.get(key).value > high));
    return beyond.length ? ` Beyond the axes, and in the table alone: ${beyond.map(msk.pairLabel).join(", ")}.` : "";
  }

  function draw(first, second, keys) {
    const of = (kind, name) => keys.map((key) => kind.pairs.get(key)[name] ?? null);
    const [low, high] = endsOf(first, second, keys);
    const bar = (kind) => ({ type: "data", array: of(kind, "error").map((each) => each ?? 0), color: msk.themeColour("soft"), thickness: 1, width: 0 });
    const narrow = view.root.clientWidth < 560;
    return {
      data: [
        { type: "scatter", mode: "lines", x: [low, high], y: [low, high], line: { color: msk.themeColour("grid"), width: 1 }, hoverinfo: "skip" },
        {
          type: "scatter", mode: narrow ? "markers" : "markers+text", x: of(first, "value"), y: of(second, "value"), error_x: bar(first), error_y: bar(second),
          text: keys.map(msk.pairLabel), textposition: sides(of(first, "value")), textfont: { size: 11 },
          marker: { size: 11, color: keys.map((key) => msk.colour("dimensions", key.split(" ")[0])), line: { width: 2.5, color: keys.map((key) => msk.colour("dimensions", key.split(" ")[1])) } },
          hovertemplate: "<b>%{text}</b><br>across %{x:.3f}<br>up %{y:.3f}<extra></extra>",
        },
      ],
      layout: {
        xaxis: { title: { text: first.label }, range: [low, high], zeroline: true }, yaxis: { title: { text: second.label }, range: [low, high], zeroline: true },
      },
      height: narrow ? 420 : 560, width: 820,
    };
  }
});
