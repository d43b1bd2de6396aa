// The frame of all pages: menu, theme, banner, footer, and which page the address asks for.
"use strict";
(() => {
  const el = msk.element;
  const main = document.getElementById("content");
  const menu = document.getElementById("menu");
  let drawn = 0; // number of the newest drawing; an older one that comes late is dropped

  msk.pageNamed = (name) => msk.site.pages.find((page) => page.name === name);

  const isMissing = (page) => page.missing.needed.length > 0;

  function buildMenu() {
    const list = el("ul");
    for (const group of msk.site.groups) {
      const pages = msk.site.pages.filter((page) => page.group === group);
      if (!pages.length) continue;
      list.append(el("li", {}, el("span", { class: "menu-group" }, group), el("ul", {}, pages.map((page) => el("li", {},
        el("a", { href: msk.route(page.name), "data-page": page.name },
          page.menu, isMissing(page) ? el("span", { class: "not-run" }, "not run") : null))))));
    }
    const dimensions = [...new Set(msk.site.models.map((model) => model.dimension))];
    list.append(el("li", {}, el("span", { class: "menu-group" }, "Dimensions"), el("ul", {}, dimensions.map((name) => el("li", {},
      el("a", { href: msk.dimensionRoute(name) },
        el("span", { class: "dot", style: `--dot:var(--dimension-${name}, var(--soft))` }), msk.dimensionLabel(name)))))));
    menu.append(list);
  }

  function buildBar() {
    const themeButton = document.querySelector(".theme-button");
    const label = () => { themeButton.textContent = msk.theme.get() === "dark" ? "Light" : "Dark"; };
    themeButton.setAttribute("aria-label", "Switch between light and dark colours");
    themeButton.addEventListener("click", () => msk.theme.set(msk.theme.get() === "dark" ? "light" : "dark"));
    document.addEventListener("msk-theme", label);
    label();
    const menuButton = document.querySelector(".menu-button");
    const open = (isOpen) => {
      document.body.classList.toggle("menu-open", isOpen);
      menuButton.setAttribute("aria-expanded", String(isOpen));
    };
    menuButton.addEventListener("click", () => open(!document.body.classList.contains("menu-open")));
    menu.addEventListener("click", (event) => event.target.closest("a") && open(false));
    document.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
    msk.buildSearch(document.getElementById("search"));
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      main.focus();
    });
  }

  function buildBanner() {
    const banner = document.getElementById("banner");
    banner.hidden = false;
    banner.classList.toggle("real", msk.site.whose === "real");
    if (msk.site.is_drawn) {
      banner.append(el("strong", {}, "Phantom data. "), "These people are drawn by a program. The results show the form of a study and say nothing about people.");
    } else if (msk.site.whose === "unknown") {
      banner.append(el("strong", {}, "Origin unknown. "), "It is not on record whose data these are, nor whether the people are real.");
    } else {
      banner.append("Results of real people, in groups: no number is of fewer than five.");
    }
    if (msk.site.without_age_signal) banner.append(el("p", {}, el("strong", {}, "No age signal. "), msk.site.without_age_signal));
  }

  function buildFooter(page) {
    const { site } = msk;
    const files = page ? page.files.map((file) => {
      const record = site.records[file.folder];
      return el("li", {}, el("code", {}, file.path), ` (${file.hash}): ${record.stage}, ${record.written}, msk_jax ${record.version}, `
        + `revision ${record.revision}, settings ${record.settings}`);
    }) : [];
    document.getElementById("footer").replaceChildren(
      files.length ? el("details", {}, el("summary", {}, "Where these numbers come from"), el("ul", {}, files)) : "",
      el("p", {}, site.is_drawn ? "Phantom data. " : "", `Built on ${site.date}. `,
        site.citation ? `To cite: ${site.citation} ` : "", site.contact ? `Contact: ${site.contact} ` : "",
        el("a", { href: "tables/README.md" }, "All tables as CSV: the folder tables/")));
  }

  function heading(page) {
    const title = el("h1", { tabindex: "-1" }, page.title);
    if (!page.about.length) return el("div", { class: "heading" }, title);
    const id = msk.newId("about");
    const text = el("div", { class: "about", id, hidden: true }, page.about.map((paragraph) => el("p", {}, paragraph)));
    const button = el("button", {
      type: "button", class: "info", "aria-expanded": "false", "aria-controls": id, "aria-label": `About the page ${page.title}`,
      onclick: () => {
        text.hidden = !text.hidden;
        button.setAttribute("aria-expanded", String(!text.hidden));
      },
    }, "i");
    return el("div", { class: "heading" }, title, button, text);
  }

  function notRun(missing, sentence) {
    return el("div", { class: "notice" }, el("p", {}, sentence), el("ul", {}, missing.map(({ path, command }) => el("li", {},
      el("code", {}, path), " is made by ", el("code", {}, `${command} --workdir=…`)))));
  }

  async function show() {
    const { page: name, values } = msk.parseHash(location.hash);
    const number = ++drawn;
    msk.leavePage();
    const page = msk.pageNamed(name);
    msk.shownHash = location.hash;
    document.title = `${page ? page.title : "No such page"} – ${msk.site.title}`;
    for (const link of menu.querySelectorAll("a[data-page]")) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    buildFooter(page);
    if (!page) {
      main.replaceChildren(el("h1", { tabindex: "-1" }, "There is no such page"), el("p", {}, "The menu lists all pages."));
      return;
    }
    const root = el("div", { class: "page" });
    main.replaceChildren(heading(page), root);
    main.setAttribute("aria-busy", "true");
    if (isMissing(page)) {
      root.append(notRun(page.missing.needed, "What this page shows was not run in this study. It needs:"));
    } else {
      if (page.missing.optional.length) root.append(notRun(page.missing.optional, "Part of this page was not run in this study:"));
      try {
        const draw = await msk.loadPage(name);
        if (number === drawn) await draw(new msk.View(root, page, new msk.State(name, values)));
      } catch (error) {
        root.append(el("p", { class: "notice" }, `This page could not be drawn: ${error.message}.`));
        console.error(error);
      }
    }
    if (number === drawn) {
      main.removeAttribute("aria-busy");
      main.dataset.shown = name;
    }
  }

  async function start() {
    msk.site = await msk.data("site");
    msk.modelsByName = new Map(msk.site.models.map((model) => [model.name, model]));
    for (const [name, colour] of Object.entries(msk.site.palette.dimensions)) {
      document.documentElement.style.setProperty(`--dimension-${name}`, colour === "#000000" ? "var(--ink)" : colour);
    }
    buildMenu();
    buildBar();
    buildBanner();
    window.addEventListener("hashchange", () => {
      if (location.hash === msk.shownHash) return; // a control wrote it
      show().then(() => {
        main.querySelector("h1")?.focus({ preventScroll: true });
        window.scrollTo(0, 0);
      });
    });
    await show();
  }

  start().catch((error) => {
    main.replaceChildren(el("p", { class: "notice" }, `The site can't be shown: ${error.message}. Copy the whole folder, and use a browser of 2023 or later.`));
    console.error(error);
  });
})();
