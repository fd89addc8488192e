// @ts-check
// The codebook widget: codes as a tree, beside it everything known of the one at hand. One view is one call of `render` below. It changes nothing
// by itself: each change is a message, and what Python tells afterwards is drawn, whoever made the change.
// Sections: 1 the tree (pure), 2 the link to Python, 3 rows, 4 details, 5 the panel, 6 actions, 7 keys and mouse, 8 the view.
// Before it Python puts shared.js, whose names are used here freely; codebook_widget_panels.js follows when the tree stands: the palette, dragging, and panels other than the details.

// == 1 The tree ==
/** Colours that reach 3:1 on white and on JupyterLab's dark page and stay apart in the common kinds of colour vision; a name for each. */
export const PALETTE = [["#B45400", "brown"], ["#F06C18", "orange"], ["#24A86C", "green"], ["#54786C", "grey green"], ["#9084FC", "light violet"], ["#9C30FC", "violet"],
  ["#A848B4", "purple"], ["#B478B4", "mauve"]];

/** Make nodes of the rows that Python sent (parents first): {list, top, byId}. */
export function makeTree(columns) {
  const list = unpack(columns), byId = new Map(), top = [];
  for (const n of list) {
    Object.assign(n, { children: [], up: byId.get(n.parent) || null, });
    dress(n);
    n.level = n.up ? n.up.level + 1 : 1;
    (n.up ? n.up.children : top).push(n);
    byId.set(n.id, n);
  }
  return { list, top, byId };
}

export const lineOf = n => n ? [n, ...lineOf(n.up)] : [];
export const branchOf = n => [n, ...n.children.flatMap(branchOf)];
export const flat = s => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Does a code hold every word of what was typed, in its name, facet or definition? */
export function fits(n, query) {
  n.hay ||= flat([n.name, n.facet, n.words, ...n.include, ...n.exclude].join("\n"));
  return flat(query).split(/\s+/).every(word => n.hay.includes(word));
}

/** The rows to show: each {node, pos, size, hit, open}. A query shows what fits and what it lies under, and opens all of it. */
export function shownRows(tree, closed, query) {
  const hits = query.trim() ? new Set(tree.list.filter(n => fits(n, query.trim()))) : null, keep = hits && new Set([...hits].flatMap(lineOf)), rows = [];
  const walk = nodes => {
    const some = keep ? nodes.filter(n => keep.has(n)) : nodes;
    some.forEach((node, i) => {
      const inner = keep ? node.children.filter(n => keep.has(n)) : node.children, open = inner.length ? Boolean(keep) || !closed.has(node.id) : null;
      rows.push({ node, pos: i + 1, size: some.length, hit: !hits || hits.has(node), open });
      if (open) walk(node.children);
    });
  };
  walk(tree.top);
  return rows;
}

/** May these codes go under that one (null = the top)? Not into their own branch, and not where all of them are already. */
export function mayMove(tree, ids, parent) {
  const above = new Set(lineOf(tree.byId.get(parent)).map(n => n.id)), nodes = ids.map(id => tree.byId.get(id));
  return nodes.length > 0 && nodes.every(n => n && !above.has(n.id)) && nodes.some(n => n.parent !== parent);
}

/** Of codes to move, those that do not move along with another one. */
export const topmost = (tree, ids) => ids.filter(id => !lineOf(tree.byId.get(id)?.up).some(n => ids.includes(n.id)));

/** Number stages so that one comes before or after its neighbour: pairs of id and number, or null where there is no such neighbour. Numbers in use
 * are kept where they tell the siblings apart; otherwise all stages are numbered anew. */
export function reorder(tree, id, way) {
  const n = tree.byId.get(id), near = (n.up ? n.up.children : tree.top).filter(x => x.facet === "stage"), i = near.indexOf(n), j = i + way;
  if (i < 0 || j < 0 || j >= near.length) return null;
  const order = near.slice();
  order.splice(j, 0, ...order.splice(i, 1));
  const numbers = near.map(x => x.order);
  if (numbers.every((x, k) => x !== null && (k === 0 || x > numbers[k - 1]))) return order.map((x, k) => [x.id, numbers[k]]);
  const all = tree.list.filter(x => x.facet === "stage"), places = near.map(x => all.indexOf(x));
  order.forEach((x, k) => { all[places[k]] = x; });
  return all.map((x, k) => [x.id, k + 1]);
}

