// @ts-check
// The coding widget: a source as speaker turns, coded by mouse or keyboard. A view holds a copy of what Python sent,
// changes it at once when a key is pressed, and marks as pending what is not yet acknowledged.
// The rest (coding_widget_panels.js, coding_widget_later.js) follows when the text stands.

// == 1 What keys mean ==
/** What a key means: {action}, {code} of its own key, {recent} or {stage} by number; null = not ours. @param own action -> key @param keys key -> code name */
export function meaning(key, own, keys) {
  if (!key) return null;
  if (keys[key]) return { code: keys[key] };
  if (/^[1-9]$/.test(key)) return { recent: Number(key) - 1 };
  if (/^shift\+[1-9]$/.test(key)) return { stage: Number(key[6]) - 1 };
  const action = Object.keys(own).find(a => own[a] === key) || { "backspace": "remove", "mod+y": "redo" }[key];
  return action ? { action } : null;
}

// == 2 Selection ==
// Two positions of the text, not the browser's: they outlive the focus, and move in text that is not editable.
// The browser's own follows, so that copying works.
const isRtl = piece => getComputedStyle(piece.say).direction === "rtl";

// The browser's segmenter knows words of languages without spaces, and cuts no emoji in two.
export function makeSegments(language) {
  const kind = granularity => {
    try { return new Intl.Segmenter(language || undefined, { granularity }); } catch { return new Intl.Segmenter(undefined, { granularity }); }
  };
  const by = { grapheme: kind("grapheme"), word: kind("word"), sentence: kind("sentence") };
  const around = (unit, text, at) => {
    const found = by[unit].segment(text).containing(Math.max(0, Math.min(at, text.length - 1)));
    return found ? [found.index, found.index + found.segment.length] : [0, text.length];
  };
  return { around };
}

/** Only what holds letters, digits or pictures is a word. */
export const WORD = /[\p{L}\p{N}\p{So}]/u;

/** Step over graphemes or words from `at`; over a word means to its far end, with the white space and stops before it. */
export function stepFrom(segments, text, at, unit, way) {
  let next = at;
  do {
    if (way > 0 ? next >= text.length : next <= 0) return next;
    next = segments.around(unit, text, way > 0 ? next : next - 1)[way > 0 ? 1 : 0];
  } while (unit === "word" && !WORD.test(way > 0 ? text.slice(at, next) : text.slice(next, at)));
  return next;
}

