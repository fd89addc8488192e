// @ts-check
// What the adjudication widget can do without while its text is opening: the palette, the table of keys, clicks on the text, and what is rarely asked for. Python sends it after
// shared_later.js when the text stands; `join` then adds it to the view.

let LINES, inkStyle, showKey, unpack;
export function useAdjudication(kit) { ({ LINES, inkStyle, showKey, unpack } = kit); }

function joinPickers(v) {
  const chooseCode = () => {
    const here = [...v.current.left, ...v.current.right].map(id => v.doc.byId.get(id)?.code), codes = [...v.doc.codes.values()].filter(c => !here.includes(c));
    const near = v.card.buttons.other, alike = codes.filter(c => here.some(h => h?.facet === c.facet)); // those of the same facets come first
    v.picker.start({ kind: "codes", label: "Which code fits better?", hint: "↵ decide for it · Esc", near,
      rows: q => codeRows(codes, q, alike).filter(r => !here.some(h => h?.name === r.value.fresh)),
      pick: ([c]) => { if (c.fresh) makeCode(v, c.fresh, near, code => v.decide("other", code)); else v.decide("other", c); } });
  };
  const sources = () => {
    v.link.raw({ type: "sources" });
    v.picker.start({ kind: "sources", label: "Open a source", hint: "↵ open · Esc", near: v.buttons.sources,
      rows: q => (v.sources || v.doc.sources.map(name => ({ name }))).filter(s => fuzzy(q, s.name) >= 0).sort((a, b) => Number(b.coders > 1) - Number(a.coders > 1))
        .map(s => ({ value: s.name, label: s.name, detail: s.coders === undefined ? "" : s.coders > 1 ? `${s.coders} coders` : s.coders ? "one coder" : "not coded" })),
      pick: ([name]) => v.link.raw({ type: "open", source: name }) });
  };
  v.chooseCode = chooseCode;
  Object.assign(v.does, { sources, "help": () => v.help.toggle(),
    "agree": () => { if (v.agreed[1] >= v.agreed[0]) v.say(v.agreed[0] ? "All that both agree on is kept already" : "There is nothing that both coded alike"); else v.link.write({ type: "agree" }); },
    "hide decided": () => { v.hiding = !v.hiding; v.rows.fill(); v.card.fill(); v.heads(); v.say(v.hiding ? "Decided ones are hidden" : "Decided ones are shown"); } });
}

function makeKeyTable(v) {
  const words = { "next open": "next that is open", "left": "take the left coder’s", "right": "take the right coder’s", "both": "take both", "union": "widest span", "intersection": "only the common words",
    "other": "another code", "none": "no coding", "reopen": "open a decided one again", "agree": "keep what both coded alike", "sources": "open another source" };
  const box = make("div", { class: "pb-popover pa-help", hidden: true, role: "dialog", "aria-label": "Keys", tabIndex: -1 });
  const toggle = () => {
    box.hidden = !box.hidden;
    if (box.hidden) return v.focus();
    box.replaceChildren(make("div", { class: "pa-coder" }, "Keys"), make("table", {}, ...Object.entries(v.keys).map(([what, key]) => make("tr", {}, make("td", {}, make("kbd", {}, showKey(key))), make("td", {}, words[what] || what)))));
    v.place(box, v.buttons.help);
    box.focus({ preventScroll: true });
  };
  return { box, toggle };
}

/** What stands in place of a decision while none is at hand. */
function joinExplaining(v) {
  v.explain = () => {
    const { coders } = v, [agreed, kept] = v.agreed, who = v.link.state().adjudicator;
    if (coders.length < 2) return [coders.length ? `Only ${coders[0]} has coded ${v.doc.source} so far.` : `Nobody has coded ${v.doc.source} yet.`,
      "Two people’s codings are needed to compare. The second coder opens the source with pb.CodingWidget(study, …, blind=True) under a name of their own; what they code appears here by itself."];
    const silent = coders.filter((_, i) => !v.doc.list.some(c => c.side === i));
    if (silent.length) return [`${silent.join(" and ")} ${silent.length > 1 ? "have" : "has"} coded nothing in ${v.doc.source} yet.`, "Not read is no disagreement: the list begins with their first coding."];
    if (!v.list.length) return [`${coders.join(" and ")} agree on all ${agreed} codings.`, kept < agreed ? `Press ${showKey(v.keys.agree)} to keep them for ${who}.` : `${who} has them all.`];
    return [`${v.list.length} disagreements.`, "Choose one in the list, or press N."];
  };
}

/** A click on the text or a margin goes to the disagreement there. */
function joinClicks(v) {
  const at = e => {
    const id = Number(e.target.closest("[data-coding]")?.dataset.coding);
    if (id) return v.of.get(id) || v.doc.byId.get(id);
    const d = (document), point = d.caretPositionFromPoint ? d.caretPositionFromPoint(e.clientX, e.clientY) : d.caretRangeFromPoint?.(e.clientX, e.clientY);
    const pos = point ? positionOf(v.doc, point.offsetNode ?? point.startContainer, point.offset ?? point.startOffset) : null;
    return pos === null ? null : v.list.filter(x => x.start <= pos && x.end > pos).sort((a, b) => a.end - a.start - b.end + b.start)[0];
  };
  v.scroll.addEventListener("click", e => {
    if (!v.doc || !document.getSelection()?.isCollapsed) return;
    const found = at(e);
    if (found?.kind) v.select(found, { show: false });
    else if (found) v.say(`${found.code.name}: ${v.doc.list.some(o => o !== found && o.start === found.start && o.end === found.end && o.code === found.code) ? "both coded it alike" : found.coder}`);
  });
}

/** Without highlights: words in flat spans, each with the tint of the shortest coding over it. */
function paintSpans({ text }, pieces, codings) {
  for (const p of pieces) {
    const here = codings.filter(c => c.start < p.end && c.end > p.start);
    const edges = [...new Set([p.start, p.end, ...here.flatMap(c => [Math.max(c.start, p.start), Math.min(c.end, p.end)])])].sort((a, b) => a - b);
    p.say.replaceChildren(...edges.slice(1).map((to, i) => {
      const words = text.slice(edges[i], to), top = here.filter(c => c.start < to && c.end > edges[i]).sort((a, b) => a.end - a.start - b.end + b.start)[0];
      if (!top) return words;
      const { inks, look } = dress({ look: top.side ? 6 : 12 });
      return make("span", { class: "pb-span", style: `--ink:${inkStyle(inks)};text-decoration-style:${LINES[look.line]}` }, words);
    }));
  }
}

export default function join(v) {
  useShared(v.kit);
  useAdjudication(v.kit);
  v.place = (box, near) => placeBox(v, box, near);
  v.spans = (g, now) => paintSpans(v.doc, g.pieces, now);
  v.picker = makePicker(v);
  v.help = makeKeyTable(v);
  undoInTurn(v, v.does);
  joinPickers(v);
  joinClicks(v);
  joinExplaining(v);
  v.root.append(v.picker.box, v.help.box);
  v.hear.sources = (v, m) => { v.sources = unpack(m.rows); v.picker.refresh("sources"); };
  v.ends.push(repairText(v));
  settleLater(v, () => { v.measure(); v.repaint(); });
  if (v.doc) { v.repaint(); v.card.fill(); }
}
