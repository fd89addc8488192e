// @ts-check
// What the coding widget can do without while its text is opening: lines and units of the text, the mouse, the palette, changes of codings. Python sends it after
// shared_later.js when the text stands; `join` then adds it to the view. The panels (coding_widget_panels.js) come before it.

let LANE, WORD, boxOf, firstIndex, groupsOf, inOrder, isRtl, leave, pieceAt, showKey, sure, swatchOf, trimSpan, turnAt, unpack, upright, within;
export function useText(kit) { ({ LANE, WORD, boxOf, firstIndex, groupsOf, inOrder, isRtl, leave, pieceAt, showKey, sure, swatchOf, trimSpan, turnAt, unpack, upright, within } = kit); }

// == 1 Lines and units ==
/** Widen a span to whole words at both ends; a span of white space alone becomes empty.
 * @param {{text: string, pieces: {start: number, end: number}[], segments: any}} doc */
export function snapSpan(doc, a, b) {
  [a, b] = within(doc, a, b);
  if (a >= b) return [a, a];
  const p = pieceAt(doc, a + 1), q = pieceAt(doc, b);
  const first = doc.segments.around("word", doc.text.slice(p.start, p.end), a - p.start), last = doc.segments.around("word", doc.text.slice(q.start, q.end), b - 1 - q.start);
  return trimSpan(doc.text, Math.min(a, p.start + first[0]), Math.max(b, q.start + last[1]));
}

/** From where to look for a word or sentence at the caret: at a word's end that word's, behind a full stop what follows. */
export function lookFrom(text, at) {
  if (/^[^\s\p{P}](?:[\s\p{P}]|$)/u.test(text.slice(at - 1, at + 1)) && at) return at - 1;
  while (/\s/.test(text[at] ?? "")) at++;
  return at;
}

/** Lines ask how the text is laid out; units are what one key or click selects. */
function joinUnits(v) {
  const { sel } = v;
  const point = (x, y) => {
    const d = document, at = d.caretPositionFromPoint ? d.caretPositionFromPoint(x, y) : d.caretRangeFromPoint?.(x, y);
    return at ? positionOf(v.doc, at.offsetNode ?? at.startContainer, at.offset ?? at.startOffset) : null;
  };
  sel.point = point;
  /** The position one line up or down, keeping the column. */
  const vertical = (way, lines = 1) => {
    sel.reveal();
    let box = sel.caretBox();
    v.goal ??= box.left;
    const view = v.view(), step = (box.height || 24) * lines;
    if (way > 0 ? box.bottom + step + 40 > view.bottom : box.top - step - 40 < view.top) { v.scroll.scrollTop += way * (step + 60); box = sel.caretBox(); }
    const p = pieceAt(v.doc, sel.focus);
    for (let i = 0; i < 12; i++) { // down to where words are: between two turns there are none
      const y = way > 0 ? box.bottom + step - box.height / 2 + i * 12 : box.top - step + box.height / 2 - i * 12;
      const r = document.elementFromPoint(v.goal, y)?.closest(".pb-turn")?.lastChild.getBoundingClientRect();
      const at = r?.top <= y && y <= r.bottom ? point(Math.max(r.left + 2, Math.min(v.goal, r.right - 2)), y) : null;
      if (at !== null && at !== sel.focus) return at;
    }
    return sel.beside(p, way);
  };
  const edge = way => {
    const box = sel.caretBox(), p = pieceAt(v.doc, sel.focus), inside = boxOf(p.say);
    return point((way > 0) !== isRtl(p) ? inside.right - 1 : inside.left + 1, box.top + box.height / 2) ?? sel.focus;
  };
  sel.line = () => ({ start: edge(-1), end: edge(1) });
  /** The begin or end of this part of the text, or of the next one. */
  const far = (way, edge) => { const { pieces } = v.doc, p = pieceAt(v.doc, sel.focus); return sel.focus === p[edge] ? (pieces[pieces.indexOf(p) + way] || p)[edge] : p[edge]; };
  const page = () => Math.max(1, Math.floor(v.scroll.clientHeight / 28) - 2);
  Object.assign(sel.ways, { arrowup: mod => mod ? far(-1, "start") : vertical(-1), arrowdown: mod => mod ? far(1, "end") : vertical(1),
    pageup: () => vertical(-1, page()), pagedown: () => vertical(1, page()), home: mod => mod ? v.doc.pieces[0].start : edge(-1), end: mod => mod ? v.doc.pieces.at(-1).end : edge(1) });
  /** The word, sentence or turn around a position, trimmed. */
  const unitAt = (unit, at) => {
    const p = pieceAt(v.doc, at);
    if (unit === "turn") { const t = v.doc.turns[p.turn]; return t ? trimSpan(v.doc.text, t.start, t.end) : [p.start, p.end]; }
    const words = v.doc.words(p), [a, b] = v.doc.segments.around(unit, words, at - p.start);
    return trimSpan(v.doc.text, p.start + a, p.start + b);
  };
  /** Select a unit of the turn at hand; pressed again, the next one is added. What somebody else says next is not taken. */
  const take = unit => {
    const s = v.coding.span(), at = s ? s.end - 1 : sel.focus, turn = unitAt("turn", at), [a, b] = unit === "turn" ? turn : ahead(unit, s ? at : lookFrom(v.doc.text, at), turn);
    if (unit === "turn" || !s || s.start > a || s.end < b) return sel.set(a, b);
    const [c, d] = ahead(unit, s.end, turn);
    if (c < s.end) v.say("The turn ends here: ↓ goes on to the next"); else sel.set(s.start, d);
  };
  /** The unit of a turn at a position or, where none is, behind it; at the turn's end the last one. */
  const ahead = (unit, at, [start, end]) => {
    const { text } = v.doc, worth = (i, [a, b]) => b > i && WORD.test(text.slice(a, b));
    for (let i = at; i < end;) { const found = unitAt(unit, i); if (worth(i, found)) return found; i = Math.max(i + 1, found[1]); }
    for (let i = Math.min(at, end) - 1; i >= start; i--) { const found = unitAt(unit, i); if (worth(i, found)) return found; }
    return [at, at];
  };
  v.unitAt = unitAt;
  v.take = take;
}

