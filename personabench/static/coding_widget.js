// @ts-check
// The coding widget: a source as speaker turns, coded by mouse or keyboard. One view is one call of `render` below; it holds its own copy of
// the columns that Python sent, changes that copy at once when a key is pressed, and marks as pending what Python has not yet acknowledged.
// Sections: 1 what keys and queries mean (pure), 2 selection, 3 the link to Python, 4 coding, 5 what the
// pickers offer, 6 panels, 7 keys, 8 the view. The document, highlights, stripes and the picker are in shared.js: other widgets show texts too.
// Positions are UTF-16 units inside, code points in every message.
/* global INKS, LINE, PAINTS, buildText, chord, drawBar, drawOne, enlist, firstIndex, followTheme, freeLane, fuzzy, groupsOf, holdFocus, inOrder, isDark, lookOf, make, makeDoc, makeGuid, makeOutbox,
   makePainter, makePicker, paintGroup, paintSpans, pieceAt, placeBox, placeOf, positionOf, readCodes, repairText, sayAgain, short, showKey, snapSpan, stepFrom, stripeAt, suppressKeys, swatchOf, trimSpan, turnAt,
   unpack, watchGroups -- of shared.js, which Python puts before this file */

// == 1 What keys and queries mean ==
/** Codes for the palette: the best fit first; without a query the recent ones, then the codebook's order.
 * @param {any[]} codes @param {string} query @param {any[]} recent */
export function rankCodes(codes, query, recent) {
  if (!query.trim()) return [...recent.filter(c => codes.includes(c)), ...codes.filter(c => !recent.includes(c))];
  const scored = codes.map((code, i) => ({ code, i, score: Math.max(fuzzy(query, code.name), fuzzy(query, code.path || "") - 5) }));
  return scored.filter(s => s.score >= 0).sort((a, b) => b.score - a.score || a.i - b.i).map(s => s.code);
}

/** Which action a key means: {action}, {code} for a code's own key, {recent} or {stage} by number; null = not ours, let it pass.
 * @param {string} key @param {Record<string, string>} own action -> key @param {Record<string, string>} keys key -> code name */
export function meaning(key, own, keys) {
  if (!key) return null;
  if (keys[key]) return { code: keys[key] };
  if (/^[1-9]$/.test(key)) return { recent: Number(key) - 1 };
  if (/^shift\+[1-9]$/.test(key)) return { stage: Number(key[6]) - 1 };
  const action = Object.keys(own).find(a => own[a] === key) || { "backspace": "remove", "mod+y": "redo" }[key];
  return action ? { action } : null;
}

// == 2 Selection ==
// The selection is two positions of the text, not the browser's: it outlives the focus, and keys move it in text that is not editable.
// The browser's own selection follows it, so that copying works.
const isRtl = piece => getComputedStyle(piece.say).direction === "rtl";

function makeSelection(v) {
  const caret = make("div", { class: "pb-caret", "aria-hidden": "true" });
  let anchor = 0, focus = 0, goal = null, quiet = 0;
  const lo = () => Math.min(anchor, focus), hi = () => Math.max(anchor, focus);
  /** The rectangle of characters; of nothing, if they are not laid out. */
  v.rect = (a, b) => {
    const p = pieceAt(v.doc, a + (b > a ? 1 : 0)), probe = document.createRange(), [n, i] = placeOf(p, a), [m, j] = placeOf(p, Math.max(b, a));
    probe.setStart(n, i);
    probe.setEnd(m, j);
    const boxes = probe.getClientRects();
    return boxes.length ? boxes[boxes.length - 1] : probe.getBoundingClientRect();
  };
  const caretBox = () => {
    const p = pieceAt(v.doc, focus), at = Math.max(p.start, Math.min(focus, p.end)), line = at > p.start && (at === p.end || focus === hi()) && focus !== anchor;
    const [n, i] = placeOf(p, at), probe = document.createRange();
    probe.setStart(n, i);
    probe.collapse(true);
    let box = probe.getBoundingClientRect();
    if (line || !box.height) { const b = at > p.start ? v.rect(at - 1, at) : v.rect(at, at + 1), rtl = isRtl(p);
      box = new DOMRect((at > p.start) !== rtl ? b.right : b.left, b.top, 0, b.height); }
    return box;
  };
  const draw = () => {
    if (!v.doc) return;
    const box = caretBox(), base = v.text.getBoundingClientRect();
    caret.style.cssText = `transform:translate(${box.left - base.left}px,${box.top - base.top}px);height:${box.height}px`;
    if (!caret.isConnected) v.text.append(caret);
  };
  const native = () => {
    const [a, i] = placeOf(pieceAt(v.doc, anchor), anchor), [b, j] = placeOf(pieceAt(v.doc, focus), focus);
    quiet = performance.now();
    v.root.getRootNode().getSelection?.()?.setBaseAndExtent(a, i, b, j) ?? document.getSelection()?.setBaseAndExtent(a, i, b, j);
  };
  const reveal = () => {
    const box = caretBox(), view = v.scroll.getBoundingClientRect(), room = 48;
    if (box.top < view.top + room) v.scroll.scrollTop -= view.top + room - box.top;
    else if (box.bottom > view.bottom - room) v.scroll.scrollTop += box.bottom - view.bottom + room;
  };
  const set = (a, b, { show = true, keepGoal = false, select = true } = {}) => {
    [anchor, focus] = [a, b];
    if (!keepGoal) goal = null;
    if (!PAINTS || v.hasFocus()) { if (select) native(); } else v.painter.mark("sel", { start: lo(), end: hi() });
    if (show) { v.near(pieceAt(v.doc, focus).group); reveal(); }
    draw();
    v.tell();
  };
  const point = (x, y) => {
    const d = document, at = d.caretPositionFromPoint ? d.caretPositionFromPoint(x, y) : d.caretRangeFromPoint?.(x, y);
    return at ? positionOf(v.doc, at.offsetNode ?? at.startContainer, at.offset ?? at.startOffset) : null;
  };
  /** The position one line up or down, keeping the column. */
  const vertical = (way, lines = 1) => {
    reveal();
    let box = caretBox();
    goal ??= box.left;
    const view = v.scroll.getBoundingClientRect(), step = (box.height || 24) * lines;
    if (way > 0 ? box.bottom + step + 40 > view.bottom : box.top - step - 40 < view.top) { v.scroll.scrollTop += way * (step + 60); box = caretBox(); }
    const p = pieceAt(v.doc, focus);
    for (let i = 0; i < 12; i++) { // down to where words are: between two turns there are none
      const y = way > 0 ? box.bottom + step - box.height / 2 + i * 12 : box.top - step + box.height / 2 - i * 12;
      const r = document.elementFromPoint(goal, y)?.closest(".pb-turn")?.lastChild.getBoundingClientRect();
      const at = r?.top <= y && y <= r.bottom ? point(Math.max(r.left + 2, Math.min(goal, r.right - 2)), y) : null;
      if (at !== null && at !== focus) return at;
    }
    return way > 0 ? v.doc.pieces[Math.min(v.doc.pieces.indexOf(p) + 1, v.doc.pieces.length - 1)].start : v.doc.pieces[Math.max(0, v.doc.pieces.indexOf(p) - 1)].end;
  };
  /** Left and right mean the eye's direction: in a right-to-left turn, left is forward. */
  const sideways = (unit, eye) => {
    const p = pieceAt(v.doc, focus), way = isRtl(p) ? -eye : eye, i = v.doc.pieces.indexOf(p);
    const at = Math.max(p.start, Math.min(focus, p.end));
    if (way > 0 && at >= p.end) return v.doc.pieces[Math.min(i + 1, v.doc.pieces.length - 1)].start;
    if (way < 0 && at <= p.start) return v.doc.pieces[Math.max(i - 1, 0)].end;
    return p.start + stepFrom(v.doc.segments, v.doc.text.slice(p.start, p.end), at - p.start, unit, way);
  };
  /** Arrow keys and their kin; false when the key is none of them. @param {string} key */
  const move = key => {
    const extend = key.includes("shift+"), mod = key.includes("mod+"), name = key.replace(/mod\+|shift\+/g, ""), unit = mod ? "word" : "grapheme";
    const p = pieceAt(v.doc, focus), page = Math.max(1, Math.floor(v.scroll.clientHeight / 28) - 2);
    const to = { arrowleft: () => sideways(unit, -1), arrowright: () => sideways(unit, 1), arrowup: () => mod ? p.start : vertical(-1),
      arrowdown: () => mod ? p.end : vertical(1), pageup: () => vertical(-1, page), pagedown: () => vertical(1, page),
      home: () => mod ? v.doc.pieces[0].start : edge(-1), end: () => mod ? v.doc.pieces[v.doc.pieces.length - 1].end : edge(1) }[name];
    if (!to || key.includes("alt+")) return false;
    if (!extend && anchor !== focus && /^arrow(left|right)$/.test(name) && !mod) { const side = (name === "arrowleft") !== isRtl(p) ? lo() : hi(); set(side, side); return true; }
    const at = to();
    set(extend ? anchor : at, at, { keepGoal: /arrow(up|down)|page/.test(name) });
    return true;
  };
  const edge = way => {
    const box = caretBox(), p = pieceAt(v.doc, focus), inside = p.say.getBoundingClientRect();
    return point((way > 0) !== isRtl(p) ? inside.right - 1 : inside.left + 1, box.top + box.height / 2) ?? focus;
  };
  /** The word, sentence or turn around a position, trimmed. @param {string} unit @param {number} at */
  const unitAt = (unit, at) => {
    const p = pieceAt(v.doc, at);
    if (unit === "turn") { const t = v.doc.turns[p.turn]; return t ? trimSpan(v.doc.text, t.start, t.end) : [p.start, p.end]; }
    const words = v.doc.text.slice(p.start, p.end), [a, b] = v.doc.segments.around(unit, words, at - p.start);
    return trimSpan(v.doc.text, p.start + a, p.start + b);
  };
  /** Select a unit; pressed again, the next one is added. @param {string} unit */
  const take = unit => {
    const [a, b] = unitAt(unit, lo() < hi() ? hi() - 1 : focus - Number(/^\S\s|^[^\s\p{P}]\p{P}/u.test(v.doc.text.slice(focus - 1, focus + 1)))); // at a word's end: that word
    const [c, d] = lo() <= a && hi() >= b && unit !== "turn" && hi() > lo() ? unitAt(unit, skip(hi())) : [a, b];
    set(lo() < hi() && lo() <= c ? Math.min(lo(), c) : c, d);
  };
  const skip = at => { while (at < v.doc.text.length && /\s/.test(v.doc.text[at])) at++; return at; };
  /** Take over what the mouse selected. @param {any} e @param {any} before the selection before the button went down */
  const fromMouse = (e, before) => {
    if (v.resizing) v.select(null);
    const s = v.root.getRootNode().getSelection?.() || document.getSelection();
    if (!s?.anchorNode || !v.text.contains(s.anchorNode)) return;
    let a = positionOf(v.doc, s.anchorNode, s.anchorOffset), b = positionOf(v.doc, s.focusNode, s.focusOffset);
    if (a === null) return;
    b ??= a;
    const at = point(e.clientX, e.clientY) ?? b;
    if (e.detail >= 2) {
      const inside = before.lo < before.hi && at >= before.lo && at <= before.hi, units = ["word", "sentence", "turn"];
      let i = Math.min(e.detail - 2, 2);
      while (inside && i < 2 && unitAt(units[i], at)[1] - unitAt(units[i], at)[0] <= before.hi - before.lo) i++;
      const [c, d] = unitAt(units[i], at);
      return set(c, d, { show: false });
    }
    if (a !== b && !e.altKey) {
      const [c, d] = snapSpan(v.doc, Math.min(a, b), Math.max(a, b));
      [a, b] = a < b ? [c, d] : [d, c];
    }
    set(a, b, { show: false });
    if (a === b) v.clicked(at);
  };
  return { set, move, take, draw, reveal, fromMouse, point, lo, hi, native,
    get anchor() { return anchor; }, get focus() { return focus; }, get quiet() { return quiet; } };
}

