// @ts-check
// What several widgets share. Python puts this file before each widget's own module, because a widget's script cannot import a neighbour.
// Everything here is a plain function of its arguments, or a small object; tests/js/shared.test.mjs runs them without a browser.

// == Counting characters ======================================================================================================
// Python, the database and every file count code points; the browser counts UTF-16 units, two of which make one emoji. This is the only
// place that converts one into the other. A text without such pairs costs nothing.
/** @param {string} text */
export function makeOffsets(text) {
  const pairs = []; // the UTF-16 index of each low surrogate that ends a pair
  for (let i = 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xdc00 && c <= 0xdfff) { const b = text.charCodeAt(i - 1); if (b >= 0xd800 && b <= 0xdbff) pairs.push(i); }
  }
  const before = holds => { // how many pairs come first; `holds` is true for a leading part of them
    let low = 0, high = pairs.length;
    while (low < high) { const mid = (low + high) >> 1; if (holds(mid)) low = mid + 1; else high = mid; }
    return low;
  };
  return {
    length: text.length - pairs.length,
    toUtf16: cp => pairs.length ? cp + before(k => pairs[k] - k <= cp) : cp,
    toCodePoints: u => pairs.length ? u - before(k => pairs[k] < u) : u,
  };
}

// == Elements =================================================================================================================
/** Make an element: properties by name, `on...` as listeners, `aria-`, `data-` and `role` as attributes, children as text or nodes.
 *  Text only ever arrives as text nodes: markup in a transcript stays what it is, words.
 * @param {string} tag @param {Record<string, any>} [props] @param {...any} children @returns {any} */
export function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key === "style" || /^(aria-|data-|role$|for$)/.test(key)) node.setAttribute(key, value === true ? "true" : value);
    else (node)[key] = value;
  }
  node.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return node;
}

/** An id made in the browser: the database stores the coding that carries it once only. It begins with the time and a number, so that ids stand in the order
 *  in which they were made. */
export function makeGuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(8)), hex = (n, size) => n.toString(16).padStart(size, "0"); // randomUUID is missing where the page comes over plain http
  return hex(Date.now(), 12) + hex(guids++ & 0xffff, 4) + Array.from(bytes, b => hex(b, 2)).join("");
}
let guids = 0;

/** Bidirectional controls would let a transcript reorder the words around it on the screen: they are shown as what they are.
 * @param {string} text */
export const BIDI = /[\u202a-\u202e\u2066-\u2069]/;

// == Keys =====================================================================================================================
/** Name the key of an event: "s", "shift+s", "mod+z", "alt+q", "enter"; "" while an input method composes.
 * `mod` is Ctrl or Cmd. Where the layout writes no Latin letters, the place of the key counts, so that Greek and Hebrew keyboards work.
 * @param {any} e */
export function chord(e) {
  if (e.isComposing || e.keyCode === 229 || e.key === "Dead" || e.key === "Process") return "";
  const graph = e.getModifierState?.("AltGraph");
  let key = String(e.key).toLowerCase(), shift = e.shiftKey;
  const letter = /^Key([A-Z])$/.exec(e.code || ""), digit = /^Digit(\d)$/.exec(e.code || "");
  if (digit && (shift || e.altKey) && !graph) key = digit[1];
  else if (letter && (!/^[\x20-\x7e]$/.test(key) || e.altKey)) key = letter[1].toLowerCase();
  else if (key.length === 1 && key.toUpperCase() === key.toLowerCase() && key !== " ") shift = false; // "?" is itself, not shift+?
  const mod = (e.ctrlKey || e.metaKey) && !graph ? "mod+" : "", alt = e.altKey && !graph ? "alt+" : "";
  return mod + alt + (shift ? "shift+" : "") + key;
}

/** Tell JupyterLab whether a key is the widget's own, before it looks. Notebook 7 listens before the widget can stop a key, and matches its command mode's
 * shortcuts on the very element that has the focus: the mark has to stand there, too. @param {any} v @param {any} e @param {boolean} on */
/** A press on an empty part of a widget keeps the keys here; else the notebook would take the next ones as commands. */
export const holdFocus = v => { v.root.tabIndex = -1; v.root.addEventListener("focus", () => v.focus()); };

/** Put a palette below something, or above where there is no room, and always inside the widget. @param {any} near an element or a rectangle */
export function placeBox(v, box, near, wide = 400) {
  const base = v.root.getBoundingClientRect(), at = near.getBoundingClientRect?.() || near, width = Math.min(wide, base.width - 16), below = at.bottom - base.top + 6;
  const above = base.height - below <= 260 && below >= 300;
  box.style.cssText = `width:${width}px;left:${Math.max(8, Math.min(at.left - base.left, base.width - width - 8))}px;`
    + (above ? `bottom:${Math.min(base.bottom - at.top + 6, Math.max(8, base.height - 290))}px` : `top:${Math.max(8, Math.min(below, base.height - 280))}px`);
}

