// A plot: Plotly's drawing in the site's colours, with SVG export and the numbers behind it as a table.
"use strict";
(() => {
  const OTHER_TAG = /<(?!\/?(?:b|i|sub|sup)>|br>|\/?extra>)/g;
  const OTHER_AND = /&(?!(?:amp|lt|gt|nbsp);)/g;
  const el = msk.element;
  const LIBRARY = "assets/libraries/plotly.js";

  msk.loadPlotly = () => msk.script(LIBRARY).then(() => window.Plotly);

  /** Returns a colour of the theme: ink, paper, grid, soft, accent. */
  msk.themeColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** Returns a colour of figures/palette.py: msk.colour("dimensions", "knee"); black is the ink of the theme. */
  msk.colour = (group, name) => {
    const colour = msk.site.palette[group]?.[name] ?? msk.themeColour("soft");
    return colour === "#000000" ? msk.themeColour("ink") : colour;
  };

  /** Returns a colour scale around zero: blue below, red above; its middle is the paper's colour. */
  msk.signedScale = () => (msk.theme.get() === "dark"
    ? [[0, "#6cb0f0"], [0.25, "#2f6aa8"], [0.5, "#22272e"], [0.75, "#b04a3a"], [1, "#ff8f73"]]
    : [[0, "#2166ac"], [0.25, "#92c5de"], [0.5, "#f7f7f7"], [0.75, "#f4a582"], [1, "#b2182b"]]);

  function layoutOf(own) {
    const ink = msk.themeColour("ink");
    const grid = msk.themeColour("grid");
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, automargin: true };
    const merged = {
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 10, r: 10, t: 10, b: 10 },
      hoverlabel: { bgcolor: msk.themeColour("paper"), bordercolor: ink, font: { color: ink } },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      showlegend: false, autosize: true,
      ...own,
    };
    for (const key of new Set(["xaxis", "yaxis", ...Object.keys(own).filter((name) => /^[xy]axis\d*$/.test(name))])) {
      merged[key] = { ...axis, ...own[key] };
    }
    return merged;
  }

  let turn = Promise.resolve();

  /** Draws one plot after the other, and lets the browser show each: the first is seen before the last is drawn. */
  function inTurn(draw) {
    const drawn = turn.then(draw);
    turn = drawn.catch(() => {}).then(() => new Promise((resolve) => { setTimeout(resolve); }));
    return drawn;
  }

  /**
   * Adds a plot to `parent`.
   *
   * options: title; describe: a sentence for those who do not see it (or a function that returns one); make: a function
   * that returns {data, layout} as Plotly has them, in the colours of the theme, with the height and the greatest width in
   * pixels; behind: {table} with the options of `msk.dataTable`, the numbers behind it (not if the page shows them anyway); its
   * rows may be a function; method: the name of what was done (report/methods.py), said below the plot; file: name of the SVG.
   * Returns {update()}, which draws again.
   */
  msk.plot = (parent, { title, describe, make, behind, file, method }) => {
    const id = msk.newId("plot");
    const drawing = el("div", { class: "plot-drawing", role: "img", "aria-labelledby": id });
    const words = el("p", { class: "plot-words", id: `${id}_words` });
    const details = behind ? el("details", { class: "behind" }, el("summary", {}, "The numbers as a table")) : null;
    const save = el("button", { type: "button", onclick: () => saveSvg(drawing, file ?? title) }, "SVG");
    parent.append(el("figure", { class: "plot" },
      el("figcaption", {}, el("span", { id, class: "plot-title" }, title), save), drawing, words, msk.methodBox(method), details));
    const rowsBehind = () => (typeof behind.rows === "function" ? behind.rows() : behind.rows);
    let shown = null;
    details?.addEventListener("toggle", () => {
      if (details.open && !shown) shown = msk.dataTable(details, behind.table, { title, ...behind, rows: rowsBehind() });
    });

    const draw = async () => {
      const plotly = await msk.loadPlotly();
      if (!drawing.isConnected) return;
      const { data, layout, height, width } = make();
      words.textContent = typeof describe === "function" ? describe() : describe ?? "";
      drawing.style.height = `${height ?? 420}px`;
      drawing.style.maxWidth = width ? `${width}px` : "";
      await plotly.react(drawing, plainTexts(data), plainTexts(layoutOf({ ...layout, height: height ?? 420 })), { displayModeBar: false, responsive: true });
      if (behind?.rows && shown) shown.setRows(rowsBehind());
      if (!msk.firstPlot) {
        msk.firstPlot = performance.now();
        document.documentElement.dataset.firstPlot = Math.round(msk.firstPlot);
      }
    };
    const update = () => inTurn(draw);
    msk.whileShown("msk-theme", update);
    return { update, drawing, ready: update() };
  };

  /**
   * Returns what Plotly gets, with all texts as they are meant: of its tags only those that pages write stay; a label of
   * the data with `<` or `&` is shown as it is.
   */
  function plainTexts(value) {
    if (typeof value === "string") return value.replace(OTHER_AND, "&amp;").replace(OTHER_TAG, "&lt;");
    if (Array.isArray(value)) return value.map(plainTexts);
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainTexts(item)]));
  }

  async function saveSvg(drawing, name) {
    const url = await window.Plotly.toImage(drawing, { format: "svg", width: drawing.clientWidth, height: drawing.clientHeight });
    const text = decodeURIComponent(url.slice(url.indexOf(",") + 1));
    msk.download(`${name.replace(/[^A-Za-z0-9]+/g, "_")}.svg`, text, "image/svg+xml");
  }
})();