// == 3 The link to Python ==
// Writes wait in the outbox until Python acknowledges them. What Python tells is news about rows, whoever wrote them.
function makeLink(v) {
  const { model } = v;
  const session = () => { try { return globalThis.sessionStorage; } catch { return null; } };
  const state = () => model.get("state") || {};
  const outbox = makeOutbox(session(), `personabench:${state().study}:${state().coder}`);
  let asked = 0;
  const raw = m => { try { model.send(m); } catch { /* the kernel is gone: the outbox keeps what matters */ } };
  /** Send something that changes the study. */
  const write = m => {
    if (state().readonly || v.offline) { v.say(v.offline ? "Nothing is connected: run the cell to work on" : "The study is open read-only", true); return null; }
    const message = outbox.put({ guid: makeGuid(), source: v.doc.source, revision: v.doc.revision, ...m });
    message.at = Date.now();
    raw(message);
    v.tell();
    return message;
  };
  const ready = () => { raw({ type: "ready", view: v.uid }); for (const m of outbox.all()) raw(m); };
  const beat = () => {
    if (!v.root.isConnected || document.visibilityState === "hidden") return;
    const first = outbox.all()[0]?.at, late = (asked && performance.now() - asked > 5000) || (first && Date.now() - first > 5000);
    v.lost(late);
    if (!asked || performance.now() - asked > 15000) { asked = performance.now(); raw(v.doc && !v.offline ? { type: "ping", event: v.doc.event } : { type: "ready", view: v.uid }); }
  };
  const hear = m => {
    if (m.to && m.to !== v.uid) return;
    sayAgain(outbox, raw, asked && performance.now() - asked > 5000);
    asked = 0;
    v.lost(false);
    HEAR[m.type]?.(v, m);
  };
  model.on("msg:custom", hear);
  const timer = setInterval(beat, 2000);
  return { write, ready, outbox, raw, state, end: () => { clearInterval(timer); model.off("msg:custom", hear); } };
}

const HEAR = {
  source(v, m) { v.got = performance.now(); v.offline = false; v.open(m); },
  changed(v, m) {
    if (!v.doc) return;
    const { doc } = v, busy = new Set(v.link.outbox.all().flatMap(o => o.type === "add" ? [] : [o.id, ...(o.ids || [])]));
    doc.event = m.event;
    if (m.codes) { readCodes(doc, m.codes); v.strip(); v.repaint(); }
    if (m.memos) { doc.memos = m.memos; v.panel.refresh("memo"); }
    for (const id of m.removed) { const c = doc.byId.get(id); if (c) v.drop(c); }
    for (const row of unpack(m.codings)) if (busy.has(row.id)) v.unsure.set(row.id, row); else place(v, row); // drawn ahead: how it stands shows when ours is stored
    doc.undo = m.undo;
    v.tell();
  },
  ack(v, m) {
    const sent = v.link.outbox.done(m.guid);
    if (sent?.at) v.root.dispatchEvent(new CustomEvent("pb-ack", { detail: { guid: m.guid, ms: Date.now() - sent.at } }));
    for (const [guid, id] of m.ids || []) settle(v, guid, id);
    if (!v.link.outbox.size) { for (const row of v.unsure.values()) place(v, row); v.unsure.clear(); }
    if (m.notice) v.say(m.notice);
    v.tell();
  },
  refused(v, m) {
    if (m.again) return v.say(`${m.reason}. ${m.cure || ""}`, true);
    const sent = v.link.outbox.done(m.guid);
    for (const [guid] of sent?.items || []) { const c = v.pending.get(guid); if (c) { v.pending.delete(guid); v.drop(c); } }
    if (sent?.text) { v.draft = sent.text; const box = v.panel.box.querySelector("textarea"); if (box && !box.value) box.value = sent.text; } // words are not lost because a memo was refused
    if (sent && !sent.items) v.link.raw({ type: "ready", view: v.uid }); // what was drawn ahead is not so: ask for what is
    v.say(`${m.reason}. ${m.cure || ""}`, true);
    v.tell();
  },
  notice(v, m) { v.link.outbox.done(m.guid); v.say(m.text); v.tell(); },
  keys(v, m) { v.doc.keys = m.keys; v.strip(); },
  progress(v, m) { if (!v.doc) return; v.progress = unpack(m.rows); v.doc.status = v.progress.find(s => s.name === v.doc.source)?.status; v.picker.refresh("sources"); v.tell(); },
  hits(v, m) { v.hits = m.hits.map(h => ({ ...h, take: true })); v.panel.refresh("autocode"); },
};
/** Show a coding as Python has it. */
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
  for (const g of groupsOf(v.doc, c)) { const bar = g.bars.find(b => b.c === c); if (bar && g.canvas) drawBar(v, g.canvas.getContext("2d"), bar); } // full instead of thin
}

