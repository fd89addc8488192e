// @ts-check
// The persona editor: fields for what people write, and beside them what the study says. Python keeps the file; this shows rows, sends changes, and keeps what is not sent yet.
// shared.js stands before it: make, chord, makeLink, followTheme, isDark.

/** Take in the rows that are new, in the order of the file. */
export function mergeRows(rows, m) {
  const known = new Map((m.all ? [] : rows).map(r => [r.id, r]));
  for (const r of m.rows) known.set(r.id, r);
  return m.order.map(id => known.get(id)).filter(Boolean);
}

/** Findings of a statement ("" = of the whole persona), the gravest first. */
export function findingsOf(findings, claim) {
  const grave = { error: 0, warning: 1, note: 2 };
  return findings.filter(f => f.claim === claim).sort((a, b) => grave[a.level] - grave[b.level]);
}

/** "2 errors, 1 warning". */
export function countFindings(findings) {
  const many = level => findings.filter(f => f.level === level).length;
  return ["error", "warning", "note"].map(l => [many(l), l]).filter(([n]) => n).map(([n, l]) => `${n} ${l}${n === 1 ? "" : "s"}`).join(", ") || "no findings";
}

/** A sentence with one full stop at its end, or the sign that it has. */
export const stopped = text => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Why something was refused, and what helps. */
export const refusal = m => `${stopped(m.reason)} ${m.cure ? stopped(m.cure[0].toUpperCase() + m.cure.slice(1)) : ""}`;

/** The beginning of a text, for a name that is read aloud. */
export const brief = text => (text.length > 60 ? `${text.slice(0, 59).trimEnd()}…` : text);

export const SIGNS = { error: "✕ error", warning: "! warning", note: "i note" };
let editorCount = 0;

class EditorView {
  constructor(model, el) {
    Object.assign(this, { model, uid: `pbw${Date.now()}-${editorCount++}`, rows: [], told: null, live: { meters: [], findings: [] }, open: new Set(), found: new Map(), conflicts: [], later: { ask() {}, take() {} }, wait: 0, stale: true });
    this.lines = new Map();
    this.file = make("code", { class: "pbw-file" });
    this.choice = make("select", { "aria-label": "Persona to edit", "data-k": "pick", hidden: true, onchange: () => this.pick() });
    this.badge = make("span", { class: "pbw-badge" });
    this.kept = make("span", { class: "pbw-dim" });
    this.undo = this.button("undo", "Undo", () => this.write({ type: "undo" }));
    this.redo = this.button("redo", "Redo", () => this.write({ type: "redo" }));
    this.name = this.field("name", "Name (fictional)");
    this.label = this.field("label", "Tagline");
    this.meter = make("section", { class: "pbw-meter", "aria-label": "Prevalence meter" });
    this.whole = make("div", { class: "pbw-findings" });
    this.list = make("ol", { class: "pbw-list", "aria-label": "Statements" });
    this.sum = this.button("findings", "", () => this.toFinding(), { class: "pbw-sum", title: "Go to the next finding" });
    this.past = make("span", { tabIndex: -1, id: `${this.uid}-end` });
    this.box = make("div", { class: "pbw-conflicts" });
    this.problem = make("p", { class: "pbw-problem", role: "alert", hidden: true });
    this.banner = make("p", { class: "pbw-banner", hidden: true });
    this.status = make("p", { class: "pbw-live", role: "status" });
    this.facet = make("select", { "aria-label": "Kind of the new statement", "data-k": "new-facet" });
    this.fresh = make("textarea", { rows: 2, "aria-label": "New statement", placeholder: "A new statement; without evidence it is an assumption", "data-k": "new-text", onkeydown: e => { if (chord(e) === "mod+enter") this.add(); } });
    this.body = make("div", { class: "pbw-body", hidden: true }, make("div", { class: "pbw-head" }, this.name, this.label), this.meter, this.whole, this.list,
      make("div", { class: "pbw-add" }, this.facet, this.fresh, this.button("add", "Add statement", () => this.add())));
    this.root = make("div", { class: "pbw", role: "region", "aria-label": "Persona editor", onkeydown: e => this.key(e) },
      make("a", { class: "pbw-skip", href: `#${this.uid}-end`, onclick: e => { e.preventDefault(); this.past.focus(); } }, "Skip the persona editor"),
      make("div", { class: "pbw-bar" }, this.file, this.choice, this.badge, make("span", { class: "pbw-gap" }), this.sum, this.kept, this.undo, this.redo), this.problem, this.box, this.body, this.banner, this.status,
      make("p", { class: "pbw-help" }, "A field is saved when you leave it or press Ctrl Enter · Alt ↑ ↓ moves a statement among those of its heading · Ctrl Z undoes"), this.past);
    el.append(this.root);
    this.guard = e => { if (this.root.contains(e.target)) suppressKeys(this, e, chord(e) !== "mod+s"); };
    addEventListener("keydown", this.guard, true);
    this.theme = () => { if (this.root.isConnected) this.root.toggleAttribute("data-dark", isDark(getComputedStyle(this.root).backgroundColor)); };
    this.untheme = followTheme(this);
    this.link = makeLink(this, `pbw:${(model.get("state") || {}).file}`, {
      state: (v, m) => v.took(m), live: (v, m) => { v.live = m; v.asked = false; v.judge(); }, found: (v, m) => { v.found.set(m.claim, m); v.redraw(m.claim); }, pong: () => {},
      ack: (v, m) => { v.settle(m.guid); v.say(m.said === "nothing changed" ? "" : `Saved: ${m.said}.`); },
      refused: (v, m) => { const was = v.settle(m.guid); v.say(`Not saved: ${refusal(m)}`, true); v.refuse(was, m); },
      conflict: (v, m) => { v.settle(m.guid); v.conflicts.push(m); v.conflict(); },
    }, () => (this.told ? { type: "ping" } : null));
    this.theme();
    this.link.ready();
  }

