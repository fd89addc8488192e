// @ts-check
// The adjudication widget: one source, two coders, the places where they differ, and a decision for each. The list of disagreements comes from
// Python, which computes it; here it is shown, gone through and decided. A decision is drawn at once and marked as pending until Python has stored it.
// Sections: 1 what keys and rows mean (pure), 2 the link to Python, 3 the text and its two margins, 4 the list, 5 the card with the decisions, 6 keys, 7 the view.
// Positions are UTF-16 units inside, code points in every message.
// Before it Python puts shared.js and shared_text.js, whose names are used here freely; adjudication_widget_panels.js follows when the text stands.

// == 1 What keys and rows mean ==
/** Which action a key means, or null. A digit counts with Shift too: on French keyboards it needs it. @param {Record<string, string>} keys action -> key */
export function actionOf(key, keys) {
  const name = /^shift\+\d$/.test(key) ? key.slice(6) : key === "mod+y" ? keys.redo : key;
  return Object.keys(keys).find(action => keys[action] === name) || null;
}

/** The next place of a list from `at` in a direction, going round, that fits; -1 if none does. From -1, both ends are one step away. */
export function nextIn(list, at, way, fits = () => true) {
  const n = list.length, from = at < 0 && way < 0 ? 0 : at;
  for (let i = 1; i <= n; i++) { const j = (((from + way * i) % n) + n) % n; if (fits(list[j])) return j; }
  return -1;
}

/** What tells a disagreement from others, in whatever list it comes. */
export const keyOf = d => `${d.left.join(" ")}|${d.right.join(" ")}`;

export function decisionWords(d, coders, nameOf) {
  return { left: `${coders[0]} taken`, right: `${coders[1]} taken`, both: "both taken", union: "widest span", intersection: "common words",
    other: `other code: ${nameOf(d.code)}`, none: "no coding" }[d.decision] || "";
}

export function kindWords(d, coders) {
  return { "one coder": `only ${coders[d.left.length ? 0 : 1]}`, "other code": "same words, other code", "other span": "same code, other words" }[d.kind] || d.kind;
}

/** Cut the words of a span into parts for a quote: [words, own], own where the other coder does not reach. What is long loses its middle, never the edges
 * at which the two differ. @param {number} room per part */
export function quoteParts(text, span, others, room = 110) {
  const edges = [...new Set([span.start, span.end, ...others.flatMap(o => [o.start, o.end]).filter(x => x > span.start && x < span.end)])].sort((a, b) => a - b);
  return edges.slice(1).map((to, i) => {
    const from = edges[i], words = text.slice(from, to), own = others.length > 0 && !others.some(o => o.start <= from && o.end >= to);
    return [words.length > room * 2 ? `${cutPair(words.slice(0, room)).trimEnd()} … ${cutPair(words.slice(-room)).trimStart()}` : words, own];
  });
}
const cutPair = words => words.replace(/^[\udc00-\udfff]/, "").replace(/[\ud800-\udbff]$/, "");

/** How a coding fared: "agreed" (in no disagreement), "open", "kept" or "dropped". @param {any} d the disagreement, if any @param {boolean} left whose coding */
export function fate(d, left) {
  if (!d) return "agreed";
  if (!d.decision) return "open";
  return d.decision === "both" || d.decision === "union" || d.decision === "intersection" || d.decision === (left ? "left" : "right") ? "kept" : "dropped";
}

export const percentOf = (part, whole) => whole ? `${Math.round(100 * part / whole)} %` : "";

// == 2 The link to Python ==
// Decisions wait in the outbox until Python acknowledges them. Undo and redo do not: said twice, they would take back two steps.
function makeDecisionLink(v) {
  const { study, adjudicator } = v.model.get("state") || {}, link = makeLink(v, `personabench:adjudication:${study}:${adjudicator}`, v.hear, () => v.doc ? { type: "ping" } : null);
  const may = () => {
    if (!link.state().readonly && v.doc) return true;
    v.say(v.doc ? "The study is open read-only: nothing can be decided here" : "Nothing is connected: run the cell to work on", true);
    return false;
  };
  return { ...link, write: m => may() ? link.write({ source: v.doc.source, ...m }) : null, step: type => { if (may()) link.raw({ type, guid: makeGuid() }); } };
}