// == 4 Coding ==
function makeCoding(v) {
  const recent = [];
  const chars = s => v.doc.off.toCodePoints(s.end) - v.doc.off.toCodePoints(s.start);
  const span = () => {
    const [start, end] = trimSpan(v.doc.text, v.sel.lo(), v.sel.hi());
    return end > start ? { start, end } : null;
  };
  const wire = s => ({ start: v.doc.off.toCodePoints(s.start), end: v.doc.off.toCodePoints(s.end) });
  const use = code => {
    if (recent[0] === code) return;
    const i = recent.indexOf(code);
    if (i >= 0) recent.splice(i, 1);
    recent.unshift(code);
    recent.length = Math.min(recent.length, 9);
    setTimeout(v.strip, 60); // not in the frame of the key that coded
  };
  /** Put codes on the selection: drawn at once, stored in one step. @param {any[]} codes */
  const put = codes => {
    const s = span();
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
    v.say(`Coded ${chars(s)} characters as ${fresh.map(c => c.name).join(", ")}`);
  };
  /** Make a code and return it; it is drawn before Python knows it. @param {string} name @param {string} facet */
  const create = (name, facet) => {
    const there = v.codeNamed(name);
    if (there) return there;
    if (!v.link.write({ type: "add_code", name, facet })) return null;
    const code = { id: "new:" + name, name, path: name, facet, n: 0, look: lookOf({ id: 0, facet }) };
    v.doc.codes.set(code.id, code);
    return code;
  };
  const needs = what => { if (!v.active) v.say(`Click a coding, or go to one with n, to ${what}`, true); return v.active; };
  const remove = () => {
    const c = needs("remove it");
    if (!c || !v.link.write({ type: "remove", ids: [c.id] })) return;
    v.drop(c);
    v.say(`Removed ${c.code.name}`);
  };
  const recode = code => {
    const c = needs("recode it");
    if (!c || !v.link.write({ type: "recode", id: c.id, code: v.ref(code) })) return;
    v.say(`Recoded ${c.code.name} as ${code.name}`);
    v.change(c, { code });
    use(code);
  };
  /** Move the ends while a handle or key moves; `done` writes. @param {any} c @param {number} start @param {number} end */
  const stretch = (c, start, end) => { if (end > start && (start !== c.start || end !== c.end)) v.change(c, { start, end }); };
  const keep = (c, old) => {
    if (c.start === old.start && c.end === old.end) return;
    if (!v.link.write({ type: "resize", id: c.id, ...wire(c) })) return v.change(c, old);
    v.say(`${c.code.name}: now ${chars(c)} characters`);
  };
  return { put, create, use, remove, recode, stretch, keep, span, chars, get recent() { return recent.filter(c => v.doc.codes.get(c.id) === c); } };
}

// == 5 What the pickers offer ==
function makeChoices(v) {
  const offered = () => { const all = v.codes(), some = new Set(v.doc.offered); return some.size ? all.filter(c => some.has(c.id) || typeof c.id === "string") : all; };
  const keyOf = code => Object.keys(v.doc.keys).find(k => v.doc.keys[k] === code.name);
  const codeRow = c => ({ value: c, label: c.name, swatch: c, badge: keyOf(c) && showKey(keyOf(c)),
    detail: [c.path !== c.name ? c.path.slice(0, -c.name.length - 3) : "", c.facet, c.n || ""].filter(Boolean).join(" · ") });
  const codeRows = (q, fresh = true) => {
    const codes = rankCodes(offered(), q, v.coding.recent), rows = codes.map(codeRow), name = q.trim();
    if (fresh && name && !codes.some(c => c.name === name)) rows.push({ value: { fresh: name }, label: `New code “${name}”`, detail: "asks for its facet" });
    return rows;
  };
  /** Choose codes; a new name asks for its facet first. @param {string} label @param {(codes: any[], how: any) => void} then */
  const codes = (label, then, { many = true, near = null, query = "" } = {}) => v.picker.start({ kind: "codes", label, near, many,
    hint: many ? "↵ code · ⇧↵ code and stay · Tab mark several · Esc" : "↵ choose · Esc", rows: codeRows, pick: (picked, how) => {
      const fresh = picked.find(c => c.fresh), known = picked.filter(c => !c.fresh);
      if (fresh) facet(fresh.fresh, near, code => code && then([...known, code], how)); else then(known, how);
    } }, query);
  const facet = (name, near, then) => v.picker.start({ kind: "facets", near, label: `What kind of statement is “${short(name, 30)}”?`,
    rows: q => v.doc.facets.filter(f => fuzzy(q, f) >= 0).map(f => ({ value: f, label: f, swatch: { look: lookOf({ id: 0, facet: f }) } })),
    pick: ([f]) => then(v.coding.create(name, f)), hint: "↵ choose the facet · Esc" });
  const stateOf = s => s.status === "done" ? "✓ done" : s.status === "reading" || s.mine ? "◐ in progress" : "○ not read";
  const sources = () => {
    v.link.raw({ type: "progress" });
    v.picker.start({ kind: "sources", label: "Open a source", hint: "↵ open · ⇧↵ mark as done, or as not done · Esc", near: v.buttons.sources, keeps: true,
      rows: q => (v.progress || v.doc.sources.map(name => ({ name }))).filter(s => fuzzy(q, s.name) >= 0).map(s => s.turns === undefined ? { value: s, label: s.name } : {
        value: s, label: s.name, badge: stateOf(s), detail: `${s.coded} of ${s.turns} turns · ${s.codings} codings${s.memos ? ` · ${s.memos} memo${s.memos > 1 ? "s" : ""}` : ""}` }),
      pick: ([s], { stay }) => { if (stay) v.mark(s); else v.link.raw({ type: "open", source: s.name, view: v.uid }); } });
  };
  const filter = () => {
    const coders = [...new Set(v.doc.list.map(c => c.coder))], facets = [...new Set(v.codes().map(c => c.facet))];
    const rows = [{ value: null, label: "Show all codings" }, ...facets.map(f => ({ value: ["facet", f], label: f, detail: "facet" })),
      ...coders.map(c => ({ value: ["coder", c], label: c, detail: "coder" })), ...v.codes().map(c => ({ value: ["code", c], label: c.name, detail: "code", swatch: c }))];
    v.picker.start({ kind: "filter", label: "Show only…", near: v.buttons.filter, hint: "↵ show only these · ⇧↵ add another · Esc",
      rows: q => rows.filter(r => fuzzy(q, r.label) >= 0), pick: picked => v.filterBy(picked[0]) });
  };
  const keyFor = () => codes("Which code gets a key?", ([code]) => v.panel.askKey(code), { many: false });
  return { codes, sources, filter, keyFor };
}

