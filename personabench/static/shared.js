// @ts-check
// What every widget needs from its first moment. A widget's script cannot import a neighbour: Python puts these files before it.

// == Elements ==
export const boxOf = el => el.getBoundingClientRect();
/** Make an element: properties by name, `on...` as listeners, `aria-`, `data-` and `role` as attributes, children as text or nodes.
 *  Text only ever arrives as text nodes: markup in a transcript stays what it is, words. @returns {any} */
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

/** An id made in the browser: the database stores the coding that carries it once only. Time and number come first: ids sort as they were made. */
export function makeGuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(8)), hex = (n, size) => n.toString(16).padStart(size, "0"); // randomUUID is for secure pages
  return hex(Date.now(), 12) + hex(guids++ & 0xffff, 4) + Array.from(bytes, b => hex(b, 2)).join("");
}
let guids = 0;

// == Keys ==
/** Name the key of an event: "s", "shift+s", "mod+z", "alt+q", "enter"; "" while an input method composes.
 * `mod` is Ctrl or Cmd. Where the layout writes no Latin letters, the place of the key counts, so that Greek and Hebrew keyboards work. */
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
 * shortcuts on the very element that has the focus: the mark has to stand there, too. */
export const suppressKeys = (v, e, on) => { for (const el of [v.root, e.target]) el.toggleAttribute("data-lm-suppress-shortcuts", on); };

/** A press on an empty part keeps the keys here; else the notebook takes the next as commands. */
export const holdFocus = v => { v.root.tabIndex = -1; v.root.addEventListener("focus", () => v.focus()); };

export const showKey = key => key.split("+").map(k => ({ mod: /Mac/.test(globalThis.navigator?.platform || "") ? "⌘" : "Ctrl", shift: "⇧", alt: "Alt",
  enter: "↵", escape: "Esc", delete: "Del" })[k] || k.toUpperCase()).join(" ");

// == The page's colours ==
export function isDark(rgb) {
  const [r, g, b, a] = (rgb.match(/[\d.]+/g) || ["255", "255", "255"]).map(Number);
  return a !== 0 && 0.2126 * r + 0.7152 * g + 0.0722 * b < 110;
}

/** Call v.theme when the page's colours change, whoever changes them: the widget's own background tells, by a transition too short to be seen. Nothing transits
 *  out of sight, so it looks again when it comes back. Returns how to stop.
 * @param {any} v the view: root, theme() */
export function followTheme(v) {
  const told = e => { if (e.target === v.root) v.theme(); }, forced = matchMedia("(forced-colors: active)"), sight = new ResizeObserver(() => v.theme());
  v.root.style.transition = "background-color 1ms";
  for (const end of ["transitionend", "transitioncancel"]) v.root.addEventListener(end, told); // a theme that comes in two steps cancels the first
  forced.addEventListener("change", v.theme);
  sight.observe(v.root);
  return () => { sight.disconnect(); forced.removeEventListener("change", v.theme); };
}

// == Lists and words ==
/** The first index of a sorted list at which `late` holds. */
export function firstIndex(list, late) {
  let low = 0, high = list.length;
  while (low < high) { const mid = (low + high) >> 1; if (late(list[mid], mid)) high = mid; else low = mid + 1; }
  return low;
}

export function unpack(columns) {
  const names = Object.keys(columns), n = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: n }, (_, i) => { const row = ({}); for (const name of names) row[name] = columns[name][i]; return row; });
}

export const short = (s, n = 60) => s.length > n ? s.slice(0, n - 1).replace(/[\ud800-\udbff]$/, "") + "…" : s;

/** Bidirectional controls would let a transcript reorder the words around it: they are shown as what they are. */
export const BIDI = /[\u202a-\u202e\u2066-\u2069]/;
/** @param {string} text for a place that knows no markup, such as a tooltip */
export const upright = text => text.replace(new RegExp(BIDI, "g"), "⇄");

// == Outbox ==
// What was sent and not yet acknowledged. In the tab's session storage it outlives the kernel, the cell's output and a reload; it is sent again when a view says
// "ready". Python takes each once.
export function makeOutbox(storage, key) {
  let items = [];
  const safely = act => { try { return act(); } catch { return null; /* full or forbidden */ } }, at = guid => `${key}:${guid}`;
  for (const name of safely(() => Object.keys(storage)) || []) { // one place for each message: two widgets in one tab never write over each other's
    const message = name.startsWith(at("")) && !name.includes(":", at("").length) && safely(() => JSON.parse(storage.getItem(name)));
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
  for (const m of outbox.all()) if (gap || Date.now() - (m.at || 0) > 5000) { m.at = Date.now(); raw({ ...m, again: true }); }
}

// == The link to Python ==
/** Writes wait in the outbox until Python acknowledges them; what Python tells goes to `hear`, by its type. While all is quiet it asks every now and then whether Python is there.
 * @param {any} v the view: model, uid, root, later, lost(late), saved() @param {string} key tells this outbox from others @param {() => any} ping the question; null while nothing has come yet */
export function makeLink(v, key, hear, ping) {
  const { model } = v, session = () => { try { return globalThis.sessionStorage; } catch { return null; } };
  const outbox = makeOutbox(session(), key);
  let asked = 0;
  const raw = m => { try { model.send({ view: v.uid, ...m }); } catch { /* the kernel is gone: the outbox keeps what matters */ } };
  const write = m => {
    const message = outbox.put({ guid: makeGuid(), ...m });
    message.at = Date.now();
    raw(message);
    v.saved();
    return message;
  };
  const ready = () => { raw({ type: "ready", module: true }); for (const m of outbox.all()) { m.at = Date.now(); raw({ ...m, again: true }); } };
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
    if (m.type === "module") v.later.take(m.texts); else hear[m.type]?.(v, m);
  };
  model.on("msg:custom", told);
  const timer = setInterval(beat, 2000);
  return { write, ready, outbox, raw, state: () => model.get("state") || {}, end: () => { clearInterval(timer); model.off("msg:custom", told); } };
}

// == The rest of the script ==
/** What a widget can do without for its first moment follows in modules, asked for after the first painting: it is there when the kernel is not.
 * Their default exports join the view.
 * @param {any} v the view: link, say(text), kit (the helpers that the module uses) */
export function makeLater(v) {
  const waiting = [], held = [], soon = { timeout: 200 }, idle = act => globalThis.requestIdleCallback ? requestIdleCallback(act, soon) : setTimeout(act);
  let come = false;
  const later = {
    here: false,
    ask: () => { if (!come) v.link.raw({ type: "module" }); },
    whenIdle: () => idle(later.ask),
    take: async texts => {
      if (come) return;
      come = true;
      await new Promise(idle); // the text is painted first
      for (const text of texts) {
        const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        try { (await import(url)).default(v); } finally { URL.revokeObjectURL(url); }
      }
      later.here = true;
      for (const act of waiting.splice(0)) act();
      for (const e of held.splice(0)) v.again(e);
    },
    /** Keep a key pressed while something waits: what it means shows then. */
    hold: e => Boolean(waiting.length + held.length && held.push(e)),
    /** Do what needs the rest: now, or when it has come. */
    when: act => { if (later.here) return act(); waiting.push(act); later.ask(); v.say("A moment: this part of the widget is still on its way"); },
  };
  return later;
}