  button(key, text, onclick, more = {}) { return make("button", { type: "button", "data-k": key, onclick, ...more }, text); }

  field(part, text) {
    const input = make("input", { type: "text", "data-k": part, onchange: () => this.write({ type: "field", field: part, value: input.value, was: this.told[part] }),
      onkeydown: e => { if (e.key === "Enter" && !e.isComposing) { e.preventDefault(); input.dispatchEvent(new Event("change")); } } });
    return make("label", { class: "pbw-field" }, text, input);
  }

  lost(late) {
    const n = this.link.outbox.size;
    this.banner.hidden = !late;
    this.banner.textContent = late ? `The kernel is busy or gone. ${n ? `${n} ${n === 1 ? "change waits" : "changes wait"} here and will be sent when it answers, or when you run the cell again.` : "Run the cell again to go on."}` : "";
  }

  saved() {
    const n = this.link.outbox.size, bad = this.root.querySelectorAll("[aria-invalid=true]").length;
    this.kept.textContent = n ? `${n} waiting` : bad ? `${bad} not saved` : "saved";
    this.choice.disabled = n > 0; // what waits belongs to this file
  }
  settle(guid) { const m = this.link.outbox.done(guid); this.saved(); return m; }
  say(text, warn = false) { this.status.textContent = text; this.status.classList.toggle("pbw-warn", warn); }
  write(m) { this.say(""); this.link.write(m); }

  /** A field that was refused is marked, with the reason beside it; the words stay to be corrected, but an empty text gives way to the old one. */
  refuse(m, why) {
    if (m && m.type === "remove") this.redraw(m.claim);
    const area = m && (m.type === "text" ? this.lines.get(m.claim)?.querySelector("textarea") : m.type === "field" ? this.root.querySelector(`[data-k="${m.field}"]`) : null);
    if (!area) return;
    const blank = !String(m.value).trim();
    if (blank) area.value = m.type === "text" ? this.row(m.claim).text : this.told[m.field];
    if (m.type === "text") this.size(area);
    this.mark(area, blank ? "An empty text is not saved: the old one is back." : `Not saved: ${refusal(why)}`);
  }

  /** Mark a field as not saved, or (without words) as good again. */
  mark(field, words) {
    const id = `${this.uid}-why-${field.getAttribute("data-k").replace(/\W/g, "-")}`, place = field.closest(".pbw-line, .pbw-field");
    this.root.querySelector(`#${CSS.escape(id)}`)?.remove();
    for (const [name, value] of [["aria-invalid", "true"], ["aria-describedby", id]]) words ? field.setAttribute(name, value) : field.removeAttribute(name);
    if (words) place.after(make("p", { id, class: "pbw-why" }, words));
    this.saved();
  }

