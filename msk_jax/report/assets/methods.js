// What was done for a plot, in a few sentences: from report/methods.py.
"use strict";
(() => {
  const el = msk.element;

  /** Returns the paragraphs of a method. */
  msk.methodText = ({ text, formula, paper, differs }) => [
    el("p", {}, text), formula ? el("p", { class: "formula" }, formula) : null,
    paper ? el("p", {}, el("strong", {}, "In the paper: "), `${paper}.`) : null,
    differs ? el("p", {}, el("strong", {}, "Otherwise than there: "), differs) : null,
  ];

  /** Returns a box that opens on what was done; null for a method without a name. */
  msk.methodBox = (name) => {
    const method = msk.site.methods[name];
    if (!method) return null;
    return el("details", { class: "behind method" }, el("summary", {}, "What was done"), ...msk.methodText(method).filter(Boolean));
  };
})();
