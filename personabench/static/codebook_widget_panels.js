// @ts-check
// What the codebook widget can do without while its tree is opening: the palette, the panels other than the details, dragging, the codebook as it was. Python sends it after
// shared_later.js when the tree stands; `join` then adds it to the view. Sections: 1 letters typed (pure), 2 panels, 3 what is chosen by typing, 4 dragging, 5 joining.

let B, LI, P, SMALL, TD, across, fits, flat, hint, lineOf, makeTree, many, mayMove, pair, reorder, rowId, showKey, topmost, unpack;
export function useBook(kit) { ({ B, LI, P, SMALL, TD, across, fits, flat, hint, lineOf, makeTree, many, mayMove, pair, reorder, rowId, showKey, topmost, unpack } = kit); }

// == 1 Letters typed ==
/** The row that letters typed lead to: the next that begins with them, from the one at hand on. -1 = none. One letter again and again goes round. */
export function typeAhead(rows, at, letters) {
  const all = flat(letters), same = [...all].every(c => c === all[0]), words = same ? all[0] : all, from = same ? at + 1 : at;
  for (let k = 0; k < rows.length; k++) { const i = (from + k) % rows.length; if (flat(rows[i].node.name).startsWith(words)) return i; }
  return -1;
}

const keyName = key => key === " " ? "Space" : showKey(key).replace(/ARROW(\w+)/, (_, way) => ({ UP: "↑", DOWN: "↓", LEFT: "←", RIGHT: "→" })[way]);