const NEWS = {
  source(v, m) { v.open(m); v.later.whenIdle(); },
  changed(v, m) { if (v.doc) v.stand(m); },
  ack(v, m) {
    const sent = v.link.outbox.done(m.guid), d = sent?.left && v.list.find(x => keyOf(x) === keyOf(sent));
    if (d) { d.pending = false; v.rows.fill(); }
    if (m.notice) v.say(m.notice);
    v.saved();
  },
  refused(v, m) {
    if (m.again) return v.say(`${m.reason}. ${m.cure || ""}`, true);
    if (v.link.outbox.done(m.guid)) v.link.raw({ type: "ready" }); // what was drawn ahead is not so: ask for what is
    v.say(`${m.reason}. ${m.cure || ""}`, true);
    v.saved();
  },
};

// == 3 The text and its two margins ==
/** Give each group of the text a margin on either side. */
function addMargins(v) {
  for (const g of v.doc.groups) {
    g.margins = ["left", "right"].map(side => make("div", { class: `pa-margin pa-${side}`, "aria-hidden": "true" }));
    g.el.prepend(...g.margins);
  }
}

/** Paint what is near; one callback can hold several entries of a group, of which the last counts. */
function watchMargins(v) {
  v.seen?.disconnect();
  v.seen = new IntersectionObserver(entries => {
    for (const [el, near] of new Map(entries.map(e => [e.target, e.isIntersecting]))) {
      const g = el.pbGroup;
      if (near === g.near) continue;
      g.near = near;
      if (near) v.soon(g); else { v.painter.clear(g); for (const m of g.margins) m.replaceChildren(); }
    }
  }, { root: v.scroll, rootMargin: "150px 0px" });
  for (const g of v.doc.groups) v.seen.observe(g.el);
}

/** Take over the codings of both coders: into the groups, and into lanes of their own side. */
function takeCodings(v, columns) {
  const { doc } = v, old = doc.list;
  for (const c of old) enlist(doc, c, -1);
  doc.byId = new Map();
  doc.list = unpack(columns).filter(c => v.coders.includes(c.coder) && c.origin !== "adjudicated" && doc.codes.get(c.code));
  for (const c of doc.list) {
    Object.assign(c, { start: doc.off.toUtf16(c.start), end: doc.off.toUtf16(c.end), code: doc.codes.get(c.code), side: v.coders.indexOf(c.coder) });
    doc.byId.set(c.id, c);
    enlist(doc, c, 1);
  }
  v.lanes = [0, 1].map(side => assignLanes(doc.list.filter(c => c.side === side)));
}

/** Draw the bars of a group: all places are read before anything is written. */
function drawMargins(v, g) {
  const box = g.el.getBoundingClientRect();
  if (!box.height) return;
  const bars = [...g.codings].map(c => {
    const a = v.rect(Math.max(c.start, g.start), Math.max(c.start, g.start) + 1), to = Math.min(c.end, g.end), b = v.rect(to - 1, to);
    return { c, top: a.top - box.top, height: Math.max(8, b.bottom - a.top), starts: c.start >= g.start };
  }).sort((a, b) => a.top - b.top || a.c.lane - b.c.lane);
  g.margins.forEach((margin, side) => {
    const mine = bars.filter(b => b.c.side === side), named = nameBars(mine.filter(b => b.starts && v.wide), 15, box.height, b => v.current && v.of.get(b.c.id) === v.current);
    const lanes = Math.max(0, ...mine.map(b => b.c.lane + 1));
    margin.replaceChildren(...mine.map(b => make("div", { class: v.look(b.c), title: `${b.c.code.name} · ${b.c.coder}`, "data-coding": String(b.c.id),
      style: `top:${b.top}px;height:${b.height}px;--lane:${b.c.lane}` })),
    ...named.map(b => make("span", { class: `${v.look(b.c)} pa-name`, title: `${b.c.code.name} · ${b.c.coder}`, "data-coding": String(b.c.id),
      style: `top:${b.label}px;--lane:${lanes}` }, make("bdi", {}, b.c.code.name))));
  });
}