/** A screen reader cannot walk through a text whose keys are the widget's: when the keys rest, what they came to is told where only it looks: a letter, word or line,
 * what was selected or left out, a coding's words, else the turn. */
function joinReader(v) {
  const { sel } = v, { move } = sel, { moved } = v, box = make("div", { class: "pb-heard", "aria-live": "polite" });
  let by = "", was = [0, 0], turn = -1, had = "", late = 0;
  const place = at => {
    const p = pieceAt(v.doc, at), near = Math.max(p.start, Math.min(at, p.end - 1)), [a, b] = v.doc.segments.around("grapheme", v.doc.words(p), near - p.start), [c, d] = /mod/.test(by) ? v.unitAt("word", near - Number(at > was[1] && near === at)) : v.unitAt("turn", near); // the word that was passed
    return /up|down|page/.test(by) ? sel.line() : by && !/mod/.test(by) ? { start: p.start + a, end: p.start + b } : { start: c, end: d };
  };
  const read = () => {
    if (!v.doc || !v.root.isConnected || !v.hasFocus()) return;
    const { anchor, focus } = sel, span = anchor !== focus, on = span && by && anchor === was[0] ? { start: Math.min(was[1], focus), end: Math.max(was[1], focus) } : null;
    const here = turnAt(v.doc, focus), who = here !== turn ? v.doc.turns[here]?.speaker : "", less = on && Math.abs(focus - anchor) < Math.abs(was[1] - anchor);
    const said = v.doc.words(on || (span ? { start: sel.lo(), end: sel.hi() } : (!by && v.active) || place(focus))), codes = v.codesHere();
    const all = [who && `${who}:`, said.trim() || (said ? "space" : "end"), span && (less ? "not selected" : "selected"), codes !== had && (codes ? `coded as ${codes}` : "not coded")].filter(Boolean).join(" ");
    [by, was, turn, had] = ["", [anchor, focus], here, codes];
    box.textContent = upright(all) + (box.textContent === all ? "\u00a0" : ""); // the same again is said again
  };
  sel.move = key => { by = key; return move(key); };
  v.moved = () => { moved(); clearTimeout(late); late = setTimeout(read, 150); };
  v.root.append(box);
  v.ends.push(() => clearTimeout(late));
}

// == 2 Changing codings ==
/** What Python refused is taken back from the page. */
function refused(v, m) {
  v.say(`${m.reason}. ${m.cure || ""}`, true);
  if (m.again) return;
  const sent = v.link.outbox.done(m.guid);
  for (const [guid] of sent?.items || []) { const c = v.pending.get(guid); if (c) { v.pending.delete(guid); v.drop(c); } }
  if (sent?.text) v.news("refused", sent);
  if (sent && !sent.items) v.link.raw({ type: "ready" }); // what was drawn ahead is not so: ask for what is
  sure(v);
}