export const suppressKeys = (v, e, on) => { for (const el of [v.root, e.target]) el.toggleAttribute("data-lm-suppress-shortcuts", on); };

// == Fuzzy match ==============================================================================================================
const plain = s => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Score how well `query` fits `name`: its letters in order, better at the begin of words and in a row. -1 = does not fit.
 * @param {string} query @param {string} name */
export function fuzzy(query, name) {
  const q = plain(query).replace(/\s+/g, ""), n = plain(name);
  if (!q) return 0;
  const whole = n.indexOf(plain(query).trim());
  if (whole >= 0) return 1000 - whole - n.length / 100 + (whole === 0 || /[\s/_-]/.test(n[whole - 1]) ? 200 : 0);
  let score = 0, at = -1, streak = 0;
  for (const letter of q) {
    const next = n.indexOf(letter, at + 1);
    if (next < 0) return -1;
    streak = next === at + 1 ? streak + 1 : 0;
    score += 10 + streak * 6 + (next === 0 || /[\s/_-]/.test(n[next - 1]) ? 12 : 0) - Math.min(next - at - 1, 8);
    at = next;
  }
  return Math.max(0, score - n.length / 100);
}

// == Colours ==================================================================================================================
// Eight inks that reach 4.5:1 as small text and stay apart in all common kinds of colour vision: any two differ by 10 or more (CIEDE2000), also
// without red, green or blue cones. The line under the words is the second cue.
export const INKS = [ // [on light, on dark]
  ["#A35A10", "#F58023"], ["#0B51A8", "#94B4DE"], ["#005B3D", "#44B97D"], ["#7F1F57", "#C881AB"],
  ["#7848F1", "#A08AFF"], ["#5C4501", "#FFDA76"], ["#00778C", "#89F0FC"], ["#696B68", "#C3C2C0"]];
export const LINES = ["solid", "dotted", "dashed"];
const FACET_INK = { pain: 0, gain: 1, need: 2, goal: 2, motivation: 5, emotion: 3, stage: 4, touchpoint: 6, channel: 6, behaviour: 1, attitude: 3,
  expectation: 5, influence: 4, demographic: 7, context: 7, idea: 5 };
const FACET_LINE = { gain: 1, goal: 1, attitude: 2, channel: 2, behaviour: 0, influence: 2, expectation: 2, context: 1, idea: 1, stage: 0 };

/** The look of a code: index of ink and line. Facets have theirs; a code of facet "other" takes one by its id.
 * @param {{id: any, facet: string}} code */
export function lookOf(code) {
  const ink = (FACET_INK)[code.facet], line = (FACET_LINE)[code.facet];
  if (ink !== undefined) return { ink, line: line ?? 0 };
  const n = typeof code.id === "number" ? code.id : 0;
  return { ink: n % INKS.length, line: Math.floor(n / INKS.length) % LINES.length };
}

/** A code's own colour, where it is one: a study may have been written by another program, and this goes into style sheets. Else the facet's counts.
 * @param {any} colour */
export const ownColour = colour => /^#[\da-f]{6}$/i.test(colour) ? colour : null;

/** A code's own colour as it is drawn: moved towards black, on a dark page towards white, until it can be seen (3:1). @param {string} hex @param {boolean} dark */
export function seenInk(hex, dark) {
  const parts = [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)), end = dark ? 255 : 0;
  for (let k = 0; ; k += 0.05) {
    const now = parts.map(x => Math.round(x * (1 - k) + end * k)), l = now.map(x => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    if (k >= 1 || (dark ? (l + 0.05) / 0.065 : 1 / (l + 0.05)) >= 3.05) return "#" + now.map(x => x.toString(16).padStart(2, "0")).join(""); // on #212121 and on a white that is not quite white
  }
}
const ownInk = hex => `light-dark(${seenInk(hex, false)},${seenInk(hex, true)})`;

/** The style of a code's little square: its ink, and its line as the second cue. @param {any} code */
export const swatchOf = code => `--ink:${ownColour(code.colour) ? ownInk(code.colour) : `var(--pb-ink${code.look.ink})`};border-bottom-style:${LINES[code.look.line]}`;

/** Is this computed colour a dark background? @param {string} rgb */
export function isDark(rgb) {
  const [r, g, b, a] = (rgb.match(/[\d.]+/g) || ["255", "255", "255"]).map(Number);
  return a !== 0 && 0.2126 * r + 0.7152 * g + 0.0722 * b < 110;
}

// == Words and spans ========================================================================================================
// The browser's own segmenter knows words of languages without spaces, and never cuts an emoji or a combining mark in two.
/** @param {string | null | undefined} language */
export function makeSegments(language) {
  const kind = granularity => {
    try { return new Intl.Segmenter(language || undefined, { granularity }); } catch { return new Intl.Segmenter(undefined, { granularity }); }
  };
  const by = { grapheme: kind("grapheme"), word: kind("word"), sentence: kind("sentence") };
  /** The segment of `text` around position `at`. @param {"grapheme" | "word" | "sentence"} unit @param {string} text @param {number} at */
  const around = (unit, text, at) => {
    const found = by[unit].segment(text).containing(Math.max(0, Math.min(at, text.length - 1)));
    return found ? [found.index, found.index + found.segment.length] : [0, text.length];
  };
  return { around };
}

