// Words and numbers of pages with traits, p values and effects.
"use strict";
(() => {
  const el = msk.element;
  const SEXES = { female: "women", male: "men", all: "" };

  /** Returns a trait's name for people: `Knee, women`. */
  msk.traitLabel = (name) => {
    const [dimension, ...stratum] = name.split(".");
    const words = stratum.map((part) => SEXES[part] ?? part.replaceAll("_", " ")).filter(Boolean);
    return [msk.dimensionLabel(dimension), ...words].join(", ");
  };

  /** Returns the p value of a -log10 p: `3.2e-9`; far below what numbers of computers hold, too. */
  msk.pValue = (negLog10) => {
    if (negLog10 === null) return "–";
    if (!Number.isFinite(negLog10)) return "0";
    if (negLog10 < 3) return (10 ** -negLog10).toPrecision(2);
    const power = Math.floor(-negLog10);
    return `${(10 ** (-negLog10 - power)).toFixed(1)}e${power}`.replace("e-", "e−");
  };

  /** Returns `1 variant`, `2 variants`. */
  msk.countOf = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

  /** Returns the traits of a dimension in `gwas_results`: it may have been analysed in women or men alone. */
  msk.traitsOf = (results, dimension) => [...new Set(results.where({ dimension }).map((row) => results.value(row, "trait")))];

  /**
   * Returns what is known of a trait's hits, a sentence per kind of variants: none, or how many and how many are too rare
   * to be shown. What was not analysed is said to be so.
   *
   * results: `gwas_results`, or null.
   */
  msk.hitWords = (results, trait) => {
    if (!results) return ["Which variants were analysed is not on this site."];
    const rows = results.where({ trait });
    if (!rows.length) {
      const alone = msk.traitsOf(results, trait).map(msk.traitLabel);
      return [alone.length ? `Women and men together were not analysed for variants. Alone: ${alone.join("; ")}.` : "This dimension was not analysed for variants."];
    }
    return rows.map((row) => {
      const [source, hits, rare] = ["source", "num_hits", "num_rare"].map((name) => results.value(row, name));
      if (hits === null) return `Hits among ${source} variants were not listed: the stage loci did not run.`;
      if (hits === 0) return `No ${source} variant has p < 5e-8.`;
      const shown = hits - (rare ?? 0);
      return `${msk.countOf(hits, `${source} variant`)} with p < 5e-8`
        + (shown === 0 ? "; none may be shown, as their alleles are rare." : rare ? `, of which ${rare.toLocaleString("en")} of rare alleles may not be shown.` : ".");
    });
  };

  /** Returns whether a variable is significant by Bonferroni, at the level that the stage xwas was told; `associations`: `xwas_associations`. */
  msk.isSignificant = (associations, row) => (associations.value(row, "neg_log10_p_bonferroni") ?? 0) > -Math.log10(msk.site.xwas_level);

  /** Returns a number with its sign. */
  msk.signed = (value, decimals) => (value > 0 ? "+" : "") + msk.fixed(value, decimals);

  /** Returns a colour between two, `#rrggbb`: `share` of the first. */
  msk.mix = (colour, other, share) => {
    const [a, b] = [colour, other].map((text) => {
      const full = text.length === 4 ? [...text.slice(1)].map((letter) => letter + letter).join("") : text.slice(1);
      return [0, 2, 4].map((start) => parseInt(full.slice(start, start + 2), 16));
    });
    return `#${a.map((channel, i) => Math.round(channel * share + b[i] * (1 - share)).toString(16).padStart(2, "0")).join("")}`;
  };

  /** Returns numbers that sum up a page: [[words, number], ...]. */
  msk.cards = (pairs) => el("div", { class: "cards facts" }, pairs.map(([words, number]) => (
    el("div", { class: "card" }, el("p", { class: "big" }, number), el("p", {}, words)))));
})();