  /** Edit another persona of the folder. */
  pick() {
    for (const field of this.root.querySelectorAll("[aria-invalid=true]")) this.mark(field, "");
    Object.assign(this, { open: new Set(), found: new Map(), adding: false });
    this.link.raw({ type: "pick", value: this.choice.value });
  }

  /** Go to the next finding: to its statement, or to those of the whole persona. */
  toFinding() {
    const boxes = [this.whole, ...this.rows.map(r => this.lines.get(r.id)?.querySelector(".pbw-findings"))].filter(box => box?.children.length);
    if (!boxes.length) return this.say("No findings.");
    const at = boxes.findIndex(box => box === this.seen || box.closest(".pbw-item")?.contains(this.root.getRootNode().activeElement));
    const box = this.seen = boxes[(boxes.indexOf(this.seen) + 1 || at + 1) % boxes.length], item = box.closest(".pbw-item");
    (item ?? box).scrollIntoView({ block: "nearest" });
    if (item) item.querySelector("textarea").focus({ preventScroll: true }); else { box.tabIndex = -1; box.focus({ preventScroll: true }); }
    this.say(`Finding ${boxes.indexOf(box) + 1} of ${boxes.length}: ${box.textContent}`);
  }

  took(m) {
    const first = !this.told || this.told.file !== m.file, before = JSON.stringify(this.rows), known = new Set(this.rows.map(r => r.id));
    if (first) { for (const li of this.lines.values()) li.remove(); this.lines.clear(); this.live = { meters: [], findings: [] }; }
    this.rows = mergeRows(this.rows, m);
    const was = this.told;
    this.told = m;
    this.body.hidden = false;
    this.file.textContent = m.file;
    this.file.hidden = m.files.length > 0;
    this.choice.hidden = !m.files.length;
    this.choice.replaceChildren(...m.files.map(([name, title]) => make("option", { value: name, selected: name === m.file }, title)));
    this.badge.textContent = m.status;
    this.badge.classList.toggle("pbw-proto", m.status !== "persona");
    for (const [part, label] of [["name", this.name], ["label", this.label]]) this.fill(label.querySelector("input"), m[part], first ? undefined : was?.[part]);
    if (first) this.facet.replaceChildren(...m.kinds.map(f => make("option", { value: f, selected: f === "needs" }, f)));
    for (const [button, said, word] of [[this.undo, m.undo, "Undo"], [this.redo, m.redo, "Redo"]]) { button.disabled = !said; button.title = said ? `${word}: ${said}` : `Nothing to ${word.toLowerCase()}`; }
    this.problem.hidden = !m.problem;
    this.problem.textContent = m.problem ? `${m.problem}. Nothing is written until it can be read again.` : "";
    this.saved();
    this.draw(new Set(m.rows.map(r => r.id)));
    const added = this.adding && m.rows.find(r => !known.has(r.id));
    if (added) { this.adding = false; this.to(`t:${added.id}`); this.lines.get(added.id).scrollIntoView({ block: "center" }); }
    if (first || before !== JSON.stringify(this.rows)) this.judgeSoon(first ? 0 : 600);
  }

  /** Put a value into a field, unless somebody is writing there. */
  fill(input, value, was) {
    const writing = this.root.getRootNode().activeElement === input && was !== undefined && input.value !== was;
    if (!writing && input.value !== value) input.value = value;
  }

  /** Meter and checks take longer than a change: they are asked for when the changes have come to rest. */
  judgeSoon(late) {
    clearTimeout(this.wait);
    this.sum.textContent = "checking …";
    this.wait = setTimeout(() => this.link.raw({ type: "live" }), late);
  }