/** Leave white space at both ends out of a span. @param {string} text @param {number} a @param {number} b */
export function trimSpan(text, a, b) {
  while (a < b && /\s/.test(text[a])) a++;
  while (b > a && /\s/.test(text[b - 1])) b--;
  return [a, b];
}

/** Widen a span to whole words at both ends; a span of white space alone becomes empty.
 * @param {{text: string, pieces: {start: number, end: number}[], segments: any}} doc @param {number} a @param {number} b */
export function snapSpan(doc, a, b) {
  [a, b] = trimSpan(doc.text, a, b);
  if (a >= b) return [a, a];
  const p = pieceAt(doc, a + 1), q = pieceAt(doc, b);
  const first = doc.segments.around("word", doc.text.slice(p.start, p.end), a - p.start), last = doc.segments.around("word", doc.text.slice(q.start, q.end), b - 1 - q.start);
  return trimSpan(doc.text, Math.min(a, p.start + first[0]), Math.max(b, q.start + last[1]));
}

/** Step over graphemes or words from `at`; over a word means to its far end, with the white space before it.
 * @param {any} segments @param {string} text @param {number} at @param {"grapheme" | "word"} unit @param {1 | -1} way */
export function stepFrom(segments, text, at, unit, way) {
  let next = at;
  do {
    if (way > 0 ? next >= text.length : next <= 0) return next;
    next = segments.around(unit, text, way > 0 ? next : next - 1)[way > 0 ? 1 : 0];
  } while (unit === "word" && /^\s*$/.test(way > 0 ? text.slice(at, next) : text.slice(next, at)));
  return next;
}

// == Lanes, groups and order ================================================================================================
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

/** The first lane that no overlapping coding uses: a new coding moves none of the others.
 * @param {{start: number, end: number}} coding @param {Iterable<any>} others */
export function freeLane(coding, others, room = 0) {
  const taken = new Set();
  for (const o of others) if (o !== coding && o.start < coding.end + room && o.end + room > coding.start) taken.add(o.lane);
  let lane = 0;
  while (taken.has(lane)) lane++;
  return lane;
}

const pending = c => Number(typeof c.id === "string"); // a guid, until Python gives the number: after all that have one
export const inOrder = (a, b) => a.start - b.start || a.end - b.end || pending(a) - pending(b) || (a.id > b.id ? 1 : -1);

/** The first index of a sorted list at which `late` holds. @param {any[]} list @param {(x: any) => boolean} late */
export function firstIndex(list, late) {
  let low = 0, high = list.length;
  while (low < high) { const mid = (low + high) >> 1; if (late(list[mid])) high = mid; else low = mid + 1; }
  return low;
}

/** Cut turns into the pieces that are shown: long turns into paragraphs, and words that stand between turns, unless they are only the next
 * speaker's label or a time, as pieces of no turn. Each piece: turn (-1 = none), start, end, first (shows the label).
 * @param {string} text @param {{start: number, end: number, speaker: string | null}[]} turns */
export function cutPieces(text, turns, longest = 1800) {
  const pieces = [];
  const cut = (turn, a, b) => {
    let first = true;
    while (a < b) {
      let to = b;
      if (b - a > longest) {
        const part = text.slice(a, a + longest), at = Math.max(part.lastIndexOf("\n"), part.search(/[.!?…。]\s[^.!?…。]*$/));
        to = a + (at > longest / 3 ? at + 1 : longest);
        if (/[\udc00-\udfff]/.test(text[to])) to++;
      }
      pieces.push({ turn, start: a, end: to, first });
      first = false;
      a = to;
      while (turn >= 0 && a < b && /\s/.test(text[a])) a++;
    }
  };
  let at = 0;
  const between = (to, speaker) => {
    const [a, b] = trimSpan(text, at, to), words = text.slice(a, b);
    const label = speaker ? words.toLowerCase().replace(speaker.toLowerCase(), "") : words;
    if (/\p{L}{2}/u.test(label.replace(/<v|&\w+;/g, ""))) cut(-1, a, b);
  };
  turns.forEach((t, i) => {
    if (t.start > at) between(t.start, t.speaker);
    cut(i, t.start, t.end);
    at = Math.max(at, t.end);
  });
  between(text.length, null);
  return pieces;
}

/** Bundle pieces into groups of about `size` characters, the unit in which the browser leaves out what is far away.
 * @param {{start: number, end: number}[]} pieces */
export function bundle(pieces, size = 2000) {
  const groups = [];
  for (const p of pieces) {
    const last = groups[groups.length - 1];
    if (last && last.end - last.start + p.end - p.start <= size * 1.25 && last.end - last.start < size) { last.pieces.push(p); last.end = p.end; }
    else groups.push({ pieces: [p], start: p.start, end: p.end });
  }
  return groups;
}

