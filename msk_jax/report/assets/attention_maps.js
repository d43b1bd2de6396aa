// Mean maps over the mean picture: two pictures on each other.
"use strict";
(() => {
  const el = msk.element;
  const METHODS = {
    saliency: "saliency", patch_saliency: "saliency of patches", grad_ram: "Grad-RAM", published_saliency: "saliency, as published", published_grad_ram: "Grad-RAM, as published",
  };

  msk.attentionMethod = (name) => METHODS[name] ?? name.replaceAll("_", " ");

  /** Returns the dimension of a model, also of one without scores. */
  msk.dimensionOfModel = (name) => msk.modelsByName.get(name)?.dimension ?? name.split("/")[0];

  /** Returns a group of people in words. */
  msk.groupWords = (table, row) => {
    const words = ["sex", "age_group", "rate"].map((name) => table.value(row, name)).filter((word) => word !== "all");
    return words.length ? words.join(", ") : "all groups shown";
  };

  /** Returns why a network has no mean maps: what its run record says, or that no group is large enough. */
  msk.noMapsWords = (registration, model) => {
    const [row] = registration.where({ model });
    const reason = row === undefined ? "" : registration.value(row, "not_made");
    return `${msk.modelLabel(model)}: ${reason || "no group has enough people for a mean map"}.`;
  };

  /** Returns a warning that a network's maps can't show ageing; null if its ages rise with age. */
  msk.mapsLack = (registration, model) => {
    const lack = registration?.where({ model }).map((row) => registration.value(row, "lack")).find(Boolean);
    return lack ? el("p", {}, el("strong", {}, "These maps show nothing of age: "), `they are of ${lack}.`) : null;
  };

  /**
   * Returns a figure of a mean map.
   *
   * table: `attention`; row: of the map; strength: opacity of the map, 0 to 1; heading: above it; hasScale: whether the
   * scale of its colours is below it.
   */
  msk.attentionMap = async (table, row, { strength = 1, heading = null, hasScale = false } = {}) => {
    const value = (name) => table.value(row, name);
    const { template, pictures, rows, columns } = await msk.data(`attention_${value("document")}`);
    const words = heading ?? `${msk.modelLabel(value("model"))}, ${msk.attentionMethod(value("method"))}`;
    const whom = msk.groupWords(table, row);
    const size = { width: columns, height: rows };
    return el("figure", { class: "map" },
      el("figcaption", {}, el("strong", {}, words), el("span", {}, `${heading ? "" : `${whom}: `}${value("num_people").toLocaleString("en")} people`)),
      el("div", { class: "map-stack", style: `aspect-ratio:${columns}/${rows}` },
        el("img", { ...size, src: template, alt: "" }),
        el("img", { ...size, src: pictures[`p${value("picture")}`], alt: `${words}: mean map of ${whom}, ${value("num_people")} people`, class: "map-layer", style: `opacity:${strength}` })),
      hasScale ? await msk.attentionScale(table, row) : null);
  };

  /** Returns the scale of a kind of map's colours. */
  msk.attentionScale = async (table, row) => {
    const { limit, is_signed: isSigned } = await msk.data(`attention_${table.value(row, "document")}`);
    const shown = limit >= 0.01 ? String(limit) : limit.toExponential(1);
    const { younger, older, unsigned, behind } = msk.site.palette.maps;
    const colours = isSigned ? [younger, behind, older] : [behind, unsigned];
    return el("p", { class: "map-scale" }, el("span", {}, isSigned ? `−${shown}, younger` : "0"),
      el("span", { class: "scale", style: `background:linear-gradient(to right, ${colours.join(", ")})`, "aria-hidden": "true" }),
      el("span", {}, `${isSigned ? "older, +" : "size without a sign, "}${shown} (${table.value(row, "unit")})`));
  };
})();