  /** Draw the rows that are new, and put all into their order; focus stays where it is. */
  draw(fresh) {
    const doc = this.root.getRootNode(), focus = this.root.contains(doc.activeElement) ? doc.activeElement.getAttribute("data-k") : null;
    for (const id of [...this.lines.keys()]) if (!this.rows.some(r => r.id === id)) { this.lines.get(id).remove(); this.lines.delete(id); }
    for (const r of this.rows) if (!this.lines.has(r.id)) this.lines.set(r.id, this.line(r)); else if (fresh.has(r.id)) this.renew(r);
    const order = this.rows.map(r => this.lines.get(r.id));
    if (order.some((li, i) => this.list.children[i] !== li)) this.list.replaceChildren(...order);
    if (!this.rows.length) this.list.replaceChildren(make("li", { class: "pbw-dim" }, "No statements yet."));
    if (focus && doc.activeElement?.getAttribute?.("data-k") !== focus) this.to(focus);
    this.rows.forEach((r, i) => {
      const [up, down] = order[i].querySelectorAll(".pbw-move"), first = r.group !== this.rows[i - 1]?.group;
      up.disabled = r.fixed || first;
      down.disabled = r.fixed || r.group !== this.rows[i + 1]?.group;
      up.title = r.fixed ? "In the order of the figures" : "Move up";
      down.title = r.fixed ? up.title : "Move down";
      Object.assign(order[i].querySelector(".pbw-group"), { hidden: !first, textContent: r.group });
    });
  }

  to(key) { this.root.querySelector(`[data-k="${CSS.escape(key)}"]`)?.focus({ preventScroll: true }); }
  row(id) { return this.rows.find(r => r.id === id); }

  redraw(id) {
    const r = this.row(id);
    if (r) this.renew(r);
  }

  /** Renew a row in place: its field keeps what is being written, its parts are made anew. */
  renew(r) {
    const li = this.lines.get(r.id), doc = this.root.getRootNode(), focus = li.contains(doc.activeElement) ? doc.activeElement.getAttribute("data-k") : null;
    const area = li.querySelector("textarea");
    this.fill(area, r.text, li.pbText);
    li.pbText = r.text;
    this.size(area);
    li.querySelector("select").value = r.kind;
    this.call(li, r);
    li.querySelector(".pbw-strength").replaceChildren(...this.strength(r));
    const find = li.querySelector(".pbw-search input")?.value ?? "";
    li.querySelector(".pbw-more").replaceChildren(...this.more(r, find));
    li.querySelector(".pbw-findings").replaceChildren(...this.findings(r.id));
    if (focus) this.to(focus);
  }

  strength(r) { return [make("span", { "aria-hidden": "true", class: "pbw-dots" }, r.dots), make("b", {}, ` ${r.strength}`), r.figures ? ` · ${r.figures}` : ""]; }
  size(area) { area.rows = Math.max(1, Math.min(8, Math.ceil(area.value.length / 70) + area.value.split("\n").length - 1)); }

  line(r) {
    const id = r.id, key = part => `${part}:${id}`;
    const area = make("textarea", { value: r.text, "data-k": key("t"), "data-call": "Statement:", dir: "auto", oninput: () => { this.size(area); if (area.hasAttribute("aria-invalid")) this.mark(area, ""); },
      onchange: () => { const row = this.row(id); if (row && area.value.trim() !== row.text.trim()) this.write({ type: "text", claim: id, value: area.value, was: row.text }); } });
    const facet = make("select", { "data-k": key("f"), "data-call": "Kind of:", onchange: () => this.write({ type: "facet", claim: id, value: facet.value }) }, ...this.told.kinds.map(f => make("option", { value: f }, f)));
    facet.value = r.kind;
    const move = (by, sign, word) => this.button(key(by < 0 ? "up" : "down"), sign, () => this.move(id, by), { class: "pbw-move", "data-call": `Move ${word}:`, title: `Move ${word}` });
    const li = make("li", { class: "pbw-item", "data-claim": id }, make("h3", { class: "pbw-group", hidden: true }), make("div", { class: "pbw-line" }, make("div", { class: "pbw-moves" }, move(-1, "↑", "up"), move(1, "↓", "down")), area, facet,
      this.button(key("x"), "Remove", () => this.write({ type: "remove", claim: id, was: this.row(id).text }), { "data-call": "Remove:" })),
    make("p", { class: "pbw-strength" }, ...this.strength(r)), make("div", { class: "pbw-findings" }, ...this.findings(id)), make("div", { class: "pbw-more" }, ...this.more(r, "")));
    li.pbText = r.text;
    this.size(area);
    this.call(li, r);
    return li;
  }