function makeSelection(v) {
  const caret = make("div", { class: "pb-caret", "aria-hidden": "true" });
  let anchor = 0, focus = 0, quiet = 0;
  const lo = () => Math.min(anchor, focus), hi = () => Math.max(anchor, focus);
  v.rect = (a, b) => rectOf(v.doc, a, b);
  const caretBox = () => {
    const p = pieceAt(v.doc, focus), at = Math.max(p.start, Math.min(focus, p.end)), line = at > p.start && (at === p.end || focus === hi()) && focus !== anchor;
    const box = v.rect(at, at);
    if (!line && box.height) return box;
    const b = at > p.start ? v.rect(at - 1, at) : v.rect(at, at + 1);
    return new DOMRect((at > p.start) !== isRtl(p) ? b.right : b.left, b.top, 0, b.height);
  };
  const draw = () => {
    if (!v.doc) return;
    const box = caretBox(), { el } = pieceAt(v.doc, focus).group, base = boxOf(el); // others find their height later
    caret.style.cssText = `transform:translate(${box.left - base.left}px,${box.top - base.top}px);height:${box.height}px`;
    if (caret.parentNode !== el) el.append(caret);
  };
  const native = () => {
    const [a, i] = placeOf(pieceAt(v.doc, anchor), anchor), [b, j] = placeOf(pieceAt(v.doc, focus), focus);
    quiet = performance.now();
    (v.root.getRootNode().getSelection?.() || document.getSelection())?.setBaseAndExtent(a, i, b, j);
  };
  const reveal = () => {
    const box = caretBox(), view = v.view(), room = 48;
    if (box.top < view.top + room) v.scroll.scrollTop -= view.top + room - box.top;
    else if (box.bottom > view.bottom - room) v.scroll.scrollTop += box.bottom - view.bottom + room;
  };
  const set = (a, b, { show = true, keepGoal = false, select = true } = {}) => {
    [anchor, focus] = [a, b];
    if (!keepGoal) v.goal = null; // the column that ↑ and ↓ keep to
    if (!PAINTS || v.hasFocus()) { if (select) native(); } else v.painter.mark("sel", { start: lo(), end: hi() });
    if (show) { v.near(pieceAt(v.doc, focus).group); reveal(); }
    draw();
    v.moved();
  };
  const beside = (p, way) => { const { pieces } = v.doc, i = pieces.indexOf(p); return way > 0 ? pieces[Math.min(i + 1, pieces.length - 1)].start : pieces[Math.max(i - 1, 0)].end; };
  /** Left and right mean the eye's direction: in a right-to-left turn, left is forward. */
  const sideways = (unit, eye) => {
    const p = pieceAt(v.doc, focus), way = isRtl(p) ? -eye : eye, at = Math.max(p.start, Math.min(focus, p.end));
    if (way > 0 ? at >= p.end : at <= p.start) return beside(p, way);
    return p.start + stepFrom(v.doc.segments, v.doc.words(p), at - p.start, unit, way);
  };
  /** What a key's name leads to; up, down and the ends of a line follow later. */
  const ways = { arrowleft: mod => sideways(mod ? "word" : "grapheme", -1), arrowright: mod => sideways(mod ? "word" : "grapheme", 1) };
  /** Arrow keys and their kin; false for others. */
  const move = key => {
    const extend = key.includes("shift+"), mod = key.includes("mod+"), name = key.replace(/mod\+|shift\+/g, "");
    if (key.includes("alt+") || !/^(arrow|home$|end$|page)/.test(name)) return false;
    if (!ways[name]) { v.later.when(() => move(key)); return true; }
    if (!extend && anchor !== focus && /^arrow(left|right)$/.test(name) && !mod) { const side = (name === "arrowleft") !== isRtl(pieceAt(v.doc, focus)) ? lo() : hi(); set(side, side); return true; }
    const at = ways[name](mod);
    set(extend ? anchor : at, at, { keepGoal: /arrow(up|down)|page/.test(name) });
    return true;
  };
  return { set, move, ways, draw, beside, caretBox, reveal, lo, hi, native, get anchor() { return anchor; }, get focus() { return focus; }, get quiet() { return quiet; } };
}

/** A span without white space at its ends, nor the name of a speaker: that stands between two turns. */
export function within({ text, pieces }, a, b) {
  return trimSpan(text, Math.max(a, pieces[firstIndex(pieces, p => p.end > a)]?.start ?? b), Math.min(b, pieces[firstIndex(pieces, p => p.start >= b) - 1]?.end ?? a));
}

// == 3 The link to Python ==
function makeCodingLink(v) {
  const { study, coder } = v.model.get("state") || {}, link = makeLink(v, `personabench:${study}:${coder}`, v.hear, () => v.doc && !v.offline ? { type: "ping", event: v.doc.event } : null);
  /** Send something that changes the study, if it may be changed. */
  const write = m => {
    if (!link.state().readonly && !v.offline) return link.write({ source: v.doc.source, revision: v.doc.revision, ...m });
    v.say(v.offline ? "Nothing is connected: run the cell to work on" : "The study is open read-only", true);
    return null;
  };
  return { ...link, write };
}