function joinTwoMargins(v) {
  v.rect = (a, b) => rectOf(v.doc, a, b);
  v.look = c => {
    const d = v.of.get(c.id);
    return `pa-bar pa-${fate(d, c.side === 0)}${d && d === v.current ? " pa-current" : ""}`;
  };
  const { clear, put } = v.painter;
  v.paint = g => {
    const now = v.current ? [...v.current.left, ...v.current.right].map(id => v.doc.byId.get(id)).filter(Boolean) : [];
    if (PAINTS) {
      clear(g);
      for (const c of g.codings) { const d = v.of.get(c.id); if (d && !d.decision && d !== v.current && !v.forced) put(g, c, "open"); }
      for (const c of now) put(g, c, c.side ? "right" : "left");
    } else v.spans(g, now);
    drawMargins(v, g);
  };
  const waiting = new Set();
  v.soon = g => { if (!waiting.size) requestAnimationFrame(() => { const all = [...waiting]; waiting.clear(); for (const x of all) if (x.near && x.el.isConnected && x.doc === v.doc) v.paint(x); }); waiting.add(g); };
  v.repaint = () => { if (v.doc) for (const g of v.doc.groups) if (g.near) v.soon(g); };
  /** Bring a span into sight: its begin in the upper third. */
  v.reveal = (start, end, again = false) => {
    for (const g of groupsOf(v.doc, { start, end })) if (!g.near) { g.near = true; g.el.style.contentVisibility = "visible"; v.soon(g); requestAnimationFrame(() => { g.el.style.contentVisibility = ""; }); }
    const a = v.rect(start, start + 1), b = v.rect(end - 1, end), view = v.scroll.getBoundingClientRect();
    if (a.top < view.top + 30 || Math.min(b.bottom, a.top + view.height * 0.6) > view.bottom - 20) v.scroll.scrollTop += a.top - view.top - view.height / 4;
    if (!again) requestAnimationFrame(() => requestAnimationFrame(() => { if (v.current?.start === start) v.reveal(start, end, true); })); // what stood above was a guess until it was laid out
  };
}

// == 4 The list ==
function makeDisagreementList(v) {
  const box = make("ul", { class: "pa-list", role: "listbox", tabIndex: 0, "aria-label": "Disagreements", onclick: e => {
    const row = e.target.closest("[role=option]");
    if (row) v.select(v.list.find(d => keyOf(d) === row.dataset.key));
  } });
  const mark = side => make("span", { class: `pa-mark pa-mark-${side ? "right" : "left"}` }, v.coders[side]);
  const names = ids => [...new Set(ids.map(id => v.doc.byId.get(id)?.code.name))].join(", ");
  const title = d => d.kind === "other code" ? [make("b", {}, make("bdi", {}, names(d.left))), make("i", {}, " ≠ "), make("b", {}, make("bdi", {}, names(d.right)))]
    : [make("b", {}, make("bdi", {}, names([...d.left, ...d.right])))];
  const option = (d, i) => make("li", { id: `${v.uid}-d${i}`, role: "option", "data-key": keyOf(d), class: `pa-option${d.decision ? " pa-done" : ""}${d.pending ? " pa-pending" : ""}`,
    "aria-selected": String(d === v.current) }, make("span", { class: "pa-tick", "aria-hidden": "true" }, d.decision ? "✓" : ""),
  make("span", { class: "pa-title" }, ...title(d)),
  make("small", {}, `turn ${d.turn + 1} · `, ...(d.decision ? [make("span", { class: "pa-outcome" }, decisionWords(d, v.coders, v.nameOf))]
    : d.kind === "one coder" ? ["only ", mark(d.left.length ? 0 : 1)] : [d.kind])));
  const fill = () => {
    const shown = v.shown();
    box.replaceChildren(...shown.map(option));
    point();
  };
  const point = () => {
    const i = v.shown().indexOf(v.current);
    [...box.children].forEach((li, j) => { li.setAttribute("aria-selected", String(j === i)); });
    if (i >= 0) { box.setAttribute("aria-activedescendant", `${v.uid}-d${i}`); scrollRowIntoList(box, box.children[i]); } else box.removeAttribute("aria-activedescendant");
  };
  return { box, fill, point, names };
}