  /** Name the controls of a statement by its words. */
  call(li, r) { for (const el of li.querySelectorAll("[data-call]")) el.setAttribute("aria-label", `${el.getAttribute("data-call")} ${brief(r.text)}`); }

  /** The button that ends a finding about a reworded statement: whoever has looked says so. */
  confirms(f, id) {
    const row = f.rule === "reworded" && this.row(id);
    return row ? this.button(`y:${id}`, "The evidence says all of it", () => this.write({ type: "confirm", claim: id, was: row.text }), { "aria-label": `The evidence says all of: ${brief(row.text)}` }) : null;
  }

  findings(id) {
    return findingsOf(this.live.findings, id).map(f => make("p", { class: `pbw-finding pbw-${f.level}` }, make("b", {}, `${SIGNS[f.level]}: `), `${stopped(f.message)} `, make("span", { class: "pbw-dim" }, f.cure && !this.confirms(f, id) ? `Cure: ${stopped(f.cure)}` : ""), this.confirms(f, id) ?? ""));
  }

  /** The evidence of a statement, folded until it is asked for. */
  more(r, find) {
    const id = r.id, open = this.open.has(id), n = r.evidence.length;
    const fold = this.button(`o:${id}`, `${open ? "▾" : "▸"} Evidence (${n})`, () => { if (!this.open.delete(id)) this.open.add(id); this.redraw(id); }, { class: "pbw-fold", "aria-expanded": String(open), "aria-label": `Evidence (${n}) of: ${brief(r.text)}` });
    if (!open) return [fold];
    const pieces = r.evidence.map(e => make("li", {}, make("span", { class: e.side === "for" ? "pbw-yes" : "pbw-no" }, e.side === "for" ? "+ for " : "− against "),
      e.withdrawn ? make("em", {}, "withdrawn: the words are not shown ") : make("span", { dir: "auto" }, e.kind === "quote" ? `“${e.words}” ` : `${e.words} `), make("span", { class: "pbw-dim" }, e.where), " ",
      this.button(`d:${id}:${e.side}:${e.place}`, "Detach", () => this.write({ type: "detach", claim: id, side: e.side, place: e.place, ...(e.withdrawn ? {} : { was: e.words }) }), { "aria-label": `Detach ${e.words.slice(0, 40)}` })));
    const input = make("input", { type: "search", value: find, placeholder: "Search coded passages to attach", "aria-label": `Search passages for: ${brief(r.text)}`, "data-k": `s:${id}`, onkeydown: e => { if (e.key === "Enter") { e.preventDefault(); search(); } } });
    const search = () => this.link.raw({ type: "search", claim: id, words: input.value });
    const m = this.found.get(id), there = new Set(r.evidence.map(e => e.words));
    const hits = m ? m.rows.filter(x => !there.has(x.words)).map((x, i) => make("li", {}, make("span", { dir: "auto" }, `“${x.words}” `), make("span", { class: "pbw-dim" }, [x.case, x.outside && "not of these people", x.code, x.date].filter(Boolean).join(", ")), " ",
      ...["for", "against"].map(side => this.button(`a:${id}:${i}:${side}`, side === "for" ? "Attach" : "Attach against", () => this.write({ type: "attach", claim: id, side, source: x.source, start: x.start, end: x.end, code: x.code }), { "aria-label": `${side === "for" ? "Attach" : "Attach against"}: ${x.words.slice(0, 40)}` })))) : [];
    return [fold, pieces.length ? make("ul", { class: "pbw-evidence" }, ...pieces) : make("p", { class: "pbw-dim" }, "Nothing is linked: an assumption."),
      make("div", { class: "pbw-search" }, input, this.button(`g:${id}`, "Search", search)), m ? make("p", { class: "pbw-dim" }, hits.length ? `${hits.length}${m.rows.length >= 30 ? " or more" : ""} passages` : "No other coded passage has all these words.") : "", hits.length ? make("ul", { class: "pbw-evidence" }, ...hits) : ""];
  }

  /** Show what meter and checks say. */
  judge() {
    const f = this.live.findings;
    this.sum.textContent = countFindings(f);
    this.sum.disabled = !f.length;
    this.seen = null;
    this.whole.replaceChildren(...this.findings(""));
    for (const r of this.rows) this.lines.get(r.id)?.querySelector(".pbw-findings").replaceChildren(...this.findings(r.id));
    this.meter.replaceChildren(...(this.live.meters.length ? this.live.meters.map(m => this.bundle(m)) : [make("p", { class: "pbw-dim" }, "Prevalence: no statement stands on a figure of a survey in this study.")]));
  }

