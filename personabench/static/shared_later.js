// @ts-check
// What several widgets need when the text stands. It cannot import the first part of a widget's script, so that it is handed the helpers from there.

let PAINTS, chord, dress, make, short, stop;
/** @param {any} kit the helpers by name */
export function useShared(kit) { ({ PAINTS, chord, dress, make, short, stop } = kit); }

// == Fuzzy match ==
const plain = s => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const begins = (n, i) => i === 0 || /[\s/_-]/.test(n[i - 1]);
/** Where the letters of `q`, in this order, end in `n`, or -1; `strict`: each follows the one before or begins a word; in the first word two may be left out between. */
function follow(q, n, strict) {
  let at = -1, words = 0;
  for (const letter of q) {
    const step = at < 0 ? 0 : [1, 2, 3].find(by => n.startsWith(letter, at + by) && (by === 1 || (words < 2 && !/[\s/_-]/.test(n.slice(at, at + by)))));
    if (step) at += step; else { words++; do at = n.indexOf(letter, at + 1); while (at >= 0 && strict && !begins(n, at)); }
    if (at < 0) return -1;
  }
  return at;
}

/** Score how well `query` fits `name`: 1000 or so as it stands, 500 as begins of words or short for them, up to 100 as letters scattered in it; -1 = not at all. */
export function fuzzy(query, name) {
  const q = plain(query).replace(/\s+/g, ""), n = plain(name), whole = n.indexOf(plain(query).trim());
  if (!q) return 0;
  if (whole >= 0) return 1000 - (whole + n.length) / 100 + (begins(n, whole) ? 200 : 0);
  const [initials, scattered] = [follow(q, n, true), follow(q, n, false)];
  return initials >= 0 ? 500 - initials / 10 : scattered >= 0 ? Math.max(0, 100 - scattered) : -1;
}

/** What fits a query, the best first, by its words or by `score`; what fits alike in the order of the list. */
export const best = (query, list, score = x => fuzzy(query, x)) => list.map(x => ({ x, n: score(x) })).filter(s => s.n >= 0).sort((a, b) => b.n - a.n).map(s => s.x);

/** The part of the widget that can be seen, in the window and in whatever scrolls around it. */
export function inSight(v) {
  const base = v.root.getBoundingClientRect();
  let top = Math.max(base.top, 0), bottom = Math.min(base.bottom, innerHeight);
  for (let el = v.root.parentElement; el && el !== document.body; el = el.parentElement) {
    if (getComputedStyle(el).overflowY === "visible") continue;
    const box = el.getBoundingClientRect();
    top = Math.max(top, box.top);
    bottom = Math.min(bottom, box.bottom);
  }
  return { base, top, bottom };
}

/** Put a palette below something, or above where there is more room, where it can be seen whole: its list is as long as fits. @param {any} near an element or a rectangle */
export function placeBox(v, box, near, wide = 460) {
  if (inSight(v).bottom - inSight(v).top < 240) v.root.scrollIntoView({ block: "nearest" });
  const { base, top, bottom } = inSight(v), at = near.getBoundingClientRect?.() || near, width = Math.min(wide, base.width - 16), list = box.querySelector(".pb-options");
  box.style.cssText = `width:${width}px;left:${Math.max(8, Math.min(at.left - base.left, base.width - width - 8))}px;`;
  if (list) list.style.maxHeight = "232px";
  const above = at.top - top - 14, below = bottom - at.bottom - 14, high = box.offsetHeight + 30, up = high > below && above > below; // 30: what an option means stands under the list
  if (list) list.style.maxHeight = `${Math.max(90, Math.min(232, list.offsetHeight + Math.max(above, below) - high))}px`;
  const rest = bottom - top - box.offsetHeight - 30;
  if (up) box.style.bottom = `${base.bottom - bottom + Math.max(8, Math.min(bottom - at.top + 6, rest))}px`; else box.style.top = `${top - base.top + Math.max(8, Math.min(at.bottom - top + 6, rest))}px`;
}

// == Undo ==
/** While a change waits, undo and redo are for that one, not for what was stored before: they wait for it and go when it is refused; what is changed meanwhile
 * waits behind them. @param {any} does undo and redo */
