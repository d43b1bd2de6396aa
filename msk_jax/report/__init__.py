"""The stage `site`: the results as a static folder that a browser opens by double click.

A page is two files of one name; nothing else knows it. Both names are also its address, `#/<name>`.

- `pages/<name>.py` holds `PAGE`, a `sections.Page`: title, place in the menu, the tables of stages that it reads, and a
  function that makes of them the page's own tables. They leave through `disclosure/door` and so have shared schemas;
  one that no stage has is in `schemas/report_tables.py`. A table of another page is named in `uses` and not written
  twice. A source with `*` is many files, which the page reads itself.
- What was done for a plot is in `methods.py`, and the script names it: `view.plot(parent, {method: "qq", ...})`.
- `assets/pages/<name>.js` calls `msk.page(<name>, draw)`. `draw(view)` gets tables by name and puts controls, plots and
  tables on the page (`assets/view.js` says what a view can do). Controls keep their state in the address.

What a browser allows from `file://` rules all of it: no fetch, no modules, no workers. Data are scripts that register
themselves (`payload.py`) and are loaded when a page asks for them.
"""