  bundle(m) {
    const share = m.base ? m.people / m.base : 0;
    const rows = m.traits.map(([trait, wanted, people, base, without, costs]) => make("tr", { class: costs ? "pbw-costs" : "" }, make("th", { scope: "row" }, trait, costs ? make("b", {}, " (costs most)") : ""), make("td", {}, wanted), make("td", { class: "pbw-n" }, `${people} of ${base}`), make("td", { class: "pbw-n" }, String(without))));
    return make("div", {}, make("p", {}, m.name ? make("b", {}, `${m.name}: `) : "", m.text), make("div", { class: "pbw-track", "aria-hidden": "true" }, make("i", { style: `width:${Math.max(share * 100, m.people ? 0.5 : 0)}%` })),
      make("details", {}, make("summary", {}, "Trait by trait"), make("table", {}, make("thead", {}, make("tr", {}, ...["Statement", "Wanted", "Have it", "All others have"].map(t => make("th", { scope: "col" }, t)))), make("tbody", {}, ...rows))));
  }

  conflict() {
    this.box.replaceChildren(...this.conflicts.map(c => {
      const settle = mine => { this.conflicts = this.conflicts.filter(x => x !== c); this.conflict(); this.write({ type: "settle", kept: c.kept, edit: mine ? c.edit : null }); };
      return make("div", { class: "pbw-conflict", role: "alert" }, make("p", {}, make("b", {}, `The file was changed meanwhile: ${c.place}.`), ` Nothing is lost: your version is kept in ${c.kept} until you choose.`),
        make("dl", {}, make("dt", {}, "In the file"), make("dd", { dir: "auto" }, c.theirs || "(removed)"), make("dt", {}, "Yours"), make("dd", { dir: "auto" }, c.yours || "(removed)")),
        this.button("theirs", "Keep the file's", () => settle(false)), " ", this.button("mine", "Use mine", () => settle(true)));
    }));
    if (this.conflicts.length) { const id = this.conflicts[0].edit.claim, li = id && this.lines.get(id); if (li) { li.pbText = undefined; const area = li.querySelector("textarea"); area.value = this.row(id).text; } this.to("theirs"); }
  }

  add() {
    if (!this.fresh.value.trim()) return this.say("Write the statement first.", true);
    this.adding = true;
    this.write({ type: "add", facet: this.facet.value, value: this.fresh.value });
    this.fresh.value = "";
  }

  move(id, by) { this.write({ type: "move", claim: id, by }); }

  key(e) {
    const key = chord(e), el = e.target, field = /^(INPUT|TEXTAREA)$/.test(el.tagName), li = el.closest?.(".pbw-item"), id = li?.getAttribute("data-claim");
    const clean = !field || el.value === (el === li?.querySelector("textarea") ? this.row(id)?.text : el.closest(".pbw-head") ? this.told[el.getAttribute("data-k")] : el.value && null);
    if (key === "mod+enter" && field && li) { e.preventDefault(); el.dispatchEvent(new Event("change")); }
    else if ((key === "alt+arrowup" || key === "alt+arrowdown") && id) { e.preventDefault(); this.move(id, key === "alt+arrowup" ? -1 : 1); }
    else if (key === "mod+z" && clean) { e.preventDefault(); this.write({ type: "undo" }); }
    else if ((key === "mod+shift+z" || key === "mod+y") && clean) { e.preventDefault(); this.write({ type: "redo" }); }
    else if (key === "escape" && field && li && el.tagName === "TEXTAREA" && !clean) { e.preventDefault(); el.value = this.row(id).text; this.say("What you wrote is put back."); }
    if (key !== "mod+s") e.stopPropagation(); // or JupyterLab takes them for commands
  }

  remove() { clearTimeout(this.wait); removeEventListener("keydown", this.guard, true); this.untheme(); this.link.end(); this.root.remove(); }
}

export default {
  render({ model, el }) {
    const view = new EditorView(model, el);
    el.pbView = view;
    return () => view.remove();
  },
};
