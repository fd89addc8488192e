// @ts-check
// A text on the page: counting its characters, its turns in pieces and groups, the codings on it, and their colours. Nothing here knows what a widget does with it.

// == Counting characters ==
// Python, the database and every file count code points, messages too; the browser counts UTF-16 units, two of which make one emoji.
export function makeOffsets(text) {
  const pairs = []; // the UTF-16 index of each low surrogate that ends a pair
  for (let i = 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xdc00 && c <= 0xdfff) { const b = text.charCodeAt(i - 1); if (b >= 0xd800 && b <= 0xdbff) pairs.push(i); }
  }
  return {
    toUtf16: cp => pairs.length ? cp + firstIndex(pairs, (at, k) => at - k > cp) : cp,
    toCodePoints: u => pairs.length ? u - firstIndex(pairs, at => at >= u) : u,
  };
}

// == Spans ==
/** Leave white space at both ends out of a span. */
export function trimSpan(text, a, b) {
  while (a < b && /\s/.test(text[a])) a++;
  while (b > a && /\s/.test(text[b - 1])) b--;
  return [a, b];
}

// == Lanes, groups and order ==
/** Give each coding the first lane that is free where it begins; `room` keeps two that follow one another apart when they share a line of text.
 * @param {{start: number, end: number, lane?: number}[]} codings in text order */
export function assignLanes(codings, room = 0) {
  const ends = [];
  for (const c of codings) {
    let lane = 0;
    while (lane < ends.length && ends[lane] + room > c.start) lane++;
    c.lane = lane;
    ends[lane] = c.end;
  }
  return ends.length;
}

const pending = c => Number(typeof c.id === "string"); // a guid, until Python gives the number: after all that have one
export const inOrder = (a, b) => a.start - b.start || a.end - b.end || pending(a) - pending(b) || (a.id > b.id ? 1 : -1);

/** Bundle pieces into groups of about `size` characters, the unit in which the browser leaves out what is far away. */
export function bundle(pieces, size = 1000) {
  const groups = [];
  for (const p of pieces) {
    const last = groups[groups.length - 1];
    if (last && last.end - last.start + p.end - p.start <= size * 1.25 && last.end - last.start < size) { last.pieces.push(p); last.end = p.end; }
    else groups.push({ pieces: [p], start: p.start, end: p.end });
  }
  return groups;
}

/** Place labels down a column: each at its own height or below the one before; one that would slip too far is left out (null), and at the `end` they move up. */
export function stackLabels(tops, height = 14, slip = 30, end = 1e9) {
  let next = -1e9;
  const down = tops.map(y => {
    const at = Math.max(y, next);
    if (at - y > slip) return null;
    next = at + height;
    return at;
  });
  return down.reduceRight((up, at) => [at === null ? at : end = Math.min(at, end - height), ...up], []);
}

/** Give bars the places of their names; the chosen one has one, if need be that of the name before it. Returns those with a name. */
export function nameBars(bars, height, end, chosen) {
  for (const b of bars) b.label = null;
  for (;;) {
    const at = stackLabels(bars.map(b => b.top), height, 30, end), i = bars.findIndex(chosen);
    if (at[i] === null) { bars.splice(i - 1, 1); continue; }
    bars.forEach((b, k) => { b.label = at[k]; });
    return bars.filter(b => b.label !== null);
  }
}

