// @ts-check
// The survey widget: a table of variables. Python keeps the survey and all corrections; this only shows rows and sends what was changed.

const SHOWN = 400; // rows drawn at once

/** Rows that a search and a filter leave, options of one question under their question. */
export function visible(rows, { find = "", show = "all" } = {}) {
  const words = find.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const hit = r => {
    const text = `${r.variable} ${r.label} ${r.question} ${r.group} ${r.bars.map(b => b[0]).join(" ")}`.toLocaleLowerCase();
    return words.every(w => text.includes(w)) && FILTERS[show](r);
  };
  return rows.filter(hit);
}

export const FILTERS = {
  all: () => true,
  segments: r => r.role === "segments",
  describes: r => r.role === "describes",
  "not used": r => !r.used,
  missing: r => r.missing > r.n,
};

/** Put the options of a question (two or more rows of one group) under one head. */
export function grouped(rows) {
  const out = [], heads = new Map();
  for (const row of rows) {
    if (!row.group) { out.push({ row, options: [] }); continue; }
    let head = heads.get(row.group);
    if (!head) { head = { group: row.group, options: [] }; heads.set(row.group, head); out.push(head); }
    head.options.push(row);
  }
  return out.map(item => (item.group && item.options.length === 1 ? { row: item.options[0], options: [] } : item));
}

/** "12 %", never 0 % for some nor 100 % for not all. */
export function percent(part, whole) {
  if (!whole) return "–";
  const share = (100 * part) / whole;
  if (part > 0 && share < 0.5) return "< 1 %";
  if (part < whole && share > 99.5) return "> 99 %";
  return `${Math.round(share)} %`;
}

/** What a screen reader hears of the bar. */
export function spoken(row) {
  const said = row.bars.filter(b => b[2] !== "absent").slice(0, 12).map(([label, n]) => `${label}: ${n}`);
  return said.length ? said.join(", ") : "no answers";
}

/** The role of several rows together: theirs if it is the same, else "mixed". */
export function commonRole(rows) {
  const roles = new Set(rows.filter(r => r.used).map(r => r.role));
  return roles.size === 1 ? [...roles][0] : roles.size ? "mixed" : "";
}

export const PATIENCE = 5000; // milliseconds after which a question that was not answered says that nobody is there

/** Whether Python is gone or busy: what was asked at `asked` (0 = nothing) is not answered yet. */
export const lost = (asked, now) => Boolean(asked) && now - asked > PATIENCE;

/** What the banner says when it is: `changes` were made and not answered. */
export function banner(changes) {
  const kept = changes.length ? `Not kept so far: ${changes.join(", ")}.` : "Nothing can be changed until it answers.";
  return `Not connected: the kernel is busy or was restarted. ${kept} After a restart, run this cell again.`;
}

/** What a message would change, in words. */
export const changeOf = m => m.type === "correct" ? `${m.part} of ${m.variable}` : m.type === "role" ? `choice of ${m.variables.length === 1 ? m.variables[0] : `${m.variables.length} variables`}` : m.type;

/** Without a tick in "Segments" a variable describes them, without one in "Describes" it does neither. */
export const roleAfter = (kind, ticked) => ticked ? kind : kind === "segments" ? "describes" : "";

/** Take in what Python sent. */
export function merge(rows, message) {
  if (message.type === "all") return message.rows;
  const news = new Map(message.rows.map(r => [r.variable, r]));
  return rows.map(r => news.get(r.variable) ?? r);
}

function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === false || value === null) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "indeterminate" || key === "disabled") el[key] = value;
    else if (key === "style") el.style.cssText = value;
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return el;
}

