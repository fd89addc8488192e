// @ts-check
// The journey map: a grid of lanes and stages. What is computed opens to its evidence; entries are written, moved and dragged. Python keeps them; this shows, and sends what was done.
// shared.js stands before it: make, chord, suppressKeys, makeLink, followTheme, isDark, short.

/** The items of a cell that are strong enough; entries are judged like the rest. @param {any[]} items @param {number} least */
export const strongEnough = (items, least) => items.filter(i => (i.rank ?? 0) >= least);

/** Where an arrow leads: `grid` holds for each row its cells, for each cell how many stops it has (one at least). Within a cell first, then to its neighbour.
 * @param {number[][]} grid @param {[number, number, number]} at row, column, stop @param {string} key @returns {[number, number, number]} */
export function arrow(grid, [r, c, i], key) {
  const last = (row, column) => grid[row][column] - 1;
  if (key === "arrowdown") return i < last(r, c) ? [r, c, i + 1] : r < grid.length - 1 ? [r + 1, c, 0] : [r, c, i];
  if (key === "arrowup") return i > 0 ? [r, c, i - 1] : r > 0 ? [r - 1, c, last(r - 1, c)] : [r, c, i];
  const to = key === "arrowleft" ? c - 1 : key === "arrowright" ? c + 1 : /home$/.test(key) ? 0 : grid[r].length - 1;
  const row = key === "mod+home" ? 0 : key === "mod+end" ? grid.length - 1 : r, column = Math.max(0, Math.min(grid[row].length - 1, to));
  return [row, column, row === r && column === c ? i : Math.min(i, last(row, column))];
}

/** How far down the scale from +2 to -2 a value lies, in percent. */
export const level = value => ((2 - value) / 4) * 100;

/** The straight pieces of the curve inside one cell, to the middle of its neighbours: nothing leads to a stage of which nobody spoke.
 * @param {(number | null)[]} means @param {number} at */
export function pieces(means, at) {
  const here = means[at], half = side => (side === null || side === undefined || here === null ? null : (level(here) + level(side)) / 2);
  return { left: half(means[at - 1]), right: half(means[at + 1]) };
}

/** The place in a cell (from 1) at which something dropped at height y comes to stand. @param {{top: number, height: number}[]} boxes @param {number} y */
export const dropPlace = (boxes, y) => boxes.filter(b => b.top + b.height / 2 < y).length + 1;

/** What stands in a sentence of a screen reader, and in the status line. */
export const called = text => `“${short(String(text).replace(/\s+/g, " "), 48)}”`;

/** A whole number with its sign: a true minus, and none for zero. @param {number} n */
export const signed = n => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0");

export const DOTS = ["○○○", "●○○", "●●○", "●●●"];
const ZOOMS = [50, 60, 70, 80, 90, 100, 115, 130, 150, 200];
let mapCount = 0;