/** Scroll a list, and nothing around it. */
function scrollRowIntoList(box, row) {
  const a = box.getBoundingClientRect(), b = row.getBoundingClientRect();
  if (b.top < a.top) box.scrollTop -= a.top - b.top + 8; else if (b.bottom > a.bottom) box.scrollTop += b.bottom - a.bottom + 8;
}

// == 5 The card with the decisions ==
const CHOICES = ["left", "right", "both", "union", "intersection", "other", "none", "reopen"];

function makeDecisionCard(v) {
  const head = make("div", { class: "pa-card-head" }), sides = [0, 1].map(side => make("section", { class: `pa-side pa-side-${side ? "right" : "left"}` }));
  const buttons = Object.fromEntries(CHOICES.map(name => [name, make("button", { class: `pa-choice pa-choice-${name}`, onclick: () => v.act(name) })]));
  const row = make("div", { class: "pa-choices", role: "group", "aria-label": "Decide" }, ...CHOICES.map(name => buttons[name]));
  const note = make("p", { class: "pa-note" });
  const box = make("div", { class: "pa-card", role: "region", "aria-label": "Decision" }, head, make("div", { class: "pa-sides" }, ...sides), note, row);
  const labels = d => ({ left: `Take ${v.coders[0]}`, right: `Take ${v.coders[1]}`, both: "Take both", union: "Widest span", intersection: "Common words", other: "Other code…", none: "No coding",
    reopen: "Open again" });
  const coding = (c, others) => {
    const body = make("blockquote", { dir: "auto" }, ...quoteParts(v.doc.text, c, others).map(([words, own]) => own ? make("mark", { title: "the other coder left this out" }, words) : words));
    return [make("div", { class: "pa-code" }, make("span", { class: "pa-swatch", "aria-hidden": "true", style: v.swatch(c.code) }), make("b", {}, make("bdi", {}, c.code.name)), make("small", {}, `${c.code.facet} · ${v.chars(c)} characters`)),
      v.current.kind === "other code" && c.code.definition ? make("small", { class: "pa-definition" }, short(c.code.definition, 160)) : null, body];
  };
  const side = (i, d) => {
    const mine = (i ? d.right : d.left).map(id => v.doc.byId.get(id)).filter(Boolean), others = d.kind === "other span" ? (i ? d.left : d.right).map(id => v.doc.byId.get(id)).filter(Boolean) : [];
    sides[i].replaceChildren(make("div", { class: "pa-coder" }, v.coders[i]), ...(mine.length ? mine.flatMap(c => coding(c, others)) : [make("p", { class: "pa-nothing" }, "no such coding here", instead(i, d))]).filter(Boolean));
  };
  /** What the other coder put on these words, where it is not this. */
  const instead = (i, d) => {
    const names = new Set(v.doc.list.filter(c => c.side === i && c.start < d.end && c.end > d.start).map(c => c.code.name));
    return names.size ? `, but ${[...names].slice(0, 6).join(", ")}${names.size > 6 ? " …" : ""}` : "";
  };
  const fill = () => {
    const d = v.current, open = v.list.filter(x => !x.decision).length, label = labels(d);
    row.hidden = !d;
    for (const s of sides) s.hidden = !d;
    box.classList.toggle("pa-plain", !d);
    if (!d) { const [a, b] = v.doc && v.explain ? v.explain() : ["", ""]; head.replaceChildren(make("b", {}, a)); note.textContent = b; return; }
    const t = v.doc.turns[d.turn];
    head.replaceChildren(make("b", {}, kindWords(d, v.coders)), make("span", { class: "pa-dim" }, `turn ${d.turn + 1}${t?.speaker ? `, ${t.speaker}` : ""}`), make("span", { class: "pa-gap" }),
      make("span", { class: "pa-dim" }, `${v.shown().indexOf(d) + 1} of ${v.shown().length}`));
    [0, 1].forEach(i => side(i, d));
    note.textContent = d.decision ? `Decided for ${v.link.state().adjudicator}: ${decisionWords(d, v.coders, v.nameOf)}.` : "";
    if (d.decision && !open) { const [a, k] = v.agreed; note.textContent += ` All ${v.list.length} are decided${k < a ? `; ${a - k} codings that both agree on are not yet kept for ${v.link.state().adjudicator} (${showKey(v.keys.agree)}).` : "."}`; }
    for (const name of CHOICES) {
      const b = buttons[name], fits = name === "reopen" ? Boolean(d.decision) : d.offers.includes(name), had = document.activeElement === b;
      b.hidden = !fits;
      b.disabled = Boolean(v.link.state().readonly);
      b.setAttribute("aria-pressed", String(d.decision === name));
      b.replaceChildren(make("kbd", { "aria-hidden": "true" }, showKey(v.keys[name])), label[name]);
      b.setAttribute("aria-keyshortcuts", v.keys[name]);
      if (had && !fits) v.rows.box.focus({ preventScroll: true });
    }
  };
  return { box, fill, buttons };
}