export const clock = s => s === null ? "" : `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

export const pieceAt = (doc, at) => doc.pieces[Math.min(firstIndex(doc.pieces, p => p.end >= at), doc.pieces.length - 1)];

export const LINE = 70; // characters: nearer codings may stand on one line, so their stripes get lanes of their own

// == The document ==
// What Python sent, unpacked: turns, pieces, groups and codings, with positions in UTF-16. A code that `old` has stays the same object: who
// remembers it has it in the next source too.
export function makeDoc(m, old = new Map()) {
  const off = makeOffsets(m.text), turns = unpack(m.turns), codes = new Map([...old].filter(([id]) => typeof id === "number"));
  const pieces = unpack(m.pieces);
  for (const x of [...turns, ...pieces]) { x.start = off.toUtf16(x.start); x.end = off.toUtf16(x.end); }
  for (const t of turns) t.n = 0;
  const groups = bundle(pieces);
  for (const g of groups) { g.codings = new Set(); g.near = false; g.ranges = []; g.bars = []; for (const p of g.pieces) p.group = g; }
  const doc = { ...m, words: s => m.text.slice(s.start, s.end), off, turns, pieces, groups, codes, list: ([]), byId: new Map(), team: new Set(m.codings.coder) };
  readCodes(doc, m.codes);
  const { id, start, end, code, coder, origin } = m.codings; // 20,000 of them: made in one go, with the same fields in the same order
  for (let i = 0; i < id.length; i++) {
    const of = doc.codes.get(code[i]);
    if (!of) continue;
    const c = { id: id[i], start: off.toUtf16(start[i]), end: off.toUtf16(end[i]), code: of, coder: coder[i], origin: origin[i], pending: false, lane: 0 };
    doc.list.push(c);
    doc.byId.set(c.id, c);
  }
  assignLanes(doc.list, LINE);
  for (const c of doc.list) enlist(doc, c, 1);
  return doc;
}

/** Renew the codebook in place, so that codings keep pointing to their code through a rename; a code made here gets its id by its name. */
export function readCodes(doc, columns) {
  const rows = unpack(columns), seen = new Set(rows.map(r => r.id));
  for (const row of rows) {
    let code = doc.codes.get(row.id);
    if (!code) { code = doc.codes.get("new:" + row.name) || {}; doc.codes.delete("new:" + row.name); }
    dress(Object.assign(code, row));
    doc.codes.delete(row.id); // to the end: the map keeps the codebook's order
    doc.codes.set(row.id, code);
  }
  for (const id of [...doc.codes.keys()]) if (!seen.has(id) && typeof id === "number") doc.codes.delete(id);
}

/** Tell groups and turns that a coding came (+1) or went (-1). */
export function enlist(doc, c, sign) {
  for (const g of groupsOf(doc, c)) sign > 0 ? g.codings.add(c) : g.codings.delete(c);
  for (let i = firstIndex(doc.turns, t => t.end > c.start); i < doc.turns.length && doc.turns[i].start < c.end; i++) doc.turns[i].n += sign;
}

export const groupsOf = ({ groups }, c) => groups.slice(firstIndex(groups, g => g.end > c.start), firstIndex(groups, g => g.start >= c.end));

export const turnAt = (doc, at) => Math.max(0, firstIndex(doc.turns, t => t.start > at) - 1);

/** The text node and offset of a position. JupyterLab's own search splits text nodes while it is open, hence the walk. */
export function placeOf(piece, at) {
  let rest = Math.max(0, Math.min(at, piece.end) - piece.start);
  const only = piece.say.firstChild;
  if (only && only === piece.say.lastChild && only.nodeType === 3) return [only, Math.min(rest, only.length)];
  const walk = document.createTreeWalker(piece.say, NodeFilter.SHOW_TEXT);
  for (let n = (walk.nextNode()), last = n; ; last = n, n = (walk.nextNode())) {
    if (!n) return last ? [last, last.length] : [piece.say, 0];
    if (rest <= n.length) return [n, rest];
    rest -= n.length;
  }
}

/** Where a span begins and ends in each piece of a group: the piece, node, offset, node, offset. */
export const placesOf = (g, { start, end }) => g.pieces.filter(p => p.start < end && p.end > start).map(p => [p, ...placeOf(p, Math.max(start, p.start)), ...placeOf(p, Math.min(end, p.end))]);

/** The rectangle of some characters: of the last line; of nothing, if not laid out. */
export function rectOf(doc, a, b) {
  const p = pieceAt(doc, a + (b > a ? 1 : 0)), probe = document.createRange(), [n, i] = placeOf(p, a), [m, j] = placeOf(p, Math.max(b, a));
  probe.setStart(n, i);
  probe.setEnd(m, j);
  const boxes = probe.getClientRects();
  return boxes[boxes.length - 1] || boxOf(probe);
}

// == Highlights ==
// Colour without touching the text, for what is chosen or found: the CSS Custom Highlight API. Ranges are static, as live ones slow down every other edit of the page;
// one for each piece, never shared between highlights.
export const PAINTS = typeof CSS !== "undefined" && "highlights" in CSS;

export function makePainter(v) {
  const sheet = make("style"), kinds = new Map(), marked = new Map(), fixed = ["active", "found", "hit", "sel"];
  const rule = (name, css) => `.${v.uid} .pb-text::highlight(${v.uid}-${name}){${css}}`;
  sheet.textContent = rule("found", "background-color:var(--pb-find);color:var(--pb-mark,var(--pb-fg))") + rule("hit", "background-color:var(--pb-hit);color:var(--pb-mark,#000);text-decoration:underline 3px")
    + rule("active", "background-color:var(--pb-active);text-decoration:underline var(--pb-fg) 3px;text-underline-offset:3px")
    + rule("sel", "background-color:var(--pb-sel);color:var(--pb-selfg)");
  const highlight = name => {
    let h = kinds.get(name);
    if (!h) {
      h = new Highlight();
      h.priority = fixed.indexOf(name) + 1;
      kinds.set(name, h);
      CSS.highlights.set(`${v.uid}-${name}`, h);
    }
    return h;
  };
  const rangesOf = (g, span) => placesOf(g, span).map(([, startContainer, startOffset, endContainer, endOffset]) => new StaticRange({ startContainer, startOffset, endContainer, endOffset }));
  /** Mark a span in a group. */
  const put = (g, c, name) => {
    for (const range of rangesOf(g, c)) { highlight(name).add(range); g.ranges.push([name, range]); }
  };
  const clear = (g, only) => {
    g.ranges = g.ranges.filter(([name, range]) => (only && name !== only) || !kinds.get(name).delete(range));
  };
  /** Mark one span over all near groups by a fixed highlight ("sel", "hit", "active"); null clears it. */
  const mark = (name, span) => {
    if (!PAINTS) return;
    const h = highlight(name);
    h.clear();
    marked.set(name, span);
    if (span && v.doc && span.end > span.start) for (const g of groupsOf(v.doc, span)) for (const r of rangesOf(g, span)) h.add(r);
  };
  const end = () => { for (const name of kinds.keys()) CSS.highlights.delete(`${v.uid}-${name}`); sheet.remove(); };
  return { sheet, put, clear, mark, marked, highlight, end };
}

// == Text ==
/** Build the text: groups of pieces; labels and times stand beside the words and cannot be selected. */
export function buildText(v) {
  const { doc } = v, inner = document.createDocumentFragment(), speakers = [...new Set(doc.turns.map(t => t.speaker))];
  const pattern = make("div", {}, make("div", { class: "pb-who" }), make("div", { class: "pb-say", dir: "auto" }));
  const perLine = Math.max(20, Math.min(82, (v.scroll.clientWidth - v.margin - 150) / 7.4));
  for (const g of doc.groups) {
    g.doc = doc;
    g.el = make("div", { class: "pb-group" });
    g.el.pbGroup = g;
    let height = 0;
    for (const p of g.pieces) {
      const t = doc.turns[p.turn], words = doc.words(p);
      const row = pattern.cloneNode(true), [who, say] = row.children; // copying a pattern takes half the time of making each element
      p.say = say;
      say.pbPiece = p;
      say.append(words);
      row.className = `pb-turn pb-${t ? t.role : "between"}`;
      height += Math.ceil(words.length / perLine) * 27 + 10;
      if (p.first && t) who.append(make("bdi", { style: `--ink:${inkStyle(INKS[Math.max(0, speakers.indexOf(t.speaker)) % INKS.length])}` }, t.speaker || ""));
      if (p.first && t && t.time !== null) who.append(make("time", {}, clock(t.time)));
      if (BIDI.test(words)) who.append(make("i", { class: "pb-strange", title: "Holds hidden characters that turn the direction of writing: the order on the screen may not be the stored one" }, "⇄ direction marks"));
      g.el.append(row);
    }
    g.el.style.containIntrinsicSize = `auto ${height}px`;
    inner.append(g.el);
  }
  v.text.replaceChildren(inner);
}