class MapView {
  constructor(model, el) {
    Object.assign(this, { model, uid: `pbm${Date.now()}-${mapCount++}`, map: null, least: 0, zoom: 100, at: null, form: null, open: null, unfolded: new Set(), dragged: null, fresh: null, later: { ask() {}, take() {} } });
    this.stops = []; // rows, cells, elements
    this.who = make("select", { "aria-label": "Whose journey", "data-k": "who", onchange: () => this.link.raw({ type: "pick", persona: this.who.value }) });
    this.strong = make("select", { "aria-label": "Show what is at least", "data-k": "strong", onchange: () => { this.least = Number(this.strong.value); this.draw(); this.tellFilter(); } });
    this.size = make("select", { "aria-label": "Zoom", "data-k": "zoom", onchange: () => this.zoomTo(this.size.value) }, ...ZOOMS.map(z => make("option", { value: String(z), selected: z === 100 }, `${z} %`)), make("option", { value: "fit" }, "Fit width"));
    this.undo = this.button("Undo", () => this.write({ type: "undo" }), { "data-k": "undo" });
    this.redo = this.button("Redo", () => this.write({ type: "redo" }), { "data-k": "redo" });
    this.kept = make("span", { class: "pbm-dim" });
    this.title = make("b", { class: "pbm-title" });
    this.count = make("span", { class: "pbm-dim" });
    this.stale = make("p", { class: "pbm-stale", hidden: true }, "The coding has changed since this journey was made: run the cell again to see it.");
    this.grid = make("div", { class: "pbm-grid", role: "grid" });
    this.box = make("div", { class: "pbm-box" }, this.grid);
    this.panel = make("section", { class: "pbm-panel", "aria-label": "Evidence", hidden: true });
    this.foot = make("div", { class: "pbm-foot" });
    this.banner = make("p", { class: "pbm-banner", hidden: true });
    this.status = make("p", { class: "pbm-live", role: "status" });
    this.key_ = make("p", { class: "pbm-key" });
    this.past = make("span", { tabIndex: -1, id: `${this.uid}-end` });
    this.root = make("div", { class: "pbm", role: "region", "aria-label": "Journey map", onkeydown: e => this.key(e) },
      make("a", { class: "pbm-skip", href: `#${this.uid}-end`, onclick: e => { e.preventDefault(); this.past.focus(); } }, "Skip the journey map"),
      make("div", { class: "pbm-bar" }, this.title, this.count, this.status, this.who, this.strong, this.size, this.kept, this.undo, this.redo), this.banner, this.stale, this.key_,
      make("div", { class: "pbm-main" }, this.box, this.panel), this.foot,
      make("p", { class: "pbm-help" }, "Arrows move · Enter opens the evidence, or an entry to edit · Ctrl Enter saves, Esc leaves · Alt and arrows move an entry, Delete removes it, E shows its evidence · Ctrl Z undoes"), this.past);
    el.append(this.root);
    this.grid.addEventListener("focusin", e => this.came(e.target));
    this.drags();
    this.guard = e => { if (this.root.contains(e.target)) suppressKeys(this, e, chord(e) !== "mod+s"); };
    addEventListener("keydown", this.guard, true);
    this.theme = () => { if (this.root.isConnected) this.root.toggleAttribute("data-dark", isDark(getComputedStyle(this.root).backgroundColor)); };
    this.untheme = followTheme(this);
    const state = model.get("state") || {};
    this.link = makeLink(this, `pbm:${state.study}:${state.map}`, {
      map: (v, m) => v.took(m), evidence: (v, m) => v.show(m), pong: () => {}, picked: (v, m) => v.say(`Journey of ${m.whose}`),
      ack: (v, m) => v.acked(m), notice: (v, m) => { v.link.outbox.done(m.guid); v.saved(); v.say(m.text); },
      refused: (v, m) => v.refused(m),
    }, () => (this.map && !this.frozen ? { type: "ping" } : null));
    this.theme();
    const kept = model.get("saved");
    if (kept?.map) { this.frozen = kept; this.took(kept.map); this.frozen = kept; }
    this.link.ready();
  }

  button(text, onclick, more = {}) { return make("button", { type: "button", onclick, ...more }, text); }
  say(text, warn = false) { this.status.textContent = text; this.status.classList.toggle("pbm-warn", warn); }
  write(m) { this.say(""); return this.link.write(m); }
  saved() { const n = this.link ? this.link.outbox.size : 0; this.kept.textContent = n ? `${n} waiting` : ""; }
  tellFilter() { this.say(this.least ? `Only what is ${this.map.strengths[this.least]} or stronger.` : "Everything is shown."); }
  canWrite() { return !this.map.readonly; }

  lost(late) {
    const n = this.link.outbox.size;
    this.banner.hidden = !late || Boolean(this.frozen && !n);
    this.banner.textContent = late ? `The kernel is busy or gone. ${n ? `${n} ${n === 1 ? "change waits" : "changes wait"} here and will be sent when it answers, or when you run the cell again.` : "Run the cell again to go on."}` : "";
  }