const HEAR = {
  source(v, m) { v.got = performance.now(); v.offline = false; v.open(m); v.later.whenIdle(); },
  changed(v, m) {
    if (!v.doc) return;
    const { doc } = v, busy = new Set(v.link.outbox.all().flatMap(o => o.type === "add" ? [] : [o.id, ...(o.ids || [])]));
    doc.event = m.event;
    if (m.codes) { readCodes(doc, m.codes); v.strip(); v.repaint(); v.news("codes"); }
    for (const id of m.removed) { const c = doc.byId.get(id); v.unsure.delete(id); if (c) v.drop(c); }
    for (const row of unpack(m.codings)) if (busy.has(row.id) || busy.has(row.guid)) v.unsure.set(row.id, row); else { v.unsure.delete(row.id); place(v, row); } // drawn ahead: shown when ours is stored
    if (m.memos) { doc.memos = m.memos; v.news("memos"); }
    doc.undo = m.undo;
    v.tell();
  },
  ack(v, m) {
    const sent = v.link.outbox.done(m.guid);
    if (sent?.at) v.root.dispatchEvent(new CustomEvent("pb-ack", { detail: { guid: m.guid, ms: Date.now() - sent.at } }));
    for (const [guid, id] of m.ids || []) settle(v, guid, id);
    sure(v);
    if (m.notice) v.say(m.notice);
    v.tell();
  },
  refused(v, m) { v.say(`${m.reason}. ${m.cure || ""}`, true); v.refusals.push(m); }, // the rest takes back what was drawn
  notice(v, m) { v.link.outbox.done(m.guid); v.say(m.text); },
};

/** Nothing of ours waits: show what came of codings drawn ahead. */
function sure(v) {
  if (v.link.outbox.size || !v.doc) return;
  for (const row of v.unsure.values()) place(v, row);
  v.unsure.clear();
}

function place(v, row) {
  const { doc } = v, code = doc.codes.get(row.code), start = doc.off.toUtf16(row.start), end = doc.off.toUtf16(row.end), c = doc.byId.get(row.id) || v.pending.get(row.guid);
  if (!code) return;
  if (!c) return v.show({ id: row.id, start, end, code, coder: row.coder, origin: row.origin, pending: false });
  settle(v, row.guid, row.id);
  if (c.start !== start || c.end !== end || c.code !== code) v.change(c, { start, end, code });
}

/** A pending coding is stored: it gets its number. One that Python had already, or that was undone since, goes. */
function settle(v, guid, id) {
  const c = v.pending.get(guid);
  if (!c) return;
  v.pending.delete(guid);
  v.doc.byId.delete(c.id);
  if (id === null || (v.doc.byId.has(id) && v.doc.byId.get(id) !== c)) { v.drop(c); return; }
  c.id = id;
  c.pending = false;
  v.doc.byId.set(id, c);
  v.redraw(c); // full instead of thin
}

// == 4 Coding ==
function makeCoding(v) {
  const recent = [];
  const chars = s => { const n = v.doc.off.toCodePoints(s.end) - v.doc.off.toCodePoints(s.start); return `${n} character${n > 1 ? "s" : ""}`; };
  const span = (a = v.sel.lo(), b = v.sel.hi()) => {
    const [start, end] = within(v.doc, a, b);
    return end > start ? { start, end } : null;
  };
  /** What a code is put on: the selection, else the words of the chosen coding. */
  const aim = () => span() || (v.active && span(v.active.start, v.active.end));
  const wire = s => ({ start: v.doc.off.toCodePoints(s.start), end: v.doc.off.toCodePoints(s.end) });
  const use = code => {
    const i = recent.findIndex(c => c.id === code.id);
    if (!i) return;
    if (i >= 0) recent.splice(i, 1);
    recent.unshift(code);
    recent.length = Math.min(recent.length, 9);
    setTimeout(v.strip, 60); // not in the frame of the key that coded
  };
  /** Put codes on the selection: drawn at once, stored in one step. */
  const put = codes => {
    const s = aim();
    if (!s) return v.say("Select some words first: w, s or t takes the word, sentence or turn at the caret", true);
    const near = groupsOf(v.doc, s).flatMap(g => [...g.codings]), same = code => near.some(c => c.start === s.start && c.end === s.end && c.code === code && c.coder === v.me());
    const fresh = codes.filter(code => !same(code)), items = fresh.map(code => [makeGuid(), v.ref(code)]);
    if (!fresh.length) return v.say(`Already coded as ${codes.map(c => c.name).join(", ")}`);
    if (!v.link.write({ type: "add", ...wire(s), items })) return;
    items.forEach(([guid], i) => {
      const c = { id: guid, ...s, code: fresh[i], coder: v.me(), origin: "manual", pending: true };
      v.pending.set(guid, c);
      v.show(c);
    });
    fresh.forEach(use);
    const asked = [s.start, s.end - 1].every(at => v.doc.turns[pieceAt(v.doc, at + 1).turn]?.role === "interviewer");
    v.say(`Coded ${chars(s)} as ${fresh.map(c => c.name).join(", ")}${asked ? ": the interviewer's words, which count as no evidence" : ""}`, asked);
  };
  return { put, use, span, aim, chars, wire, get recent() { return recent.map(c => v.doc.codes.get(c.id)).filter(Boolean); } };
}