/** Place labels down a column: each at its own height or below the one before; one that would slip too far is left out (null).
 * @param {number[]} tops sorted */
export function stackLabels(tops, height = 14, slip = 30) {
  let next = -1e9;
  return tops.map(y => {
    const at = Math.max(y, next);
    if (at - y > slip) return null;
    next = at + height;
    return at;
  });
}

/** Unpack columns into a list of objects. @param {Record<string, any[]>} columns @returns {any[]} */
export function unpack(columns) {
  const names = Object.keys(columns), n = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: n }, (_, i) => { const row = ({}); for (const name of names) row[name] = columns[name][i]; return row; });
}

export const clock = s => s === null ? "" : `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
export const short = (s, n = 60) => s.length > n ? s.slice(0, n - 1).replace(/[\ud800-\udbff]$/, "") + "…" : s;
export const showKey = key => key.split("+").map(k => ({ mod: /Mac/.test(globalThis.navigator?.platform || "") ? "⌘" : "Ctrl", shift: "⇧", alt: "Alt",
  enter: "↵", escape: "Esc", delete: "Del" })[k] || k.toUpperCase()).join(" ");

/** The piece that holds a position. */
export const pieceAt = (doc, at) => doc.pieces[Math.min(firstIndex(doc.pieces, p => p.end >= at), doc.pieces.length - 1)];

export const LINE = 70; // characters: codings nearer than that may stand on one line, so their stripes get lanes of their own

// == The document ===========================================================================================================
// What Python sent, unpacked: turns, pieces, groups and codings, with positions in UTF-16. A code that `old` has stays the same object: who remembers it, as the
// recent codes and the filter do, has it in the next source too.
export function makeDoc(m, old = new Map()) {
  const off = makeOffsets(m.text), turns = unpack(m.turns), codes = new Map([...old].filter(([id]) => typeof id === "number"));
  for (const t of turns) { t.start = off.toUtf16(t.start); t.end = off.toUtf16(t.end); t.n = 0; }
  const pieces = (cutPieces(m.text, turns)), groups = (bundle(pieces));
  for (const g of groups) { g.codings = new Set(); g.near = false; g.ranges = []; g.bars = []; for (const p of g.pieces) p.group = g; }
  const doc = { ...m, off, turns, pieces, groups, codes, segments: makeSegments(m.language), list: ([]), byId: new Map(), lanes: 0 };
  readCodes(doc, m.codes);
  const { id, start, end, code, coder, origin } = m.codings; // 20,000 of them: made in one go, with the same fields in the same order
  for (let i = 0; i < id.length; i++) {
    const of = doc.codes.get(code[i]);
    if (!of) continue;
    const c = { id: id[i], start: off.toUtf16(start[i]), end: off.toUtf16(end[i]), code: of, coder: coder[i], origin: origin[i], pending: false, lane: 0 };
    doc.list.push(c);
    doc.byId.set(c.id, c);
  }
  doc.lanes = assignLanes(doc.list, LINE);
  for (const c of doc.list) enlist(doc, c, 1);
  return doc;
}

/** Renew the codebook in place, so that codings keep pointing to their code through a rename; a code made here gets its id by its name. */
export function readCodes(doc, columns) {
  const rows = unpack(columns), seen = new Set(rows.map(r => r.id));
  for (const row of rows) {
    let code = doc.codes.get(row.id);
    if (!code) { code = doc.codes.get("new:" + row.name) || {}; doc.codes.delete("new:" + row.name); }
    Object.assign(code, row, { look: lookOf(row), colour: ownColour(row.colour) });
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

export function groupsOf(doc, c) {
  const found = [];
  for (let i = firstIndex(doc.groups, g => g.end > c.start); i < doc.groups.length && doc.groups[i].start < c.end; i++) found.push(doc.groups[i]);
  return found;
}

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

/** The position of a point in the page's tree, or null outside the text. */
export function positionOf(doc, node, offset) {
  const say = (node?.nodeType === 3 ? node.parentElement : node)?.closest?.(".pb-say"), piece = say && say.pbPiece;
  if (!piece || piece.group.doc !== doc) {
    const row = (node?.nodeType === 3 ? node.parentElement : node)?.closest?.(".pb-turn"), p = row?.querySelector(".pb-say")?.pbPiece;
    return p && p.group.doc === doc ? p.start : null;
  }
  if (node.nodeType === 3 && node === say.firstChild) return piece.start + offset;
  const range = document.createRange();
  range.setStart(say, 0);
  range.setEnd(node, offset);
  return piece.start + range.toString().length;
}

// == Highlights =============================================================================================================
// Colour without touching the text: the CSS Custom Highlight API. Ranges exist only for groups near the viewport, and are static: live ones
// would slow down every other edit of the page. One range for each piece, never shared between highlights.
let views = 0;
export const PAINTS = typeof CSS !== "undefined" && "highlights" in CSS;

export function makePainter(v) {
  const sheet = make("style"), kinds = new Map(), marked = new Map(), fixed = ["sel", "find", "hit", "active"];
  const rule = (name, css) => `.${v.uid} .pb-text::highlight(${v.uid}-${name}){${css}}`;
  // However many codings lie over each other, the tint never gets stronger than --pb-full: the words above it stay legible.
  const inkRule = (name, ink, line, low) =>
    rule(name, `color:var(--pb-fg);background-color:color-mix(in srgb,color-mix(in srgb,${ink} var(--pb-full),var(--pb-bg)) var(--pb-tint),transparent);text-decoration:underline ${LINES[line]} ${ink} 2px;text-underline-offset:${low ? 6 : 3}px`);
  sheet.textContent = INKS.flatMap((_, i) => LINES.map((_, l) => inkRule(`${i}-${l}`, `var(--pb-ink${i})`, l, i % 2))).join("\n")
    + rule("find", "background-color:var(--pb-find)") + rule("hit", "background-color:var(--pb-hit);color:#000")
    + rule("active", "background-color:var(--pb-active);text-decoration:underline solid var(--pb-fg) 3px;text-underline-offset:3px")
    + rule("sel", "background-color:var(--pb-sel);color:var(--pb-selfg)");
  /** The highlight of a name, made when first used. */
  const highlight = name => {
    let h = kinds.get(name);
    if (!h) {
      h = new Highlight();
      h.priority = fixed.includes(name) ? { active: 1, find: 2, hit: 3, sel: 4 }[name] : 0;
      kinds.set(name, h);
      CSS.highlights.set(`${v.uid}-${name}`, h);
    }
    return h;
  };
  const nameOf = code => {
    if (!code.colour) return `${code.look.ink}-${code.look.line}`;
    const name = code.colour.slice(1) + code.look.line;
    if (!kinds.has(name)) sheet.append("\n" + inkRule(name, `var(--pb-own,${ownInk(code.colour)})`, code.look.line, 0));
    return name;
  };
  const rangesOf = (group, start, end) => {
    const found = [];
    for (const p of group.pieces) {
      if (p.start >= end || p.end <= start) continue;
      const [a, i] = placeOf(p, Math.max(start, p.start)), [b, j] = placeOf(p, Math.min(end, p.end));
      found.push(new StaticRange({ startContainer: a, startOffset: i, endContainer: b, endOffset: j }));
    }
    return found;
  };
  const put = (g, c) => {
    const name = nameOf(c.code);
    for (const range of rangesOf(g, c.start, c.end)) { highlight(name).add(range); g.ranges.push([name, range, c]); }
  };
  const clear = (g, only) => {
    g.ranges = g.ranges.filter(([name, range, c]) => (only && c !== only) || !kinds.get(name).delete(range));
  };
  /** Mark one span over all near groups by a fixed highlight ("sel", "hit", "active"); null clears it. */
  const mark = (name, span) => {
    if (!PAINTS) return;
    const h = highlight(name);
    h.clear();
    marked.set(name, span);
    if (span && v.doc && span.end > span.start) for (const g of groupsOf(v.doc, span)) for (const r of rangesOf(g, span.start, span.end)) h.add(r);
  };
  const end = () => { for (const name of kinds.keys()) CSS.highlights.delete(`${v.uid}-${name}`); sheet.remove(); };
  /** Mark again what is marked: its text nodes are no longer what they were. */
  const remark = () => { for (const [name, span] of marked) mark(name, span); };
  return { sheet, put, clear, mark, remark, highlight, rangesOf, end };
}

/** Without highlights: the words of a group in flat spans, each with the tint of the shortest coding over it. */
export function paintSpans(v, g) {
  for (const p of g.pieces) {
    const here = [...g.codings].filter(c => v.shows(c) && c.start < p.end && c.end > p.start);
    const edges = [...new Set([p.start, p.end, ...here.flatMap(c => [Math.max(c.start, p.start), Math.min(c.end, p.end)])])].sort((a, b) => a - b);
    p.say.replaceChildren(...edges.slice(1).map((to, i) => {
      const words = v.doc.text.slice(edges[i], to), top = here.filter(c => c.start < to && c.end > edges[i]).sort((a, b) => a.end - a.start - b.end + b.start)[0];
      return top ? make("span", { class: "pb-span", style: `--ink:var(--pb-ink${top.code.look.ink});text-decoration-style:${LINES[top.code.look.line]}` }, words) : words;
    }));
  }
}


export function paintGroup(v, g) {
  if (PAINTS) { v.painter.clear(g); for (const c of g.codings) if (v.shows(c)) v.painter.put(g, c); } else paintSpans(v, g);
  drawStripes(v, g);
}

export function unpaintGroup(v, g) {
  if (PAINTS) v.painter.clear(g);
  g.canvas?.remove();
  g.canvas = null;
  g.bars = [];
}

// == Stripes ==================================================================================================================
// One small canvas in the padding of each near group: bars in lanes, patterned like the line under the words, then names where there is room.
export const LANE = 7;

function barOf(v, g, c, top) {
  const from = Math.max(c.start, g.start), to = Math.min(c.end, g.end), a = v.rect(from, from + 1), b = v.rect(to - 1, to);
  return { c, lane: c.lane, top: a.top - top + 2, bottom: Math.max(b.bottom - top - 2, a.top - top + 8), starts: c.start >= g.start };
}

export function drawStripes(v, g) {
  const box = g.el.getBoundingClientRect(), ratio = globalThis.devicePixelRatio || 1, wide = v.margin;
  // JupyterLab hides everything for a moment while it changes the theme. What stays hidden longer is drawn when it comes back into sight.
  if (!box.height) return void requestAnimationFrame(() => { if (g.near && g.el.isConnected && g.el.offsetHeight) drawStripes(v, g); });
  g.bars = [...g.codings].filter(v.shows).map(c => barOf(v, g, c, box.top)).sort((a, b) => a.top - b.top || a.lane - b.lane);
  g.canvas ||= g.el.appendChild(make("canvas", { class: "pb-stripes", "aria-hidden": "true" }));
  g.canvas.width = wide * ratio;
  g.canvas.height = Math.ceil(box.height) * ratio;
  g.canvas.style.cssText = `width:${wide}px;height:${Math.ceil(box.height)}px`;
  const pen = g.canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.namesAt = (Math.max(-1, ...g.bars.map(b => b.lane)) + 1) * LANE + 8;
  for (const b of g.bars) drawBar(v, pen, b);
  const named = g.bars.filter(b => b.starts || g.start === v.doc.groups[0].start), at = stackLabels(named.map(b => b.top));
  named.forEach((b, i) => { b.label = at[i]; if (at[i] !== null) drawName(v, g, pen, b); });
}

export function drawBar(v, pen, b) {
  const x = b.lane * LANE + 2, { ink, line } = b.c.code.look;
  pen.strokeStyle = v.forced ? "CanvasText" : b.c.code.colour ? seenInk(b.c.code.colour, v.root.hasAttribute("data-dark")) : v.inks[ink];
  pen.lineWidth = b.c === v.active ? 5 : b.c.pending ? 1 : 3; // thin, not pale: a line has to be seen
  pen.setLineDash([[], [2, 3], [7, 3]][line]);
  pen.beginPath();
  pen.moveTo(x + 1.5, b.top);
  pen.lineTo(x + 1.5, b.bottom);
  pen.stroke();
}

function drawName(v, g, pen, b) {
  const room = v.margin - g.namesAt - 4;
  if (room < 40) return;
  pen.font = `${b.c === v.active ? 600 : 400} 11px system-ui, sans-serif`;
  pen.fillStyle = b.c === v.active ? v.colours.fg : v.colours.dim;
  pen.textBaseline = "top";
  let name = b.c.code.name;
  if (pen.measureText(name).width > room) { while (name.length > 1 && pen.measureText(name + "…").width > room) name = name.slice(0, -1); name = name.replace(/[\ud800-\udbff]$/, "") + "…"; }
  pen.fillText(name, g.namesAt, b.label + 1);
}

/** Draw one new coding without drawing the others again; false when they must make room for it. */
export function drawOne(v, g, c) {
  const pen = g.canvas?.getContext("2d");
  if (!pen || (c.lane + 1) * LANE + 8 > g.namesAt) return false;
  const b = (barOf(v, g, c, g.el.getBoundingClientRect().top));
  drawBar(v, pen, b);
  const used = g.bars.filter(o => o.label !== null && o.label !== undefined).map(o => o.label);
  b.label = b.starts ? [0, 14, 28].map(d => b.top + d).find(y => used.every(u => Math.abs(u - y) >= 14)) ?? null : null;
  if (b.label !== null) drawName(v, g, pen, b);
  g.bars.push(b);
  return true;
}

/** The coding whose stripe or name is under a point of the margin. */
export function stripeAt(v, e) {
  const g = e.target.closest(".pb-group")?.pbGroup;
  if (!g?.canvas) return null;
  const box = g.canvas.getBoundingClientRect(), x = e.clientX - box.left, y = e.clientY - box.top;
  if (x < 0) return null;
  const hit = x < g.namesAt - 4 ? g.bars.filter(b => b.top <= y && y <= b.bottom && Math.abs(x - b.lane * LANE - 3.5) <= 4)
    : g.bars.filter(b => b.label !== null && b.label !== undefined && y >= b.label && y < b.label + 14);
  return hit.length ? hit[hit.length - 1].c : null;
}

// == Text ====================================================================================================================
/** Build the text: groups of pieces; labels and times stand beside the words and cannot be selected. */
export function buildText(v) {
  const { doc } = v, inner = document.createDocumentFragment(), speakers = [...new Set(doc.turns.map(t => t.speaker))];
  const pattern = make("div", {}, make("div", { class: "pb-who" }), make("div", { class: "pb-say", dir: "auto" }));
  const perLine = Math.max(20, (v.scroll.clientWidth - v.margin - 150) / 7.4);
  for (const g of doc.groups) {
    g.doc = doc;
    g.el = make("div", { class: "pb-group" });
    g.el.pbGroup = g;
    let height = 0;
    for (const p of g.pieces) {
      const t = doc.turns[p.turn], words = doc.text.slice(p.start, p.end);
      const row = pattern.cloneNode(true), [who, say] = row.children; // copying a pattern takes half the time of making each element
      p.say = say;
      say.pbPiece = p;
      say.append(words);
      row.className = `pb-turn pb-${t ? t.role : "between"}`;
      height += Math.ceil(words.length / perLine) * 27 + 10;
      if (p.first && t) who.append(make("bdi", { style: `--ink:var(--pb-ink${Math.max(0, speakers.indexOf(t.speaker)) % INKS.length})` }, t.speaker || ""));
      if (p.first && t?.time !== null && t?.time !== undefined) who.append(make("time", {}, clock(t.time)));
      if (BIDI.test(words)) who.append(make("i", { class: "pb-strange", title: "Holds hidden characters that turn the direction of writing: the order on the screen may not be the stored one" }, "⇄ direction marks"));
      g.el.append(row);
    }
    g.el.style.containIntrinsicSize = `auto ${height}px`;
    inner.append(g.el);
  }
  v.text.replaceChildren(inner);
}

/** Watch which groups are near; one callback can hold several entries of a group, of which the last counts. */
export function watchGroups(v) {
  v.seen?.disconnect();
  v.seen = new IntersectionObserver(entries => {
    const last = new Map(entries.map(e => [e.target, e.isIntersecting]));
    for (const [el, near] of last) {
      const g = el.pbGroup;
      if (near === g.near) continue;
      g.near = near;
      near ? v.later(g) : unpaintGroup(v, g);
    }
  }, { root: v.scroll, rootMargin: "150px 0px" });
  for (const g of v.doc.groups) v.seen.observe(g.el);
}

// == What the page does ====================================================================================================
/** Search tools of the page, JupyterLab's own among them, split text nodes and put them together again: what is painted there is painted anew, and
 *  words that were changed are restored. Returns how to stop.
 * @param {any} v the view: doc, text, painter, later(group) */
export function repairText(v) {
  const repair = new MutationObserver(records => {
    const said = new Set(records.map(r => (r.target.nodeType === 3 ? r.target.parentElement : r.target)?.closest?.(".pb-say")?.pbPiece));
    said.delete(undefined);
    for (const p of said) {
      if (p.group.doc !== v.doc) { said.delete(p); continue; }
      const words = v.doc.text.slice(p.start, p.end);
      if (p.say.textContent !== words) p.say.textContent = words;
      if (p.group.near) v.later(p.group);
    }
    if (said.size) v.painter.remark();
    repair.takeRecords();
  });
  if (PAINTS) repair.observe(v.text, { childList: true, characterData: true, subtree: true });
  return () => repair.disconnect();
}

/** Call v.theme when the page's colours change, whoever changes them and however late the style sheet comes: the widget's own background tells, by a
 *  transition too short to be seen. Nothing transits out of sight, so it looks again when it comes back into sight. Returns how to stop.
 * @param {any} v the view: root, theme() */
export function followTheme(v) {
  const told = e => { if (e.target === v.root) v.theme(); }, forced = matchMedia("(forced-colors: active)"), sight = new ResizeObserver(() => v.theme());
  v.root.style.transition = "background-color 1ms";
  for (const end of ["transitionend", "transitioncancel"]) v.root.addEventListener(end, told); // a theme that comes in two steps cancels the first
  forced.addEventListener("change", v.theme);
  sight.observe(v.root);
  return () => { sight.disconnect(); forced.removeEventListener("change", v.theme); for (const end of ["transitionend", "transitioncancel"]) v.root.removeEventListener(end, told); };
}

// == Outbox ===================================================================================================================
// What was sent and not yet acknowledged. It lives in the tab's session storage, so that it outlives the kernel, the cell's output and a
// reload; whatever is in it is sent again when a view says "ready". Python takes each message once, however often it comes.
/** @param {Storage | null} storage @param {string} key */
export function makeOutbox(storage, key) {
  let items = [];
  const safely = act => { try { return act(); } catch { return null; /* full or forbidden */ } }, at = guid => `${key}:${guid}`;
  for (const name of safely(() => Object.keys(storage)) || []) { // one place for each message: two widgets in one tab never write over each other's
    const message = name.startsWith(at("")) && safely(() => JSON.parse(storage.getItem(name)));
    if (message) items.push(message);
  }
  items.sort((m, n) => (m.guid > n.guid ? 1 : -1)); // ids made here sort by time
  return {
    get size() { return items.length; },
    all: () => items.slice(),
    put: message => { items.push(message); safely(() => storage.setItem(at(message.guid), JSON.stringify(message))); return message; },
    done: guid => {
      const found = items.find(m => m.guid === guid);
      if (found) { items = items.filter(m => m !== found); safely(() => storage.removeItem(at(guid))); }
      return found;
    },
  };
}

/** Say again what was not acknowledged: all of it after a gap, else what has waited for five seconds. Python does nothing twice. */
export function sayAgain(outbox, raw, gap) {
  for (const m of outbox.all()) if (gap || Date.now() - (m.at || 0) > 5000) { m.at = Date.now(); raw(m); }
}

// == Picker ===================================================================================================================
// One listbox for everything that is chosen by typing: codes, facets, sources, filters. The input keeps the focus; the option is told by
// aria-activedescendant. `rows(query)` gives {label, detail, badge, swatch, value}; `pick(values, {stay})` gets the marked ones, or the one.
/** @param {any} v the view: uid, root, focus(), place(box, near), swatch(x) */
export function makePicker(v) {
  let open = (null), at = 0, rows = ([]);
  const marked = new Set(), id = `${v.uid}-list`;
  const input = make("input", { class: "pb-input", role: "combobox", "aria-expanded": "true", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: false,
    oninput: () => { at = 0; fill(); }, onkeydown: e => keydown(e) });
  const list = make("ul", { id, class: "pb-options", role: "listbox" });
  const hint = make("div", { class: "pb-hint" });
  const box = make("div", { class: "pb-popover", hidden: true, role: "dialog" }, input, list, hint);
  const fill = () => {
    rows = open.rows(input.value);
    at = Math.max(0, Math.min(at, rows.length - 1));
    list.replaceChildren(...rows.slice(0, 60).map((r, i) => make("li", { id: `${id}-${i}`, role: "option", class: "pb-option", "aria-selected": String(open.many ? marked.has(r.value) : i === at),
      onpointerdown: e => { e.preventDefault(); at = i; done(e.shiftKey); } },
    open.many ? make("span", { class: "pb-check", "aria-hidden": "true" }, marked.has(r.value) ? "✓" : "") : null,
    r.swatch ? make("span", { class: "pb-swatch", "aria-hidden": "true", style: v.swatch(r.swatch) }) : null,
    make("span", { class: "pb-label" }, r.label), make("span", { class: "pb-detail" }, r.detail || ""), r.badge ? make("span", { class: "pb-badge" }, r.badge) : null)));
    show();
  };
  const show = () => {
    [...list.children].forEach((li, i) => { li.classList.toggle("pb-at", i === at); if (!open.many) li.setAttribute("aria-selected", String(i === at)); });
    if (rows.length) input.setAttribute("aria-activedescendant", `${id}-${at}`); else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const done = stay => {
    const values = marked.size ? [...marked] : rows[at] ? [rows[at].value] : [], now = open;
    if (!values.length) return;
    if (!stay) close();
    else { marked.clear(); if (!open.keeps) input.value = ""; }
    now.pick(values, { stay });
    if (stay && open === now) fill();
  };
  const close = (back = true) => { if (!open) return; open = null; box.hidden = true; marked.clear(); if (back) v.focus(); };
  const keydown = e => {
    const key = chord(e);
    if (key === "arrowdown" || key === "arrowup") at = (at + (key === "arrowdown" ? 1 : -1) + Math.min(rows.length, 60)) % Math.max(1, Math.min(rows.length, 60));
    else if (key === "pagedown" || key === "pageup") at = Math.max(0, Math.min(rows.length - 1, 59, at + (key === "pagedown" ? 8 : -8)));
    else if (key === "enter" || key === "shift+enter") { e.preventDefault(); e.stopPropagation(); return done(key !== "enter"); }
    else if (key === "escape") { e.preventDefault(); e.stopPropagation(); return close(); }
    else if (key === "tab" && open.many && rows[at]) { const x = rows[at].value; marked.has(x) ? marked.delete(x) : marked.add(x); e.preventDefault(); e.stopPropagation(); return fill(); }
    else return void (/^mod\+[^zy]/.test(key) || e.stopPropagation());
    e.preventDefault();
    e.stopPropagation();
    show();
  };
  box.addEventListener("focusout", e => { if (open && !box.contains(e.relatedTarget) && e.relatedTarget && v.root.contains(e.relatedTarget)) close(false); });
  /** @param {any} what @param {string} [query] */
  const start = (what, query = "") => {
    open = what;
    marked.clear();
    at = 0;
    input.value = query;
    input.placeholder = what.label;
    input.setAttribute("aria-label", what.label);
    list.setAttribute("aria-label", what.label);
    box.setAttribute("aria-label", what.label);
    hint.textContent = what.hint || "";
    box.hidden = false;
    v.place(box, what.near);
    fill();
    input.focus({ preventScroll: true });
  };
  return { box, start, close, refresh: kind => { if (open?.kind === kind) fill(); }, get open() { return Boolean(open); } };
}
