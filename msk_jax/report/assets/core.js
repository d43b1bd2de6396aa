// Data and scripts on demand: a page opened from file:// can only add <script> tags.
"use strict";
(() => {
  // The alphabet of report/payload.py: base64 with signs in the place of digits.
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*,-+/";
  const VALUE = new Uint8Array(128);
  [...LETTERS].forEach((letter, value) => { VALUE[letter.charCodeAt(0)] = value; });

  const scripts = new Map(); // path -> promise
  const registered = new Map(); // name -> text
  const decoded = new Map(); // name -> promise of the value
  const pages = new Map(); // name -> function that draws it

  /** Adds a script once; rejects if there is no such file. */
  msk.script = (path) => {
    if (!scripts.has(path)) {
      scripts.set(path, new Promise((resolve, reject) => {
        const tag = document.createElement("script");
        tag.src = path;
        tag.onload = () => resolve();
        tag.onerror = () => {
          scripts.delete(path);
          reject(new Error(`${path} is missing from the site's folder`));
        };
        document.head.append(tag);
      }));
    }
    return scripts.get(path);
  };

  /** Called by the files of data/. */
  msk.register = (name, text) => registered.set(name, text);

  /** Called by the files of assets/pages/. */
  msk.page = (name, draw) => pages.set(name, draw);

  msk.loadPage = async (name) => {
    await msk.script(`assets/pages/${name}.js`);
    return pages.get(name);
  };

  /** Returns the value of data/<name>.js. */
  msk.data = (name) => {
    if (!decoded.has(name)) {
      const value = msk.script(`data/${name}.js`).then(() => unpack(registered.get(name)));
      value.then(() => registered.delete(name), () => decoded.delete(name));
      decoded.set(name, value);
    }
    return decoded.get(name);
  };

  /** Returns the table of data/<name>.js. */
  msk.table = async (name) => new Table(name, await msk.data(name));

  async function unpack(text) {
    const bytes = new Uint8Array(Math.floor(text.length * 3 / 4));
    let bits = 0, held = 0, place = 0;
    for (let i = 0; i < text.length; i++) {
      bits = (bits << 6) | VALUE[text.charCodeAt(i)];
      held += 6;
      if (held >= 8) {
        held -= 8;
        bytes[place++] = bits >> held;
        bits &= (1 << held) - 1;
      }
    }
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  /** A table by column. Rows are numbers; what is missing is null. */
  class Table {
    constructor(name, stored) {
      this.name = name;
      this.length = stored.rows;
      this.columns = stored.columns.map(({ levels, codes, values, ...rest }) => ({
        ...rest,
        isText: codes !== undefined,
        values: codes ? codes.map((code) => (code < 0 ? null : levels[code])) : values.map(fromJson),
      }));
      this.byName = new Map(this.columns.map((column) => [column.name, column]));
    }

    column(name) {
      return this.byName.get(name);
    }

    values(name) {
      return this.byName.get(name).values;
    }

    value(row, name) {
      return this.byName.get(name).values[row];
    }

    /** Returns the numbers of the rows whose columns have these values: {product: "sample"}. */
    where(wanted = {}) {
      const tests = Object.entries(wanted).map(([name, value]) => [this.values(name), value]);
      const rows = [];
      for (let row = 0; row < this.length; row++) {
        if (tests.every(([values, value]) => values[row] === value)) rows.push(row);
      }
      return rows;
    }

    /** Returns the different values of a column, in the order of their first rows. */
    levels(name) {
      return [...new Set(this.values(name))].filter((value) => value !== null);
    }

    /** Returns the names of the columns that hold anything. */
    filledColumns() {
      return this.columns.filter((column) => column.values.some((value) => value !== null && value !== ""))
        .map((column) => column.name);
    }
  }
  msk.Table = Table;

  function fromJson(value) {
    if (typeof value !== "string") return value;
    return { "inf": Infinity, "-inf": -Infinity }[value] ?? null;
  }
})();