function joinChanges(v) {
  /** The chosen coding, if there is one and it is this coder's: one key changes nobody else's work. */
  const needs = what => {
    const s = v.coding.span(), mine = s && v.doc.list.filter(c => v.shows(c) && c.start === s.start && c.end === s.end && c.coder === v.me()).at(-1); // just coded: the words are still selected
    if (!v.active && mine) v.select(mine);
    const c = v.active, why = !c ? `Click a coding, or go to one with n or b, to ${what}` : c.coder === v.me() ? "" : `It is ${c.coder}'s coding: adjudicate it, put your own code beside it, or open the study as ${c.coder} to ${what}`;
    if (why) v.say(why, true);
    return why ? null : c;
  };
  // Keys mean what is seen: a coding is chosen no longer when the caret leaves it or other words are selected.
  v.moved = () => { if (!v.message && !v.live.classList.contains("pb-warn") && performance.now() - v.toldAt > 1500) v.message = ["", false]; const c = v.active; if (c && !v.resizing && (v.sel.lo() < c.start || v.sel.hi() > c.end)) v.select(null); v.tell(); };
  const remove = () => {
    const c = needs("remove it");
    if (!c || !v.link.write({ type: "remove", ids: [c.id] })) return;
    v.drop(c);
    const n = unpack(v.doc.memos).filter(m => m.about === "coding" && m.target === c.id).length;
    v.say(`Removed ${c.code.name}${n ? `; its memo${n > 1 ? "s come" : " comes"} back with it, by undo` : ""}`);
  };
  const recode = (c, code) => {
    if (!there(c)) return v.say(`Its coding as ${c.code.name} is gone: nothing was recoded`, true);
    if (c.code === code) return v.say(`It is coded as ${code.name}`);
    if (!v.link.write({ type: "recode", id: c.id, code: v.ref(code) })) return;
    v.say(`Recoded ${c.code.name} as ${code.name}`);
    v.change(c, { code });
    v.coding.use(code);
  };
  /** Move the ends while a handle or key moves; `done` writes. */
  const there = c => v.doc.byId.get(c.id) === c; // it may have gone, by another view or an undo, while it was in hand
  const stretch = (c, start, end) => { if (there(c) && end > start && (start !== c.start || end !== c.end)) v.change(c, { start, end }); };
  const keep = (c, old) => {
    if (!there(c)) return;
    const { start, end } = v.coding.span(c.start, c.end) || old;
    v.coding.stretch(c, start, end);
    if (c.start === old.start && c.end === old.end) return;
    if (!v.link.write({ type: "resize", id: c.id, ...v.coding.wire(c) })) return v.change(c, old);
    v.say(`${c.code.name}: now ${v.coding.chars(c)}`);
  };
  Object.assign(v.coding, { needs, remove, recode, stretch, keep });
  const { put } = v.coding;
  v.coding.put = codes => { put(codes); if (v.message && v.filters.length && !codes.some(code => v.shows({ code, coder: v.me() }))) v.message[0] += ": the filter hides it"; };
  v.handles = ["start", "end"].map(end => make("div", { class: `pb-handle pb-handle-${end}`, "data-end": end, hidden: true, "aria-hidden": "true" }));
  v.handle = () => {
    const c = v.active, base = boxOf(v.text);
    v.handles.forEach((h, i) => {
      h.hidden = c?.coder !== v.me() || v.link.state().readonly;
      if (h.hidden) return h.remove();
      const box = i ? v.rect(c.end - 1, c.end) : v.rect(c.start, c.start + 1), rtl = isRtl(pieceAt(v.doc, c.start + 1));
      h.style.cssText = `transform:translate(${(Boolean(i) !== rtl ? box.right : box.left) - base.left}px,${box.top - base.top}px);height:${box.height}px`;
      if (!h.isConnected) v.text.append(h);
    });
  };
  const { changed } = v.hear;
  undoInTurn(v, v.actions.does);
  /** News of the coding whose ends are being moved do not take it out of the hand: they are what Esc leads back to. */
  v.hear.changed = (v, m) => {
    const r = v.resizing, { start, end } = r?.c || {}, [gone] = v.doc ? m.removed.map(id => v.doc.byId.get(id)).filter(Boolean) : [];
    const newest = v.doc ? v.doc.list.reduce((n, c) => c.id > n ? c.id : n, 0) : 0, mine = unpack(m.codings).filter(r => r.coder === v.me() && r.id > newest && !v.pending.has(r.guid));
    changed(v, m);
    for (const { code } of mine) if (v.doc?.codes.has(code)) v.coding.use(v.doc.codes.get(code)); // made in another view, or by autocode
    if (v.doc && performance.now() - v.stepped < 3000) { // what undo or redo changed is brought into sight
      const c = v.doc.byId.get(m.codings.id[0]) || gone;
      v.stepped = 0;
      if (c) { v.near(pieceAt(v.doc, c.start + 1).group); v.scrollTo(c.start); }
    }
    if (!r || v.resizing !== r || (r.c.start === start && r.c.end === end)) return;
    r.old = { start: r.c.start, end: r.c.end };
    v.change(r.c, { start, end });
  };
  const select = v.select;
  v.select = c => {
    const r = v.resizing;
    if (r && r.c !== c) { v.resizing = v.capture = null; if (v.doc.byId.has(r.c.id)) v.change(r.c, r.old); } // ends are moved in one place only
    select(c);
  };
  v.scrollTo = at => { const view = v.view(), box = v.rect(at, at + 1); if (box.top < view.top + 40 || box.bottom > view.bottom - 60) v.scroll.scrollTop += box.top - view.top - view.height / 3; };
  const top = at => v.rect(at, at + 1).top - boxOf(v.scroll).top;
  /** What keeps its height while the text gets another width: what is chosen, the caret, or else the first words in sight. */
  const grip = () => {
    const view = boxOf(v.scroll), points = [30, 60, 90].map(y => v.sel.point(view.left + view.width / 2, view.top + y));
    const at = [v.active?.start ?? null, v.sel.focus, ...points].find(x => x !== null && top(x) >= 0 && top(x) < view.height);
    return { at, was: at === undefined ? 0 : top(at), doc: v.doc };
  };
  const hold = g => { if (g?.at !== undefined && g.doc === v.doc) v.scroll.scrollTop += top(g.at) - Math.max(0, Math.min(g.was, v.scroll.clientHeight - 60)); };
  v.staying = act => { const g = grip(), { top } = boxOf(v.scroll); act(); g.was += top - boxOf(v.scroll).top; hold(g); }; // where they were on the page
  let gripped = (null), width = v.scroll.clientWidth, rest = 0; // a window's new size is known too late to take it then
  v.scroll.addEventListener("scroll", () => { clearTimeout(rest); rest = setTimeout(() => { if (v.doc) { gripped = grip(); v.handle(); v.chosen(); } }, 150); });
  const sized = v.resized;
  v.resized = () => { sized(); if (width !== v.scroll.clientWidth) hold(gripped); width = v.scroll.clientWidth; };
  const reach = (a, b, c) => { v.near(pieceAt(v.doc, a + 1).group); v.select(c); v.sel.set(a, b, { show: false }); v.scrollTo(a); v.sel.draw(); };
  v.goTo = c => reach(c.start, c.start, c);
  v.seek = h => {
    const { doc } = v, here = h.source === doc.source;
    v.sought = here ? null : h;
    if (!here) v.link.raw({ type: "open", source: h.source });
    else if (v.read[h.source] !== doc.revision) v.say("The text was corrected meanwhile: find the passages again", true);
    else reach(doc.off.toUtf16(h.start), doc.off.toUtf16(h.end), null);
  };
  joinChosen(v);
}