/** The first lane that no overlapping coding uses: a new coding moves none of the others. */
export function freeLane(coding, others, room = 0) {
  const taken = new Set();
  for (const o of others) if (o !== coding && o.start < coding.end + room && o.end + room > coding.start) taken.add(o.lane);
  let lane = 0;
  while (taken.has(lane)) lane++;
  return lane;
}

/** Changes of codings. */
function joinCodings(v) {
  const list = c => {
    const { doc } = v;
    c.lane = freeLane(c, new Set(groupsOf(doc, c).flatMap(g => [...g.codings])), LINE);
    doc.list.splice(firstIndex(doc.list, o => inOrder(o, c) > 0), 0, c);
    enlist(doc, c, 1);
    doc.team.add(c.coder);
    v.redraw(c);
    v.news("codings");
  };
  const unlist = c => {
    const i = v.doc.list.indexOf(c);
    if (i < 0) return;
    v.doc.list.splice(i, 1);
    enlist(v.doc, c, -1);
    for (const g of groupsOf(v.doc, c)) g.bars = g.bars.filter(b => b.c !== c);
    v.redraw(c);
    v.news("codings");
  };
  v.show = c => { v.doc.byId.set(c.id, c); list(c); };
  v.drop = c => { unlist(c); v.doc.byId.delete(c.id); v.pending.delete(c.id); if (v.active === c) v.select(null); };
  v.change = (c, to) => {
    unlist(c);
    Object.assign(c, to);
    list(c);
    if (v.active === c) { v.painter.mark("active", c); v.handle(); }
    v.tell();
  };
  v.select = c => {
    const old = v.active;
    v.active = c;
    v.painter.mark("active", c);
    for (const o of [old, c]) if (o) v.redraw(o);
    v.handle();
    v.tell();
    if (c) v.say(`${c.code.name}, ${c.code.facet}, ${v.coding.chars(c)}, ${c.coder}${c.pending ? ", not saved yet" : ""}`);
  };
}

// == 5 Keys ==
function makeActions(v) {
  const stages = () => v.codes().filter(c => c.facet === "stage").filter((c, i, all) => !all[i + 1]?.path.startsWith(c.path + " / ")).sort((a, b) => (a.order ?? 99) - (b.order ?? 99) || a.id - b.id).slice(0, 9);
  const putCode = code => code ? v.coding.put([code]) : v.say("No code on that key yet");
  const step = type => { if (v.banner.hidden) v.link.raw({ type }); else v.say(`The kernel does not answer: nothing to ${type} yet`, true); };
  const does = {
    "repeat the last code": () => putCode(v.coding.recent[0]), "drop the selection": () => { v.select(null); v.sel.set(v.sel.focus, v.sel.focus); }, "undo": () => step("undo"), "redo": () => step("redo") };
  /** At once, or when its part has come. */
  const act = action => { if (does[action]) does[action](); else v.later.when(() => does[action]?.()); };
  /** False: the key passes. */
  const press = key => {
    if (key && v.capture?.(key)) return true;
    const m = meaning(key, v.doc.own, v.doc.keys);
    if (m?.action) act(m.action);
    else if (m?.code) putCode(v.doc.codes.get(m.code));
    else if (m && "recent" in m) putCode(v.coding.recent[m.recent]);
    else if (m && "stage" in m) putCode(stages()[m.stage]);
    else return v.sel.move(key);
    return true;
  };
  return { does, act, press, stages, ours: key => Boolean(meaning(key, v.doc.own, v.doc.keys)) || /arrow|home|end|page/.test(key) };
}