  took(m) {
    this.frozen = null; // Python is there: what was saved with the notebook is no longer needed
    this.map = m;
    this.title.textContent = m.name === "journey" ? `Journey of ${m.whose}` : `${m.name} · ${m.whose}`;
    this.count.textContent = `${m.people} ${m.people === 1 ? "person" : "people"}`;
    this.grid.setAttribute("aria-label", this.title.textContent);
    this.who.hidden = m.choices.length < 2;
    this.who.replaceChildren(...m.choices.map(([id, name]) => make("option", { value: id, selected: id === m.shown }, name)));
    this.strong.replaceChildren(...m.strengths.map((s, i) => make("option", { value: String(i), selected: i === this.least }, i === 0 ? "every strength" : i === m.strengths.length - 1 ? s : `${s} or stronger`)));
    this.key_.textContent = m.stages.length ? m.key : "";
    this.stale.hidden = !m.stale;
    for (const [button, said, word] of [[this.undo, m.undo.undo, "Undo"], [this.redo, m.undo.redo, "Redo"]]) { button.disabled = !said; button.title = said ? `${word}: ${said}` : `Nothing to ${word.toLowerCase()}`; button.setAttribute("aria-label", button.title); }
    const told = [...m.notes, ...(m.empty.length ? [`Nothing stands in: ${m.empty.join(", ")}.`] : []), ...(m.hidden ? [`${m.hidden} ${m.hidden === 1 ? "entry stands" : "entries stand"} on other people's words and ${m.hidden === 1 ? "is" : "are"} not shown.`] : [])];
    this.foot.replaceChildren(...told.map(t => make("p", {}, t)));
    this.saved();
    this.draw();
    if (this.open && !this.frozen) this.look(this.open, false);
  }

  // == The grid ==
  draw() {
    const m = this.map, doc = this.root.getRootNode(), focus = this.grid.contains(doc.activeElement) ? doc.activeElement.getAttribute("data-k") : null;
    const spot = this.at && this.where(this.at), writing = this.form && this.grid.contains(doc.activeElement) && this.form.el.contains(doc.activeElement) ? doc.activeElement : null, caret = writing && [writing.selectionStart, writing.selectionEnd];
    this.grid.style.setProperty("--n", String(m.stages.length));
    const head = make("div", { role: "row", class: "pbm-row" }, make("div", { role: "columnheader", class: "pbm-corner" }, m.stages.length ? "Lane" : ""), ...m.stages.map(s => make("div", { role: "columnheader", class: `pbm-head${s.gone ? " pbm-gone" : ""}` },
      this.stop("div", { "data-k": s.k, role: "button", class: "pbm-stage", onclick: () => this.look(s.k) }, make("b", { dir: "auto" }, s.stage), make("span", { class: "pbm-sub" }, s.sub)))));
    const means = m.stages.map((s, c) => this.lane("feelings").cells[c][0]?.feel?.mean ?? null);
    this.stops = [];
    const rows = m.lanes.map(lane => make("div", { role: "row", class: "pbm-row", "data-lane": lane.lane }, make("div", { role: "rowheader", class: "pbm-lane" }, lane.title, lane.about ? make("span", { class: "pbm-about" }, lane.about) : null),
      ...lane.cells.map((items, c) => this.cell(lane, items, c, means))));
    this.grid.replaceChildren(...(m.stages.length ? [head, ...rows] : [make("div", { role: "row", class: "pbm-row" }, make("div", { role: "gridcell", class: "pbm-none" }, "No stage is coded, so there is no journey to draw. Code passages with codes of the facet stage, and run the cell again."))]));
    this.stops = [...this.grid.children].map(row => [...row.children].slice(1).map(cell => this.stopsOf(cell)));
    if (!m.stages.length) return;
    const again = focus && this.find(focus);
    const to = again || (spot && this.near(spot)) || this.stops[0][0][0];
    this.roam(to);
    if (writing) { writing.focus({ preventScroll: true }); if (caret[0] !== null) try { writing.setSelectionRange(caret[0], caret[1]); } catch { /* a date has no caret */ } } else if (focus) to.focus({ preventScroll: true });
  }