export function undoInTurn(v, does) {
  const { link, lost } = v, { outbox, write } = link, { done } = outbox, { refused } = v.hear, held = ([]);
  const goOn = () => { while (held.length && !(held[0].meant && outbox.size)) held.shift().act(); };
  outbox.done = guid => { const found = done(guid); queueMicrotask(goOn); return found; };
  v.hear.refused = (v, m) => {
    const i = m.guid && !m.again ? held.findIndex(h => h.meant?.() === m.guid) : -1;
    if (i >= 0) held.splice(i, 1);
    refused(v, m);
  };
  link.write = m => {
    if (!held.length) return write(m);
    const message = { source: v.doc.source, revision: v.doc.revision, ...m }, change = { act: () => { change.sent = write(message); } };
    held.push(change);
    return message;
  };
  v.lost = late => {
    lost(late);
    if (!late || !held.length) return;
    for (const h of held.splice(0)) if (!h.meant) h.act(); // kept where a reload does not lose it
    v.say("The kernel does not answer: nothing is undone", true);
  };
  for (const step of ["undo", "redo"]) {
    const was = does[step], act = () => { v.stepped = performance.now(); was(); };
    does[step] = () => {
      if ((!outbox.size && !held.length) || !v.banner.hidden) return act();
      const change = held.findLast(h => !h.meant), sent = outbox.all().at(-1);
      held.push({ act, meant: () => (change ? change.sent : sent)?.guid });
      v.say(`${step === "undo" ? "Undo" : "Redo"} waits until what you did is saved`);
    };
  }
}