// == 6 Panels ==
// What needs more room than a line stands beside the text: the list of codings (what highlights say, for those who cannot see them), memos,
// autocoding, help. One at a time; Esc returns to the text.
function makePanel(v) {
  const title = make("div", { class: "pb-title" }), body = make("div", { class: "pb-body" });
  const box = make("section", { class: "pb-side", hidden: true, onkeydown: e => {
    const key = chord(e), undoes = /^mod\+(z|y|shift\+z)$/.test(key) && e.target.tagName !== "TEXTAREA" && e.target.tagName !== "INPUT";
    if (key === "escape") close(); else if (undoes) v.actions.press(key); else return void (/^mod\+[^zy]/.test(key) || e.stopPropagation());
    e.preventDefault();
    e.stopPropagation();
  } },
  make("header", {}, title, make("button", { class: "pb-icon", "aria-label": "Close the panel", onclick: () => close() }, "×")), body);
  let kind = "", page = 0, renew = () => {};
  const close = () => { if (kind) { kind = ""; box.hidden = true; v.resized(); v.focus(); } };
  const open = name => {
    if (kind === name) return close();
    kind = name;
    box.hidden = false;
    page = 0;
    fill();
    v.resized();
    (body.querySelector("[data-first]") || box.querySelector("button")).focus({ preventScroll: true });
  };
  const fill = () => {
    renew = fill;
    const had = body.contains(document.activeElement), [name, ...content] = PANELS[kind]();
    title.textContent = name;
    box.setAttribute("aria-label", name);
    body.replaceChildren(...content.filter(Boolean));
    if (had) body.querySelector("[data-first]")?.focus({ preventScroll: true });
  };
  const codingsList = () => {
    const all = v.doc.list.filter(v.shows), size = 200, at = Math.max(0, v.active ? all.indexOf(v.active) : firstIndex(all, c => c.start >= v.sel.focus));
    const from = Math.max(0, Math.min(at - 20, all.length - size)) + page * size, some = all.slice(Math.max(0, from), Math.max(0, from) + size);
    let row = Math.max(0, Math.min(some.length - 1, at - from));
    const id = i => `${v.uid}-coding-${i}`;
    const list = make("ul", { class: "pb-list", role: "listbox", tabIndex: 0, "aria-label": "Codings of this source", "data-first": "", onkeydown: e => {
      const key = chord(e), step = { arrowdown: 1, arrowup: -1, pagedown: 10, pageup: -10 }[key];
      if (step) { row = Math.max(0, Math.min(some.length - 1, row + step)); show(); } else if (key === "enter" && some[row]) { v.goTo(some[row]); v.focus(); }
      else if (key === "delete" && some[row]) { v.select(some[row]); v.coding.remove(); fill(); body.querySelector("[data-first]")?.focus(); } else return;
      e.preventDefault();
    } }, ...some.map((c, i) => make("li", { id: id(i), role: "option", "aria-selected": "false", onclick: () => { row = i; show(); v.goTo(c); } },
      v.square(c.code), make("b", {}, c.code.name), make("q", {}, short(v.doc.text.slice(c.start, c.end), 90)),
      make("small", {}, `turn ${turnAt(v.doc, c.start) + 1} · ${c.coder}`))));
    const show = () => { [...list.children].forEach((li, i) => { li.setAttribute("aria-selected", String(i === row)); }); if (some.length) list.setAttribute("aria-activedescendant", id(row)); list.children[row]?.scrollIntoView({ block: "nearest" }); };
    setTimeout(show);
    const turn = (label, by, on) => on && make("button", { onclick: () => { page += by; fill(); } }, label);
    return [`${all.length} codings`, all.length ? list : make("p", {}, "Nothing is coded here yet. Select some words and press ↵."), turn("Earlier", -1, from > 0), turn("Later", 1, from + size < all.length)];
  };
  /** What a memo is about: kind, target, words for it. */
  const memoOn = (what, target) => [what, target, what === "turn" ? `turn ${target + 1}` : what === "source" ? `source ${v.doc.source}`
    : what === "code" ? `code ${v.doc.codes.get(target)?.name}` : `coding “${v.doc.byId.get(target)?.code.name}”`];
  const memo = () => {
    const c = v.active, on = [c && typeof c.id === "number" && memoOn("coding", c.id), c && memoOn("code", c.code.id), memoOn("turn", turnAt(v.doc, v.sel.focus)), memoOn("source", null)].filter(Boolean);
    const about = make("select", { "aria-label": "Memo on", onchange: () => { v.memoOn = on[about.value][0]; } }, ...on.map((o, i) => make("option", { value: String(i), selected: o[0] === v.memoOn }, "Memo on " + o[2])));
    const words = make("textarea", { rows: 4, "aria-label": "Memo", placeholder: "What did you notice?", value: v.draft || "", "data-first": "", oninput: () => { v.draft = words.value; }, onkeydown: e => {
      const key = chord(e);
      if (key === "mod+enter") save(); else if (key === "escape" && v.editing) edit(null); else return;
      e.preventDefault();
      e.stopPropagation();
    } });
    const keep = make("button", { class: "pb-main-button", onclick: () => save() }), cancel = make("button", { onclick: () => edit(null) }, "Cancel"), old = make("div", { class: "pb-memos", role: "list", "aria-label": "Memos kept" });
    const button = (label, m, onclick) => make("button", { class: "pb-link", "aria-label": `${label} memo: ${short(m.text, 40)}`, onclick }, label);
    /** Those on what is at hand come first, the newest before the older ones; what was just asked for is shown ahead. */
    const list = () => {
      const sent = v.link.outbox.all(), at = [...old.querySelectorAll("button")].indexOf(document.activeElement), near = m => on.some(o => o[0] === m.about && (m.about === "source" || o[1] === m.target));
      const all = unpack(v.doc.memos).filter(m => (m.about !== "code" || near(m)) && !sent.some(o => o.type === "remove_memo" && o.id === m.id)).reverse().sort((a, b) => Number(near(b)) - Number(near(a)));
      if (v.editing && !all.some(m => m.id === v.editing)) v.editing = null; // taken away meanwhile: what was typed may be kept as a new one
      old.replaceChildren(...all.map(m => make("blockquote", { role: "listitem", "aria-current": m.id === v.editing && "true" }, make("p", { dir: "auto" }, sent.find(o => o.type === "edit_memo" && o.id === m.id)?.text ?? m.text),
        make("small", {}, `${memoOn(m.about, m.target)[2]} · ${m.coder}, ${m.created.slice(0, 10)}`), ...m.coder === v.me() ? [button("Edit", m, () => edit(m)), button("Delete", m, () => drop(m))] : [])));
      keep.textContent = `${v.editing ? "Save change" : "Keep memo"} (${showKey("mod+enter")})`;
      cancel.hidden = !v.editing;
      about.hidden = Boolean(v.editing); // it stays where it is
      const left = old.querySelectorAll("button");
      if (at >= 0) (left[Math.min(at, left.length - 1)] || words).focus();
    };
    const edit = m => { v.editing = m?.id; words.value = v.draft = m?.text || ""; words.focus(); list(); };
    const drop = m => { if (v.link.write({ type: "remove_memo", id: m.id })) { v.say(`Memo on ${memoOn(m.about, m.target)[2]} deleted; ${showKey("mod+z")} brings it back`); list(); } };
    const save = () => {
      const [what, target] = on[about.value], was = v.editing, text = words.value;
      if (!text.trim() || !v.link.write(was ? { type: "edit_memo", id: was, text } : { type: "memo", about: what, target, text })) return;
      edit(null);
      v.say(was ? "Memo changed" : "Memo kept");
    };
    list();
    renew = list;
    return ["Memos", about, words, make("div", { class: "pb-row" }, keep, cancel), old];
  };
  const autocode = () => {
    const last = v.search ||= { query: "", kind: "words", unit: "sentence", everywhere: false }, hits = v.hits || [];
    const field = (key, label, ...options) => make("label", {}, label, make("select", { onchange: e => { last[key] = e.target.value; } },
      ...options.map(o => make("option", { value: o, selected: last[key] === o }, o))));
    const run = () => { v.hits = null; v.link.raw({ type: "search", view: v.uid, ...last }); };
    const rows = hits.map(h => make("li", {}, make("label", {}, make("input", { type: "checkbox", checked: h.take, onchange: e => { h.take = e.target.checked; count(); } }),
      make("span", { class: "pb-hit-words" }, make("small", {}, h.source + " "), h.before, make("mark", {}, h.quote), h.after))));
    const go = make("button", { class: "pb-main-button", onclick: () => v.choices.codes("Code the accepted passages as…", ([code]) => {
      const spans = hits.filter(h => h.take).map(h => [h.source, h.start, h.end]);
      if (code && v.link.write({ type: "apply", code: v.ref(code), spans })) { v.hits = null; fill(); }
    }, { many: false, near: go }) });
    const count = () => { const n = hits.filter(h => h.take).length; go.textContent = `Code ${n} accepted…`; go.disabled = !n; };
    const all = on => make("button", { onclick: () => { for (const h of hits) h.take = on; fill(); } }, on ? "Accept all" : "Reject all");
    count();
    return ["Autocode", make("input", { class: "pb-input", placeholder: "Words to find", "aria-label": "Words to find", value: last.query, "data-first": "", oninput: e => { last.query = e.target.value; },
      onkeydown: e => { if (chord(e) === "enter") run(); } }), field("kind", "as ", "words", "regex"), field("unit", "code the ", "match", "sentence", "turn"),
    make("label", {}, make("input", { type: "checkbox", checked: last.everywhere, onchange: e => { last.everywhere = e.target.checked; } }), " in all sources"),
    make("button", { onclick: run }, "Find"), v.hits && make("p", { role: "status" }, hits.length ? `${hits.length} passages. Untick what does not belong.` : "Nothing found."),
    ...(hits.length ? [make("div", { class: "pb-row" }, go, all(true), all(false)), make("ul", { class: "pb-hits" }, ...rows)] : [])];
  };
  const help = () => ["Keys", make("table", { class: "pb-keys", tabIndex: 0, "data-first": "" }, ...[...Object.entries(v.doc.own), ["move by character, word", "arrows"], ["extend the selection", "shift+arrows"],
    ["recent codes", "1 – 9"], ["stages", "shift+1 – 9"], ["code and stay in the palette", "shift+enter"], ["select without snapping to words", "alt"], ...Object.entries(v.doc.keys).map(([k, c]) => [c, k])]
    .map(([what, key]) => make("tr", {}, make("td", {}, make("kbd", {}, showKey(key))), make("td", {}, what))))];
  const PANELS = { list: codingsList, memo, autocode, help };
  const askKey = code => {
    v.say(`Press the key for ${code.name}, or Esc`);
    v.capture = key => { v.capture = null; if (key === "escape") v.say("No key given"); else v.link.raw({ type: "key", key, code: code.id }); };
  };
  return { box, open, close, askKey, refresh: name => { if (kind && (!name || kind === name)) renew(); }, get kind() { return kind; } };
}