// == 6 What can be done, and by which key ==
function joinDecisions(v) {
  v.shown = () => v.hiding ? v.list.filter(d => !d.decision || d === v.current) : v.list;
  v.nameOf = code => v.doc.codes.get(code)?.name || code || "?"; // one made here has no number yet
  v.chars = s => v.doc.off.toCodePoints(s.end) - v.doc.off.toCodePoints(s.start);
  const words = d => `${kindWords(d, v.coders)}: ${[d.left, d.right].filter(ids => ids.length).map(v.rows.names).filter((n, i, all) => all.indexOf(n) === i).join(" against ")}, turn ${d.turn + 1}${d.decision ? `, decided: ${decisionWords(d, v.coders, v.nameOf)}` : ""}`;
  v.counted = () => `${v.list.filter(d => d.decision).length} of ${v.list.length} decided`;
  v.select = (d, { show = true, tell = !v.rows.box.matches(":focus"), before = "" } = {}) => {
    const old = v.current;
    v.current = d || null;
    if (d !== old) v.say("");
    if (v.hiding && old !== d) v.rows.fill(); else v.rows.point();
    v.card.fill();
    v.repaint();
    if (d && show) v.reveal(d.start, Math.min(d.end, d.start + 1200));
    const said = [before, d && before && d !== old ? `Next: ${words(d)}` : d && tell && !before ? words(d).replace(/^./, c => c.toUpperCase()) : ""].filter(Boolean).join(" ");
    if (said) v.say(said);
    v.tell();
  };
  const go = (way, fits, none) => {
    const list = v.shown(), i = nextIn(list, list.indexOf(v.current), way, fits);
    if (i < 0) return v.say(v.list.length ? none : "No disagreement to go to");
    v.select(list[i]);
  };
  const decide = (decision, code) => {
    const d = v.current, ref = code && (typeof code.id === "number" ? code.id : code.name);
    if (!d) return v.say("Go to a disagreement first: N", true);
    if (!d.offers.includes(decision)) return v.say({ union: "Spans can be joined only where the code is the same", intersection: "Spans can be joined only where the code is the same",
      both: "There is only one coding here" }[decision] || `${v.coders[decision === "left" ? 0 : 1]} has no such coding here`, true);
    if (decision === "other" && !code) return v.later.when(v.chooseCode);
    if (d.decision === decision && (decision !== "other" || d.code === ref)) return v.say(`Already decided: ${decisionWords(d, v.coders, v.nameOf)}`);
    if (!v.link.write({ type: "decide", left: d.left, right: d.right, decision, ...(code ? { code: ref } : {}) })) return;
    Object.assign(d, { decision, code: ref ?? null, pending: true });
    settle(`${decisionWords(d, v.coders, v.nameOf)}. ${v.counted()}.`.replace(/^./, c => c.toUpperCase()), true);
  };
  /** Show what a decision changed; `on` goes to the next that is open. */
  const settle = (said, on) => {
    const list = v.shown(), i = on ? nextIn(list, list.indexOf(v.current), 1, d => !d.decision) : -1;
    v.rows.fill();
    v.heads();
    v.select(i >= 0 ? list[i] : v.current, { before: i < 0 && on && v.list.every(d => d.decision) ? `${said} That was the last.` : said });
  };
  const reopen = () => {
    const d = v.current;
    if (!d?.decision) return v.say("This one is open");
    if (!v.link.write({ type: "reopen", left: d.left, right: d.right })) return;
    Object.assign(d, { decision: null, code: null, pending: true });
    settle("Open again.", false);
  };
  const does = {
    "next": () => go(1, undefined, ""), "previous": () => go(-1, undefined, ""), "next open": () => go(1, d => !d.decision, "All are decided"),
    ...Object.fromEntries(["left", "right", "both", "union", "intersection", "other", "none"].map(d => [d, () => decide(d)])), reopen,
    "undo": () => v.link.step("undo"), "redo": () => v.link.step("redo"), "leave": () => leave(v),
  };
  v.does = does;
  v.decide = decide;
  /** At once, or when the part that knows it has come. */
  v.act = name => { if (v.doc) does[name] ? does[name]() : v.later.when(() => does[name]?.()); };
}