  lane(name) { return this.map.lanes.find(l => l.lane === name); }
  stop(tag, props, ...children) { return make(tag, { tabIndex: -1, ...props }, ...children); }
  stopsOf(cell) { const found = [...cell.querySelectorAll("[data-k]:not([data-k=''])")].filter(el => !el.closest(".pbm-form")); return found.length ? found : [cell]; }
  find(k) { for (const row of this.stops) for (const cell of row) for (const el of cell) if (el.getAttribute("data-k") === k) return el; return null; }
  where(el) { for (let r = 0; r < this.stops.length; r++) for (let c = 0; c < this.stops[r].length; c++) { const i = this.stops[r][c].indexOf(el); if (i >= 0) return [r, c, i]; } return null; }
  near([r, c, i]) { const row = this.stops[Math.min(r, this.stops.length - 1)], cell = row?.[Math.min(c, row.length - 1)]; return cell?.[Math.min(i, cell.length - 1)]; }
  roam(el) { if (this.at) this.at.tabIndex = -1; this.at = el; if (el) el.tabIndex = 0; }
  came(el) { const stop = el.closest?.("[data-k], [role=gridcell]"); if (stop && !stop.closest(".pbm-form") && this.where(stop)) this.roam(stop); }

  cell(lane, items, c, means) {
    const stage = this.map.stages[c], shown = strongEnough(items, this.least), less = items.length - shown.length, at = `~${lane.lane}:${stage.stage}`, all = this.unfolded.has(at), folded = shown.filter(i => i.folded).length;
    const parts = shown.filter(i => all || !i.folded).map(item => (this.form && this.form.k === item.k ? this.form.el : this.item(lane, item)));
    if (folded) parts.push(this.stop("div", { role: "button", class: "pbm-add", "data-k": at, "aria-expanded": String(all), onclick: () => this.unfold(at) }, all ? "Fewer suggestions" : `${folded} more ${folded === 1 ? "suggestion" : "suggestions"}`));
    if (this.form && !this.form.k && this.form.lane === lane.lane && this.form.stage === stage.stage) parts.push(this.form.el);
    else if (lane.edit && this.canWrite() && !stage.gone) parts.push(this.stop("div", { role: "button", class: "pbm-add", "data-k": `+${lane.lane}:${stage.stage}`, "aria-label": `Add to ${lane.title}, ${stage.stage}`, onclick: () => this.edit(null, lane.lane, stage.stage) }, "+ Add"));
    if (less) parts.push(make("p", { class: "pbm-less" }, `${less} weaker`));
    const cell = make("div", { role: "gridcell", class: `pbm-cell pbm-${lane.lane}${stage.gone ? " pbm-gone" : ""}`, "data-stage": stage.stage, tabIndex: parts.length && !(less && !shown.length && !lane.edit) ? null : -1 }, ...parts);
    if (lane.lane === "feelings") cell.prepend(this.curve(shown[0], means, c));
    if (!parts.length) cell.append(make("span", { class: "pbm-blank", "aria-label": lane.lane === "feelings" ? "nothing said" : "nothing" }, lane.lane === "feelings" ? "nothing said" : "–"));
    return cell;
  }

  unfold(at) {
    if (!this.unfolded.delete(at)) this.unfolded.add(at);
    this.draw();
    this.to(at);
  }

  item(lane, item) {
    const strength = this.map.strengths[item.rank], entry = item.entry !== undefined;
    const tag = item.sign ? make("span", { class: "pbm-sign", "aria-hidden": "true" }, item.sign) : null;
    const who = entry && (item.owner || item.due) ? make("span", { class: `pbm-who${item.late ? " pbm-late" : ""}` }, ...this.parts([item.owner, item.due && [`${item.late ? "overdue since" : "due"} `, make("span", { class: "pbm-date" }, item.due)]])) : null;
    const dots = lane.lane === "quotes" ? null : make("span", { class: "pbm-dots", title: strength }, make("span", { "aria-hidden": "true" }, DOTS[item.rank]), make("span", { class: "pbm-hear" }, strength));
    const words = make("span", { class: "pbm-text", dir: "auto" }, tag, tag ? " " : "", item.text);
    const mark = item.tag ? make("span", { class: "pbm-tag" }, item.text.endsWith(")") ? `, ${item.tag}` : ` (${item.tag})`) : null;
    return this.stop("div", { "data-k": item.k, role: "button", class: `pbm-item${entry ? " pbm-entry" : ""}`, draggable: entry && this.canWrite(), title: entry && this.canWrite() ? "Enter edits, Delete removes, Alt and arrows move; or drag it" : "Open the evidence",
      "aria-expanded": this.open === item.k ? "true" : null, onclick: () => (entry && this.canWrite() ? this.edit(item, lane.lane, this.stageOf(item)) : this.look(item.k)) }, words, mark, who, make("span", { class: "pbm-sub" }, ...this.parts(lane.lane === "quotes" ? [item.sub.replace(" · ", ", ")] : item.sub.split(" · "), dots)));
  }