/** Find in the text: hits as highlights, Enter and Shift+Enter to go on. */
function makeFind(v) {
  let hits = [], size = 0, at = -1, shown = false; // shown, not yet selected: ↵ selects that one first
  const told = make("span", { class: "pb-detail", role: "status" });
  const input = make("input", { class: "pb-input", placeholder: "Find in this source", "aria-label": "Find in this source", oninput: () => search(), onkeydown: e => {
    const key = chord(e);
    if (!/^mod\+[^zy]/.test(key)) e.stopPropagation();
    if (key === "enter" || key === "shift+enter") go(key === "enter" ? 1 : -1); else if (key === "escape") close(); else return;
    e.preventDefault();
  } });
  const step = (label, mark, way) => make("button", { class: "pb-icon", "aria-label": label, onclick: () => go(way) }, mark);
  const box = make("div", { class: "pb-find", hidden: true, role: "search" }, input, told, step("Previous", "↑", -1), step("Next", "↓", 1), make("button", { class: "pb-icon", "aria-label": "Close", onclick: () => close() }, "×"));
  const search = () => {
    const q = input.value.toLowerCase(), text = (v.doc.lower ||= v.doc.text.toLowerCase());
    hits = [];
    size = q.length;
    // A text whose small letters are longer than its capitals (İ) would shift the hits: then capitals count.
    const hay = text.length === v.doc.text.length ? text : v.doc.text;
    for (let i = q ? hay.indexOf(q) : -1; i >= 0 && hits.length < 5000; i = hay.indexOf(q, i + size)) hits.push(i);
    at = firstIndex(hits, h => h >= v.sel.focus) - 1;
    go(1, false);
  };
  const go = (way, take = true) => {
    const n = hits.length;
    if (n && !(shown && take && way > 0)) at = (at + way + n) % n;
    shown = !take;
    told.textContent = input.value ? `${n && at + 1} of ${n}` : "";
    if (!n) return v.painter.mark("hit", null);
    const span = { start: hits[at], end: hits[at] + size };
    if (take) v.sel.set(span.start, span.end, { select: false });
    else { v.near(pieceAt(v.doc, span.start).group); v.scrollTo(span.start); }
    v.painter.mark("hit", span);
  };
  const close = () => { box.hidden = true; v.painter.mark("hit", null); v.focus(); };
  return { box, open: () => { box.hidden = false; input.focus(); input.select(); search(); } };
}

// == 7 Keys ==
function makeActions(v) {
  const near = () => v.selectionBox();
  const all = () => v.doc.list.filter(v.shows);
  const jump = way => {
    const list = all();
    if (!list.length) return v.say("No coding to go to");
    const i = v.active ? list.indexOf(v.active) + way : way > 0 ? firstIndex(list, c => c.start >= v.sel.focus) : firstIndex(list, c => c.start >= v.sel.focus) - 1;
    v.goTo(list[(i + list.length) % list.length]);
  };
  const uncoded = () => {
    const { turns } = v.doc, from = turnAt(v.doc, v.sel.focus);
    for (let k = 1; k <= turns.length; k++) { const t = turns[(from + k) % turns.length]; if (!t.n && t.role !== "interviewer" && t.end > t.start) { v.select(null); v.sel.set(t.start, t.start); return v.say(`Turn ${turns.indexOf(t) + 1}, not coded`); } }
    v.say("Every turn of a participant is coded");
  };
  const overlap = () => {
    const here = v.codingsAt(v.sel.focus);
    if (!here.length) return v.say("No coding at the caret");
    v.select(here[(here.indexOf(v.active) + 1) % here.length]);
  };
  const ends = () => {
    if (v.resizing) return;
    const c = v.active;
    if (!c) return v.say("Go to a coding first (n), or click it", true);
    v.resizing = { c, old: { start: c.start, end: c.end } };
    v.sel.set(c.start, c.end);
    v.say(`Moving the ends of ${c.code.name}: Shift and arrows move this end, Tab changes ends, Enter keeps, Esc undoes`);
  };
  const stages = () => v.codes().filter((c, i, all) => c.facet === "stage" && !all[i + 1]?.path.startsWith(c.path + " / ")).sort((a, b) => (a.order ?? 99) - (b.order ?? 99)).slice(0, 9);
  const putCode = code => code ? v.coding.put([code]) : v.say("No code on that key yet");
  const vivo = () => {
    const s = v.coding.span();
    if (!s) return v.say("Select the words that shall name the code", true);
    v.choices.codes("Name of the in-vivo code", (codes) => v.coding.put(codes), { near: near(), query: short(v.doc.text.slice(s.start, s.end).replace(/\s+/g, " "), 60) });
  };
  const step = type => { if (v.banner.hidden) v.link.raw({ type }); else v.say(`The kernel does not answer: nothing to ${type} yet`, true); };
  const does = {
    "code": () => { if (v.coding.span()) v.choices.codes("Code the selection as…", (codes, how) => v.coding.put(codes, how), { near: near() }); else v.coding.put([]); },
    "repeat the last code": () => putCode(v.coding.recent[0]), "code in vivo": vivo,
    "word": () => v.sel.take("word"), "sentence": () => v.sel.take("sentence"), "turn": () => v.sel.take("turn"),
    "next coding": () => jump(1), "previous coding": () => jump(-1), "next uncoded turn": uncoded, "next overlapping coding": overlap,
    "drop the selection": () => { v.select(null); v.sel.set(v.sel.focus, v.sel.focus); },
    "remove": () => v.coding.remove(), "recode": () => { if (v.active) v.choices.codes(`Recode “${v.active.code.name}” as…`, ([code]) => v.coding.recode(code), { many: false, near: near() }); else v.say("Go to a coding first (n)", true); },
    "move the ends": ends, "memo": () => v.panel.open("memo"), "undo": () => step("undo"), "redo": () => step("redo"),
    "mark as done": () => v.mark({ name: v.doc.source, status: v.doc.status }), "find": () => v.find.open(), "sources": () => v.choices.sources(), "list of codings": () => v.panel.open("list"), "filter": () => v.choices.filter(),
    "fold interviewer": () => v.fold(), "autocode": () => v.panel.open("autocode"), "key for a code": () => v.choices.keyFor(), "help": () => v.panel.open("help"), "leave": () => v.leave() };
  /** While ends are moved: the selection is the coding. True when the key was used. @param {string} key */
  const resizeKey = key => {
    const { c, old } = v.resizing;
    if (key === "escape") { v.change(c, old); v.resizing = null; v.say("Ends as before"); }
    else if (key === "enter") { v.resizing = null; v.coding.keep(c, old); }
    else if (key === "tab") v.sel.set(v.sel.focus, v.sel.anchor);
    else if (v.sel.move(/arrow|home|end/.test(key) && !key.includes("shift+") ? key.replace(/(arrow|home|end)/, "shift+$1") : key)) v.coding.stretch(c, v.sel.lo(), v.sel.hi());
    else return false;
    return true;
  };
  /** Use a key; false lets it pass to the page. @param {string} key */
  const press = key => {
    if (v.capture && key) { if (!/^(mod\+|alt\+|shift\+)*(control|shift|alt|meta)$/.test(key)) v.capture(key); return true; }
    if (v.resizing && resizeKey(key)) return true;
    const m = meaning(key, v.doc.own, v.doc.keys);
    if (m?.action) does[m.action]();
    else if (m?.code) putCode(v.codeNamed(m.code));
    else if (m && "recent" in m) putCode(v.coding.recent[m.recent]);
    else if (m && "stage" in m) putCode(stages()[m.stage]);
    else return v.sel.move(key);
    return true;
  };
  return { does, press, stages, ours: key => Boolean(meaning(key, v.doc.own, v.doc.keys)) || /arrow|home|end|page/.test(key) };
}