/** A strip of buttons over the end of the text, for those who use a mouse, as long as a coding is chosen. */
function joinChosen(v) {
  const name = make("span", { class: "pb-chosen-name" });
  const [recode, move, memo, remove] = [["recode", "Recode…", "r"], ["move the ends", "Move ends", "e"], ["memo", "Memo", "m"], ["remove", "Remove", "delete"]].map(([action, label, key]) =>
    make("button", { class: "pb-chip", title: `${label} (${showKey(key)})`, onclick: () => { v.focus(); v.actions.act(action); } }, label));
  const box = make("div", { class: "pb-chosen", role: "toolbar", "aria-label": "The chosen coding", hidden: true }, name, recode, move, memo, remove);
  const ends = make("div", { class: "pb-chosen", role: "toolbar", "aria-label": "Moving the ends", hidden: true }, make("span", {}, "Drag an end, or move its"), ...[["begin", "start"], ["end", "end"]].map(([word, side]) =>
    make("span", { class: "pb-strip-part", role: "group", "aria-label": `Its ${word}` }, word, ...[["‹", -1, "to the left"], ["›", 1, "to the right"]].map(([mark, eye, where]) => make("button", { class: "pb-chip", title: "By a word; with Alt by a character", "aria-label": `Move its ${word} ${where}`, onclick: e => v.nudge(side, eye, e.altKey) }, mark)))),
  ...[["Keep", "enter"], ["Cancel", "escape"]].map(([word, key]) => make("button", { class: "pb-chip", onclick: () => { v.focus(); v.actions.press(key); } }, word)));
  v.main.append(box, ends);
  v.chosen = () => {
    const c = v.active, may = c && !v.link.state().readonly && !v.offline;
    box.hidden = !may || Boolean(v.resizing);
    ends.hidden = !may || !v.resizing;
    if (may) { // it covers neither the coding nor its ends
      const at = v.rect(c.start, c.end), view = boxOf(v.scroll), over = at.bottom > view.bottom - 50 && at.top < view.bottom && at.top > view.top + 50;
      for (const strip of [box, ends]) strip.classList.toggle("pb-over", over);
    }
    if (!may || (name.pbOf === c && name.pbAs === c.code.name)) return;
    const mine = c.coder === v.me();
    Object.assign(name, { pbOf: c, pbAs: c.code.name });
    name.replaceChildren(v.square(c.code), make("bdi", {}, c.code.name), mine ? "" : ` · ${c.coder}`);
    for (const b of [recode, move, remove]) b.hidden = !mine; // a colleague's work is not changed by a click
  };
}

// == 3 What the pickers offer ==
function makeChoices(v) {
  const offered = () => { const all = v.codes(), some = new Set(v.doc.offered); return some.size ? all.filter(c => some.has(c.id) || typeof c.id === "string") : all; };
  /** How often codes are used: Python counts the other sources. */
  const counted = () => { const here = new Map(); for (const { code } of v.doc.list) here.set(code, (here.get(code) || 0) + 1); return c => c.n + (here.get(c) || 0); };
  const keyOf = code => Object.keys(v.doc.keys).find(k => v.doc.keys[k] === code.id);
  /** What stands at a code: its key, and whether these words have it already. */
  const badges = s => {
    const here = new Set(s ? v.doc.list.filter(c => c.start === s.start && c.end === s.end && c.coder === v.me()).map(c => c.code) : []);
    return c => [here.has(c) && "✓ already", keyOf(c) && showKey(keyOf(c))].filter(Boolean).join(" · ");
  };
  /** Choose codes; a new name asks for its facet first. */
  const codes = (label, then, { many = true, near = null, query = "", but = null } = {}) => v.picker.start({ kind: "codes", label, near, many, none: "Type a name: it becomes the first code",
    hint: many ? "↵ code · ⇧↵ code and stay · Tab mark several · Esc" : "↵ choose · Esc", rows: q => codeRows(offered().filter(c => c !== but), q, v.coding.recent, badges(many && v.coding.aim()), counted()), pick: (picked, how) => {
      const make = (codes, [next, ...rest]) => !next ? then(codes, how) : next.fresh ? makeCode(v, next.fresh, near, code => make([...codes, code], rest)) : make([...codes, next], rest);
      make([], picked);
    } }, query);
  const stateOf = s => s.status === "done" ? "✓ done" : s.status === "reading" || s.mine ? "◐ in progress" : "○ not read";
  const sources = () => {
    v.link.raw({ type: "progress" });
    v.picker.start({ kind: "sources", label: "Open a source", hint: "↵ open · ⇧↵ mark as done, or as not done · Esc", near: v.buttons.sources, keeps: true,
      rows: q => best(q, v.progress || v.doc.sources.map(name => ({ name })), s => fuzzy(q, s.name)).map(s => s.turns === undefined ? { value: s, label: s.name } : {
        value: s, label: s.name, badge: stateOf(s), detail: `${s.coded} of ${s.turns} turns · ${s.codings} codings${s.memos ? ` · ${s.memos} memo${s.memos > 1 ? "s" : ""}` : ""}` }),
      pick: ([s], { stay }) => { if (stay) mark(v, s); else v.link.raw({ type: "open", source: s.name }); } });
  };
  const filter = () => {
    const coders = [...new Set(v.doc.list.map(c => c.coder))], facets = [...new Set(v.codes().map(c => c.facet))];
    const rows = [{ value: null, label: "Show all codings" }, ...facets.map(f => ({ value: ["facet", f], label: f, detail: "facet" })),
      ...coders.map(c => ({ value: ["coder", c], label: c, detail: "coder" })), ...v.codes().map(c => ({ value: ["code", c], label: c.name, detail: "code", swatch: c }))];
    v.picker.start({ kind: "filter", label: "Show only…", near: v.buttons.filter, hint: "↵ show only these · ⇧↵ add another · Esc",
      rows: q => best(q, rows, r => fuzzy(q, r.label)), pick: picked => filterBy(v, picked[0]) });
  };
  const keyFor = () => codes("Which code gets a key?", ([code]) => v.panel.askKey(code), { many: false });
  return { codes, sources, filter, keyFor };
}