/** Keys go to the widget while the text has the focus. */
function joinKeys(v) {
  v.scroll.addEventListener("keydown", e => {
    const key = chord(e);
    if (v.doc && key && e.target === v.scroll && (!/^mod\+/.test(key) && v.later.hold(e) || v.actions.press(key))) stop(e); else if (!/^(mod\+|alt\+)/.test(key)) e.stopPropagation();
  });
  v.root.addEventListener("keydown", e => { if (!/^mod\+/.test(chord(e)) && e.key !== "Tab") { if (chord(e) === "escape" && e.target !== v.scroll) v.focus(); e.stopPropagation(); } });
  v.scroll.addEventListener("focusin", () => { v.painter.mark("sel", null); if (v.doc && performance.now() - v.sel.quiet > 50 && !v.scroll.matches(":active")) v.sel.native(); });
  v.scroll.addEventListener("focusout", () => { if (v.doc) v.painter.mark("sel", { start: v.sel.lo(), end: v.sel.hi() }); });
  v.scroll.addEventListener("pointerup", () => v.doc && (v.later.here || v.later.when(() => v.adopt())));
  return guardKeys(v, (e, key) => v.doc && v.actions.ours(key));
}

// == 6 The view ==
let views = 0;

function makeBar(v) {
  const tool = (key, label, text) => v.buttons[key] = make("button", { class: "pb-tool", title: label, onclick: () => v.doc && v.actions.act(key) }, text);
  v.buttons = {};
  v.strips = make("div", { class: "pb-strip", role: "toolbar", "aria-label": "Stages and recent codes" });
  return make("div", { class: "pb-head" }, make("div", { class: "pb-bar", role: "toolbar", "aria-label": "Coding" }, tool("sources", "Open a source (g)", "Source"), tool("mark as done", `Done with this source (${showKey("shift+d")})`, "Done"), make("span", { class: "pb-gap" }), tool("code", "Code the selected words (Enter)", "Code"),
    tool("undo", "Undo", "↶ Undo"), tool("redo", "Redo", "↷"), tool("find", "Find in the text (/)", "Find"), tool("filter", "Show only some codings (f)", "Filter"),
    tool("list of codings", "List of codings (l)", "List"), tool("autocode", "Autocode (a)", "Autocode"), tool("memo", "Memos (m)", "Memos"), tool("fold interviewer", "Fold interviewer turns (h)", "Fold"),
    tool("help", "Keys (?)", "Keys")), v.strips);
}

function makeView(model, el) {
  const v = { model, uid: `pb${Date.now().toString(36)}${++views}`, doc: null, active: null, pending: new Map(), margin: 210, offline: true, aside: false, refusals: [], waiting: new Map(), colours: {}, spare: { ink: [], lines: [], stripes: [] }, hear: { ...HEAR } };
  v.text = make("div", { class: "pb-text" });
  v.scroll = make("div", { class: "pb-scroll", tabIndex: 0, role: "application", "aria-label": "Transcript to code. Press ? for the keys.", "aria-describedby": `${v.uid}-status` }, v.text);
  v.status = make("div", { class: "pb-status", id: `${v.uid}-status` });
  v.live = make("div", { class: "pb-live", "aria-live": "polite", role: "status" });
  v.kept = make("div", { class: "pb-kept" });
  v.banner = make("div", { class: "pb-banner", hidden: true, role: "alert" });
  v.root = make("div", { class: `pb-cw ${v.uid}`, "data-lm-suppress-shortcuts": "true" });
  v.painter = makePainter(v);
  v.sel = makeSelection(v);
  v.later = makeLater(v);
  v.link = makeCodingLink(v);
  v.coding = makeCoding(v);
  v.actions = makeActions(v);
  v.placeholder = make("div", { class: "pb-empty" }, "Opening…");
  v.main = make("div", { class: "pb-main" }, v.scroll);
  v.head = makeBar(v);
  v.root.append(v.painter.sheet, v.head, v.banner, v.main, make("div", { class: "pb-foot" }, v.status, v.live, v.kept));
  v.text.append(v.placeholder);
  el.append(v.root);
  holdFocus(v);
  return v;
}