/** Keys work wherever the focus is inside the widget; a Ctrl or Cmd chord that is not ours passes to the page and to JupyterLab. */
function joinDecisionKeys(v) {
  const own = e => v.doc && actionOf(chord(e), v.keys);
  v.root.addEventListener("keydown", e => {
    const key = chord(e), action = own(e), button = e.target.tagName === "BUTTON", listed = e.target === v.rows.box;
    if (isTyping(e)) return;
    if (!/^(mod|alt)\+/.test(key)) e.stopPropagation();
    if (key === "escape" && v.help && !v.help.box.hidden) v.help.toggle();
    else if (listed && /^(arrowdown|arrowup)$/.test(key)) v.act(key === "arrowdown" ? "next" : "previous");
    else if (listed && /^(home|end|pagedown|pageup)$/.test(key)) { const list = v.shown(), i = list.indexOf(v.current) + (key === "pagedown" ? 8 : -8); v.select(list[{ home: 0, end: list.length - 1 }[key] ?? Math.max(0, Math.min(list.length - 1, i))]); }
    else if (action && !(button && /^(enter| )$/.test(key))) { e.stopPropagation(); v.act(action); }
    else return;
    e.preventDefault();
  });
  return guardKeys(v, own);
}

// == 7 The view ==
let adjudicationViews = 0;

function makeAdjudicationView(model, el) {
  const v = ({ model, uid: `pa${Date.now().toString(36)}${++adjudicationViews}`, doc: null, coders: [], list: [], of: new Map(), current: null, agreed: [0, 0], keys: {}, hiding: false, wide: true, hear: { ...NEWS } });
  v.text = make("div", { class: "pb-text" });
  v.scroll = make("div", { class: "pa-scroll", tabIndex: 0, role: "region", "aria-label": "Transcript" }, v.text);
  v.live = make("div", { class: "pa-live", "aria-live": "polite", role: "status" });
  v.status = make("div", { class: "pa-dim" });
  v.kept = make("div", { class: "pa-saved" });
  v.banner = make("div", { class: "pa-banner", hidden: true, role: "alert" });
  v.root = make("div", { class: `pb-aw ${v.uid}`, "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": "Adjudication" });
  v.painter = makePainter(v);
  const rule = (name, side, offset, line) => `.${v.uid} .pb-text::highlight(${v.uid}-${name}){color:var(--pb-fg);background-color:color-mix(in srgb,var(--pa-${side}) var(--pb-tint),transparent);text-decoration:underline ${line} var(--pa-${side}) 2px;text-underline-offset:${offset}px}`;
  v.painter.sheet.append(rule("left", "left", 3, "solid"), rule("right", "right", 6, "dashed"), `.${v.uid} .pb-text::highlight(${v.uid}-open){text-decoration:underline dotted var(--pb-dim) 1.5px;text-underline-offset:4px}`);
  if (PAINTS) ["open", "left", "right"].forEach((name, i) => { v.painter.highlight(name).priority = i; });
  v.later = makeLater(v);
  v.link = makeDecisionLink(v);
  v.rows = makeDisagreementList(v);
  v.card = makeDecisionCard(v);
  v.root.append(v.painter.sheet, makeAdjudicationHead(v), v.banner, make("div", { class: "pa-main" }, v.rows.box, v.scroll), v.card.box,
    make("div", { class: "pa-foot" }, v.status, v.live, v.kept));
  v.placeholder = make("div", { class: "pa-empty" }, "Opening…");
  v.text.append(v.placeholder);
  v.card.fill();
  el.append(v.root);
  holdFocus(v);
  return v;
}