function mark(v, { name, status }) { const done = status !== "done"; if (v.link.write({ type: "assign", source: name, status: done ? "done" : "reading" })) v.say(`${name}: ${done ? "done" : "in progress again"}`); }

/** Show only some codings; a filter chosen again goes. */
function filterBy(v, filter) {
  if (!filter) v.filters = [];
  else { const i = v.filters.findIndex(f => f[0] === filter[0] && f[1] === filter[1]); if (i >= 0) v.filters.splice(i, 1); else v.filters.push(filter); }
  const chips = v.filters.map((f, i) => make("button", { class: "pb-chip", "aria-label": `Stop showing only ${f[1].name || f[1]}`, onclick: () => {
    filterBy(v, f);
    (v.only.querySelectorAll("button")[Math.min(i, v.filters.length - 1)] || v).focus();
  } }, f[1].name || f[1], " ×"));
  v.staying(() => { v.only.hidden = !chips.length; v.only.replaceChildren("Only ", ...chips); });
  v.repaint();
  if (v.active && !v.shows(v.active)) v.select(null); // what is not seen is not chosen
  v.news("filter");
  v.say(v.filters.length ? `Showing ${v.doc.list.filter(v.shows).length} of ${v.doc.list.length} codings` : "Showing all codings");
}

// == 4 Find ==
/** Small letters, one for one: İ alone would become two and shift everything behind it. */
export const small = text => text.replace(/İ/g, "i").toLowerCase();

/** Find in the text: hits as highlights, the one at hand stronger; Enter and Shift+Enter to go on. */
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
  v.found = g => { if (PAINTS) for (let i = firstIndex(hits, h => h + size > g.start); hits[i] < g.end; i++) v.painter.put(g, { start: hits[i], end: hits[i] + size }, "found"); };
  const mark = span => {
    for (const g of v.doc.groups) if (g.near) { v.painter.clear(g, "found"); v.found(g); }
    v.painter.mark("hit", span);
  };
  const search = () => {
    const q = small(input.value), hay = (v.doc.small ||= small(v.doc.text));
    hits = [];
    size = q.length;
    for (let i = q ? hay.indexOf(q) : -1; i >= 0 && hits.length < 5000; i = hay.indexOf(q, i + size)) { const p = pieceAt(v.doc, i + 1); if (p.start <= i && p.end >= i + size) hits.push(i); } // not in the names between turns
    at = firstIndex(hits, h => h >= v.sel.focus) - 1;
    go(1, false);
  };
  const go = (way, take = true) => {
    const n = hits.length;
    if (n && !(shown && take && way > 0)) at = (at + way + n) % n;
    shown = !take;
    told.textContent = n ? `${at + 1} of ${n}` : input.value && "Not found";
    if (!n) return mark(null);
    const span = { start: hits[at], end: hits[at] + size };
    if (take) v.sel.set(span.start, span.end, { select: false });
    else { v.near(pieceAt(v.doc, span.start).group); v.scrollTo(span.start); }
    mark(span);
  };
  const clear = () => { if (!box.hidden) v.staying(() => { box.hidden = true; }); hits = []; mark(null); }, close = () => { if (hits.length && shown) go(1); else v.scrollTo(v.sel.focus); clear(); v.focus(); };
  return { box, clear, open: () => { v.staying(() => { box.hidden = false; }); input.focus(); input.select(); search(); } };
}

// == 5 The mouse ==
/** The coding whose stripe or name is under a point of the margin. */
export function stripeAt(v, e) {
  const g = e.target.closest(".pb-group")?.pbGroup;
  if (!g?.stripes) return null;
  const box = boxOf(g.stripes), x = e.clientX - box.left, y = e.clientY - box.top;
  if (x < 0) return null;
  const hit = x < g.namesAt - 4 ? g.bars.filter(b => b.top <= y && y <= b.bottom && Math.abs(x - b.lane * LANE - 3.5) <= 4)
    : g.bars.filter(b => Number.isFinite(b.label) && y >= b.label && y < b.label + 14);
  return hit.length ? hit[hit.length - 1].c : null;
}