function joinParts(v) {
  joinStanding(v);
  v.moved = () => v.tell();
  v.news = v.handle = v.codesHere = () => {};
  v.shows = () => true;
  v.view = () => boxOf(v.scroll);
  v.hasFocus = () => v.scroll.contains(document.activeElement);
  v.focus = () => { v.scroll.focus({ preventScroll: true }); };
  v.square = code => make("span", { class: "pb-swatch", style: swatchOf(code) });
  v.me = () => v.link.state().coder;
  v.codes = () => [...v.doc.codes.values()];
  v.ref = code => typeof code.id === "number" ? code.id : code.name; // a code made here has no number yet
  v.say = (text, warn = false) => { v.message = [text, warn]; v.tell(); };
  // Words follow the frame that shows the change: a key that codes waits for no layout.
  v.tell = () => { if (!v.wording) { v.wording = true; setTimeout(() => { v.wording = false; if (v.root.isConnected) { v.telling(); foot(); } }, 40); } };
  v.saved = v.tell;
  const foot = () => {
    if (v.message) { v.live.title = v.live.textContent = upright(v.message[0]); v.toldAt = performance.now(); v.live.classList.toggle("pb-warn", v.message[1]); v.message = null; }
    v.standing();
  };
  v.near = g => { if (!g.near) { g.near = true; g.el.style.contentVisibility = "visible"; paintGroup(v, g); requestAnimationFrame(() => { g.el.style.contentVisibility = ""; }); } };
  /** Paint a group next frame; `same`: no words have moved. */
  v.soon = (g, same = false) => { if (!v.waiting.size) requestAnimationFrame(v.flush); v.waiting.set(g, same && v.waiting.get(g) !== false); };
  v.flush = () => { // what does not fit into half a frame waits
    const begin = performance.now();
    for (const [g, same] of v.waiting) { v.waiting.delete(g); if (g.near && g.el.isConnected) (same ? drawGroup(v, g, true) : paintGroup(v, g)); if (performance.now() - begin > 8) break; }
    if (v.waiting.size) requestAnimationFrame(v.flush);
    if (v.active) v.handle();
  };
  v.redraw = c => { for (const g of groupsOf(v.doc, c)) if (g.near) v.soon(g, true); };
  v.repaint = () => { if (v.doc) for (const g of v.doc.groups) if (g.near) v.soon(g); };
  v.resized = () => { v.measure(); v.repaint(); if (v.doc) v.sel.draw(); };
  v.measure = () => {
    const width = v.root.clientWidth;
    const narrow = width < (v.aside ? 960 : 700), beside = v.aside && !narrow; // a panel stands beside the text where both have room
    v.root.toggleAttribute("data-narrow", narrow);
    v.margin = width < 640 ? 72 : Math.max(beside ? 150 : 210, Math.min(340, width - (beside ? 1160 : 820)));
    v.root.style.setProperty("--pb-margin", `${v.margin}px`);
  };
  v.theme = () => {
    const style = getComputedStyle(v.root), ground = style.backgroundColor;
    v.root.toggleAttribute("data-dark", v.dark = isDark(ground));
    v.forced = matchMedia("(forced-colors: active)").matches;
    const [fg, dim, tint, full] = ["fg", "dim", "tint", "full"].map(name => style.getPropertyValue(`--pb-${name}`).trim());
    v.colours = { fg, dim, tint: parseFloat(tint) / 100, full: parseFloat(full) / 100, bg: /^rgb\(/.test(ground) ? ground.match(/\d+/g).map(Number) : v.dark ? [33, 33, 33] : [255, 255, 255] };
    v.repaint();
  };
}

function joinTelling(v) {
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; }; // a write, even of the same words, costs a layout
  v.telling = () => {
    const { doc } = v;
    if (!doc) return;
    const at = turnAt(doc, v.sel.focus), who = doc.turns[at]?.speaker, s = v.coding.span(), talk = doc.turns.filter(x => x.role !== "interviewer");
    write(v.status, upright([s ? `${v.coding.chars(s)} selected: ${short(doc.words(s), 30)}` : `turn ${at + 1}${who ? ", " + who : ""}`, v.codesHere()].filter(Boolean).join(" · ")));
    write(v.buttons.sources, `${doc.source} · ${talk.filter(x => x.n).length}/${talk.length} turns ▾`);
    v.steps(doc.undo, v.offline);
    v.news("caret");
  };
  v.strip = () => {
    const chip = (code, key) => make("button", { class: "pb-chip", title: `${upright(code.name)} (${showKey(key)})`, onclick: () => { v.coding.put([code]); v.focus(); } }, make("kbd", {}, showKey(key)), v.square(code), make("bdi", {}, code.name));
    const keyed = Object.entries(v.doc.keys).map(([k, id]) => [v.doc.codes.get(id), k]).filter(([c]) => c);
    v.strips.replaceChildren(...[["Stages", v.actions.stages().map((c, i) => chip(c, `shift+${i + 1}`))], ["Keys", keyed.map(([c, k]) => chip(c, k))], ["Recent", v.coding.recent.map((c, i) => chip(c, String(i + 1)))]]
      .filter(([, chips]) => chips.length).map(([name, chips]) => make("div", { class: "pb-strip-part", role: "group", "aria-label": name }, make("span", { class: "pb-detail" }, name), ...chips)));
  };
}

