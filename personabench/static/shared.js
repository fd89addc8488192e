// @ts-check
// What every widget needs from its first moment: elements, keys, colours, and the link to Python. A widget's script cannot import a neighbour, so Python puts the
// shared files that it needs before its own.

// == Elements ==
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

// == Keys ==
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
export const suppressKeys = (v, e, on) => { for (const el of [v.root, e.target]) el.toggleAttribute("data-lm-suppress-shortcuts", on); };

/** A press on an empty part of a widget keeps the keys here; else the notebook would take the next ones as commands. @param {any} v */
export const holdFocus = v => { v.root.tabIndex = -1; v.root.addEventListener("focus", () => v.focus()); };

export const showKey = key => key.split("+").map(k => ({ mod: /Mac/.test(globalThis.navigator?.platform || "") ? "⌘" : "Ctrl", shift: "⇧", alt: "Alt",
  enter: "↵", escape: "Esc", delete: "Del" })[k] || k.toUpperCase()).join(" ");

// == Colours ==
// Eight inks that reach 4.5:1 as small text and stay apart in all common kinds of colour vision: any two differ by 10 or more (CIEDE2000), also
// without red, green or blue cones. The line under the words is the second cue.
export const INKS = [ // [on light, on dark]
  ["#A35A10", "#F58023"], ["#0B51A8", "#94B4DE"], ["#005B3D", "#44B97D"], ["#7F1F57", "#C881AB"],
  ["#7848F1", "#A08AFF"], ["#5C4501", "#FFDA76"], ["#00778C", "#89F0FC"], ["#696B68", "#C3C2C0"]];
export const LINES = ["solid", "dotted", "dashed"];
const FACET_INK = { pain: 0, gain: 1, need: 2, goal: 2, motivation: 5, emotion: 3, stage: 4, touchpoint: 6, channel: 6, behaviour: 1, attitude: 3,
  expectation: 5, influence: 4, demographic: 7, context: 7, idea: 5 };
const FACET_LINE = { gain: 1, goal: 1, attitude: 2, channel: 2, influence: 2, expectation: 2, context: 1, idea: 1 };

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

// == Lists and words ==
/** The first index of a sorted list at which `late` holds. @param {any[]} list @param {(x: any) => boolean} late */
export function firstIndex(list, late) {
  let low = 0, high = list.length;
  while (low < high) { const mid = (low + high) >> 1; if (late(list[mid])) high = mid; else low = mid + 1; }
  return low;
}

/** Unpack columns into a list of objects. @param {Record<string, any[]>} columns @returns {any[]} */
export function unpack(columns) {
  const names = Object.keys(columns), n = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: n }, (_, i) => { const row = ({}); for (const name of names) row[name] = columns[name][i]; return row; });
}

export const short = (s, n = 60) => s.length > n ? s.slice(0, n - 1).replace(/[\ud800-\udbff]$/, "") + "…" : s;

/** Bidirectional controls would let a transcript reorder the words around it on the screen: they are shown as what they are. */
export const BIDI = /[\u202a-\u202e\u2066-\u2069]/;
/** @param {string} text for a place that knows no markup, such as a tooltip */
export const upright = text => text.replace(new RegExp(BIDI, "g"), "⇄");

// == Outbox ==
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

/** Say again what was not acknowledged: all of it after a gap, else what has waited for five seconds. */
export function sayAgain(outbox, raw, gap) {
  for (const m of outbox.all()) if (gap || Date.now() - (m.at || 0) > 5000) { m.at = Date.now(); raw(m); }
}

// == The link to Python ==
/** Writes wait in the outbox until Python acknowledges them; what Python tells goes to `hear`, by its type. While all is quiet it asks every now and then whether Python is there.
 * @param {any} v the view: model, uid, root, later, lost(late), saved() @param {string} key tells this outbox from others
 * @param {Record<string, (v: any, m: any) => void>} hear @param {() => any} ping the question; null while nothing has come yet */
export function makeLink(v, key, hear, ping) {
  const { model } = v, session = () => { try { return globalThis.sessionStorage; } catch { return null; } };
  const outbox = makeOutbox(session(), key);
  let asked = 0;
  const raw = m => { try { model.send({ view: v.uid, ...m }); } catch { /* the kernel is gone: the outbox keeps what matters */ } };
  /** Send something that changes the study. */
  const write = m => {
    const message = outbox.put({ guid: makeGuid(), ...m });
    message.at = Date.now();
    raw(message);
    v.saved();
    return message;
  };
  const ready = () => { raw({ type: "ready", module: true }); for (const m of outbox.all()) raw(m); };
  const beat = () => {
    if (!v.root.isConnected || document.visibilityState === "hidden") return;
    const first = outbox.all()[0]?.at;
    v.lost((asked && performance.now() - asked > 5000) || (first && Date.now() - first > 5000));
    if (asked && performance.now() - asked <= 15000) return;
    asked = performance.now();
    const m = ping();
    raw(m || { type: "ready" });
    if (m) v.later.ask();
  };
  const told = m => {
    if (m.to && m.to !== v.uid) return;
    sayAgain(outbox, raw, asked && performance.now() - asked > 5000);
    asked = 0;
    v.lost(false);
    if (m.type === "module") v.later.take(m.text); else hear[m.type]?.(v, m);
  };
  model.on("msg:custom", told);
  const timer = setInterval(beat, 2000);
  return { write, ready, outbox, raw, state: () => model.get("state") || {}, end: () => { clearInterval(timer); model.off("msg:custom", told); } };
}

// == The rest of the script ==
/** What a widget can do without for its first moment follows as a module of its own, sent after its text or asked for after the first painting, so that it is there
 * when the kernel is not. Its default export joins the view.
 * @param {any} v the view: link, say(text), kit (the helpers that the module uses) */
export function makeLater(v) {
  const waiting = [], held = [], soon = { timeout: 200 }, idle = act => globalThis.requestIdleCallback ? requestIdleCallback(act, soon) : setTimeout(act);
  let come = false;
  const later = {
    here: false,
    ask: () => { if (!come) v.link.raw({ type: "module" }); },
    whenIdle: () => idle(later.ask),
    take: async text => {
      if (come) return;
      come = true;
      await new Promise(idle); // the text is painted first
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      try { (await import(url)).default(v); } finally { URL.revokeObjectURL(url); }
      later.here = true;
      for (const act of waiting.splice(0)) act();
      for (const e of held.splice(0)) v.again(e);
    },
    /** Keep a key pressed while something waits: what it means shows then. @param {any} e */
    hold: e => Boolean(waiting.length + held.length && held.push(e)),
    /** Do what needs the rest: now, or when it has come. @param {() => void} act */
    when: act => { if (later.here) return act(); waiting.push(act); later.ask(); v.say("A moment: this part of the widget is still on its way"); },
  };
  return later;
}