  /** Parts of a line, of which each may stand on a line of its own: the dots between them are drawn, and only where two stand side by side. */
  parts(words, first = null) { return words.filter(w => w || first).flatMap((w, i) => [i ? " " : "", make("span", { class: "pbm-part" }, i ? "" : first, first && !i && w ? " " : "", ...[w || ""].flat())]); }

  stageOf(item) { for (const lane of this.map.lanes) { const c = lane.cells.findIndex(cell => cell.includes(item)); if (c >= 0) return this.map.stages[c].stage; } return ""; }
  entry(k) { for (const lane of this.map.lanes) for (const cell of lane.cells) for (const item of cell) if (item.k === k && item.entry !== undefined) return { lane, item, stage: this.stageOf(item), cell }; return null; }

  /** The picture of one cell: the scale, the pieces of the curve, the interval. The point is no part of it, since the picture is stretched to the cell. */
  curve(item, means, c) {
    const NS = "http://www.w3.org/2000/svg", svg = document.createElementNS(NS, "svg"), draw = (name, at) => { const el = document.createElementNS(NS, name); for (const [k, v] of Object.entries(at)) el.setAttribute(k, String(v)); svg.append(el); };
    for (const [k, v] of Object.entries({ viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true", class: "pbm-curve" })) svg.setAttribute(k, v);
    draw("line", { x1: 0, x2: 100, y1: 50, y2: 50, class: "pbm-zero" });
    const feel = item?.feel, box = make("div", { class: "pbm-plot" }, svg);
    if (!feel) return box;
    const y = level(feel.mean), { left, right } = pieces(means, c);
    if (left !== null) draw("line", { x1: 0, y1: left, x2: 50, y2: y, class: "pbm-line" });
    if (right !== null) draw("line", { x1: 50, y1: y, x2: 100, y2: right, class: "pbm-line" });
    if (feel.low !== null) for (const at of [{ x1: 50, x2: 50, y1: level(feel.high), y2: level(feel.low) }, ...[feel.low, feel.high].map(v => ({ x1: 46, x2: 54, y1: level(v), y2: level(v) }))]) draw("line", { ...at, class: "pbm-range" });
    box.append(make("i", { class: `pbm-point${feel.low === null ? " pbm-alone" : ""}`, style: `top:${y}%` }));
    return box;
  }

  // == Evidence ==
  look(k, move = true) {
    this.moveTo = move;
    this.open = k;
    if (this.frozen) return this.frozen.behind[k] ? this.show({ k, ...this.frozen.behind[k] }) : this.say("Run the cell to see the evidence.");
    this.link.raw({ type: "evidence", k });
  }

  show(m) {
    if (m.k !== this.open) return;
    const entry = this.entry(m.k), kinds = this.map.lanes.filter(l => l.edit), one = { opportunity: "an opportunity", strategy: "a strategy", note: "a note" };
    const make_ = !entry && this.canWrite() && !this.frozen && m.ids.length && this.map.stages.some(s => s.stage === m.stage && !s.gone) ? make("div", { class: "pbm-makes" }, ...kinds.map(l => this.button(`Make it ${one[l.lane]}`, () => this.edit(null, l.lane, m.stage, m.k, m.title)))) : null;
    const quote = q => make("li", {}, make("span", { class: "pbm-words", dir: "auto" }, `“${q.words}”`), make("span", { class: "pbm-sub" }, `${q.case} · ${q.code}${q.valence === null ? "" : ` (${signed(q.valence)})`} · ${q.source === q.case ? "" : `${q.source}, `}characters ${q.at}`));
    const title = make("h3", { tabIndex: -1, dir: "auto" }, m.title);
    this.panel.replaceChildren(make("div", { class: "pbm-panelhead" }, title, this.button("Close", () => this.close(), { "aria-label": "Close the evidence" })), make("p", { class: "pbm-dim" }, [m.stage !== m.title ? m.stage : "", m.figures].filter(Boolean).join(" · ")),
      ...(m.claims || []).map(c => make("p", { dir: "auto" }, c)), m.quotes.length ? make("ul", {}, ...m.quotes.map(quote)) : make("p", { class: "pbm-dim" }, (m.claims || []).length ? "" : "No passage stands behind this."),
      m.more ? make("p", { class: "pbm-dim" }, `and ${m.more} more passages`) : null, m.withdrawn ? make("p", { class: "pbm-dim" }, `${m.withdrawn} of people who have withdrawn: not shown.`) : null, make_);
    for (const gone of [...this.panel.childNodes]) if (gone.nodeType === 3) gone.remove(); // "null" of what is not there
    const first = this.panel.hidden;
    this.panel.hidden = false;
    for (const el of this.grid.querySelectorAll("[aria-expanded]")) el.removeAttribute("aria-expanded");
    this.find(m.k)?.setAttribute("aria-expanded", "true");
    if (this.moveTo) this.find(m.k)?.scrollIntoView({ block: "nearest", inline: "nearest" }); // the panel has taken some of the grid's width
    if (this.moveTo) { title.focus({ preventScroll: true }); this.panel.scrollTop = 0; if (first) this.panel.scrollIntoView({ block: "nearest" }); this.say(`Evidence of ${called(m.title)}: ${m.quotes.length + m.more} passages.`); }
  }

  close(back = true) {
    const k = this.open, el = k && this.find(k);
    this.open = null;
    this.panel.hidden = true;
    el?.removeAttribute("aria-expanded");
    if (back) (el || this.at)?.focus();
  }

  // == Writing ==
  edit(item, lane, stage, from = null, text = "") {
    if (!this.canWrite()) return this.say("This study can only be read.", true);
    if (this.form?.wait) return this.say("The last change is still on its way.");
    if (this.form && this.form.dirty()) { this.form.area.focus(); return this.say("Save what you have written first, or press Esc.", true); }
    if (from) this.close(false);
    const area = make("textarea", { rows: 3, value: item ? item.text : text, dir: "auto", oninput: () => this.grow(area) }), owner = make("textarea", { class: "pbm-line", rows: 1, value: item?.owner ?? "", dir: "auto", oninput: () => this.grow(owner) }), due = make("input", { type: "date", value: item?.due ?? "" });
    const why = make("p", { class: "pbm-why", role: "alert" }), save = this.button("Save", () => this.save(), { class: "pbm-save" });
    const values = () => ({ text: area.value.trim(), owner: owner.value.replace(/\s+/g, " ").trim() || null, due: due.value || null }), was = JSON.stringify(from ? null : values());
    const el = make("div", { class: "pbm-form", role: "group", "aria-label": item ? `Edit ${called(item.text)}` : `New ${lane} in ${stage}` }, make("label", { class: "pbm-field" }, `Text of the ${lane}`, area), item?.hides ? make("p", { class: "pbm-dim" }, "[not to be quoted] hides words of somebody who is not to be quoted. Leave the mark, and the words stay as they are.") : null, make("label", {}, "Owner", owner), make("label", {}, "Due", due), why,
      make("div", { class: "pbm-buttons" }, save, this.button("Cancel", () => this.cancel()), item ? this.button("Remove", () => this.remove(item)) : null, item?.evidence ? this.button("Evidence", () => this.look(item.k)) : null));
    this.form = { k: item?.k ?? null, item, lane, stage, from, el, area, why, save, values, was: item?.text, dirty: () => JSON.stringify(values()) !== was };
    this.draw();
    [area, owner].forEach(this.grow);
    area.focus();
    if (item) area.setSelectionRange(area.value.length, area.value.length); else area.select();
    el.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** As many lines as the text has. */
  grow(area) { area.style.height = "auto"; area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`; }

  save() {
    const f = this.form, v = f && f.values();
    if (!f || f.wait) return;
    if (!v.text) { f.area.setAttribute("aria-invalid", "true"); f.why.textContent = "Write something first."; return f.area.focus(); }
    if (f.item && !f.dirty()) return this.cancel();
    f.why.textContent = "";
    f.area.removeAttribute("aria-invalid");
    f.save.disabled = true;
    f.wait = this.write(f.item ? { type: "change", entry: f.item.entry, was: f.was, ...v } : { type: "add", lane: f.lane, stage: f.stage, from: f.from, ...v }).guid;
  }

  cancel() {
    const f = this.form;
    if (!f) return;
    this.form = null;
    this.draw();
    this.to(f.k || `+${f.lane}:${f.stage}`);
    this.say(f.wait ? "" : "Nothing was changed.");
  }

  to(k) { const el = this.find(k); if (el) { this.roam(el); el.focus(); el.scrollIntoView({ block: "nearest", inline: "nearest" }); } }
  remove(item) {
    const at = this.entry(item.k);
    this.form = null;
    this.fresh = at && `+${at.lane.lane}:${at.stage}`;
    this.write({ type: "remove", entry: item.entry, was: item.text });
  }

  /** Alt and arrows: sideways to the next stage, up and down within the cell, and from its end to the next lane that takes entries. */
  shift(item, key) {
    const at = this.entry(item.k), mine = at.cell.filter(i => i.entry !== undefined), i = mine.indexOf(item), stages = this.map.stages.filter(s => !s.gone), c = stages.findIndex(s => s.stage === at.stage), lanes = this.map.lanes.filter(l => l.edit), l = lanes.indexOf(at.lane);
    const m = { type: "move", entry: item.entry, was: item.text };
    if (key === "alt+arrowleft" || key === "alt+arrowright") {
      const to = stages[c < 0 ? (key === "alt+arrowleft" ? stages.length - 1 : -1) : c + (key === "alt+arrowleft" ? -1 : 1)];
      return to ? this.write({ ...m, stage: to.stage }) : this.say("There is no stage beyond.");
    }
    const by = key === "alt+arrowup" ? -1 : 1, to = lanes[l + by];
    if (mine[i + by]) return this.write({ ...m, position: i + 1 + by });
    return to ? this.write({ ...m, lane: to.lane, position: by > 0 ? 1 : null }) : this.say("There is no lane beyond.");
  }

  acked(m) {
    const f = this.form, sent = this.link.outbox.done(m.guid);
    this.saved();
    if (f && f.wait === m.guid) { this.form = null; this.draw(); this.to(`e:${m.entry}`); }
    else if (sent?.type === "move") this.to(`e:${m.entry}`);
    else if (sent?.type === "remove" && this.fresh) this.to(this.fresh);
    const undone = /^(Undone|Redone)/.test(m.said || "");
    this.say(m.said === "nothing changed" ? "Nothing changed." : undone ? `${m.said}.` : `Saved: ${m.said}.`);
  }

  refused(m) {
    const f = this.form;
    if (m.guid && !m.again) this.link.outbox.done(m.guid);
    this.saved();
    const words = `Not saved: ${m.reason}. ${m.cure ? m.cure[0].toUpperCase() + m.cure.slice(1) + "." : ""}`;
    this.say(words, true);
    if (!f || f.wait !== m.guid) return;
    Object.assign(f, { wait: null, was: this.entry(f.k)?.item.text ?? f.was });
    if (f.k && !this.entry(f.k)) { Object.assign(f, { k: null, item: null }); this.draw(); } // removed by somebody else: saved once more, it is a new one
    f.save.disabled = false;
    f.why.textContent = words;
    f.area.focus();
  }

  // == Dragging ==
  drags() {
    let over = null, hint = null;
    const clear = () => { over?.classList.remove("pbm-over"); over = null; hint?.remove(); hint = null; }, end = () => { clear(); this.dragged = null; this.root.classList.remove("pbm-dragging"); };
    const aim = e => { const cell = this.dragged && e.target.closest(".pbm-cell"), lane = cell && this.lane(cell.parentElement.dataset.lane); return cell && lane.edit && !cell.classList.contains("pbm-gone") ? { cell, lane, stage: cell.dataset.stage } : null; };
    const others = cell => [...cell.querySelectorAll(".pbm-entry")].filter(el => el.getAttribute("data-k") !== this.dragged.k);
    this.grid.addEventListener("dragstart", e => {
      const at = e.target.closest?.(".pbm-entry") && this.entry(e.target.getAttribute("data-k"));
      if (!at) return;
      this.dragged = at.item;
      e.dataTransfer.setData("text/plain", "");
      e.dataTransfer.effectAllowed = "move";
      this.root.classList.add("pbm-dragging");
    });
    this.grid.addEventListener("dragover", e => {
      const to = aim(e);
      if (over !== to?.cell) clear();
      if (!to) return;
      e.preventDefault();
      e.dataTransfer.dropEffect = "move";
      over = to.cell;
      over.classList.add("pbm-over");
      const all = others(to.cell), n = dropPlace(all.map(el => el.getBoundingClientRect()), e.clientY);
      hint ??= make("div", { class: "pbm-hint" });
      to.cell.insertBefore(hint, all[n - 1] ?? all.at(-1)?.nextSibling ?? to.cell.firstChild);
    });
    this.grid.addEventListener("drop", e => {
      const to = aim(e), item = this.dragged;
      if (!to) return end();
      e.preventDefault();
      e.stopPropagation();
      const position = dropPlace(others(to.cell).map(el => el.getBoundingClientRect()), e.clientY), from = this.entry(item.k);
      end();
      const same = from && from.lane === to.lane && from.stage === to.stage;
      if (same && from.cell.filter(i => i.entry !== undefined).indexOf(item) === position - 1) return;
      this.write({ type: "move", entry: item.entry, was: item.text, lane: to.lane.lane, stage: to.stage, position });
    });
    this.grid.addEventListener("dragend", end);
    this.grid.addEventListener("dragleave", e => { if (!this.grid.contains(e.relatedTarget)) clear(); });
  }

  // == Keys ==
  zoomTo(value) {
    if (value !== "fit") this.zoom = Number(value);
    else { this.grid.style.fontSize = ""; this.zoom = Math.max(40, Math.min(100, Math.floor((this.box.clientWidth / Math.max(1, this.grid.scrollWidth)) * 100))); }
    this.grid.style.fontSize = `${(13 * this.zoom) / 100}px`;
    this.say(`Zoom ${this.zoom} %.`);
  }

  key(e) {
    const key = chord(e), el = e.target, inForm = el.closest?.(".pbm-form"), field = /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
    if (key !== "mod+s") e.stopPropagation(); // or JupyterLab takes them for commands
    const does = act => { e.preventDefault(); act(); };
    if (inForm) {
      if (key === "mod+enter" || (key === "enter" && el.matches("input, .pbm-line"))) does(() => this.save());
      else if (key === "escape") does(() => this.cancel());
      return;
    }
    if (key === "mod+z" && !field) return does(() => this.write({ type: "undo" }));
    if ((key === "mod+shift+z" || key === "mod+y") && !field) return does(() => this.write({ type: "redo" }));
    if (key === "escape" && this.open) return does(() => this.close());
    const stop = el.closest?.("[data-k], [role=gridcell]"), at = stop && this.grid.contains(stop) && this.where(stop);
    if (!at) return;
    if (/^(arrow(up|down|left|right)|(mod\+)?(home|end))$/.test(key)) {
      const [r, c, i] = arrow(this.stops.map(row => row.map(cell => cell.length)), at, key), to = this.stops[r][c][i];
      return does(() => { this.roam(to); to.focus({ preventScroll: true }); to.scrollIntoView({ block: "nearest", inline: "nearest" }); });
    }
    const k = stop.getAttribute("data-k"), found = k && this.entry(k);
    if (key === "enter" || key === " ") return does(() => stop.click());
    if (!found) return;
    if (key === "e") return does(() => this.look(k));
    if (!this.canWrite()) return;
    if (key === "delete" || key === "backspace") does(() => this.remove(found.item));
    else if (/^alt\+arrow/.test(key)) does(() => this.shift(found.item, key));
  }

  remove_() { removeEventListener("keydown", this.guard, true); this.untheme(); this.link.end(); this.root.remove(); }
}

export default {
  render({ model, el }) {
    const view = new MapView(model, el);
    el.pbView = view;
    return () => view.remove_();
  },
};