// == 2 Panels ==
// Questions that need room stand for a while beside the tree, in place of the details.
function joinBookPanels(v) {
  const cancel = () => make("button", { onclick: () => { v.panel.show("details"); v.focus(); } }, "Cancel");
  const quoteOf = (q, ...more) => LI(make("q", { dir: "auto" }, q.quote), SMALL([q.case || q.source, q.case && q.case !== q.source ? q.source : "", q.coder, ...more].filter(Boolean).join(" · ")));
  const merge = told => {
    const m = told, into = v.tree.byId.get(m.into), quotes = unpack(m.quotes);
    if (!into || !m.ids.every(id => v.tree.byId.has(id))) return ["Merge", P("One of the codes is gone.")];
    const group = (fate, head) => { const some = quotes.filter(q => q.fate === fate); return some.length && make("details", { open: fate !== "moves" || some.length <= 5 }, make("summary", {}, `${head} (${m.fates[fate]})`), make("ul", { class: "pbk-quotes" }, ...some.slice(0, 200).map(q => quoteOf(q, q.code)))); };
    const go = make("button", { class: "pbk-main-button", "data-first": "", onclick: () => { go.disabled = true; v.busy = go; if (v.link.write({ type: "merge", ids: m.ids, into: m.into }, () => { v.busy = null; v.marks.clear(); v.rows.draw(); v.panel.show("details"); v.rows.go(m.into); })) v.say("Merging…"); } }, `Merge into “${short(into.name, 30)}”`);
    return ["Merge: what will change", make("ul", { class: "pbk-plan" }, ...m.plan.map(x => LI(x)), m.warning && make("li", { class: "pb-warn" }, m.warning)),
      across(go, cancel()), SMALL("One undo takes all of it back."),
      m.definitions.length > 0 && make("details", { open: true }, make("summary", {}, `${m.definitions.length === 1 ? "A definition ends" : "Definitions end"} with the code`), ...m.definitions.map(([c, d]) => make("blockquote", {}, B(c), make("p", { dir: "auto" }, d)))),
      group("falls together", "Fall together"), group("moves", "Move")];
  };
  const quotes = told => {
    const n = v.tree.byId.get(told.id), all = unpack(told.quotes);
    if (!n) return ["Quotes", P("The code is gone.")];
    const list = make("ul", { class: "pbk-quotes", tabIndex: 0, "data-first": "", "aria-label": `Quotes of ${n.name}` }, ...all.map(q => { const li = quoteOf(q); if (v.canWrite()) li.append(make("span", { class: "pbk-row-of" },
      ...[["include", "+ include"], ["exclude", "+ exclude"]].map(([key, label]) => make("button", { class: "pbk-small", title: `Keep as an example to ${key}`, onclick: () => v.details.addExample(key, `[coding ${q.id}]`) }, label)))); return li; }));
    return [`${n.name}: ${many(told.n, "quote")}`, list, all.length < told.n && SMALL(`The first ${all.length} are shown.`)];
  };
  const split = told => {
    const n = v.tree.byId.get(told.id), all = unpack(told.quotes), take = new Set(), seen = () => all.filter(q => !find.value || fits({ name: q.quote, facet: q.source, words: q.case || "", include: [q.coder], exclude: [] }, find.value));
    if (!n) return ["Split", P("The code is gone.")];
    const enter = e => { // Enter at the name, Ctrl and Enter everywhere
      if (chord(e) !== "mod+enter" && (chord(e) !== "enter" || e.target !== name)) return;
      stop(e);
      if (go.disabled) v.say(name.value.trim() ? "Tick the quotes that belong to the new code" : "Give the new code a name", true); else go.click();
    };
    const name = make("input", { "data-first": "", dir: "auto", placeholder: "Name of the new code", "aria-label": "Name of the new code", oninput: () => tell(), onkeydown: enter });
    const facet = make("select", { "aria-label": "Facet of the new code", onkeydown: enter }, ...v.facets.map(f => make("option", { selected: f === n.facet }, f)));
    const find = make("input", { placeholder: "Only quotes with…", "aria-label": "Only quotes with these words", oninput: () => draw(), onkeydown: enter });
    const list = make("ul", { class: "pbk-quotes", onkeydown: enter }), rows = new Map(all.map(q => { const tick = make("input", { type: "checkbox", onchange: () => { tick.checked ? take.add(q.id) : take.delete(q.id); tell(); v.say(""); } }), li = quoteOf(q); return [q, LI(make("label", {}, tick, make("span", {}, ...li.childNodes)))]; }));
    const draw = () => list.replaceChildren(...seen().map(q => rows.get(q)));
    const all_ = make("button", { onclick: () => { const some = seen(), on = !some.every(q => take.has(q.id)); for (const q of some) { on ? take.add(q.id) : take.delete(q.id); rows.get(q).querySelector("input").checked = on; } tell(); } }, "Tick all shown");
    const go = make("button", { class: "pbk-main-button", onclick: () => { v.busy = go; go.disabled = true; v.link.write({ type: "split", id: n.id, to: name.value.trim(), codings: [...take], facet: facet.value }, m => { v.busy = null; v.panel.show("details"); v.rows.go(m.id); v.say(`Split ${name.value.trim()} from ${n.name}: ${many(take.size, "coding")}`); }); } });
    const tell = () => { go.textContent = `Split off ${take.size} of ${all.length}`; go.disabled = !take.size || !name.value.trim(); };
    tell();
    draw();
    return [`Split “${short(n.name, 40)}”`, hint("Tick the quotes that belong to the new code. It stands beside this one and takes over its other properties."), pair(name, facet),
      across(go, cancel()), pair(find, all_), list];
  };
  const history = told => {
    const steps = unpack(told.steps), id = i => `${v.uid}-step-${i}`;
    let at = Math.max(0, v.past ? steps.findIndex(s => s.event === v.past.event) : 0);
    const mark = () => { [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === at))); if (steps.length) list.setAttribute("aria-activedescendant", id(at)); list.children[at]?.scrollIntoView({ block: "nearest" }); };
    const open = () => { v.pastStep = steps[at]; v.link.raw({ type: "past", event: steps[at].event }); };
    const list = make("ul", { class: "pbk-list", role: "listbox", tabIndex: 0, "data-first": "", "aria-label": "Steps that changed the codebook", onkeydown: e => {
      const step = { arrowdown: 1, arrowup: -1, pagedown: 10, pageup: -10, home: -1e6, end: 1e6 }[chord(e)];
      if (step) { at = Math.max(0, Math.min(steps.length - 1, at + step)); mark(); } else if (chord(e) === "enter" && steps.length) open(); else return;
      e.preventDefault();
    } }, ...steps.map((s, i) => make("li", { id: id(i), role: "option", "aria-selected": "false", class: s.undone ? "pbk-undone" : "", onclick: () => { at = i; mark(); open(); } }, make("bdi", {}, s.label),
      SMALL(`${s.coder} · ${new Date(s.time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}${s.undone ? " · undone" : ""}`))));
    setTimeout(mark);
    return ["History", hint(steps.length ? "Choose a step to see the codebook as it was after it." : "Nothing has changed the codebook yet."), steps.length ? list : null];
  };
  const keys = () => ["Keys", make("table", { class: "pbk-keys", tabIndex: 0, "data-first": "", "aria-label": "Keys" }, ...[["go from code to code", "↑ ↓"], ["open, close a branch", "→ ←"], ["mark a row of codes", "⇧ ↑ ↓"], ["go to the code that begins so", "A … Z"],
    ...Object.entries(v.own).map(([what, key]) => [what, keyName(key)])].map(([what, key]) => make("tr", {}, TD(make("kbd", {}, key)), TD(what))))];
  Object.assign(v.panel.kinds, { merge, quotes, split, history, keys });
}