function makeAdjudicationHead(v) {
  v.buttons = {};
  const tool = (key, label, text) => v.buttons[key] = make("button", { class: "pa-tool", title: label, "aria-label": /\w/.test(text) ? null : label, onclick: () => v.act(key) }, text);
  v.legend = make("div", { class: "pa-legend" });
  v.progress = make("div", { class: "pa-progress", role: "progressbar", "aria-label": "Disagreements decided", "aria-valuemin": "0" }, make("i", {}));
  v.progressWords = make("span", {});
  v.figureWords = make("span", { class: "pa-dim pa-figure" });
  return make("div", { class: "pa-head" }, make("div", { class: "pa-bar-row", role: "toolbar", "aria-label": "Adjudication" }, tool("sources", "Open a source (g)", "Source"), v.legend, make("span", { class: "pa-gap" }),
    tool("undo", "Undo", "↶ Undo"), tool("redo", "Redo", "↷"), tool("agree", "Keep what both coded alike (a)", "Keep agreed"), tool("hide decided", "Hide decided ones (h)", "Hide decided"), tool("help", "Keys (?)", "?")),
  make("div", { class: "pa-figures" }, v.progress, v.progressWords, make("span", { class: "pa-gap" }), v.figureWords));
}

function joinFigures(v) {
  const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  v.heads = () => {
    const done = v.list.filter(d => d.decision).length, n = v.list.length, [same, coded, all] = v.figure, [agreed, kept] = v.agreed, who = v.link.state().adjudicator;
    set(v.buttons.sources, `${v.doc.source} ▾`);
    v.legend.replaceChildren(...v.coders.flatMap((name, i) => [i ? make("span", { class: "pa-dim" }, "and") : null, make("span", { class: `pa-mark pa-mark-${i ? "right" : "left"}` }, name),
      v.statuses[i] && v.statuses[i] !== "done" ? make("span", { class: "pa-dim" }, `(still ${v.statuses[i]})`) : null]).filter(Boolean), ...(v.coders.length > 1 ? [make("span", { class: "pa-dim" }, `decisions kept as ${who}`)] : []));
    v.progress.hidden = !n;
    v.progress.setAttribute("aria-valuemax", String(n));
    v.progress.setAttribute("aria-valuenow", String(done));
    v.progress.setAttribute("aria-valuetext", v.counted());
    v.progress.firstChild.style.width = `${n ? 100 * done / n : 0}%`;
    set(v.progressWords, n ? v.counted() : "");
    set(v.figureWords, coded ? `Same codes in ${same} of ${coded} coded turns (${percentOf(same, coded)})` : "");
    v.figureWords.title = coded ? `Of ${all} turns of participants, at least one of the two coded ${coded}; in ${same} both used exactly the same codes. Not corrected for chance.` : "";
    const readonly = v.link.state().readonly;
    v.buttons.agree.hidden = !agreed;
    v.buttons.agree.disabled = kept >= agreed || readonly;
    set(v.buttons.agree, kept < agreed ? `Keep ${agreed - kept} agreed` : `✓ ${agreed} agreed kept`);
    v.buttons["hide decided"].setAttribute("aria-pressed", String(v.hiding));
    v.buttons["hide decided"].hidden = !n;
    v.steps(v.undo, readonly);
  };
  v.tell = () => set(v.status, v.current ? `turn ${v.current.turn + 1} · ${kindWords(v.current, v.coders)}` : "");
}

