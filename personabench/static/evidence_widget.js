// @ts-check
// The evidence widget: statements at the left, what speaks for and against the chosen one at the right. Python holds all of it; this asks for one statement at a time.
// shared.js stands before it: make, chord, followTheme, makeLink, suppressKeys, isDark.

/** Statements that all words of a search are in. */
export function foundStatements(rows, find) {
  const words = find.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(r => words.every(w => `${r.text} ${r.facet} ${r.strength}`.toLocaleLowerCase().includes(w)));
}

/** Evidence of one side ("for", "against"; "" is both) and one person ("" is everybody). */
export const foundEvidence = (rows, side, person) => rows.filter(r => (!side || r.side === side) && (!person || r.case === person));

/** Everybody quoted, with the number of quotes, the most quoted first. */
export function quotedPeople(rows) {
  const n = new Map();
  for (const r of rows) if (r.case) n.set(r.case, (n.get(r.case) ?? 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** What has to be said about a piece that is not as the persona says. */
export const STATUS = {
  moved: "The source no longer holds these words at this place.",
  withdrawn: "This person has withdrawn: their words are not shown.",
  "source missing": "This source is not in the study.",
  "survey missing": "This survey, or its question, is not in the study.",
};

/** Numbers from 0 to 1 as places on a scale of 200 pixels; null where a figure is no share. */
export function scaleOf(r) {
  if (r.share === null || r.low === null || r.high === null) return null;
  return { low: 200 * r.low, wide: Math.max(1, 200 * (r.high - r.low)), at: 200 * r.share, rest: r.rest === null ? null : 200 * r.rest };
}

let viewCount = 0;
const svgOf = (tag, props, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
};

class EvidenceView {
  constructor(model, el) {
    Object.assign(this, { model, uid: `pbe${Date.now()}-${viewCount++}`, rows: [], items: [], open: "", find: "", side: "", person: "", at: -1, later: { ask() {}, take() {} } });
    this.live = make("p", { class: "pbe-live", role: "status" });
    this.search = make("input", { type: "search", class: "pbe-find", placeholder: "Search statements", "aria-label": "Search statements", "data-k": "find",
      oninput: () => { this.find = this.search.value; this.list(); } });
    this.title = make("strong", { class: "pbe-title" });
    this.count = make("span", { class: "pbe-dim" });
    this.nav = make("div", { class: "pbe-nav", role: "group", "aria-label": "Statements" });
    this.main = make("div", { class: "pbe-main" });
    this.banner = make("p", { class: "pbe-banner", hidden: true });
    this.help = make("p", { class: "pbe-help" }, "Keys: ↑ ↓ statements · j k evidence · 1 all, 2 for, 3 against · c copy citation · / search");
    this.root = make("div", { class: "pbe", role: "region", "aria-label": "Evidence", onkeydown: e => this.key(e) },
      make("div", { class: "pbe-bar" }, this.title, this.search, this.count), make("div", { class: "pbe-body" }, this.nav, this.main), this.banner, this.live, this.help);
    el.append(this.root);
    this.guard = e => { if (this.root.contains(e.target)) suppressKeys(this, e, !/^mod\+/.test(chord(e))); };
    addEventListener("keydown", this.guard, true);
    this.dark = () => this.root.toggleAttribute("data-dark", isDark(getComputedStyle(this.root).backgroundColor));
    this.theme = () => { if (this.root.isConnected) this.dark(); };
    this.untheme = followTheme(this);
    this.link = makeLink(this, this.uid, {
      statements: (v, m) => v.took(m), evidence: (v, m) => v.show(m), pong: () => {},
      refused: (v, m) => v.say(`${m.text} ${m.cure}`, true),
    }, () => (this.rows.length ? { type: "ping" } : null));
    this.main.append(make("p", { class: "pbe-dim" }, "Run this cell to open the evidence. It is not saved with the notebook."));
    this.theme();
    this.link.ready();
  }

  lost(late) { this.banner.hidden = !late; this.banner.textContent = late ? "The kernel is busy or gone. Run the cell again to go on." : ""; }
  saved() {}
  say(text, warn = false) { this.live.textContent = text; this.live.classList.toggle("pbe-warn", warn); }

  took(m) {
    this.rows = m.rows;
    this.title.textContent = m.about;
    this.root.setAttribute("aria-label", m.about ? `Evidence: ${m.about}` : "Evidence");
    this.list();
    const first = this.rows.find(r => r.id === this.open) ?? this.rows[0];
    if (first) this.choose(first.id);
    else this.main.replaceChildren(make("p", { class: "pbe-dim" }, "No statements yet: draft_personas(study) makes some, or write them in the persona's file."));
  }

  /** Draw the list of statements, under the heads of a card. */
  list() {
    const shown = foundStatements(this.rows, this.find), parts = [];
    let head = null, box = null;
    for (const r of shown) {
      const title = r.group;
      if (title !== head) { head = title; parts.push(title ? make("h3", {}, title) : "", (box = make("ul", { "aria-label": title || "Statements" }))); }
      box.append(make("li", {}, make("button", { type: "button", class: "pbe-statement", "data-k": `s:${r.id}`, "aria-current": r.id === this.open ? "true" : null,
        tabIndex: r.id === (shown.some(s => s.id === this.open) ? this.open : shown[0].id) ? 0 : -1, onclick: () => this.choose(r.id, true) },
      make("span", { dir: "auto" }, r.text), make("span", { class: "pbe-dim" }, make("span", { "aria-hidden": "true", class: "pbe-dots" }, r.dots), ` ${r.strength} · ${r.for} for`, r.against ? make("span", { class: "pbe-no" }, `, ${r.against} against`) : ""))));
    }
    this.nav.replaceChildren(...(parts.length ? parts : [make("p", { class: "pbe-dim" }, this.rows.length ? "No statement has all these words." : "")]));
    this.count.textContent = shown.length === this.rows.length ? `${shown.length} statements` : `${shown.length} of ${this.rows.length} statements`;
  }

  choose(id, focus = false) {
    this.open = id;
    this.side = this.person = "";
    this.list();
    if (focus) this.to(`s:${id}`);
    this.link.raw({ type: "open", claim: id });
  }

  to(key) { const el = this.root.querySelector(`[data-k="${CSS.escape(key)}"]`); el?.focus({ preventScroll: true }); el?.scrollIntoView({ block: "nearest" }); }

  show(m) {
    if (m.claim !== this.open) return;
    this.items = m.rows;
    this.told = m;
    this.at = -1;
    this.draw();
    const r = this.rows.find(x => x.id === m.claim);
    this.say(`${r.text.replace(/\.$/, "")}: ${r.for} for, ${r.against} against.`);
  }

  /** Draw what speaks for and against. */
  draw() {
    const r = this.rows.find(x => x.id === this.open), shown = foundEvidence(this.items, this.side, this.person), m = this.told;
    const button = (side, text, n) => make("button", { type: "button", "data-k": `side:${side}`, "aria-pressed": String(this.side === side), onclick: () => this.filter(side) }, `${text} ${n}`);
    const people = quotedPeople(this.items);
    const who = make("select", { "aria-label": "Person", "data-k": "person", onchange: () => { this.person = who.value; this.draw(); this.to("person"); } },
      make("option", { value: "" }, "everybody"), ...people.map(([name, n]) => make("option", { value: name }, `${name} (${n})`)));
    who.value = this.person;
    const n = side => this.items.filter(x => x.side === side).length;
    const head = [make("h3", { class: "pbe-claim", dir: "auto" }, r.text),
      make("p", { class: "pbe-dim" }, make("span", { "aria-hidden": "true", class: "pbe-dots" }, r.dots), ` ${[r.strength, r.figures].filter(Boolean).join(" · ")}`, r.otherwise ? make("span", { class: "pbe-no" }, ` · ${r.otherwise}`) : "")];
    if (!this.items.length) {
      this.main.replaceChildren(...head, make("div", { class: "pbe-empty" }, make("p", {}, make("strong", {}, "An assumption: nothing in the study is linked to this statement.")),
        make("p", {}, "Look for evidence before you rely on it: code passages about it, ask in the next interviews, or attach quotes in the persona's editor.")));
      return;
    }
    const bar = make("div", { class: "pbe-tools", role: "group", "aria-label": "Show" }, button("", "all", this.items.length), button("for", "for", n("for")), button("against", "against", n("against")),
      people.length ? make("label", { class: "pbe-dim" }, "Person ", who) : null);
    this.main.replaceChildren(...head, bar, m.people ? make("p", { class: "pbe-dim" }, m.people) : "", make("ol", { class: "pbe-list", "aria-label": "Evidence" }, ...shown.map((x, i) => this.piece(x, i))),
      shown.length ? "" : make("p", { class: "pbe-dim" }, "Nothing of this kind."), m.more ? make("p", { class: "pbe-dim" }, `${m.more} more passages in the study, not listed by the persona.`) : "");
  }

  filter(side) {
    this.side = side;
    this.at = -1;
    this.draw();
    this.to(`side:${side}`);
    this.say(`${foundEvidence(this.items, this.side, this.person).length} shown.`);
  }

  piece(x, i) {
    const side = make("span", { class: x.side === "for" ? "pbe-yes" : "pbe-no" }, x.side === "for" ? "+ for" : "− against");
    const where = [x.speaker && x.speaker !== x.case ? `${x.speaker} (${x.case})` : x.case, x.source !== x.case && x.kind !== "cited" ? x.source : "", x.turn !== null ? `turn ${x.turn + 1}` : "", x.date, x.code ? `coded ${x.code}` : ""].filter(Boolean).join(" · ");
    const words = x.kind === "quote" ? (x.quote ? make("blockquote", { dir: "auto" }, make("span", { class: "pbe-around" }, x.before ?? ""), make("mark", {}, x.quote), make("span", { class: "pbe-around" }, x.after ?? "")) : "")
      : make("div", {}, x.question ? make("p", { dir: "auto" }, x.question) : "", this.scale(x), make("p", {}, x.summary || x.citation));
    return make("li", { tabIndex: -1, class: "pbe-piece", "data-k": `e:${i}`, onfocus: () => { this.at = i; } }, words, x.status ? make("p", { class: "pbe-warn" }, STATUS[x.status] ?? x.status) : "",
      make("p", { class: "pbe-foot" }, side, make("span", { class: "pbe-dim" }, x.kind === "survey" ? `survey ${where}` : where), x.citation ? make("button", { type: "button", class: "pbe-copy", onclick: () => this.copy(x) }, "Copy citation") : ""));
  }

  /** The share with its interval, and where the others are. */
  scale(x) {
    const s = scaleOf(x);
    if (!s) return "";
    const others = s.rest === null ? [] : [svgOf("line", { x1: s.rest, x2: s.rest, y1: 0, y2: 14, class: "pbe-rest" })];
    return svgOf("svg", { viewBox: "-6 0 212 14", preserveAspectRatio: "xMinYMid", class: "pbe-scale", "aria-hidden": "true" }, svgOf("rect", { x: 0, y: 6, width: 200, height: 2, class: "pbe-track" }), svgOf("rect", { x: s.low, y: 4, width: s.wide, height: 6, class: "pbe-range" }), ...others,
      svgOf("circle", { cx: s.at, cy: 7, r: 5, class: "pbe-point" }));
  }

  async copy(x) {
    let done = false;
    try { await navigator.clipboard.writeText(x.citation); done = true; } catch { /* no clipboard where the page comes over plain http */ }
    if (!done) {
      const area = make("textarea", { class: "pbe-away", value: x.citation }), back = this.root.getRootNode().activeElement;
      this.root.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      back?.focus({ preventScroll: true });
    }
    this.say(done ? `Copied: ${x.citation}` : `Copy it from here: ${x.citation}`);
  }

  /** Go to the next or previous piece of evidence. */
  step(by) {
    const n = foundEvidence(this.items, this.side, this.person).length;
    if (!n) return;
    this.at = this.at < 0 && by < 0 ? n - 1 : Math.max(0, Math.min(n - 1, this.at + by));
    this.to(`e:${this.at}`);
  }

  walk(by) {
    const shown = foundStatements(this.rows, this.find), at = shown.findIndex(r => r.id === this.open);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next && next.id !== this.open) this.choose(next.id, true);
  }

  key(e) {
    const key = chord(e), typing = e.target === this.search, inNav = this.nav.contains(e.target);
    const acts = { j: () => this.step(1), k: () => this.step(-1), 1: () => this.filter(""), 2: () => this.filter("for"), 3: () => this.filter("against"), "/": () => this.search.focus(),
      c: () => { const x = foundEvidence(this.items, this.side, this.person)[Math.max(0, this.at)]; if (x?.citation) this.copy(x); } };
    if (inNav) Object.assign(acts, { arrowdown: () => this.walk(1), arrowup: () => this.walk(-1), home: () => this.walk(-1e6), end: () => this.walk(1e6) });
    const leave = typing && key === "escape" && this.search.value ? () => { this.search.value = this.find = ""; this.list(); } : null;
    const act = typing ? leave : e.target.tagName === "SELECT" && key !== "/" ? null : acts[key];
    if (act) { e.preventDefault(); act(); }
    if (act || !/^mod\+/.test(key)) e.stopPropagation(); // or JupyterLab takes them for commands
  }

  remove() { removeEventListener("keydown", this.guard, true); this.untheme(); this.link.end(); this.root.remove(); }
}

export default {
  render({ model, el }) {
    const view = new EvidenceView(model, el);
    el.pbView = view;
    return () => view.remove();
  },
};