// == 8 The view ==
function makeBar(v) {
  const tool = (key, label, text) => v.buttons[key] = make("button", { class: "pb-tool", title: label, onclick: () => v.actions.does[key]?.() }, text);
  v.buttons = {};
  v.strips = make("div", { class: "pb-strip", role: "toolbar", "aria-label": "Stages and recent codes" });
  v.only = make("div", { class: "pb-only", hidden: true });
  return make("div", { class: "pb-head" }, make("div", { class: "pb-bar", role: "toolbar", "aria-label": "Coding" }, tool("sources", "Open a source (g)", "Source"), tool("mark as done", `Done with this source (${showKey("shift+d")})`, "Done"), make("span", { class: "pb-gap" }), tool("code", "Code the selected words (Enter)", "Code"),
    tool("undo", "Undo", "↶ Undo"), tool("redo", "Redo", "↷"), tool("find", "Find in the text (/)", "Find"), tool("filter", "Show only some codings (f)", "Filter"),
    tool("list of codings", "List of codings (l)", "List"), tool("autocode", "Autocode (a)", "Autocode"), tool("memo", "Memos (m)", "Memos"), tool("fold interviewer", "Fold interviewer turns (h)", "Fold"),
    tool("help", "Keys (?)", "Keys")), v.strips, v.only, v.find.box);
}

/** Everything that the parts of a view share: what is shown, what is chosen, and how to change it. */
function makeView(model, el) {
  const v = { model, uid: `pb${Date.now().toString(36)}${++views}`, doc: null, active: null, filters: [], pending: new Map(), margin: 210, offline: true, waiting: new Set(), colours: {}, inks: [] };
  v.text = make("div", { class: "pb-text" });
  v.handles = ["start", "end"].map(end => make("div", { class: `pb-handle pb-handle-${end}`, "data-end": end, hidden: true, "aria-hidden": "true" }));
  v.scroll = make("div", { class: "pb-scroll", tabIndex: 0, role: "application", "aria-label": "Transcript to code. Press ? for the keys.", "aria-describedby": `${v.uid}-status` }, v.text);
  v.status = make("div", { class: "pb-status", "aria-live": "polite", id: `${v.uid}-status` });
  v.live = make("div", { class: "pb-live", "aria-live": "polite", role: "status" });
  v.kept = make("div", { class: "pb-kept" });
  v.banner = make("div", { class: "pb-banner", hidden: true, role: "alert" });
  v.tip = make("div", { class: "pb-tip", hidden: true, "aria-hidden": "true" });
  v.root = make("div", { class: `pb-cw ${v.uid}`, "data-lm-suppress-shortcuts": "true" });
  v.painter = makePainter(v);
  v.sel = makeSelection(v);
  v.link = makeLink(v);
  v.coding = makeCoding(v);
  v.picker = makePicker(v);
  v.choices = makeChoices(v);
  v.panel = makePanel(v);
  v.find = makeFind(v);
  v.actions = makeActions(v);
  v.placeholder = make("div", { class: "pb-empty" }, "Opening…");
  v.root.append(v.painter.sheet, makeBar(v), v.banner, make("div", { class: "pb-main" }, v.scroll, v.panel.box), make("div", { class: "pb-foot" }, v.status, v.live, v.kept), v.picker.box, v.tip);
  v.text.append(v.placeholder);
  el.append(v.root);
  holdFocus(v);
  return v;
}

/** What the parts ask of the view. */
function joinParts(v) {
  v.hasFocus = () => v.scroll.contains(document.activeElement);
  v.focus = () => { v.scroll.focus({ preventScroll: true }); };
  v.swatch = swatchOf;
  v.square = code => make("span", { class: "pb-swatch", style: swatchOf(code) });
  v.me = () => v.link.state().coder;
  v.codes = () => [...v.doc.codes.values()];
  v.codeNamed = name => v.codes().find(c => c.name === name);
  v.ref = code => typeof code.id === "number" ? code.id : code.name; // a code made here has no number yet
  v.shows = c => ["code", "facet", "coder"].every(kind => { const only = v.filters.filter(f => f[0] === kind); return !only.length || only.some(f => f[1] === (kind === "code" ? c.code : kind === "facet" ? c.code.facet : c.coder)); });
  v.say = (text, warn = false) => { v.message = [text, warn]; v.tell(); };
  // Words about the state are written after the frame that shows the change itself: a key that codes waits for no layout of the foot line.
  v.tell = () => { if (!v.wording) { v.wording = true; setTimeout(() => { v.wording = false; if (v.root.isConnected) { v.telling(); v.keeping(); } }, 40); } };
  v.keeping = () => {
    if (v.message) { v.live.textContent = v.message[0]; v.live.classList.toggle("pb-warn", v.message[1]); v.message = null; }
    const n = v.link.outbox.size, text = v.link.state().readonly ? "read-only" : n ? `${n} waiting` : "saved";
    if (v.kept.textContent !== text) { v.kept.textContent = text; v.kept.classList.toggle("pb-waiting", n > 0); }
  };
  v.lost = late => { const n = v.link.outbox.size; v.banner.hidden = !late; if (late) v.banner.textContent = `The kernel is busy or gone. ${n ? `${n} change${n > 1 ? "s wait" : " waits"} here and will be sent when it answers, or when you run its cells again.` : "Run its cells again if it does not come back."}`; };
  v.near = g => { if (!g.near) { g.near = true; g.el.style.contentVisibility = "visible"; paintGroup(v, g); requestAnimationFrame(() => { g.el.style.contentVisibility = ""; }); } };
  v.later = g => { if (!v.waiting.size) requestAnimationFrame(v.flush); v.waiting.add(g); };
  v.flush = () => { // what does not fit into half a frame waits for the next one
    const begin = performance.now();
    for (const g of v.waiting) { v.waiting.delete(g); if (g.near && g.el.isConnected) paintGroup(v, g); if (performance.now() - begin > 8) break; }
    if (v.waiting.size) requestAnimationFrame(v.flush);
    if (v.active) v.handle();
  };
  v.repaint = () => { if (v.doc) for (const g of v.doc.groups) if (g.near) v.later(g); };
  v.resized = () => { v.measure(); v.repaint(); if (v.doc) v.sel.draw(); };
  v.measure = () => { v.margin = v.root.clientWidth < 640 ? 72 : v.panel.box.hidden ? 210 : 120; v.root.style.setProperty("--pb-margin", `${v.margin}px`); };
  v.theme = () => {
    v.root.toggleAttribute("data-dark", isDark(getComputedStyle(v.root).backgroundColor));
    const style = getComputedStyle(v.root), read = name => style.getPropertyValue(name).trim();
    v.forced = matchMedia("(forced-colors: active)").matches;
    v.colours = v.forced ? { fg: "CanvasText", dim: "CanvasText" } : { fg: read("--pb-fg"), dim: read("--pb-dim") };
    v.inks = INKS.map((_, i) => read(`--pb-ink${i}`));
    v.repaint();
  };
  v.place = (box, near) => placeBox(v, box, near || v.scroll);
  v.selectionBox = () => { const s = v.coding.span() || v.active; return s ? v.rect(s.start, s.end) : v.scroll.getBoundingClientRect(); };
  v.codingsAt = at => [...(pieceAt(v.doc, at).group.codings)].filter(c => v.shows(c) && c.start <= at && c.end > at).sort((a, b) => a.end - a.start - b.end + b.start || inOrder(a, b));
  v.scrollTo = at => { const box = v.rect(at, at + 1), view = v.scroll.getBoundingClientRect(); if (box.top < view.top + 40 || box.bottom > view.bottom - 60) v.scroll.scrollTop += box.top - view.top - view.height / 3; };
  joinCodings(v);
}