/** Show what Python sent: a source, or the same one anew. */
function joinOpening(v) {
  v.open = m => {
    const same = v.doc?.source === m.source && v.doc.revision === m.revision, kept = { at: v.scroll.scrollTop, a: v.sel.anchor, b: v.sel.focus };
    v.select(null);
    if (v.doc) for (const g of v.doc.groups) unpaintGroup(v, g);
    v.doc = Object.assign(makeDoc(m, v.doc?.codes), { segments: makeSegments(m.language) });
    v.pending.clear();
    v.unsure = new Map();
    v.measure();
    v.theme();
    buildText(v);
    if (!v.coding.recent.length) for (const id of m.recent || []) v.coding.use(v.doc.codes.get(id));
    for (const w of v.link.outbox.all()) if (w.type === "add" && w.source === m.source) for (const [guid, ref] of w.items) {
      const code = v.codes().find(c => c.id === ref || c.name === ref), off = v.doc.off;
      if (code) { v.coding.use(code); const c = { id: guid, start: off.toUtf16(w.start), end: off.toUtf16(w.end), code, coder: v.me(), pending: true }; v.pending.set(guid, c); v.show(c); }
    }
    v.scroll.scrollTop = same ? kept.at : 0;
    const room = boxOf(v.scroll);
    for (const g of v.doc.groups) { const box = boxOf(g.el); if (box.top > room.bottom) break; if (box.bottom > room.top) { g.near = true; paintGroup(v, g); } }
    watchGroups(v);
    v.strip();
    v.tell();
    const top = v.doc.pieces[0]?.start ?? 0;
    v.sel.set(same ? kept.a : top, same ? kept.b : top, { show: false, select: false });
    v.news("source", same);
    v.root.dispatchEvent(new CustomEvent("pb-open"));
  };
}

function render({ model, el }) {
  const v = makeView(model, el);
  joinParts(v);
  joinCodings(v);
  joinTelling(v);
  joinOpening(v);
  v.kit = { LANE, PAINTS, WORD, boxOf, chord, dress, firstIndex, groupsOf, inOrder, isRtl, leave, make, pieceAt, short, showKey, stop, sure, swatchOf, trimSpan, turnAt, unpack, upright, within };
  const size = new ResizeObserver(() => v.doc && v.resized());
  size.observe(v.scroll);
  v.ends = [joinKeys(v), followTheme(v), () => size.disconnect(), v.link.end, v.painter.end, () => { v.seen?.disconnect(); v.sizes?.disconnect(); }];
  const saved = model.get("saved");
  if (saved?.text) { v.open(saved); v.later.take(saved.module); }
  v.link.ready();
  const wait = setTimeout(() => { if (!v.doc) v.placeholder.textContent = "Run this cell to open the source. Its text is not saved with the notebook."; }, 4000);
  el.pbView = v; // for tests
  return () => { clearTimeout(wait); for (const end of v.ends) end(); };
}

export default { render };