// == Picker ==
// One listbox for everything that is chosen by typing: codes, facets, sources, filters. The input keeps the focus; the option is told by
// aria-activedescendant. `rows(query)` gives {label, detail, badge, swatch, value}; `pick(values, {stay})` gets the marked ones, or the one.
/** @param {any} v the view: uid, root, focus(), place(box, near), swatch(x) */
export function makePicker(v) {
  let open = (null), at = 0, rows = ([]), first = ([]) /* what was marked by a query, which goes then: it stays in sight */, more = () => {};
  const marked = new Map(), id = `${v.uid}-list`;
  const input = make("input", { class: "pb-input", role: "combobox", "aria-expanded": "true", "aria-controls": id, "aria-autocomplete": "list", "aria-describedby": `${id}-about`, autocomplete: "off", spellcheck: false,
    oninput: () => { at = 0; if (open) fill(); }, onkeydown: e => keydown(e) });
  const list = make("ul", { id, class: "pb-options", role: "listbox" });
  const hint = make("div", { class: "pb-hint", role: "status" }), about = make("div", { class: "pb-about", id: `${id}-about` }); // what the option at hand means
  const box = make("div", { class: "pb-popover", hidden: true, role: "dialog" }, input, list, about, hint);
  const fill = () => {
    rows = open.rows(input.value);
    if (!input.value) rows = [...first, ...rows.filter(r => !first.some(f => f.value === r.value))];
    at = Math.max(0, Math.min(at, rows.length - 1));
    const { many } = open, option = (r, i) => make("li", { id: `${id}-${i}`, role: "option", class: "pb-option", "aria-selected": String(many ? marked.has(r.value) : i === at),
      onpointerdown: e => { e.preventDefault(); if (e.button) return; at = i; done(e.shiftKey); } },
    many ? make("span", { class: "pb-check", "aria-hidden": "true" }, marked.has(r.value) ? "✓" : "") : null,
    r.swatch ? make("span", { class: "pb-swatch", "aria-hidden": "true", style: v.swatch(r.swatch) }) : null,
    make("span", { class: "pb-label" }, r.label), make("span", { class: "pb-detail" }, r.detail || ""), r.badge ? make("span", { class: "pb-badge" }, r.badge) : null);
    const all = rows.slice(0, 60), n = at < 10 && all.length > 20 ? 10 : 60; // of a long list the frame of the key shows what is in sight; the others follow
    list.replaceChildren(...all.slice(0, n).map(option));
    const mine = more = () => { if (more === mine) { more = () => {}; list.append(...all.slice(n).map((r, i) => option(r, i + n))); } };
    setTimeout(mine, 50);
    hint.textContent = [marked.size && `✓ ${[...marked.values()].map(r => r.label).join(", ")}`, open.hint].filter(Boolean).join(" · ");
    list.dataset.empty = input.value ? "Nothing fits" : open.none || "Nothing here yet";
    show();
  };
  const show = () => {
    [...list.children].forEach((li, i) => { li.classList.toggle("pb-at", i === at); if (!open.many) li.setAttribute("aria-selected", String(i === at)); });
    if (rows.length) input.setAttribute("aria-activedescendant", `${id}-${at}`); else input.removeAttribute("aria-activedescendant");
    if (rows.length) { // the list, and nothing around it
      const a = list.getBoundingClientRect(), b = list.children[at].getBoundingClientRect();
      list.scrollTop += Math.min(0, b.top - a.top) + Math.max(0, b.bottom - a.bottom);
    }
    about.textContent = rows[at]?.about || "";
  };
  const done = stay => {
    if (rows[at]) marked.set(rows[at].value, rows[at]); // the one at hand, with those marked before
    const values = [...marked.keys()], now = open;
    if (!values.length) return;
    if (!stay) close();
    else { marked.clear(); if (!open.keeps) input.value = ""; }
    now.pick(values, { stay });
    if (stay && open === now) fill();
  };
  const close = (back = true) => { if (!open) return; open = null; box.hidden = true; marked.clear(); if (back) v.focus(); };
  const keydown = e => {
    const key = chord(e);
    if (/^(arrow|page|tab)/.test(key)) more();
    if (key === "arrowdown" || key === "arrowup") at = (at + (key === "arrowdown" ? 1 : -1) + Math.min(rows.length, 60)) % Math.max(1, Math.min(rows.length, 60));
    else if (key === "pagedown" || key === "pageup") at = Math.max(0, Math.min(rows.length - 1, 59, at + (key === "pagedown" ? 8 : -8)));
    else if (key === "enter" || key === "shift+enter") { stop(e); return done(key !== "enter"); }
    else if (key === "escape") { stop(e); return close(); }
    else if (key === "tab" && open.many && rows[at]) { if (!marked.delete(rows[at].value)) marked.set(rows[at].value, rows[at]); if (input.value) { first = [...marked.values()].reverse(); at = 0; input.value = ""; } stop(e); return fill(); }
    else return void (/^mod\+[^zy]/.test(key) || e.stopPropagation());
    stop(e);
    show();
  };
  const { steps } = v;
  v.steps = (...told) => { steps(...told); if (document.activeElement?.disabled && v.root.contains(document.activeElement)) v.focus(); }; // nothing is left to undo or redo: the keys stay here
  box.addEventListener("focusout", e => { if (open && !box.contains(e.relatedTarget) && e.relatedTarget && v.root.contains(e.relatedTarget)) close(false); });
  /** Do what a key pressed meanwhile is for, where the focus is now. */
  v.again = e => {
    const root = /** @type {any} */ (v.root.getRootNode()), to = root.activeElement, key = chord(e), back = key === "backspace";
    if (!to || !v.root.contains(to)) return;
    if (to.tagName !== "INPUT" || !(back || (e.key.length === 1 && !/^(mod|alt)\+/.test(key)))) return void to.dispatchEvent(new KeyboardEvent("keydown", e));
    to.setRangeText(back ? "" : e.key, Math.max(0, to.selectionStart - Number(back && to.selectionStart === to.selectionEnd)), to.selectionEnd, "end");
    to.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const start = (what, query = "") => {
    open = what;
    marked.clear();
    at = 0;
    input.value = query;
    input.placeholder = what.label;
    first = [];
    list.setAttribute("aria-multiselectable", String(Boolean(what.many)));
    for (const el of [input, list, box]) el.setAttribute("aria-label", what.label);
    box.hidden = false;
    fill();
    v.place(box, what.near);
    show();
    input.focus({ preventScroll: true });
  };
  return { box, start, close, refresh: kind => { if (open?.kind === kind) fill(); }, get open() { return Boolean(open); } };
}

// == Codes to choose from ==
const fit = (query, code) => { const above = fuzzy(query, code.path || ""); return Math.max(fuzzy(query, code.name), above > 300 ? above - 5 : -1); };
/** The best fit first; without a query what is in `first`, then the codebook's order. */
export function rankCodes(codes, query, first) {
  if (!query.trim()) return [...first.filter(c => codes.includes(c)), ...codes.filter(c => !first.includes(c))];
  return best(query, codes, code => fit(query, code));
}

/** Rows for the picker: codes, and a new one of the name that was typed, first where no code fits well. @param {any} more a code's badge, by the code @param {any} count its codings */
export function codeRows(codes, query, first, more = () => null, count = c => c.n) {
  const name = query.trim(), rows = rankCodes(codes, query, first).map(c => ({ value: c, label: c.name, swatch: c, badge: more(c), about: c.definition,
    detail: [c.path !== c.name ? c.path.slice(0, -c.name.length - 3) : "", c.facet, count(c) || ""].filter(Boolean).join(" · ") }));
  const fresh = name && !rows.some(r => r.label.toLowerCase() === name.toLowerCase()) ? [{ value: { fresh: name }, label: `New code “${name}”`, detail: "asks for its facet" }] : [];
  return rows.length && fit(query, rows[0].value) >= 300 ? [...rows, ...fresh] : [...fresh, ...rows];
}

/** Ask for the facet of a new code and make it: it is there at once, in the study when Python has stored it. */
export function makeCode(v, name, near, then) {
  const there = () => [...v.doc.codes.values()].find(c => c.name.toLowerCase() === name.toLowerCase()), make = facet => {
    if (!v.link.write({ type: "add_code", name, facet })) return;
    const code = dress({ id: "new:" + name, name, path: name, facet, n: 0, look: v.doc.looks[facet] });
    v.doc.codes.set(code.id, code);
    then(code);
  };
  if (there()) then(there()); // one that was not offered
  else v.picker.start({ kind: "facets", near, label: `What kind of statement is “${short(name, 30)}”?`, hint: "↵ choose the facet · Esc",
    rows: q => best(q, v.doc.facets).map(f => ({ value: f, label: f, swatch: dress({ look: v.doc.looks[f] }) })), pick: ([facet]) => { if (there()) then(there()); else make(facet); } });
}

// == What the page does ==
/** Look once more at how all is laid out when it has come to rest: a theme or a new size comes in steps, each of which moves the words.
 * @param {any} v the view: theme(), resized(), ends */
export function settleLater(v, again) {
  let late = 0;
  for (const name of ["theme", "resized"]) {
    const now = v[name];
    v[name] = () => { now(); clearTimeout(late); late = setTimeout(() => { if (v.doc && v.root.isConnected) again(); }, 150); };
  }
  v.ends.push(() => clearTimeout(late));
}

/** The position of a point in the page's tree, or null outside the text. */
export function positionOf(doc, node, offset) {
  const el = node?.nodeType === 3 ? node.parentElement : node, say = el?.closest?.(".pb-say"), piece = (say || el?.closest?.(".pb-turn")?.querySelector(".pb-say"))?.pbPiece;
  if (piece?.group.doc !== doc) return null;
  if (!say) return piece.start;
  if (node.nodeType === 3 && node === say.firstChild) return piece.start + offset;
  const range = document.createRange();
  range.setStart(say, 0);
  range.setEnd(node, offset);
  return piece.start + range.toString().length;
}

/** Search tools of the page, JupyterLab's own among them, split text nodes and put them together again: what is painted there is painted anew, and
 *  words that were changed are restored. Returns how to stop.
 * @param {any} v the view: doc, text, painter, soon(group) */
export function repairText(v) {
  const repair = new MutationObserver(records => {
    const said = new Set(records.map(r => (r.target.nodeType === 3 ? r.target.parentElement : r.target)?.closest?.(".pb-say")?.pbPiece));
    said.delete(undefined);
    for (const p of said) {
      if (p.group.doc !== v.doc) { said.delete(p); continue; }
      const words = v.doc.words(p);
      if (p.say.textContent !== words) p.say.textContent = words;
      if (p.group.near) v.soon(p.group);
    }
    if (said.size) for (const [name, span] of v.painter.marked) v.painter.mark(name, span); // its text nodes are no longer what they were
    repair.takeRecords();
  });
  if (PAINTS) repair.observe(v.text, { childList: true, characterData: true, subtree: true });
  return () => repair.disconnect();
}