/** Changes of codings: in the lists, on the screen, and nowhere else. */
function joinCodings(v) {
  v.show = c => {
    const { doc } = v, near = new Set(groupsOf(doc, c).flatMap(g => [...g.codings]));
    c.lane = freeLane(c, near, LINE);
    doc.byId.set(c.id, c);
    doc.list.splice(firstIndex(doc.list, o => inOrder(o, c) > 0), 0, c);
    enlist(doc, c, 1);
    c.code.n = (c.code.n || 0) + 1;
    for (const g of groupsOf(doc, c)) {
      if (!g.near || !v.shows(c)) continue;
      if (PAINTS) v.painter.put(g, c); else paintSpans(v, g);
      if (!drawOne(v, g, c)) v.later(g);
    }
  };
  const unlist = c => { const i = v.doc.list.indexOf(c); if (i >= 0) v.doc.list.splice(i, 1); enlist(v.doc, c, -1); for (const g of groupsOf(v.doc, c)) if (g.near) { if (PAINTS) v.painter.clear(g, c); v.later(g); } };
  v.drop = c => { unlist(c); v.doc.byId.delete(c.id); c.code.n--; if (v.active === c) v.select(null); };
  /** Move or recode a coding that is shown. */
  v.change = (c, to) => {
    unlist(c);
    if (to.code) { c.code.n--; to.code.n = (to.code.n || 0) + 1; }
    Object.assign(c, to);
    c.lane = freeLane(c, new Set(groupsOf(v.doc, c).flatMap(g => [...g.codings])), LINE);
    v.doc.list.splice(firstIndex(v.doc.list, o => inOrder(o, c) > 0), 0, c);
    enlist(v.doc, c, 1);
    for (const g of groupsOf(v.doc, c)) if (g.near) { if (PAINTS && v.shows(c)) v.painter.put(g, c); v.later(g); }
    if (v.active === c) { v.painter.mark("active", c); v.handle(); }
    v.tell();
  };
  v.select = c => {
    const old = v.active, r = v.resizing;
    if (r && r.c !== c) { v.resizing = null; if (v.doc.byId.has(r.c.id)) v.change(r.c, r.old); } // ends are moved in one place only
    v.active = c;
    v.painter.mark("active", c);
    for (const o of [old, c]) if (o) for (const g of groupsOf(v.doc, o)) if (g.near) v.later(g);
    v.handle();
    v.tell();
    if (c) v.say(`${c.code.name}, ${c.code.facet}, ${v.coding.chars(c)} characters, ${c.coder}${c.pending ? ", not saved yet" : ""}`);
  };
  v.goTo = c => { v.near(pieceAt(v.doc, c.start + 1).group); v.select(c); v.sel.set(c.start, c.start, { show: false }); v.scrollTo(c.start); v.sel.draw(); };
  v.handle = () => {
    const c = v.active, base = v.text.getBoundingClientRect();
    v.handles.forEach((h, i) => {
      h.hidden = !c || v.link.state().readonly;
      if (h.hidden) return h.remove();
      const box = i ? v.rect(c.end - 1, c.end) : v.rect(c.start, c.start + 1), rtl = isRtl(pieceAt(v.doc, c.start + 1));
      h.style.cssText = `transform:translate(${(Boolean(i) !== rtl ? box.right : box.left) - base.left}px,${box.top - base.top}px);height:${box.height}px`;
      if (!h.isConnected) v.text.append(h);
    });
  };
}

/** The lines that tell where one is. */
function joinTelling(v) {
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; }; // a write, even of the same words, costs a layout
  v.telling = () => {
    const { doc } = v;
    if (!doc) return;
    const at = turnAt(doc, v.sel.focus), who = doc.turns[at]?.speaker, s = v.coding.span(), talk = doc.turns.filter(x => x.role !== "interviewer");
    write(v.status, [s ? `${v.coding.chars(s)} characters selected: ${short(doc.text.slice(s.start, s.end), 30)}` : `turn ${at + 1}${who ? ", " + who : ""}`, v.codingsAt(v.sel.focus).map(c => c.code.name).join(", ")].filter(Boolean).join(" · "));
    write(v.buttons.sources, `${doc.source} · ${talk.filter(x => x.n).length}/${talk.length} turns ▾`);
    v.buttons["mark as done"].setAttribute("aria-pressed", String(doc.status === "done"));
    for (const [key, word] of [["undo", "Undo"], ["redo", "Redo"]]) {
      const label = doc.undo?.[key];
      const title = label ? `${word}: ${label}` : `Nothing to ${word.toLowerCase()}`, button = v.buttons[key];
      if (button.title !== title) { button.disabled = !label || v.offline; button.title = title; button.setAttribute("aria-label", title); }
    }
  };
  v.strip = () => {
    const chip = (code, key) => make("button", { class: "pb-chip", title: `${code.name} (${showKey(key)})`, onclick: () => { v.coding.put([code]); v.focus(); } }, make("kbd", {}, showKey(key)), v.square(code), code.name);
    const stages = v.actions.stages(), keyed = Object.entries(v.doc.keys).map(([k, name]) => [v.codeNamed(name), k]).filter(([c]) => c);
    v.strips.replaceChildren(...[["Stages", stages.map((c, i) => chip(c, `shift+${i + 1}`))], ["Keys", keyed.map(([c, k]) => chip(c, k))], ["Recent", v.coding.recent.map((c, i) => chip(c, String(i + 1)))]]
      .filter(([, chips]) => chips.length).map(([name, chips]) => make("div", { class: "pb-strip-part", role: "group", "aria-label": name }, make("span", { class: "pb-detail" }, name), ...chips)));
  };
  /** Say that this coder is done with a source, or not yet. */
  v.mark = ({ name, status }) => { const done = status !== "done"; if (v.link.write({ type: "assign", source: name, status: done ? "done" : "reading" })) v.say(`${name}: ${done ? "done" : "in progress again"}`); };
  v.filterBy = filter => {
    if (!filter) v.filters = [];
    else { const i = v.filters.findIndex(f => f[0] === filter[0] && f[1] === filter[1]); if (i >= 0) v.filters.splice(i, 1); else v.filters.push(filter); }
    v.only.hidden = !v.filters.length;
    v.only.replaceChildren("Only ", ...v.filters.map(f => make("button", { class: "pb-chip", "aria-label": `Stop showing only ${f[1].name || f[1]}`, onclick: () => v.filterBy(f) }, f[1].name || f[1], " ×")));
    v.repaint();
    v.panel.refresh("list");
    v.say(v.filters.length ? `Showing ${v.doc.list.filter(v.shows).length} of ${v.doc.list.length} codings` : "Showing all codings");
  };
  v.fold = () => { const on = v.root.classList.toggle("pb-folded"); v.buttons["fold interviewer"].setAttribute("aria-pressed", String(on)); v.resized(); v.say(on ? "Interviewer turns folded to one line" : "Interviewer turns shown"); };
  v.leave = () => { if (v.panel.kind) return v.panel.close(); v.scroll.blur(); v.root.parentElement?.closest("[tabindex]")?.focus({ preventScroll: true }); };
  v.open = m => {
    const same = v.doc?.source === m.source && v.doc.revision === m.revision, kept = { at: v.scroll.scrollTop, a: v.sel.anchor, b: v.sel.focus };
    v.select(null);
    v.doc = makeDoc(m, v.doc?.codes);
    v.pending.clear();
    v.unsure = new Map();
    v.measure();
    v.theme();
    buildText(v);
    for (const w of v.link.outbox.all()) if (w.type === "add" && w.source === m.source) for (const [guid, ref] of w.items) {
      const code = v.codes().find(c => c.id === ref || c.name === ref), off = v.doc.off;
      if (code) { const c = { id: guid, start: off.toUtf16(w.start), end: off.toUtf16(w.end), code, coder: v.me(), pending: true }; v.pending.set(guid, c); v.show(c); }
    }
    v.scroll.scrollTop = same ? kept.at : 0;
    if (!same) { v.find.box.hidden = true; v.painter.mark("hit", null); }
    const room = v.scroll.getBoundingClientRect();
    for (const g of v.doc.groups) { const box = g.el.getBoundingClientRect(); if (box.top > room.bottom) break; if (box.bottom > room.top) { g.near = true; paintGroup(v, g); } }
    watchGroups(v);
    v.strip();
    v.tell();
    v.panel.refresh();
    v.sel.set(same ? kept.a : v.doc.pieces[0]?.start ?? 0, same ? kept.b : v.doc.pieces[0]?.start ?? 0, { show: false, select: false });
    v.root.dispatchEvent(new CustomEvent("pb-open"));
  };
}