/** The codebook as it was after a step. */
function joinPast(v) {
  v.showPast = m => {
    v.past = { event: m.event, tree: makeTree(m.codes) };
    v.marks.clear();
    const s = v.pastStep;
    v.then.replaceChildren(make("span", {}, "The codebook as it was after ", B(s ? s.label : `step ${m.event}`), s ? ` (${s.coder}, ${new Date(s.time).toLocaleDateString(undefined, { dateStyle: "medium" })})` : ""), make("button", { onclick: () => v.toNow() }, "Back to today's (Esc)"));
    v.then.hidden = false;
    v.rows.draw();
    v.tell();
    v.say(`Showing the codebook as it was: ${many(v.past.tree.list.length, "code")}`);
  };
}

// == 3 What is chosen by typing ==
function joinBookPickers(v) {
  const { chosen, move, names } = v;
  const pathOf = n => lineOf(n.up).reverse().map(x => x.name).join(" / ");
  const codeRow = n => ({ value: n, label: n.name, swatch: n, about: n.words, detail: [pathOf(n), n.facet, n.codings || ""].filter(Boolean).join(" · ") });
  const ranked = (nodes, q) => best(q, nodes, n => Math.max(fuzzy(q, n.name), fuzzy(q, pathOf(n)) - 200));
  const near = () => v.rows.els.get(v.at) || v.rows.box;
  const moveUnder = () => {
    const some = chosen("move"), ids = some.map(n => n.id);
    if (some.length) v.picker.start({ kind: "move", label: `Move ${names(some)} under…`, near: near(), hint: "↵ move · Esc", rows: q => [...(fuzzy(q, "the top") >= 0 ? [{ value: null, label: "The top", detail: "no parent" }] : []),
      ...ranked(v.tree.list.filter(n => mayMove(v.tree, topmost(v.tree, ids), n.id)), q).map(codeRow)], pick: ([n]) => move(ids, n?.id ?? null) });
  };
  const merge = () => {
    const some = chosen("merge"), ids = some.map(n => n.id), last = some.length > 1 ? some.slice().sort((a, b) => b.codings - a.codings) : [];
    if (!some.length) return;
    const preview = into => v.panel.ask("merge", { type: "preview", ids: ids.filter(id => id !== into.id), into: into.id });
    v.picker.start({ kind: "merge", label: `Merge ${names(some)} into…`, near: near(), hint: some.length > 1 ? "↵ shows what will change · the code that stays, of the marked or another" : "↵ shows what will change · Esc",
      rows: q => ranked([...last, ...v.tree.list.filter(n => !ids.includes(n.id))], q).map(codeRow), pick: ([n]) => preview(n) });
  };
  const facet = () => {
    const some = chosen("change");
    if (some.length) v.picker.start({ kind: "facet", label: `Facet of ${names(some)}`, near: near(), hint: "↵ choose · Esc", rows: q => best(q, v.facets).map(f => ({ value: f, label: f, swatch: dress({ look: v.looks[f] }), badge: some.every(n => n.facet === f) ? "now" : "" })),
      pick: ([f]) => v.link.write({ type: "change", ids: some.map(n => n.id), changes: { facet: f } }, () => v.say(`${names(some)}: facet ${f}`)) });
  };
  const ask = (panel, type) => { const n = v.here(); if (v.past) return v.say("Go back to the codebook of today first (Esc)", true); if (!n) return; if (!n.codings) return v.say(`${n.name} has no codings`, true); if (panel === "split" && !v.mayWrite()) return; v.panel.ask(panel, { type, id: n.id }); };
  const menu = () => v.picker.start({ kind: "menu", label: "What to do", near: near(), hint: "↵ choose · Esc", rows: q => best(q, Object.entries(v.own).filter(([name]) => !["all actions", "leave"].includes(name)), ([name]) => fuzzy(q, name))
    .map(([name, key]) => ({ value: name, label: name, badge: keyName(key) })), pick: ([name]) => v.act(name) });
  Object.assign(v.does, { "move under…": moveUnder, "merge into…": merge, "split…": () => ask("split", "quotes"), "facet…": facet, "quotes": () => ask("quotes", "quotes"),
    "history": () => v.panel.ask("history", { type: "history" }), "all actions": menu, "keys": () => v.panel.show(v.panel.kind === "keys" ? "details" : "keys") });
}