/** Whether the page behind the widget is dark. */
function isDark(el) {
  for (let at = el; at; at = at.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (a > 0.5 && r !== undefined) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return false;
}

let serial = 0;

class View {
  constructor(model, el) {
    this.model = model;
    this.id = `pbv${serial++}`;
    this.rows = [];
    this.options = { find: "", show: "all" };
    this.open = new Set();
    this.told = { undo: "", redo: "", levels: [], respondents: 0 };
    this.root = h("div", { class: "pbv", role: "region", "aria-label": "Variables of the survey", "data-lm-suppress-shortcuts": "true", onkeydown: e => this.key(e) });
    this.search = h("input", { type: "search", placeholder: "Search variables and answers", "aria-label": "Search variables and answers", "data-k": "find",
      oninput: () => { this.options.find = this.search.value; this.draw(); } });
    const names = { all: "all", segments: "makes the segments", describes: "describes", "not used": "not used", missing: "mostly missing" };
    this.filter = h("select", { "aria-label": "Show", "data-k": "filter", onchange: () => { this.options.show = this.filter.value; this.draw(); } },
      ...Object.entries(names).map(([value, text]) => h("option", { value }, text)));
    this.undo = h("button", { type: "button", "data-k": "undo", onclick: () => this.send({ type: "undo" }) }, "Undo");
    this.redo = h("button", { type: "button", "data-k": "redo", onclick: () => this.send({ type: "redo" }) }, "Redo");
    this.count = h("span", { class: "pbv-count" });
    this.live = h("p", { class: "pbv-live", role: "status" });
    this.banner = h("p", { class: "pbv-banner", role: "alert", hidden: true });
    this.asked_at = 0;
    this.changes = [];
    const heads = ["Variable", "Level", "Answers", "Missing", "Segments", "Describes"];
    this.body = h("tbody");
    this.table = h("table", {}, h("caption", {}, "Variables of the survey"), h("thead", {}, h("tr", {}, ...heads.map((t, i) => h("th", { scope: "col", class: i === 3 ? "pbv-number" : i > 3 ? "pbv-box" : undefined }, t)))), this.body);
    this.main = h("div", { class: "pbv-main", tabindex: 0, role: "group", "aria-label": "Table, scrolls" }, this.table);
    this.root.append(h("div", { class: "pbv-bar" }, this.search, this.filter, this.count, h("span", { class: "pbv-gap" }), this.undo, this.redo), this.banner, this.main, this.live);
    el.append(this.root);
    const ground = () => this.root.toggleAttribute("data-dark", isDark(this.root.parentElement ?? el));
    this.themes = new MutationObserver(ground); // JupyterLab names its theme on the body
    for (const at of [document.body, document.documentElement]) this.themes.observe(at, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name", "data-jp-theme-light"] });
    ground();
    this.hear = m => this.receive(m);
    model.on("msg:custom", this.hear);
    this.say({ type: "ready" });
    this.timer = setInterval(() => this.beat(), 1000);
  }

  /** Send a message. Whether anybody hears it shows when an answer comes: after a restart of the kernel nobody does. */
  say(message) {
    this.asked_at ||= Date.now();
    try { this.model.send(message); } catch { this.asked_at = Date.now() - 2 * PATIENCE; }
  }

  send(message) {
    this.asked = message.type;
    this.live.textContent = "";
    this.live.classList.remove("pbv-warn");
    this.changes.push(changeOf(message));
    this.say(message);
  }

  beat() {
    if (!this.root.isConnected || document.visibilityState === "hidden") return;
    const now = Date.now(), gone = lost(this.asked_at, now);
    if (gone !== !this.banner.hidden) {
      this.banner.hidden = !gone;
      this.draw(); // back to what Python knows
    }
    if (gone) this.banner.textContent = banner(this.changes);
    if (now - (this.pinged ?? 0) >= (gone ? 3000 : 4000)) { this.pinged = now; this.say({ type: "ping" }); }
  }

  /** Python is there: the banner goes. */
  heard() {
    this.asked_at = 0;
    if (this.banner.hidden) return;
    this.banner.hidden = true;
    this.draw();
  }
  correct(row, part, value) { this.send({ type: "correct", variable: row.variable, part, value }); }

  receive(m) {
    this.heard();
    if (m.type === "pong") return;
    if (m.type === "refused") {
      this.live.textContent = `${m.text} ${m.cure}`;
      this.live.classList.add("pbv-warn");
      return this.draw();
    }
    if (m.type !== "all" && m.type !== "some") return;
    if (this.asked && this.asked !== "ready" && !this.live.textContent)
      this.live.textContent = this.asked === "undo" || this.asked === "redo" ? (this.asked === "undo" ? "Undone." : "Redone.") : m.undo ? `Changed ${m.undo}.` : "";
    this.changes = [];
    this.rows = merge(this.rows, m);
    this.told = m;
    this.draw();
  }

  key(e) {
    const typing = e.target.matches?.("input[type=text], input[type=search]");
    const mod = e.ctrlKey || e.metaKey;
    if (mod && !typing && e.key.toLowerCase() === "z") { e.preventDefault(); this.send({ type: e.shiftKey ? "redo" : "undo" }); }
    else if (mod && !typing && e.key.toLowerCase() === "y") { e.preventDefault(); this.send({ type: "redo" }); }
    else if (e.key === "/" && !typing) { e.preventDefault(); this.search.focus(); }
    else if (e.key === "Escape" && e.target === this.search && this.search.value) { this.search.value = this.options.find = ""; this.draw(); }
    e.stopPropagation(); // or JupyterLab takes them for commands
  }

  /** Draw all rows anew, and leave focus and scrolling where they were. */
  draw() {
    const focus = this.root.contains(document.activeElement) ? document.activeElement.getAttribute("data-k") : null, top = this.main.scrollTop;
    const shown = visible(this.rows, this.options), items = grouped(shown);
    const lines = [];
    for (const item of items) {
      if (lines.length >= SHOWN) break;
      if (!item.group) lines.push(...this.line(item.row));
      else {
        const open = this.open.has(`g:${item.group}`) || this.options.find !== "";
        lines.push(this.head(item, open));
        if (open) for (const row of item.options) lines.push(...this.line(row, true));
      }
    }
    this.body.replaceChildren(...lines);
    const used = this.rows.filter(r => r.role === "segments").length;
    this.count.textContent = `${shown.length === this.rows.length ? shown.length : `${shown.length} of ${this.rows.length}`} variables, ${used} make the segments`;
    if (lines.length >= SHOWN) this.count.textContent += `; the first ${SHOWN} rows are shown`;
    for (const [button, said, word] of [[this.undo, this.told.undo, "Undo"], [this.redo, this.told.redo, "Redo"]]) {
      button.disabled = !said;
      button.title = said ? `${word}: ${said}` : `Nothing to ${word.toLowerCase()}`;
    }
    if (!this.banner.hidden) for (const el of this.root.querySelectorAll(".pbv-main select, .pbv-main input, .pbv-bar button")) el.disabled = true;
    this.main.scrollTop = top;
    if (focus) this.root.querySelector(`[data-k="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }

  toggle(key) { if (!this.open.delete(key)) this.open.add(key); this.draw(); }

  head(item, open) {
    const role = commonRole(item.options), variables = item.options.map(r => r.variable), n = item.options.filter(r => r.level !== "multi").length;
    const whole = item.options.find(r => r.level === "multi");
    const name = h("button", { type: "button", class: "pbv-name", "data-k": `g:${item.group}`, "aria-expanded": String(open), onclick: () => this.toggle(`g:${item.group}`) },
      h("span", { class: "pbv-turn", "aria-hidden": "true" }, open ? "▾" : "▸"), h("span", {}, item.group));
    const missing = Math.max(...item.options.filter(r => r !== whole).map(r => r.missing));
    return h("tr", { class: "pbv-head" }, h("th", { scope: "row" }, name, h("small", {}, `several answers, ${n} options`)), h("td", {}, h("small", {}, "multi")),
      h("td", {}, h("small", {}, open ? "" : item.options.filter(r => r.used).slice(0, 4).map(r => r.label).join(", ") + (n > 4 ? " …" : ""))),
      h("td", { class: "pbv-number" }, percent(missing, this.told.respondents)),
      ...["segments", "describes"].map(kind => this.box(kind, role, `${item.group}, all options`, `g:${item.group}`, variables, item.options.some(r => r.used))));
  }

  box(kind, role, name, key, variables, usable) {
    const text = kind === "segments" ? "makes the segments" : "describes";
    return h("td", { class: "pbv-box" }, h("input", { type: "checkbox", checked: role === kind, indeterminate: role === "mixed", disabled: !usable, "data-k": `${kind} ${key}`,
      "aria-label": `${name}: ${text}`, onchange: e => this.send({ type: "role", variables, role: roleAfter(kind, e.target.checked) }) }));
  }

  line(row, inside = false) {
    const key = row.variable, open = this.open.has(key), panel = `${this.id}-${this.rows.indexOf(row)}`;
    const title = row.label && row.label !== row.variable ? row.label : row.variable;
    const name = h("button", { type: "button", class: "pbv-name", "data-k": `v:${key}`, "aria-expanded": String(open), "aria-controls": open ? panel : undefined,
      onclick: () => this.toggle(key) }, h("span", { class: "pbv-turn", "aria-hidden": "true" }, open ? "▾" : "▸"), h("span", {}, inside ? title : row.variable));
    const level = h("select", { "aria-label": `Level of ${key}`, "data-k": `l:${key}`, onchange: e => this.correct(row, "levels", e.target.value) },
      ...this.told.levels.map(l => h("option", { value: l, selected: l === row.level }, l)));
    level.value = row.level;
    const why = row.used ? null : h("small", { class: "pbv-why" }, `not used: ${row.why}`);
    const cells = [h("th", { scope: "row" }, name, row.question ? h("small", {}, row.question) : null, why), h("td", {}, level), h("td", {}, this.bar(row)),
      h("td", { class: "pbv-number" }, percent(row.missing, row.n + row.missing)), this.box("segments", row.role, key, key, [key], row.used),
      this.box("describes", row.role, key, key, [key], row.used)];
    const tr = h("tr", { class: [row.used ? "" : "pbv-idle", inside ? "pbv-inside" : ""].join(" ").trim() || undefined }, ...cells);
    return open ? [tr, h("tr", { class: "pbv-more" }, h("td", { colspan: 6, id: panel }, this.details(row)))] : [tr];
  }

  bar(row) {
    const bars = row.bars.filter(b => b[2] !== "absent"), most = Math.max(1, ...bars.map(b => b[1]));
    if (!bars.length) return h("small", {}, "–");
    if (bars[0][2] === "text") return h("small", {}, bars[0][0]);
    const columns = bars.slice(0, 24).map(([label, n]) => h("i", { style: `height:${n ? Math.max(6, Math.round((100 * n) / most)) : 0}%`, title: `${label}: ${n}` }));
    return h("div", { class: "pbv-bars", role: "img", "aria-label": spoken(row) }, ...columns);
  }

  details(row) {
    const field = (part, text, value) => h("label", {}, text, h("input", { type: "text", value: value ?? "", "data-k": `${part}:${row.variable}`,
      onchange: e => this.correct(row, part, e.target.value) }));
    const answers = row.bars.filter(b => b[2] !== "part" && b[2] !== "text");
    const n = row.n + row.missing;
    const lines = answers.map(([label, count, kind], i) => h("tr", {},
      h("td", {}, kind === "answer" ? h("input", { type: "text", value: label, "aria-label": `Label of ${label}`, "data-k": `a${i}:${row.variable}`,
        onchange: e => this.correct(row, "answer", [i, e.target.value]) }) : h("span", {}, label)),
      h("td", { class: "pbv-number" }, count === null ? "" : `${count}`), h("td", { class: "pbv-number" }, count === null ? "" : percent(count, n)),
      h("td", {}, h("label", { class: "pbv-check" }, h("input", { type: "checkbox", checked: kind === "absent", "data-k": `m${i}:${row.variable}`,
        "aria-label": `${label} is no answer`, onchange: e => this.correct(row, "absent", [i, e.target.checked]) }), "no answer"))));
    const table = answers.length ? h("table", {}, h("caption", {}, `Answers to ${row.variable}`),
      h("thead", {}, h("tr", {}, ...["Label", "n", "Share", "No answer"].map((t, i) => h("th", { scope: "col", class: i === 1 || i === 2 ? "pbv-number" : undefined }, t)))), h("tbody", {}, ...lines)) : null;
    return h("div", { class: "pbv-details" }, h("div", { class: "pbv-fields" }, field("question", "Question", row.question), field("label", "Short label", row.label),
      field("group", "Option of", row.group), h("p", {}, h("small", {}, `${row.level}: ${row.rule}`))), table && h("div", { class: "pbv-answers" }, table));
  }

  remove() { clearInterval(this.timer); this.themes.disconnect(); this.model.off("msg:custom", this.hear); this.root.remove(); }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    el.pbView = view;
    return () => view.remove();
  },
};