function joinAdjudication(v) {
  joinStanding(v);
  v.spans = () => {}; // what follows later has its own
  v.focus = () => v.rows.box.focus({ preventScroll: true });
  v.say = (text, warn = false) => { v.live.textContent = text; v.live.classList.toggle("pa-warn", warn); };
  v.swatch = swatchOf;
  v.saved = v.standing;
  v.theme = () => {
    v.root.toggleAttribute("data-dark", isDark(getComputedStyle(v.root).backgroundColor));
    v.forced = matchMedia("(forced-colors: active)").matches; // every highlight has the system's colour then: only what matters now is painted
    v.repaint();
  };
  v.measure = () => {
    const width = v.root.clientWidth;
    v.root.toggleAttribute("data-narrow", width < 720);
    v.wide = width >= 860;
    const margin = v.wide ? Math.max(110, Math.min(170, (width - 250) * 0.19)) : 34;
    v.margin = margin * 2 - 100; // what the height of text not yet laid out is guessed by
    v.root.style.setProperty("--pa-margin", `${margin}px`);
  };
  v.resized = () => { v.measure(); v.repaint(); };
  /** Take over how things stand: codings, codes, disagreements, figures. */
  v.stand = m => {
    const was = v.current && keyOf(v.current), place = v.list.indexOf(v.current), { doc } = v, stood = new Map(v.list.map(d => [keyOf(d), d.decision]));
    Object.assign(v, { coders: m.coders, agreed: m.agreed, figure: m.figure, undo: m.undo, statuses: m.statuses });
    readCodes(doc, m.codes);
    takeCodings(v, m.codings);
    v.list = unpack(m.disagreements);
    v.of = new Map();
    for (const d of v.list) {
      d.start = doc.off.toUtf16(d.start);
      d.end = doc.off.toUtf16(d.end);
      for (const id of [...d.left, ...d.right]) v.of.set(id, d);
    }
    for (const o of v.link.outbox.all()) { // drawn ahead: said, not yet acknowledged
      const d = o.source === doc.source && o.left && v.list.find(x => keyOf(x) === keyOf(o));
      if (d) Object.assign(d, { decision: o.type === "decide" ? o.decision : null, code: o.code ?? null, pending: true });
    }
    // One that a coder has since settled herself is gone: stay at its place.
    v.current = v.list.find(d => keyOf(d) === was) || (was ? v.list[Math.min(place, v.list.length - 1)] : null) || null;
    // What undo or redo turned is looked at next: the key that puts it right is pressed there.
    const turned = performance.now() - v.stepped < 3000 && v.list.find(d => stood.has(keyOf(d)) && stood.get(keyOf(d)) !== d.decision);
    if (turned) { v.stepped = 0; v.current = turned; }
    v.rows.box.hidden = !v.list.length;
    v.rows.fill();
    v.heads();
    v.card.fill();
    v.tell();
    v.repaint();
    if (turned) v.reveal(turned.start, Math.min(turned.end, turned.start + 1200));
  };
  v.open = m => {
    const same = v.doc?.source === m.source && v.doc.revision === m.revision, at = same ? v.scroll.scrollTop : 0;
    v.keys = m.keys;
    if (PAINTS && v.doc) for (const g of v.doc.groups) v.painter.clear(g);
    if (!same) v.current = null;
    v.doc = makeDoc({ ...m, codings: { id: [] } });
    v.measure();
    v.theme();
    buildText(v);
    addMargins(v);
    v.stand(m);
    v.scroll.scrollTop = at;
    watchMargins(v);
    if (!same) v.select(v.list.find(d => !d.decision) || v.list[0], { tell: false });
    v.saved();
    v.root.dispatchEvent(new CustomEvent("pb-open"));
  };
}

function render({ model, el }) {
  const v = makeAdjudicationView(model, el);
  joinAdjudication(v);
  joinFigures(v);
  joinTwoMargins(v);
  joinDecisions(v);
  v.kit = { LINES, PAINTS, chord, dress, inkStyle, make, short, showKey, stop, unpack };
  const size = new ResizeObserver(() => v.doc && v.resized());
  size.observe(v.root);
  v.ends = [joinDecisionKeys(v), followTheme(v), () => size.disconnect(), v.link.end, v.painter.end, () => v.seen?.disconnect()];
  v.theme();
  v.link.ready();
  const wait = setTimeout(() => { if (!v.doc) v.placeholder.textContent = "Run this cell to open the source. Its text is not saved with the notebook."; }, 4000);
  el.pbView = v; // for tests and measurements
  return () => { clearTimeout(wait); for (const end of v.ends) end(); };
}

export default { render };