function joinMouse(v) {
  const { sel } = v;
  let before = { lo: 0, hi: 0 } /* what was selected when the button went down */, drag = null, held = false, moved = 0, pressed = -1e9;
  /** Where words are nearest to the mouse, which may be let go beside or below them. */
  const nearest = e => {
    const view = boxOf(v.scroll), into = (x, low, high) => Math.max(low + 2, Math.min(x, high - 2)), y = into(e.clientY, view.top, view.bottom);
    const off = r => Math.max(0, r.top - y, y - r.bottom), says = v.doc.groups.filter(g => g.near).flatMap(g => g.pieces.map(p => boxOf(p.say))).filter(r => r.height);
    const r = says.reduce((best, box) => off(box) < off(best) ? box : best, says[0]);
    return r ? v.sel.point(into(e.clientX, r.left, r.right), into(y, Math.max(r.top, view.top), Math.min(r.bottom, view.bottom))) : null;
  };
  /** Take over what the mouse selected. */
  const fromMouse = (e, on) => {
    if (v.resizing) v.select(null);
    const s = v.root.getRootNode().getSelection?.() || document.getSelection();
    if (!s?.anchorNode || !v.text.contains(s.anchorNode)) return;
    let a = positionOf(v.doc, s.anchorNode, s.anchorOffset);
    if (a === null) return;
    let b = s.isCollapsed ? a : v.text.contains(on) && on.closest(".pb-say") ? positionOf(v.doc, s.focusNode, s.focusOffset) ?? a : nearest(e) ?? a;
    const at = v.sel.point(e.clientX, e.clientY) ?? b;
    if (e.detail >= 2) {
      const inside = before.lo < before.hi && at >= before.lo && at <= before.hi, units = ["word", "sentence", "turn"];
      let i = Math.min(e.detail - 2, 2);
      const [from, to] = v.unitAt("turn", at);
      while (inside && i < 2 && before.hi - before.lo < to - from && v.unitAt(units[i], at)[1] - v.unitAt(units[i], at)[0] <= before.hi - before.lo) i++;
      const [c, d] = v.unitAt(units[i], at);
      return sel.set(c, d, { show: false });
    }
    if (a !== b && !e.altKey) {
      const [c, d] = snapSpan(v.doc, Math.min(a, b), Math.max(a, b));
      [a, b] = a < b ? [c, d] : [d, c];
    }
    sel.set(a, b, { show: false });
    if (a === b) v.clicked(at);
  };
  /** Take over what the mouse selected before this part was here. */
  v.adopt = () => {
    const s = v.root.getRootNode().getSelection?.() || document.getSelection();
    if (!s?.anchorNode || !v.text.contains(s.anchorNode)) return;
    const a = positionOf(v.doc, s.anchorNode, s.anchorOffset), b = positionOf(v.doc, s.focusNode, s.focusOffset) ?? a;
    if (a !== null) sel.set(...a === b ? [a, a] : snapSpan(v.doc, Math.min(a, b), Math.max(a, b)), { show: false });
  };
  v.clicked = at => { const here = v.codingsAt(at); if (!v.resizing) v.select(here[(here.indexOf(v.active) + 1) % here.length] || null); };
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
    v.tip.replaceChildren(...here.slice(0, 8).map(c => make("div", {}, v.square(c.code), make("b", {}, make("bdi", {}, c.code.name)), ` ${c.code.facet} · `, make("bdi", {}, c.coder))), here.length > 8 ? `and ${here.length - 8} more: o goes through them` : "");
    const base = boxOf(v.root);
    v.tip.style.cssText = `left:${Math.min(e.clientX - base.left + 12, base.width - 230)}px;top:${e.clientY - base.top + 18}px`;
  };
  for (const gone of ["pointerleave", "keydown", "scroll"]) v.scroll.addEventListener(gone, () => { if (!v.tip.hidden) v.tip.hidden = true; moved = 0; });
  for (const end of ["pointerup", "pointercancel"]) v.scroll.addEventListener(end, () => { if (drag) { const { c, old } = drag; drag = null; v.coding.keep(c, old); } });
  const lifted = e => { if (v.doc && held && e.button === 0) { v.focus(); fromMouse(e, e.composedPath()[0]); } held = false; };
  addEventListener("mouseup", lifted, true); // it may be let go anywhere
  v.ends.push(() => removeEventListener("mouseup", lifted, true));
  v.scroll.addEventListener("mousedown", e => {
    held = e.button === 0 && v.text.contains(e.target) && !e.target.closest("canvas,button,.pb-handle");
    if (e.shiftKey) e.stopPropagation(); // the notebook would take it to select cells
  });
}

// == 6 Joining ==
function joinActions(v) {
  const near = () => v.selectionBox(), all = () => v.doc.list.filter(v.shows);
  const jump = way => {
    const list = all();
    if (!list.length) return v.say("No coding to go to");
    const i = v.active ? list.indexOf(v.active) + way : firstIndex(list, c => c.start >= v.sel.focus) - Number(way < 0);
    v.goTo(list[(i + list.length) % list.length]);
    if (i < 0 || i >= list.length) v.message[0] += way > 0 ? " (from the beginning again)" : " (from the end again)";
  };
  const uncoded = () => {
    const { turns } = v.doc, from = turnAt(v.doc, v.sel.focus);
    for (let k = 1; k <= turns.length; k++) { const t = turns[(from + k) % turns.length]; if (!t.n && t.role !== "interviewer" && t.end > t.start) { v.select(null); v.sel.set(t.start, t.start); return v.say(`Turn ${turns.indexOf(t) + 1}, not coded`); } }
    v.say("Every turn of a participant is coded");
  };
  const overlap = () => {
    const here = v.codingsAt(v.sel.lo(), v.sel.hi());
    if (!here.length) return v.say("No coding here");
    v.select(here[(here.indexOf(v.active) + 1) % here.length]);
  };
  const ends = () => {
    if (v.resizing) return;
    const c = v.coding.needs("move its ends");
    if (!c) return;
    v.resizing = { c, old: { start: c.start, end: c.end } };
    v.capture = resizeKey;
    v.sel.set(c.start, c.end);
    v.say(`Moving the ends of ${c.code.name}: Shift and arrows move this end, Tab changes ends, Enter keeps, Esc undoes`);
  };
  /** While ends are moved: the selection is the coding. True when the key was used. */
  const resizeKey = key => {
    if (!v.resizing) { v.capture = null; return false; }
    const { c, old } = v.resizing;
    if (key === "escape") { v.change(c, old); v.resizing = v.capture = null; v.say("Ends as before"); }
    else if (key === "enter") { v.resizing = v.capture = null; v.coding.keep(c, old); }
    else if (key === "tab") v.sel.set(v.sel.focus, v.sel.anchor);
    else if (v.sel.move(/arrow|home|end/.test(key) && !key.includes("shift+") ? key.replace(/(arrow|home|end)/, "shift+$1") : key)) v.coding.stretch(c, v.sel.lo(), v.sel.hi());
    else return false;
    return true;
  };
  const vivo = () => {
    const s = v.coding.span();
    if (!s) return v.say("Select the words that shall name the code", true);
    v.choices.codes("Name of the in-vivo code", v.coding.put, { near: near(), query: short(v.doc.words(s).replace(/\s+/g, " "), 60) });
  };
  const recode = () => { const c = v.coding.needs("recode it"); if (c) v.choices.codes(`Recode “${c.code.name}” as…`, ([code]) => v.coding.recode(c, code), { many: false, near: near(), but: c.code }); };
  const fold = () => { const on = v.root.classList.toggle("pb-folded"); v.buttons["fold interviewer"].setAttribute("aria-pressed", String(on)); v.resized(); v.say(on ? "Interviewer turns folded to one line" : "Interviewer turns shown"); };
  /** Move one end of the coding by a word or a character, in the eye's direction. */
  v.nudge = (side, eye, fine) => {
    const { c } = v.resizing, other = side === "start" ? c.end : c.start, old = [v.sel.anchor, v.sel.focus];
    v.sel.set(other, c[side]);
    if (v.sel.move(`${fine ? "" : "mod+"}shift+arrow${eye < 0 ? "left" : "right"}`) && (side === "start" ? v.sel.focus < other : v.sel.focus > other)) v.coding.stretch(c, v.sel.lo(), v.sel.hi()); else v.sel.set(...old);
  };
  Object.assign(v.actions.does, {
    "code": () => { if (v.coding.aim()) v.choices.codes("Code the selection as…", v.coding.put, { near: near() }); else v.coding.put([]); },
    "select all": () => v.sel.set(v.doc.pieces[0].start, v.doc.pieces.at(-1).end, { show: false }), "code in vivo": vivo, "word": () => v.take("word"), "sentence": () => v.take("sentence"), "turn": () => v.take("turn"),
    "next coding": () => jump(1), "previous coding": () => jump(-1), "next uncoded turn": uncoded, "next overlapping coding": overlap,
    "remove": v.coding.remove, recode, "move the ends": ends, "mark as done": () => mark(v, { name: v.doc.source, status: v.doc.status }), "find": v.find.open, "sources": v.choices.sources,
    "filter": v.choices.filter, "fold interviewer": fold, "key for a code": v.choices.keyFor,
    "memo": () => v.panel.open("memo"), "list of codings": () => v.panel.open("list"), "autocode": () => v.panel.open("autocode"), "help": () => v.panel.open("help"),
    "leave": () => {
      if (v.panel.kind) return v.panel.close();
      if (v.active || v.coding.span()) return v.actions.act("drop the selection");
      if (v.live.classList.contains("pb-warn")) return v.say(""); // who dismisses what was said stays here
      v.say("The notebook has the keys now: click the text, or press Tab until it is reached, to work on", true);
      leave(v);
    } });
}