/** Mouse: select, click, hover, drag handles. */
function joinMouse(v) {
  let before = { lo: 0, hi: 0 }, drag = null, moved = 0, pressed = -1e9;
  v.clicked = at => { const here = v.codingsAt(at); if (v.resizing) return; v.select(here.length ? (here.includes(v.active) ? here[(here.indexOf(v.active) + 1) % here.length] : here[0]) : null); };
  v.scroll.addEventListener("pointerdown", e => {
    if (!v.doc || e.button) return;
    const handle = e.target.closest(".pb-handle");
    if (handle) { drag = { c: v.active, end: handle.dataset.end, old: { start: v.active.start, end: v.active.end } }; v.scroll.setPointerCapture(e.pointerId); e.preventDefault(); return; }
    if (e.timeStamp - pressed > 500) before = { lo: v.sel.lo(), hi: v.sel.hi() }; // what a double click adds to is what was selected before its first press
    pressed = e.timeStamp;
    if (!e.shiftKey) document.getSelection()?.removeAllRanges(); // pressing on selected words would drag them away instead of selecting anew
    const c = stripeAt(v, e);
    if (c) { e.preventDefault(); v.select(c); v.sel.set(c.start, c.start, { show: false }); v.focus(); }
  });
  v.scroll.addEventListener("pointermove", e => {
    if (drag) {
      const at = v.sel.point(e.clientX, e.clientY);
      if (at === null) return;
      const p = pieceAt(v.doc, at), { c, old } = drag, [a, b] = e.altKey ? [at, at] : snapSpan(v.doc, Math.max(p.start, at - 1), Math.min(p.end, at + 1));
      if (drag.end === "start") v.coding.stretch(c, Math.min(a, old.end - 1), old.end); else v.coding.stretch(c, old.start, Math.max(b, old.start + 1));
      return;
    }
    if (!v.doc || e.buttons) { v.tip.hidden = true; return; }
    const t = moved = performance.now();
    requestAnimationFrame(() => { if (moved === t) hover(e); });
  });
  const hover = e => {
    const stripe = stripeAt(v, e), at = e.target.closest?.(".pb-say") ? v.sel.point(e.clientX, e.clientY) : null, here = stripe ? [stripe] : at === null ? [] : v.codingsAt(at);
    v.tip.hidden = !here.length;
    if (!here.length) return;
    v.tip.replaceChildren(...here.slice(0, 6).map(c => make("div", {}, v.square(c.code), make("b", {}, c.code.name), ` ${c.code.facet} · ${c.coder}`)));
    const base = v.root.getBoundingClientRect();
    v.tip.style.cssText = `left:${Math.min(e.clientX - base.left + 12, base.width - 230)}px;top:${e.clientY - base.top + 18}px`;
  };
  v.scroll.addEventListener("pointerleave", () => { v.tip.hidden = true; });
  for (const end of ["pointerup", "pointercancel"]) v.scroll.addEventListener(end, () => { if (drag) { const { c, old } = drag; drag = null; v.coding.keep(c, old); } });
  const up = e => {
    if (v.doc && v.text.contains(e.target) && !e.target.closest("canvas") && e.button === 0) { v.focus(); v.sel.fromMouse(e, before); }
  };
  v.scroll.addEventListener("mouseup", up);
}

/** Keys go to the widget while the text has the focus; a Ctrl or Cmd chord that is not ours passes to the page and to JupyterLab. */
function joinKeys(v) {
  const guard = e => {
    if (!v.root.contains(e.target)) return;
    const key = chord(e), typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName), pass = /^mod\+/.test(key) && (typing || !v.doc || !v.actions.ours(key));
    suppressKeys(v, e, !pass || typing);
  };
  addEventListener("keydown", guard, true);
  v.scroll.addEventListener("keydown", e => {
    const key = chord(e);
    if (v.doc && key && e.target === v.scroll && v.actions.press(key)) { e.preventDefault(); e.stopPropagation(); } else if (!/^(mod\+|alt\+)/.test(key)) e.stopPropagation();
  });
  v.root.addEventListener("keydown", e => { if (!/^mod\+/.test(chord(e)) && e.key !== "Tab") { if (chord(e) === "escape" && e.target !== v.scroll) v.focus(); e.stopPropagation(); } });
  v.scroll.addEventListener("focusin", () => { v.painter.mark("sel", null); if (v.doc && performance.now() - v.sel.quiet > 50 && !v.scroll.matches(":active")) v.sel.native(); });
  v.scroll.addEventListener("focusout", () => { if (v.doc) v.painter.mark("sel", { start: v.sel.lo(), end: v.sel.hi() }); });
  return () => removeEventListener("keydown", guard, true);
}

function render({ model, el }) {
  const v = makeView(model, el);
  joinParts(v);
  joinTelling(v);
  joinMouse(v);
  const size = new ResizeObserver(() => v.doc && v.resized());
  size.observe(v.scroll);
  const ends = [joinKeys(v), repairText(v), followTheme(v), () => size.disconnect(), v.link.end, v.painter.end, () => v.seen?.disconnect()];
  const saved = model.get("saved");
  if (saved?.text) v.open(saved);
  v.link.ready();
  const wait = setTimeout(() => { if (!v.doc) v.placeholder.textContent = "Run this cell to open the source. Its text is not saved with the notebook."; }, 4000);
  el.pbView = v; // for tests and measurements
  return () => { clearTimeout(wait); for (const end of ends) end(); };
}

export default { render };
