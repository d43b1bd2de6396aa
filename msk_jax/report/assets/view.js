// What a page can do: its function gets a view.
//
//   view.root                     the element to fill
//   view.state                    what the address says (state.js)
//   view.page                     the page as the site declares it: title, facts, tables
//   await view.table("name")      a table; null if this site does not have it
//   view.controls()               a row for controls; view.select/checkbox/textField add to it (controls.js)
//   view.plot(parent, options)    a plot (plot.js)
//   view.dataTable(parent, table, options)
//   view.section(title)           a part of the page with a heading
//   view.text(parent, ...texts)   paragraphs
"use strict";
(() => {
  const el = msk.element;
  let cleanups = [];

  /** Listens to an event of the document until another page is shown. */
  msk.whileShown = (event, call) => {
    document.addEventListener(event, call);
    cleanups.push(() => document.removeEventListener(event, call));
  };

  msk.leavePage = () => {
    for (const cleanup of cleanups) cleanup();
    cleanups = [];
    window.Plotly && document.querySelectorAll(".plot-drawing").forEach((each) => window.Plotly.purge(each));
  };

  msk.View = class {
    constructor(root, page, state) {
      Object.assign(this, { root, page, state });
    }

    async table(name) {
      return msk.site.tables[name] ? msk.table(name) : null;
    }

    section(title, parent = this.root) {
      const section = el("section", {}, title ? el("h2", {}, title) : null);
      parent.append(section);
      return section;
    }

    text(parent, ...texts) {
      for (const text of texts) parent.append(el("p", {}, text));
    }

    controls(parent = this.root) {
      this.row = el("div", { class: "controls" });
      parent.append(this.row);
      return this.row;
    }

    select(options) {
      return msk.select(this.row ?? this.controls(), this.state, options);
    }

    checkbox(options) {
      return msk.checkbox(this.row ?? this.controls(), this.state, options);
    }

    textField(options) {
      return msk.textField(this.row ?? this.controls(), this.state, options);
    }

    plot(parent, options) {
      return msk.plot(parent, options);
    }

    dataTable(parent, table, options = {}) {
      return msk.dataTable(parent, table, { title: msk.site.tables[table.name]?.title ?? this.page.title, state: this.state, ...options });
    }

    /** Calls a function now and whenever one of these keys of the state changes (any key without a list). */
    follow(keys, call) {
      this.state.onChange(keys, call);
      call();
    }
  };
})();