// Keys given by hand outlive the cell: the browser keeps them by study and coder, with a number for the code's name, which may be a participant's words.
export const markOf = name => [...name].reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) || 0)) | 0, 7);
const placeOfKeys = v => { const { study, coder } = v.link.state(); return `personabench:keys:${study}:${coder}`; };
const keptKeys = v => { try { return JSON.parse(localStorage.getItem(placeOfKeys(v)) || "{}"); } catch { return {}; } };
const keepKeys = (v, keys) => { try { localStorage.setItem(placeOfKeys(v), JSON.stringify(keys)); } catch { /* full or forbidden */ } };

/** Ask Python for the keys that were given before the cell was run again. */
function giveKeysBack(v) {
  const given = v.doc.keys, taken = Object.values(given);
  for (const [key, of] of Object.entries(keptKeys(v))) {
    const code = v.codes().find(c => markOf(c.name) === of);
    if (code && !given[key] && !taken.includes(code.id)) v.link.raw({ type: "key", key, code: code.id });
  }
}

export default function join(v) {
  useShared(v.kit);
  useText(v.kit);
  v.hear.refused = refused;
  v.filters = [];
  v.drafts = {};
  v.only = make("div", { class: "pb-only", hidden: true });
  v.tip = make("div", { class: "pb-tip", hidden: true, "aria-hidden": "true" });
  v.swatch = swatchOf;
  v.place = (box, near) => { const { left, top } = boxOf(v.scroll); placeBox(v, box, near || { left: left + 8, top, bottom: top }); };
  v.selectionBox = () => {
    const s = v.coding.span() || v.active;
    if (!s) return boxOf(v.scroll);
    const a = v.rect(s.start, s.start + 1), b = v.rect(s.end - 1, s.end), { top, bottom } = boxOf(v.scroll);
    return { left: Math.min(a.left, b.left), top: Math.max(a.top, top), bottom: Math.min(b.bottom, bottom) };
  };
  /** What is seen of the text; keys bring the widget into the window, as far as it fits. */
  v.view = () => {
    const { base, top, bottom } = inSight(v);
    if (v.root.contains(document.activeElement) && (top > base.top + 1 || bottom < base.bottom - 1)) v.root.scrollIntoView({ block: "nearest" });
    const box = boxOf(v.scroll), seen = inSight(v), from = Math.max(box.top, seen.top), high = Math.min(box.bottom, seen.bottom) - from;
    return high < 120 ? box : new DOMRect(box.left, from, box.width, high);
  };
  v.codingsAt = (at, to = at) => [...new Set(groupsOf(v.doc, { start: at, end: to + 1 }).flatMap(g => [...g.codings]))].filter(c => v.shows(c) && c.start < Math.max(to, at + 1) && c.end > at).sort((a, b) => a.end - a.start - b.end + b.start || inOrder(a, b));
  v.codesHere = () => [...new Set(v.codingsAt(v.sel.lo(), v.sel.hi()).map(c => c.code.name))].join(", ");
  v.shows = c => ["code", "facet", "coder"].every(kind => { const only = v.filters.filter(f => f[0] === kind); return !only.length || only.some(f => f[1] === (kind === "code" ? c.code : kind === "facet" ? c.code.facet : c.coder)); });
  joinUnits(v);
  joinChanges(v);
  v.picker = makePicker(v);
  v.choices = makeChoices(v);
  v.find = makeFind(v);
  joinActions(v);
  joinMouse(v);
  joinReader(v);
  const placeOf = () => `personabench-at:${v.link.state().study}:${v.doc.source}`;
  const keepPlace = () => { try { if (v.doc) sessionStorage.setItem(placeOf(), JSON.stringify([v.doc.revision, v.sel.focus])); } catch { /* full or forbidden */ } };
  const goBack = () => {
    try {
      const [revision, at] = JSON.parse(sessionStorage.getItem(placeOf()) || "[]");
      if (revision !== v.doc.revision || v.sel.focus !== v.doc.pieces[0]?.start) return;
      v.near(pieceAt(v.doc, at).group);
      v.sel.set(at, at, { show: false, select: false });
      v.scrollTo(at);
    } catch { /* forbidden, or nobody's */ }
  };
  /** A mark beside each turn with memos, on it or on codings in it; a click opens them. */
  const markMemos = () => {
    const of = new Map();
    v.noted = new Set();
    for (const m of unpack(v.doc.memos)) if (m.id) {
      const c = m.about === "coding" && v.doc.byId.get(m.target), turn = m.about === "turn" ? m.target : c ? turnAt(v.doc, c.start) : null;
      if (c) v.noted.add(c.id);
      if (turn !== null) of.set(turn, [...of.get(turn) || [], m.text]);
    }
    const marks = JSON.stringify([...of]);
    if (v.doc.marks === marks) return;
    v.doc.marks = marks;
    for (const old of v.text.querySelectorAll(".pb-noted")) old.remove();
    for (const p of v.doc.pieces) if (p.first && of.has(p.turn)) p.say.previousSibling.append(make("button", { class: "pb-link pb-noted", title: upright(of.get(p.turn).join("\n\n")), "aria-label": `Memos on turn ${p.turn + 1}: ${of.get(p.turn).length}`,
      onclick: () => { v.sel.set(p.start, p.start); if (v.panel.kind !== "memo") v.panel.open("memo"); } }, `✎ ${of.get(p.turn).length}`));
    v.repaint(); // words have moved
  };
  v.marked = () => v.buttons["mark as done"].setAttribute("aria-pressed", String(v.doc.status === "done"));
  v.news = (what, of) => {
    if (what === "source") { v.marked(); if (!of) { v.find.clear(); goBack(); v.say(`${v.doc.source} is open: ${v.doc.turns.length} turns, ${v.doc.list.length} codings`); } }
    if (what === "source" || what === "memos") markMemos();
    if (what === "codings" && v.doc.memos.id.length) { clearTimeout(v.marking); v.marking = setTimeout(() => { if (v.doc && v.root.isConnected) markMemos(); }, 120); }
    if (what === "caret") { v.chosen(); clearTimeout(v.placing); v.placing = setTimeout(keepPlace, 400); }
    if (what === "refused") { // words are not lost because a memo was refused, nor what was begun since
      const draft = (v.drafts[of.source] ||= {}), box = of.source === v.doc.source && v.panel.box.querySelector("textarea");
      Object.assign(draft, { text: [of.text, draft.text].filter(Boolean).join("\n\n"), on: draft.text ? draft.on : null });
      if (box) box.value = draft.text;
    }
    v.panel.news(what);
    if (what === "source" && v.sought?.source === v.doc.source) v.seek(v.sought);
  };
  const { refused: refuse } = v.hear;
  Object.assign(v.hear, {
    refused(v, m) {
      const code = v.keyed?.code;
      refuse(v, m);
      if (m.of === "search") { v.trouble = `${m.reason}. ${m.cure}`; v.news("hits"); }
      if (m.of === "key" && code && !v.capture) { v.keyed = null; v.panel.askKey(code, `${m.reason}. ${m.cure}. `); }
    },
    progress(v, m) { if (!v.doc) return; v.progress = unpack(m.rows); v.doc.status = v.progress.find(s => s.name === v.doc.source)?.status; v.picker.refresh("sources"); v.marked(); },
    hits(v, m) { v.trouble = ""; v.hits = m.hits.map(h => ({ ...h, take: true })); v.read = m.revisions; v.news("hits"); },
    keys(v, m) {
      v.doc.keys = m.keys;
      v.strip();
      const { key, code } = v.keyed || {};
      if (!key || v.doc.codes.get(m.keys[key]) !== code) return;
      v.keyed = null;
      v.say(`${showKey(key)} now codes ${code.name}`);
      keepKeys(v, { ...Object.fromEntries(Object.entries(keptKeys(v)).filter(([, of]) => of !== markOf(code.name))), [key]: markOf(code.name) });
    },
  });
  v.head.append(v.only, v.find.box);
  if (v.link.state().blind) v.kept.before(make("span", { class: "pb-detail", title: "blind=True: what colleagues coded is hidden" }, "blind"));
  v.main.append(v.panel.box);
  v.root.append(v.picker.box, v.tip);
  /** Another screen, or zoom: what is drawn gets its resolution. */
  const sharpen = () => { matchMedia(`(resolution: ${devicePixelRatio}dppx)`).onchange = () => { if (v.root.isConnected) { v.repaint(); sharpen(); } }; };
  sharpen();
  v.ends.push(repairText(v), keepPlace);
  settleLater(v, () => { v.measure(); v.repaint(); v.sel.draw(); v.handle(); });
  for (const m of v.refusals) v.hear.refused(v, m);
  if (v.doc) { giveKeysBack(v); v.marked(); markMemos(); goBack(); v.repaint(); v.tell(); }
}