// == 4 Dragging ==
function joinDragging(v) {
  const { box } = v.rows;
  let dragged = ([]), over = (null);
  const clear = () => { over?.el.classList.remove("pbk-into", "pbk-before", "pbk-after"); over = null; v.dropTop.classList.remove("pbk-into"); };
  const end = () => { clear(); dragged = []; v.root.classList.remove("pbk-dragging"); };
  box.addEventListener("dragstart", e => {
    const id = rowId(e);
    if (id === null || !v.canWrite()) return e.preventDefault();
    dragged = v.marks.has(id) ? v.marked().map(n => n.id) : [id];
    e.dataTransfer?.setData("text/plain", v.tree.byId.get(id).name);
    if (e.dataTransfer) e.dataTransfer.effectAllowed = "move";
    v.root.classList.add("pbk-dragging");
  });
  /** Where a drop would go: {el, parent} into a code, or {el, order} between stages. */
  const aim = e => {
    const row = e.target.closest(".pbk-row[data-id]"), n = row && v.tree.byId.get(Number(row.dataset.id)), from = dragged.length === 1 && v.tree.byId.get(dragged[0]);
    if (!n) return null;
    const rect = row.getBoundingClientRect(), y = (e.clientY - rect.top) / rect.height;
    if (from && from !== n && from.facet === "stage" && n.facet === "stage" && from.up === n.up && (y < 0.3 || y > 0.7)) {
      const near = (n.up ? n.up.children : v.tree.top).filter(x => x.facet === "stage"), i = near.indexOf(from), j = near.indexOf(n), to = y < 0.3 ? j - (i < j ? 1 : 0) : j + (i > j ? 1 : 0);
      return to === i ? null : { el: row, way: to - i, mark: y < 0.3 ? "pbk-before" : "pbk-after" };
    }
    return mayMove(v.tree, topmost(v.tree, dragged), n.id) ? { el: row, parent: n.id, mark: "pbk-into" } : null;
  };
  box.addEventListener("dragover", e => {
    if (!dragged.length) return;
    const to = aim(e);
    clear();
    if (!to) return;
    over = to;
    to.el.classList.add(to.mark);
    e.preventDefault();
  });
  box.addEventListener("drop", e => {
    const to = dragged.length ? aim(e) : null, ids = dragged;
    end();
    if (!to) return;
    stop(e);
    if (to.way) { const order = reorder(v.tree, ids[0], to.way); if (order) v.link.write({ type: "order", order }, () => v.say("Stages reordered")); } else v.move(ids, to.parent);
  });
  v.dropTop.addEventListener("dragover", e => { if (dragged.length && mayMove(v.tree, topmost(v.tree, dragged), null)) { clear(); v.dropTop.classList.add("pbk-into"); e.preventDefault(); } });
  v.dropTop.addEventListener("drop", e => { const ids = dragged; end(); stop(e); if (ids.length) v.move(ids, null); });
  box.addEventListener("dragend", end);
}

// == 5 Joining ==
export default function join(v) {
  useShared(v.kit);
  useBook(v.kit);
  v.place = (box, near) => placeBox(v, box, near || v.root, 420);
  v.picker = makePicker(v);
  v.root.append(v.picker.box);
  v.typed = letters => { const i = typeAhead(v.rows.shown, v.rows.index(), letters); if (i >= 0) v.rows.go(v.rows.shown[i].node.id); };
  joinBookPanels(v);
  joinPast(v);
  joinBookPickers(v);
  joinDragging(v);
  Object.assign(v.hear, {
  preview(v, m) { v.panel.show("merge", m); },
  quotes(v, m) { v.panel.answer("quotes", m); },
  history(v, m) { v.panel.answer("history", m); },
  past(v, m) { v.showPast(m); },
  });
}
