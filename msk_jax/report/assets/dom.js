// Elements, in one line each.
"use strict";
(() => {
  let count = 0;

  /** Returns an element: msk.element("a", {href: "#/start", class: "home"}, "Start", ...). */
  msk.element = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  };

  msk.newId = (prefix) => `${prefix}_${++count}`;

  /** Returns a function that is called once after the last of many quick calls. */
  msk.debounce = (call, wait) => {
    let timer = 0;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => call(...values), wait);
    };
  };
})();