/** How far two colours are apart in lightness, 1 to 21 (WCAG 2). */
export function contrast(a, b) {
  const [x, y] = [a, b].map(hex => lightness(partsOf(hex))).sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

export const traits = n => [n.order !== null && n.facet === "stage" ? `stage ${n.order}` : "", n.valence !== null ? `valence ${n.valence > 0 ? "+" : ""}${String(n.valence).replace("-", "−")}` : "",
  n.online === null ? "" : n.online ? "online" : "offline"].filter(Boolean);
export const many = (n, one, more = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;
/** The number of the coding that an example stands for, or null. */
export const codingOf = example => { const m = /^\[coding (\d+)\]$/.exec(example.trim()); return m ? Number(m[1]) : null; };

/** A number whose noun is only heard: the heading above it shows it. */
const count = (n, noun) => make("span", { class: n ? "pbk-n" : "pbk-n pbk-zero" }, String(n), make("span", { class: "pbk-vh" }, ` ${noun}${n === 1 ? "" : "s"}`));
const tag = (name, of = "") => (...children) => make(name, of ? { class: of } : {}, ...children);
const B = tag("b"), P = tag("p"), LI = tag("li"), SMALL = tag("small"), EM = tag("em"), TD = tag("td"), across = tag("div", "pbk-row-of"), pair = tag("div", "pbk-pair"), trait = tag("span", "pbk-trait"),
  caption = tag("span", "pbk-label"), hint = tag("p", "pb-hint");

// == 2 The link to Python ==
function makeBookLink(v) {
  const { study, coder } = v.model.get("state") || {}, link = makeLink(v, `personabench-codebook:${study}:${coder}`, v.hear, () => v.tree ? { type: "ping" } : null), then = new Map();
  /** Send a change; `after` is called with the acknowledgement. */
  const write = (m, after) => {
    if (!v.mayWrite()) return false;
    const { guid } = link.write(m);
    if (after) then.set(guid, after);
    return true;
  };
  const settle = guid => {
    const sent = link.outbox.done(guid), after = then.get(guid);
    then.delete(guid);
    if (sent?.at) v.root.dispatchEvent(new CustomEvent("pb-ack", { detail: { guid, ms: Date.now() - sent.at } }));
    v.saved();
    return after;
  };
  return { ...link, write, settle };
}

const BOOK_HEAR = {
  codebook(v, m) { v.renew(m); v.later.whenIdle(); },
  ack(v, m) { v.link.settle(m.guid)?.(m); if (m.notice) v.say(m.notice); },
  refused(v, m) {
    if (m.again) return v.say(m.reason, true);
    const sent = v.link.outbox.all().find(o => o.guid === m.guid);
    v.link.settle(m.guid);
    v.say(`${m.reason}. ${m.cure || ""}`, true);
    v.details.refresh(true);
    if (v.busy) { v.busy.disabled = false; v.busy = null; }
    if (v.rows.editing || !v.root.contains(document.activeElement)) return;
    if (sent?.type === "rename" && sent.id === v.at) v.rows.rename(sent.name); // what was typed is there to be corrected
    if (sent?.type === "add") v.rows.create(false, sent);
  },
  notice(v, m) { v.link.settle(m.guid); v.say(m.text); },
  examples(v, m) { const found = unpack(m.quotes); for (const id of m.asked) v.words.set(id, found.find(q => q.id === id) || null); v.details.refresh(true); },
};

// == 3 Rows ==
function makeRows(v) {
  const box = make("div", { class: "pbk-tree", role: "tree", "aria-label": "Codes", "aria-multiselectable": "true", "aria-describedby": `${v.uid}-status` });
  let shown = [], editing = (null);
  const els = new Map();
  const rowOf = r => {
    const n = r.node, marked = v.marks.has(n.id), now = v.past && v.tree.byId.get(n.id);
    const since = v.past ? (!now ? "gone since" : now.name !== n.name ? `now “${now.name}”` : "") : "";
    const as = JSON.stringify([n.name, n.facet, n.colour, traits(n), n.codings, n.cases, n.level, r.pos, r.size, r.open, r.hit, marked, since, v.cut.includes(n.id), v.canWrite(), Boolean(v.past)]), old = els.get(n.id);
    if (old?.pbAs === as) return old; // looks the same: a thousand rows are made once
    const el = make("div", { class: `pbk-row${r.hit ? "" : " pbk-dimmed"}${v.cut.includes(n.id) ? " pbk-cut" : ""}`, id: `${v.uid}-row-${n.id}`, role: "treeitem", tabIndex: -1, "data-id": String(n.id), "aria-level": String(n.level),
      "aria-setsize": String(r.size), "aria-posinset": String(r.pos), "aria-expanded": r.open === null ? null : String(r.open), "aria-selected": String(marked), style: `--level:${n.level - 1}`,
      draggable: v.canWrite() },
    make("span", { class: "pbk-tick", "aria-hidden": "true" }, marked ? "✓" : ""),
    make("span", { class: "pbk-twist", "aria-hidden": "true" }, r.open === null ? "" : r.open ? "▾" : "▸"),
    make("span", { class: "pb-swatch", style: v.swatch(n), "aria-hidden": "true" }),
    make("bdi", { class: "pbk-name", title: n.name }, n.name),
    BIDI.test(n.name) && make("i", { class: "pbk-strange", title: "The name holds hidden characters that turn the direction of writing" }, "⇄"),
    ...traits(n).map(t => trait(t)), since && trait(since),
    make("span", { class: "pbk-facet" }, n.facet), count(n.codings, "coding"), v.past ? make("span", { class: "pbk-n" }) : count(n.cases, "case"), v.cut.includes(n.id) && make("span", { class: "pbk-vh" }, "cut"));
    el.pbAs = as;
    return el;
  };
  /** Draw all rows anew; whoever has the focus keeps it. */
  const draw = () => {
    const tree = v.book(), had = box.contains(document.activeElement) && !editing, index = shown.findIndex(r => r.node.id === v.at), top = box.scrollTop;
    shown = shownRows(tree, v.closed, v.query);
    if (!shown.some(r => r.node.id === v.at)) v.at = shown[Math.max(0, Math.min(index, shown.length - 1))]?.node.id ?? null;
    const rows = shown.map(rowOf), stay = new Set(rows);
    els.clear();
    shown.forEach((r, i) => { els.set(r.node.id, rows[i]); rows[i].tabIndex = -1; rows[i].classList.remove("pbk-at"); });
    for (const el of [...box.children]) if (!stay.has(el)) el.remove();
    rows.forEach((el, i) => { if (box.children[i] !== el) box.insertBefore(el, box.children[i] || null); });
    box.scrollTop = top;
    box.hidden = !shown.length;
    v.headings.hidden = !shown.length;
    v.empty.hidden = Boolean(shown.length);
    if (!shown.length) v.fillEmpty();
    const here = els.get(v.at);
    if (here) { here.tabIndex = 0; here.classList.add("pbk-at"); if (had) here.focus({ preventScroll: true }); } else if (had) v.filter.focus();
  };
  /** Go to a code, opening what hides it. */
  const go = (id, { focus = true } = {}) => {
    const n = v.book().byId.get(id);
    if (!n) return;
    if (!els.has(id)) { for (const up of lineOf(n.up)) v.closed.delete(up.id); if (!shownRows(v.book(), v.closed, v.query).some(r => r.node === n)) { v.query = v.filter.value = ""; } v.at = id; draw(); }
    const old = els.get(v.at);
    if (old) { old.tabIndex = -1; old.classList.remove("pbk-at"); }
    v.at = id;
    const el = els.get(id);
    el.tabIndex = 0;
    el.classList.add("pbk-at");
    if (focus) el.focus({ preventScroll: true });
    el.scrollIntoView({ block: "nearest" });
    v.arrived();
  };
  const index = () => shown.findIndex(r => r.node.id === v.at);
  const step = by => { const r = shown[Math.max(0, Math.min(shown.length - 1, index() + by))]; if (r) go(r.node.id); };
  const toggle = (id, open) => {
    const n = v.book().byId.get(id);
    if (!n?.children.length) return;
    if (open ?? v.closed.has(id)) v.closed.delete(id); else { v.closed.add(id); if (lineOf(v.book().byId.get(v.at)).includes(n)) v.at = id; }
    draw();
  };
  /** Write in a row: a new name, or the name of a new code. */
  const write = what => {
    const input = make("input", { class: "pbk-edit", value: what.value, "aria-label": what.label, spellcheck: true, dir: "auto" });
    let over = false;
    const end = keep => {
      if (over) return;
      over = true;
      const name = input.value.trim(), had = document.activeElement === input;
      editing = null;
      what.row.remove();
      if (v.late) { const m = v.late; v.late = null; v.renew(m); } else draw();
      if (had) v.focus();
      if (keep && name && name !== what.was) what.done(name); else v.say("");
    };
    input.addEventListener("keydown", e => {
      const key = chord(e);
      if (key === "enter" || key === "escape") { e.preventDefault(); end(key === "enter"); }
      if (!/^mod\+[^z]/.test(key)) e.stopPropagation();
    });
    input.addEventListener("blur", () => end(input.value.trim() !== what.value)); // a name that was refused is not said again by leaving it
    editing = input;
    what.row.pbAs = "";
    what.row.replaceChildren(...what.lead, input, trait(what.hint));
    what.row.draggable = false;
    if (what.after) what.after.after(what.row);
    input.focus();
    input.select();
    what.row.scrollIntoView({ block: "nearest" });
  };
  const rename = (value = v.here()?.name) => {
    const n = v.here(), row = els.get(v.at);
    if (!n || !v.mayWrite()) return;
    write({ row, value, was: n.name, label: `New name of ${n.name}`, hint: "↵ keep · Esc", lead: [...row.children].slice(0, 3), done: name => v.link.write({ type: "rename", id: n.id, name }, () => v.say(`Renamed to ${name}`)) });
  };
  /** Ask for the name of a new code beside or under the one at hand; of one that was refused, where it was meant to be. */
  const create = (beneath, sent = (null)) => {
    if (!v.mayWrite()) return;
    const n = sent ? v.book().byId.get(sent.parent) : v.here(), under = sent ? n : beneath, parent = under ? n : n?.up, facet = sent?.facet || n?.facet || "other", level = parent ? parent.level : 0;
    if (under && n && v.closed.has(n.id)) toggle(n.id, true);
    box.hidden = false;
    v.empty.hidden = true;
    const last = n && !under ? branchOf(n).map(x => els.get(x.id)).filter(Boolean).pop() : n && els.get(n.id);
    const row = make("div", { class: "pbk-row", role: "treeitem", "aria-level": String(level + 1), style: `--level:${level}` });
    if (!last) box.append(row);
    write({ row, after: last, value: sent?.name || "", label: parent ? `Name of the new code under ${parent.name}` : "Name of the new code", hint: `${facet} · ↵ keep · Esc`,
      lead: [make("span", { class: "pbk-tick" }), make("span", { class: "pbk-twist" }), make("span", { class: "pb-swatch", style: v.swatch(dress({ look: v.looks[facet] })) })],
      done: name => v.link.write({ type: "add", name, facet, parent: parent?.id ?? null }, m => { go(m.id); v.say(`Added ${name}, facet ${facet}${parent ? `, under ${parent.name}` : ""}`); }) });
  };
  return { box, draw, go, step, toggle, rename, create, index, els, get shown() { return shown; }, get editing() { return editing; } };
}

// == 4 Details ==
// A form of fields that know how to show a code and how to save themselves. A field that is being written in is not touched by news.
function makeDetails(v) {
  let code = (null), fields = ([]);
  const save = changes => { const { id, name } = code; v.link.write({ type: "change", ids: [id], changes }, () => v.say(`Kept: ${Object.keys(changes).map(k => ({ parts: "definition" })[k] || k).join(", ")} of ${name}`)); };
  const labelled = (label, control) => { const id = control.id ||= `${v.uid}-f${fields.length}-${label.replace(/\W/g, "")}`; return make("div", { class: "pbk-field" }, make("label", { for: id }, label), control); };
  const add = (el, set, when = () => true) => { fields.push({ el, set, when }); return el; };
  const choice = (key, label, options, when) => {
    const select = make("select", { onchange: () => save({ [key]: options[select.selectedIndex][0] }) }, ...options.map(([, words]) => make("option", {}, words)));
    return add(labelled(label, select), n => { select.selectedIndex = Math.max(0, options.findIndex(([value]) => value === n[key])); select.disabled = !v.canWrite(); }, when);
  };
  const parts = () => [words.value, list.include.values(), list.exclude.values()];
  const words = make("textarea", { rows: 3, dir: "auto", placeholder: "What does a quote have to say to get this code?", onchange: () => save({ parts: parts() }) });
  /** Examples, one a line: words that can be changed, or a quote that stands for its coding. */
  const examples = (key, label, placeholder) => {
    const ul = make("ul", { class: "pbk-examples" });
    let items = ([]), of = (null);
    const line = (value, i) => {
      const coding = codingOf(value), quote = coding !== null && v.words.get(coding);
      const fresh = i === items.length, name = fresh ? `${label}: new example` : `${label}: example ${i + 1}`;
      if (coding !== null) return LI(quote ? make("q", { dir: "auto", title: `${quote.source}, ${quote.case ?? ""}` }, quote.quote) : EM(v.words.has(coding) ? "a quote that is gone" : "…"), drop(i, name));
      const input = make("input", { value, dir: "auto", "aria-label": name, placeholder: fresh ? placeholder : "", readOnly: !v.canWrite(), onchange: () => { items[i] = input.value; items = items.filter(x => x.trim()); keep(); },
        onkeydown: e => { if (chord(e) === "enter") { e.preventDefault(); if (input.value !== value) input.dispatchEvent(new Event("change")); ul.querySelectorAll("input")[ul.querySelectorAll("input").length - 1]?.focus(); } } });
      return LI(input, fresh ? null : drop(i, name));
    };
    const drop = (i, name) => v.canWrite() && make("button", { class: "pbk-icon", "aria-label": `Remove ${name}`, title: "Remove", onclick: () => { items.splice(i, 1); keep(); } }, "×");
    const keep = () => { save({ parts: parts() }); fill(items); };
    const fill = list => {
      const at = [...ul.querySelectorAll("input, button")].indexOf(document.activeElement);
      items = list.slice();
      ul.replaceChildren(...items.map(line), ...(v.canWrite() ? [line("", items.length)] : items.length ? [] : [LI(EM("none"))]));
      const all = ul.querySelectorAll("input, button");
      if (at >= 0) (all[Math.min(at, all.length - 1)])?.focus();
    };
    const set = (n, force) => {
      const i = document.activeElement, dirty = ul.contains(i) && i.value !== i.defaultValue && i.value && !items.includes(i.value);
      if (of === n.id && dirty && !force) return;
      of = n.id;
      fill(n[key]);
    };
    return { el: add(make("div", { class: "pbk-field", role: "group", "aria-label": label }, caption(label), ul), set), values: () => items.slice() };
  };
  const colours = () => {
    const name = `${v.uid}-colour`, told = make("small", { role: "status" }), own = make("input", { type: "color", "aria-label": "Another colour", onchange: () => save({ colour: own.value.toUpperCase() }) });
    const option = ([hex, word]) => { const input = make("input", { type: "radio", name, value: hex || "", "aria-label": word, onchange: () => save({ colour: hex }) });
      return make("label", { class: "pbk-colour", title: word }, input, make("span", { "aria-hidden": "true", style: hex ? `--ink:${hex}` : "" }, hex ? "" : "auto")); };
    const options = [[null, "automatic: a shade of the facet's colour"], ...PALETTE].map(option);
    const box = make("div", { class: "pbk-colours", role: "radiogroup", "aria-label": "Colour" }, ...options, make("label", { class: "pbk-colour", title: "another colour" }, own));
    return add(make("div", { class: "pbk-field" }, caption("Colour"), box, told), n => {
      const hex = n.colour?.toUpperCase() ?? null;
      for (const o of options) { const input = o.querySelector("input"); input.checked = input.value === (hex || ""); input.disabled = !v.canWrite(); }
      own.value = (hex || n.inks[0]).toLowerCase();
      own.disabled = !v.canWrite();
      own.parentElement?.classList.toggle("pbk-own", Boolean(hex && !PALETTE.some(p => p[0] === hex)));
      const [a, b] = [contrast(hex || n.inks[0], "#FFFFFF"), contrast(hex || n.inks[1], "#212121")], low = Math.min(a, b) < 3;
      told.textContent = `Contrast ${a.toFixed(1)}:1 on light, ${b.toFixed(1)}:1 on dark${low ? ": too little to see (3:1 is needed), so it is drawn stronger there" : ""}. Line: ${LINES[n.look.line]}.`;
      told.classList.toggle("pb-warn", low);
    });
  };
  const name = make("input", { dir: "auto", onchange: () => { if (name.value.trim() && name.value.trim() !== code.name) v.link.write({ type: "rename", id: code.id, name: name.value.trim() }, () => v.say(`Renamed to ${name.value.trim()}`)); else name.value = code.name; },
    onkeydown: e => { if (chord(e) === "enter") { e.preventDefault(); name.blur(); v.focus(); } } });
  const under = make("button", { class: "pbk-wide", onclick: () => v.act("move under…") });
  const order = make("input", { type: "number", step: 1, onchange: () => save({ order: order.value === "" ? null : Number(order.value) }) });
  const steps = way => make("button", { class: "pbk-icon", "aria-label": way < 0 ? "Stage earlier" : "Stage later", title: way < 0 ? "Stage earlier" : "Stage later", onclick: () => v.act(way < 0 ? "stage earlier" : "stage later") }, way < 0 ? "↑" : "↓");
  const build = facets => {
    fields = [];
    const nameField = add(labelled("Name", name), n => { if (document.activeElement !== name) name.value = n.name; name.readOnly = !v.canWrite(); });
    const facet = choice("facet", "Facet", facets.map(f => [f, f])), parent = add(labelled("Under", under), n => { under.textContent = n.up ? lineOf(n.up).reverse().map(x => x.name).join(" / ") : "the top"; under.disabled = !v.canWrite(); });
    const special = [choice("valence", "Valence", [[null, "none"], [-2, "−2 very bad"], [-1, "−1 bad"], [0, "0 neither"], [1, "+1 good"], [2, "+2 very good"]], n => ["emotion", "expectation"].includes(n.facet) || n.valence !== null),
      add(labelled("Place among the stages", make("span", { class: "pbk-order" }, order, steps(-1), steps(1))), n => { if (document.activeElement !== order) order.value = n.order ?? ""; order.disabled = !v.canWrite(); }, n => n.facet === "stage" || n.order !== null),
      choice("online", "Online", [[null, "not said"], [true, "online"], [false, "offline"]], n => ["touchpoint", "channel"].includes(n.facet) || n.online !== null)];
    order.setAttribute("aria-label", "Place among the stages");
    const definition = add(labelled("When to use it", words), n => { if (document.activeElement !== words || words.value === words.defaultValue) { words.value = words.defaultValue = n.words; } words.readOnly = !v.canWrite(); });
    list.include = examples("include", "Include, for example", "words, or pick a quote below");
    list.exclude = examples("exclude", "Exclude, for example", "… and the code that fits better");
    const used = tag("p", "pbk-used")();
    const uses = add(across(used, make("button", { onclick: () => v.act("quotes") }, "Quotes"), make("button", { onclick: () => v.act("merge into…") }, "Merge…"), make("button", { onclick: () => v.act("split…") }, "Split…")),
      n => { used.textContent = v.past ? many(n.codings, "coding") : `${many(n.codings, "coding")} by ${many(n.cases, "case")}`; const [q, m, s] = [...uses.querySelectorAll("button")]; q.disabled = Boolean(v.past) || !n.codings; s.disabled = !v.canWrite() || !n.codings; m.disabled = !v.canWrite(); });
    return make("div", { class: "pbk-form" }, nameField, pair(facet, parent), pair(...special), definition, list.include.el, list.exclude.el, colours(), uses);
  };
  const list = (({ include: null, exclude: null }));
  let form = (null);
  /** Show the code at hand. With `force`, what was typed goes, because it was refused. */
  const refresh = force => {
    if (!form || v.panel.kind !== "details") return;
    code = v.here();
    if (!code) return;
    if (force) { name.value = code.name; words.value = words.defaultValue = code.words; }
    for (const f of fields) { f.el.hidden = !f.when(code); f.set(code, force); }
    const ask = [...code.include, ...code.exclude].map(codingOf).filter(id => id !== null && !v.words.has(id));
    if (ask.length) v.link.raw({ type: "examples", codings: ask });
  };
  return { form: () => form ||= build(v.facets), refresh, first: () => name, addExample: (key, text) => { const n = v.here(), all = { include: n.include.slice(), exclude: n.exclude.slice() };
    if (!all[key].includes(text)) v.link.write({ type: "change", ids: [n.id], changes: { parts: [n.words, [...all.include, ...(key === "include" ? [text] : [])], [...all.exclude, ...(key === "exclude" ? [text] : [])]] } }, () => v.say(`Kept as an example to ${key}`)); } };
}

// == 5 Panels ==
// Beside the tree: the details, or for a while a question that needs room. Esc brings the details back, and once more the tree.
function makeBookPanel(v) {
  const title = make("div", { class: "pbk-title" }), body = make("div", { class: "pbk-body" }), back = make("button", { class: "pbk-icon", "aria-label": "Back to the details", title: "Back (Esc)", onclick: () => { show("details"); v.focus(); } }, "×");
  const box = make("section", { class: "pbk-side", "aria-label": "Details", onfocusin: e => { e.target.pbWas = e.target.value; }, onchange: e => { e.target.pbWas = e.target.value; }, onkeydown: e => {
    const key = chord(e);
    if (key === "escape") { e.preventDefault(); if (isTyping(e)) e.target.value = e.target.pbWas; if (kind !== "details") show("details"); v.focus(); }
    if (!/^mod\+/.test(key)) e.stopPropagation();
  } }, make("header", {}, title, back), body);
  let kind = "details", told = (null), asked = (null);
  const first = () => body.querySelector("[data-first]")?.focus({ preventScroll: true });
  const show = (name, m = null) => {
    kind = name;
    told = m;
    fill();
    if (name !== "details") { first(); v.say(title.textContent); }
  };
  const fill = () => {
    const [name, ...content] = kinds[kind](told);
    title.textContent = name;
    box.setAttribute("aria-label", name);
    back.hidden = kind === "details";
    const nodes = content.filter(Boolean);
    if (nodes.length !== body.childNodes.length || nodes.some((x, i) => x !== body.childNodes[i])) { body.replaceChildren(...nodes); body.scrollTop = 0; } // a form that stays keeps its focus
    if (kind === "details") v.details.refresh();
  };
  const ask = (name, m) => { asked = name; v.link.raw(m); };
  const answer = (name, m) => { if (asked) { const to = asked; asked = null; show(to, m); } else if (kind === name) { told = m; fill(); } };
  const details = () => {
    const marks = v.marked();
    if (marks.length > 1) return several(marks);
    if (!v.here()) return ["Details", hint(v.tree?.list.length ? "Choose a code." : "The details of a code will stand here.")];
    return ["Details", v.details.form()];
  };
  const several = marks => [`${marks.length} codes marked`, make("ul", { class: "pbk-quotes" }, ...marks.map(n => LI(make("span", { class: "pb-swatch", style: v.swatch(n) }), make("bdi", {}, n.name)))),
    across(...[["Merge…", "merge into…"], ["Move under…", "move under…"], ["Facet…", "facet…"], ["Remove", "remove"]].map(([label, does]) => make("button", { disabled: !v.canWrite(), onclick: () => v.act(does) }, label)),
      make("button", { onclick: () => { v.marks.clear(); v.rows.draw(); fill(); v.focus(); } }, "Unmark all"))];
  const kinds = { details }; // others come later
  return { box, kinds, show, ask, answer, fill, get kind() { return kind; } };
}

// == 6 Actions ==
function makeDoes(v) {
  const names = nodes => nodes.length === 1 ? `“${short(nodes[0].name, 30)}”` : `${nodes.length} codes`;
  const move = (ids, parent) => {
    const some = topmost(v.tree, ids), to = v.tree.byId.get(parent);
    if (!mayMove(v.tree, some, parent)) return v.say(some.some(id => lineOf(to).some(n => n.id === id)) ? "A code cannot go into its own branch" : "It is there already", true);
    v.link.write({ type: "move", ids: some, parent }, () => { v.cut = []; if (to) v.closed.delete(to.id); v.rows.draw(); v.rows.go(some[0], { focus: v.rows.box.contains(document.activeElement) }); v.say(`Moved ${names(some.map(id => v.tree.byId.get(id)))} ${to ? `under ${to.name}` : "to the top"}`); });
  };
  const chosen = what => { const all = v.marked().length ? v.marked() : v.here() ? [v.here()] : []; if (!all.length) v.say(`Choose a code to ${what}`, true); return v.mayWrite() ? all : []; };
  const remove = () => {
    const some = chosen("remove"), used = some.filter(n => n.codings || n.children.some(c => !some.includes(c)));
    if (!some.length) return;
    if (used.length) return v.say(`${names(used)} ${used.length > 1 ? "have" : "has"} codings or children: merge ${used.length > 1 ? "them" : "it"} into another code (${showKey("alt+m")})`, true);
    v.link.write({ type: "remove", ids: some.map(n => n.id) }, () => { v.marks.clear(); v.rows.draw(); v.say(`Removed ${names(some)}`); });
  };
  const stage = way => {
    const n = v.here();
    if (!n || !v.mayWrite()) return;
    if (n.facet !== "stage") return v.say(`Codes stand in the order of the alphabet; only stages have one of their own. ${showKey("alt+p")} moves it under another code`, true);
    const order = reorder(v.tree, n.id, way);
    if (!order) return v.say(way < 0 ? "It is the first stage here" : "It is the last stage here");
    v.link.write({ type: "order", order }, () => v.say(`${n.name} is ${way < 0 ? "earlier" : "later"} now`));
  };
  const indent = () => { const n = v.mayWrite() && v.here(), near = n && (n.up ? n.up.children : v.tree.top), above = near?.[near.indexOf(n) - 1]; if (n) above ? move([n.id], above.id) : v.say("No code stands above it on this level", true); };
  const outdent = () => { const n = v.mayWrite() && v.here(); if (n) n.up ? move([n.id], n.up.parent) : v.say("It is at the top already", true); };
  const cut = () => { const some = chosen("move"); if (some.length) { v.cut = some.map(n => n.id); v.rows.draw(); v.say(`Cut ${names(some)}: go to the new parent and press ${showKey("mod+v")}, or Esc`); } };
  const paste = () => { if (!v.cut.length) return v.say("Nothing is cut", true); const n = v.here(); if (n && v.mayWrite()) move(v.cut.filter(id => v.tree.byId.has(id)), n.id); };
  const mark = () => { const n = v.here(); if (!n || v.past) return; v.marks.has(n.id) ? v.marks.delete(n.id) : v.marks.add(n.id); v.rows.draw(); if (v.panel.kind === "details") v.panel.fill(); v.say(`${n.name} ${v.marks.has(n.id) ? "marked" : "not marked"}; ${v.marks.size} marked`); };
  const back = () => {
    if (v.cut.length || v.marks.size) { v.cut = []; v.marks.clear(); v.rows.draw(); v.panel.fill(); return v.say("Nothing is cut or marked"); }
    if (v.past) return v.toNow();
    if (v.panel.kind !== "details") return v.panel.show("details");
    leave(v);
  };
  const openAll = () => { const all = v.book().list.filter(n => n.children.length); if (v.closed.size) v.closed.clear(); else for (const n of all) v.closed.add(n.id); if (v.here()?.up && v.closed.size) v.at = lineOf(v.here()).pop().id; v.rows.draw(); };
  const undo = type => { if (v.mayWrite()) v.link.raw({ type, guid: makeGuid() }); };
  const does = {
    "edit its details": () => { v.panel.show("details"); v.details.first()?.focus(); v.details.first()?.select(); }, "rename": () => v.rows.rename(), "new code beside": () => v.rows.create(false), "new code under it": () => v.rows.create(true),
    "remove": remove, "mark for a change of several": mark, "move under the code above": indent, "move out one level": outdent, "stage earlier": () => stage(-1), "stage later": () => stage(1), "cut, to move it": cut,
    "put what was cut under this one": paste, "find": () => { v.filter.focus(); v.filter.select(); }, "undo": () => undo("undo"), "redo": () => undo("redo"), "open all branches": openAll, "leave": back };
  /** At once, or when the part that knows it has come. */
  const act = action => { if (does[action]) does[action](); else v.later.when(() => does[action]?.()); };
  return { does, act, move, chosen, names };
}

// == 7 Keys and mouse ==
export function bookKey(key, own, rtl = false) {
  if (!key) return null;
  const turned = rtl ? key.replace(/arrow(left|right)/, (_, way) => `arrow${way === "left" ? "right" : "left"}`) : key;
  const action = Object.keys(own).find(a => own[a] === turned) || { "backspace": "remove", "mod+y": "redo", "contextmenu": "all actions" }[turned];
  if (action) return { action };
  return /^(shift\+)?arrow(up|down)$|^(arrow(left|right)|home|end|pageup|pagedown)$/.test(turned) ? { step: turned } : null;
}

function joinBookKeys(v) {
  let letters = "", last = 0;
  const rtl = () => getComputedStyle(v.root).direction === "rtl";
  const walk = name => {
    const n = v.here(), page = Math.max(1, Math.floor(v.rows.box.clientHeight / 30) - 1);
    const by = { arrowup: -1, arrowdown: 1, pageup: -page, pagedown: page, home: -1e6, end: 1e6 }[name];
    if (by) return v.rows.step(by);
    if (name === "arrowright") { if (n?.children.length) v.closed.has(n.id) && !v.query ? v.rows.toggle(n.id, true) : v.rows.step(1); return; }
    if (name === "arrowleft") { if (n?.children.length && !v.closed.has(n.id) && !v.query) v.rows.toggle(n.id, false); else if (n?.up) v.rows.go(n.up.id); return; }
    if (v.past) return;
    if (n) v.marks.add(n.id); // shift and an arrow
    v.rows.step(name.endsWith("up") ? -1 : 1);
    if (v.here()) v.marks.add(v.here().id);
    v.rows.draw();
    v.panel.fill();
    v.say(`${v.marks.size} marked`);
  };
  v.rows.box.addEventListener("keydown", e => {
    if (e.target.tagName === "INPUT") return;
    const key = chord(e), found = (bookKey(key, v.own, rtl())), plainKey = !/^(mod|alt)\+/.test(key) && [...String(e.key)].length === 1 && key;
    const goesOn = e.key === " " && letters && performance.now() - last < 700;
    if (found?.action && !goesOn) v.act(found.action);
    else if (found?.step) walk(found.step);
    else if (plainKey) {
      letters = performance.now() - last < 700 ? letters + e.key : e.key;
      last = performance.now();
      v.later.when(() => v.typed(letters));
    } else { if (!/^(mod\+|alt\+)/.test(key) && e.key !== "Tab") e.stopPropagation(); return; }
    stop(e);
  });
  v.filter.addEventListener("keydown", e => {
    const key = chord(e);
    if (key === "escape") { if (v.filter.value) { v.filter.value = ""; v.filterBy(""); } else v.focus(); } else if (key === "arrowdown" || key === "enter") v.focus(); else return;
    stop(e);
  });
  v.root.addEventListener("keydown", e => { if (!/^mod\+/.test(chord(e)) && e.key !== "Tab") { if (e.key === "Escape") v.focus(); e.stopPropagation(); } });
  return guardKeys(v, (e, key) => v.rows.box.contains(e.target) && bookKey(key, v.own, rtl()));
}

const rowId = e => { const row = e.target.closest?.(".pbk-row[data-id]"); return row ? Number(row.dataset.id) : null; };

/** Click goes, the triangle opens, Ctrl and Shift mark, a double click renames. */
function joinBookMouse(v) {
  const { box } = v.rows;
  box.addEventListener("click", e => {
    const id = rowId(e);
    if (id === null || e.target.tagName === "INPUT") return;
    if (e.target.closest(".pbk-twist")) { v.rows.go(id); return v.rows.toggle(id); }
    if ((e.ctrlKey || e.metaKey || e.target.closest(".pbk-tick")) && !v.past) { v.rows.go(id); return v.act("mark for a change of several"); }
    if (e.shiftKey && !v.past) { const [a, b] = [v.rows.index(), v.rows.shown.findIndex(r => r.node.id === id)].sort((x, y) => x - y); for (const r of v.rows.shown.slice(a, b + 1)) v.marks.add(r.node.id); v.rows.draw(); v.panel.fill(); }
    v.rows.go(id);
  });
  box.addEventListener("dblclick", e => { const id = rowId(e); if (id !== null && !e.target.closest(".pbk-twist, .pbk-tick, input")) v.rows.rename(); });
  box.addEventListener("contextmenu", e => { const id = rowId(e); if (id !== null && e.target.tagName !== "INPUT") { stop(e); v.rows.go(id); v.act("all actions"); } });
}

// == 8 The view ==
let books = 0;
function makeBook(model, el) {
  const v = ({ model, uid: `pbk${Date.now().toString(36)}${++books}`, tree: null, past: null, at: null, marks: new Set(), closed: new Set(), cut: [], query: "", words: new Map(), facets: [], own: {}, undo: {}, late: null, busy: null, buttons: {}, hear: { ...BOOK_HEAR } });
  const tool = (does, label, title, text = label) => v.buttons[does] = make("button", { class: "pbk-tool", title, "aria-label": label, onclick: () => v.act(does) }, text);
  v.filter = make("input", { class: "pbk-filter", type: "search", placeholder: "Find a code", "aria-label": "Find a code by name, facet or definition", oninput: () => v.filterBy(v.filter.value) });
  v.root = make("div", { class: `pb-cb ${v.uid}`, "data-lm-suppress-shortcuts": "true" });
  v.status = make("div", { class: "pbk-status", id: `${v.uid}-status` });
  v.live = make("div", { class: "pbk-live", "aria-live": "polite", role: "status" });
  v.kept = make("div", { class: "pbk-kept" });
  v.banner = make("div", { class: "pbk-banner", hidden: true, role: "alert" });
  v.then = make("div", { class: "pbk-then", hidden: true });
  v.empty = make("div", { class: "pbk-empty" }, P("Opening…"));
  v.headings = make("div", { class: "pbk-headings", hidden: true, "aria-hidden": "true" }, make("span", { class: "pbk-grow" }, "Code"), make("span", { class: "pbk-facet" }, "Facet"), make("span", { class: "pbk-n" }, "Codings"), make("span", { class: "pbk-n" }, "Cases"));
  v.dropTop = make("div", { class: "pbk-drop", "aria-hidden": "true" }, "Drop here to move to the top");
  joinBook(v);
  v.later = makeLater(v);
  v.link = makeBookLink(v);
  v.rows = makeRows(v);
  v.details = makeDetails(v);
  v.panel = makeBookPanel(v);
  Object.assign(v, makeDoes(v));
  const bar = make("div", { class: "pbk-bar", role: "toolbar", "aria-label": "Codebook" }, tool("new code beside", "+ New code", `New code beside this one (${showKey("mod+enter")})`), v.filter, make("span", { class: "pbk-gap" }),
    tool("undo", "Undo", "Undo", "↶ Undo"), tool("redo", "Redo", "Redo", "↷"), tool("merge into…", "Merge", `Merge into… (${showKey("alt+m")})`), tool("history", "History", `History (${showKey("alt+l")})`), tool("keys", "Keys", "Keys (?)", "?"));
  v.root.append(bar, v.banner, v.then, make("div", { class: "pbk-main" }, make("div", { class: "pbk-left" }, v.headings, v.rows.box, v.empty, v.dropTop), v.panel.box), make("div", { class: "pbk-foot" }, v.status, v.live, v.kept));
  el.append(v.root);
  holdFocus(v);
  return v;
}

function joinBook(v) {
  joinStanding(v);
  v.book = () => v.past ? v.past.tree : v.tree || { list: [], top: [], byId: new Map() };
  v.here = () => v.book().byId.get(v.at) || null;
  v.marked = () => v.tree ? v.tree.list.filter(n => v.marks.has(n.id)) : [];
  v.swatch = swatchOf;
  v.canWrite = () => Boolean(v.tree) && !v.past && !v.link.state().readonly;
  v.mayWrite = () => { if (!v.canWrite()) v.say(!v.tree ? "Nothing is connected: run the cell to work on" : v.past ? "This is the codebook as it was; Esc goes back to today's" : "The study is open read-only: copy it to a place that you may write to", true); return v.canWrite(); };
  v.focus = () => { (v.rows.els.get(v.at) || v.filter).focus({ preventScroll: true }); };
  v.say = (text, warn = false) => { v.live.textContent = text; v.live.title = text; v.live.classList.toggle("pb-warn", warn); };
  v.saved = v.standing;
  v.arrived = () => { if (v.panel.kind === "details") v.panel.fill(); v.tell(); };
  v.tell = () => {
    const n = v.here(), b = v.book();
    v.status.textContent = [many(b.list.length, "code"), v.query.trim() ? `${v.rows.shown.filter(r => r.hit).length} found` : "", n ? lineOf(n).reverse().map(x => x.name).join(" / ") : ""].filter(Boolean).join(" · ");
    v.status.title = v.status.textContent;
    v.steps(v.undo, !v.canWrite());
    v.buttons["new code beside"].disabled = !v.canWrite();
    v.buttons["merge into…"].disabled = !v.canWrite() || b.list.length < 2;
  };
  /** Take over the codebook that Python sent. While a name is being typed in the tree, it waits. */
  v.renew = m => {
    if (v.rows.editing) { v.late = m; return; }
    const first = !v.tree;
    v.tree = makeTree(m.codes);
    v.undo = m.undo;
    v.facets = m.facets;
    v.looks = m.looks;
    v.own = m.own;
    for (const set of [v.marks, v.closed]) for (const id of set) if (!v.tree.byId.has(id)) set.delete(id);
    v.cut = v.cut.filter(id => v.tree.byId.has(id));
    v.rows.draw();
    v.saved();
    if (v.panel.kind === "details") v.panel.fill();
    v.tell();
    if (first) v.root.dispatchEvent(new CustomEvent("pb-open"));
  };
  v.filterBy = query => { v.query = query; v.rows.draw(); const hit = v.rows.shown.find(r => r.hit); if (query.trim() && hit && !v.rows.shown.some(r => r.hit && r.node.id === v.at)) v.rows.go(hit.node.id, { focus: false }); if (v.panel.kind === "details") v.panel.fill(); v.tell(); const n = v.rows.shown.filter(r => r.hit).length; if (query.trim()) v.say(`${many(n, "code")} found`); };
  v.fillEmpty = () => v.empty.replaceChildren(...(v.query.trim() ? [P(`No code holds “${v.query.trim()}”.`), make("button", { onclick: () => { v.filter.value = ""; v.filterBy(""); v.filter.focus(); } }, "Show all codes")]
    : !v.canWrite() ? [P("There is no code in this codebook.")]
      : [P(B("No codes yet.")), P("A code names what a quote is about: a pain, a goal, a stage of the journey."), make("button", { class: "pbk-main-button", onclick: () => v.rows.create(false) }, "+ Add the first code"),
        P("or bring in a list: ", make("code", {}, "pb.import_codebook(study, \"codes.csv\")"))]));
  v.toNow = () => { v.past = null; v.then.hidden = true; v.rows.draw(); if (v.panel.kind === "history") v.panel.show("details"); else v.panel.fill(); v.tell(); v.focus(); v.say("The codebook of today"); };
  v.theme = () => v.root.toggleAttribute("data-dark", isDark(getComputedStyle(v.root).backgroundColor));
}

function render({ model, el }) {
  const v = makeBook(model, el);
  joinBookMouse(v);
  v.kit = { B, LI, P, SMALL, TD, across, branchOf, chord, dress, fits, flat, hint, lineOf, make, makeTree, many, mayMove, pair, reorder, rowId, short, showKey, stop, topmost, unpack };
  v.ends = [joinBookKeys(v), followTheme(v), v.link.end];
  v.theme();
  v.panel.fill();
  v.tell();
  v.link.ready();
  const wait = setTimeout(() => { if (!v.tree) v.empty.replaceChildren(P("Run this cell to open the codebook. It is not saved with the notebook.")); }, 4000);
  el.pbView = v; // for tests and measurements
  return () => { clearTimeout(wait); for (const end of v.ends) end(); };
}

export default { render };
