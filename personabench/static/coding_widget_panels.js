// @ts-check
// What needs more room than a line stands beside the text of the coding widget: the list of codings (what colours say, for those who cannot see them), memos,
// autocoding, help. One at a time; Esc returns to the text. Python sends it when the text stands.

let chord, firstIndex, make, short, showKey, stop, turnAt, unpack;

export default function join(v) {
  ({ chord, firstIndex, make, short, showKey, stop, turnAt, unpack } = v.kit);
  v.panel = makePanel(v);
}

/** From which of `n` codings on `size` are listed, so that the one at `i` (-1: none) is among them: where it was, else a little before it. */
export const pageFrom = (from, i, n, size) => Math.max(0, Math.min(i >= 0 && (i < from || i >= from + size) ? i - 20 : from, n - size));

function makePanel(v) {
  const title = make("div", { class: "pb-title" }), body = make("div", { class: "pb-body" });
  const box = make("section", { class: "pb-side", hidden: true, onkeydown: e => {
    const key = chord(e), undoes = /^mod\+(z|y|shift\+z)$/.test(key) && !/TEXTAREA|INPUT/.test(e.target.tagName);
    if (key === "escape") close(); else if (undoes) v.actions.press(key); else return void (/^mod\+[^zy]/.test(key) || e.stopPropagation());
    stop(e);
  } },
  make("header", {}, title, make("button", { class: "pb-icon", "aria-label": "Close the panel", onclick: () => close() }, "×")), body);
  let kind = "", renew = () => {}, late = 0;
  const close = () => { if (kind) { kind = ""; v.staying(() => { box.hidden = true; v.aside = false; v.resized(); }); v.focus(); } };
  const open = name => {
    if (kind !== name) {
      kind = name;
      fill();
      v.staying(() => { box.hidden = false; v.aside = true; v.resized(); });
    } else if (document.activeElement !== v.scroll) return close(); // from the text, its key goes back into it: what is typed next is for it
    const first = body.querySelector("[data-first]") || box.querySelector("button");
    first.focus({ preventScroll: true });
    if (first.matches("input")) first.select(); // what is typed next takes the place of an old search
  };
  const fill = () => {
    renew = fill;
    const had = body.contains(document.activeElement), at = [...body.querySelectorAll("button")].indexOf(document.activeElement), [name, ...content] = PANELS[kind]();
    title.textContent = name;
    box.setAttribute("aria-label", name);
    body.replaceChildren(...content.filter(Boolean));
    if (had) (body.querySelectorAll("button")[at] || body.querySelector("[data-first]"))?.focus({ preventScroll: at < 0 });
  };
  const codingsList = () => {
    const size = 200, here = v.doc.list.filter(v.shows), chosen = v.active ? here.indexOf(v.active) : firstIndex(here, c => c.start >= v.sel.focus);
    let all = here, some = [], from = here.length > size ? Math.max(0, chosen - 20) : 0, row = chosen - from;
    const id = i => `${v.uid}-coding-${i}`;
    const list = make("ul", { class: "pb-list", role: "listbox", tabIndex: 0, "aria-label": "Codings of this source", "data-first": "", onkeydown: e => {
      const key = chord(e), step = { arrowdown: 1, arrowup: -1, pagedown: 10, pageup: -10, home: -1e9, end: 1e9 }[key];
      if (step) {
        const to = Math.max(0, Math.min(all.length - 1, from + row + step));
        if (some[to - from]) { row = to - from; show(); } else if (all[to]) draw(all[to]);
      } else if (key === "enter" && some[row]) { v.goTo(some[row]); v.focus(); }
      else if (key === "delete" && v.doc.list.includes(some[row])) { v.select(some[row]); v.coding.remove(); renew(); } else return;
      e.preventDefault();
    } });
    const option = (c, i) => make("li", { id: id(i), role: "option", "aria-selected": "false", "aria-setsize": all.length, "aria-posinset": from + i + 1, onclick: () => { row = i; show(); v.goTo(c); } },
      v.square(c.code), make("b", {}, make("bdi", {}, c.code.name)), make("q", {}, short(v.doc.words(c), 90)), make("small", {}, `turn ${turnAt(v.doc, c.start) + 1} · ${c.coder}${v.noted?.has(c.id) ? " · memo" : ""}${c.pending ? " · not saved yet" : ""}`));
    const show = () => {
      [...list.children].forEach((li, i) => { li.setAttribute("aria-selected", String(i === row)); });
      if (some.length) list.setAttribute("aria-activedescendant", id(row)); else list.removeAttribute("aria-activedescendant");
      list.children[row]?.scrollIntoView({ block: "nearest" });
    };
    const none = make("p", {}, "Nothing is coded here yet. Select some words and press ↵."), turn = (label, by) => make("button", { onclick: () => { from += by; draw(null); list.focus(); } }, label), [earlier, later] = [turn("Earlier", -size), turn("Later", size)];
    /** Show how things stand; whoever reads the list stays at the same coding. */
    const draw = (at = some[row]) => {
      all = v.doc.list.filter(v.shows);
      const i = at ? all.findIndex(c => c === at || c.id === at.id) : -1;
      from = pageFrom(from, i, all.length, size);
      some = all.slice(from, from + size);
      row = i >= 0 ? i - from : at === null ? 0 : Math.max(0, Math.min(row, some.length - 1));
      list.replaceChildren(...some.map(option));
      none.hidden = Boolean(all.length);
      earlier.hidden = from === 0;
      later.hidden = from + size >= all.length;
      box.setAttribute("aria-label", title.textContent = `${all.length < v.doc.list.length ? `${all.length} of ` : ""}${v.doc.list.length} coding${v.doc.list.length === 1 ? "" : "s"}`);
      show();
    };
    renew = () => draw();
    draw(here[chosen]);
    setTimeout(show);
    return [title.textContent, earlier, list, none, later];
  };
  const memoOn = (what, target) => [what, target, what === "turn" ? `turn ${target + 1}` : what === "source" ? `source ${v.doc.source}`
    : what === "code" ? `code ${v.doc.codes.get(target)?.name}` : `coding “${v.doc.byId.get(target)?.code.name}”`];
  const memo = () => {
    let on = [], of = "";
    const draft = (v.drafts[v.doc.source] ||= {}); // half-written words stay with what they were begun on
    const about = make("select", { "aria-label": "Memo on", onchange: () => { draft.at = about.selectedIndex; } });
    /** What is at hand: the active coding, its code, the turn, the source. */
    const follow = () => {
      const c = v.active, now = [c && typeof c.id === "number" && memoOn("coding", c.id), c && memoOn("code", c.code.id), memoOn("turn", turnAt(v.doc, v.sel.focus)), memoOn("source", null)].filter(Boolean), as = JSON.stringify([v.doc.source, now]);
      if (as === of || (draft.text?.trim() && on.length)) return false;
      of = as;
      on = draft.text?.trim() && draft.revision === v.doc.revision && draft.on || now;
      about.replaceChildren(...on.map((o, i) => make("option", { value: String(i), selected: on === draft.on && i === draft.at }, "Memo on " + o[2])));
      return true;
    };
    const words = make("textarea", { rows: 4, "aria-label": "Memo", placeholder: "What did you notice?", value: draft.text || "", "data-first": "", oninput: () => { Object.assign(draft, { text: words.value, on, at: about.selectedIndex, revision: v.doc.revision }); }, onkeydown: e => {
      const key = chord(e);
      if (key === "mod+enter") save(); else if (key === "escape" && v.editing) edit(null); else return;
      stop(e);
    } });
    const keep = make("button", { class: "pb-main-button", onclick: () => save() }), cancel = make("button", { onclick: () => edit(null) }, "Cancel"), old = make("div", { class: "pb-memos", role: "list", "aria-label": "Memos kept" });
    const button = (label, m, onclick) => make("button", { class: "pb-link", "aria-label": `${label} memo: ${short(m.text, 40)}`, onclick }, label);
    /** Those on what is at hand come first, the newest before the older ones; what was just asked for is shown ahead. */
    const list = () => {
      const sent = v.link.outbox.all(), at = [...old.querySelectorAll("button")].indexOf(document.activeElement), near = m => on.some(o => o[0] === m.about && (m.about === "source" || o[1] === m.target));
      const all = unpack(v.doc.memos).filter(m => (m.about !== "code" || near(m)) && !sent.some(o => o.type === "remove_memo" && o.id === m.id)).reverse().sort((a, b) => Number(near(b)) - Number(near(a)));
      if (v.editing && !all.some(m => m.id === v.editing)) v.editing = null; // taken away meanwhile: what was typed may be kept as a new one
      old.replaceChildren(...all.map(m => make("blockquote", { role: "listitem", "aria-current": m.id === v.editing && "true" }, make("p", { dir: "auto" }, sent.find(o => o.type === "edit_memo" && o.id === m.id)?.text ?? m.text),
        make("small", {}, `${memoOn(m.about, m.target)[2]} · ${m.coder}, ${m.created.slice(0, 10)}`), ...m.coder === v.me() && m.id ? [button("Edit", m, () => edit(m)), button("Delete", m, () => drop(m))] : [])));
      keep.textContent = `${v.editing ? "Save change" : "Keep memo"} (${showKey("mod+enter")})`;
      cancel.hidden = !v.editing;
      about.hidden = Boolean(v.editing); // it stays where it is
      const left = old.querySelectorAll("button");
      if (at >= 0) (left[Math.min(at, left.length - 1)] || words).focus();
    };
    const edit = m => { v.editing = m?.id; words.value = draft.text = m?.text || ""; words.focus(); list(); };
    const drop = m => { if (v.link.write({ type: "remove_memo", id: m.id })) { v.say(`Memo on ${memoOn(m.about, m.target)[2]} deleted; ${showKey("mod+z")} brings it back`); list(); } };
    const save = () => {
      const [what, target] = on[about.value], was = v.editing, text = words.value;
      if (!text.trim() || !v.link.write(was ? { type: "edit_memo", id: was, text } : { type: "memo", about: what, target, text })) return;
      edit(null);
      v.say(was ? "Memo changed" : "Memo kept");
    };
    follow();
    list();
    renew = what => { if (follow() || what !== "caret") list(); };
    return ["Memos", about, words, make("div", { class: "pb-row" }, keep, cancel), old];
  };
  const autocode = () => {
    const last = v.search ||= { query: "", kind: "words", unit: "sentence", everywhere: false }, hits = v.hits || [];
    const field = (key, label, ...options) => make("label", {}, label, make("select", { onchange: e => { last[key] = e.target.value; } },
      ...options.map(o => make("option", { value: o, selected: last[key] === o }, o))));
    const told = make("p", { role: "status", class: v.trouble && "pb-warn" }, v.trouble || (v.hits ? hits.length ? `${hits.length} passage${hits.length > 1 ? "s" : ""}. Untick what does not belong.` : "Nothing found." : ""));
    const run = () => {
      const gone = v.offline || !v.banner.hidden;
      const look = text => { v.trouble = text; fill(); body.querySelector("input").focus(); };
      v.hits = null;
      v.say("");
      if (gone) { look("The kernel does not answer: nothing can be searched. Run its cells again."); return v.say(v.trouble, true); }
      look("Searching…");
      v.link.raw({ type: "search", ...last });
      setTimeout(() => { if (kind === "autocode" && v.trouble === "Searching…") look("Still searching: the kernel is busy or gone."); }, 5000);
    };
    const had = h => h.codes.map(id => v.doc.codes.get(id)?.name).filter(Boolean).join(", ");
    const rows = hits.map(h => make("li", {}, make("label", {}, make("input", { type: "checkbox", checked: h.take, onkeydown: e => {
      const way = { arrowdown: "nextSibling", arrowup: "previousSibling" }[chord(e)];
      if (way) e.target.closest("li")[way]?.querySelector("input").focus(); else if (chord(e) === "enter") v.seek(h); else return;
      stop(e);
    }, onchange: e => { h.take = e.target.checked; count(); } }),
      make("span", { class: "pb-hit-words" }, make("small", {}, h.source + " "), h.before, make("mark", {}, h.quote), h.after, had(h) && make("small", { class: "pb-had" }, "✓ already ", make("bdi", {}, had(h))))),
    make("button", { class: "pb-link", tabIndex: -1, title: "Show in the text (Enter, in the list)", "aria-label": `Show in the text: ${short(h.quote, 40)}`, onclick: () => v.seek(h) }, "Show")));
    const go = make("button", { class: "pb-main-button", onclick: () => v.choices.codes("Code the accepted passages as…", ([code]) => {
      const spans = hits.filter(h => h.take).map(h => [h.source, h.start, h.end]);
      if (code && v.link.write({ type: "apply", code: v.ref(code), spans, revisions: v.read })) { v.hits = null; v.coding.use(code); fill(); }
    }, { many: false, near: go }) });
    const count = () => { const n = hits.filter(h => h.take).length; go.textContent = `Code ${n} accepted…`; go.disabled = !n; };
    const all = on => make("button", { onclick: () => { for (const h of hits) h.take = on; fill(); } }, on ? "Accept all" : "Reject all");
    count();
    return ["Autocode", make("input", { class: "pb-input", placeholder: "Words to find", "aria-label": "Words to find", value: last.query, "data-first": "", oninput: e => { last.query = e.target.value; },
      onkeydown: e => { if (chord(e) === "enter") run(); } }), make("div", { class: "pb-row" }, field("kind", "as ", "words", "regex"), field("unit", "code the ", "match", "sentence", "turn"),
    make("label", {}, make("input", { type: "checkbox", checked: last.everywhere, onchange: e => { last.everywhere = e.target.checked; } }), " in all sources"),
    make("button", { onclick: run }, "Find")), told,
    ...(hits.length ? [make("div", { class: "pb-row pb-verdict" }, go, all(true), all(false)), make("ul", { class: "pb-hits", "aria-label": "Passages: arrows go through them, Space takes or leaves one, Enter shows it" }, ...rows)] : [])];
  };
  const help = () => ["Keys", make("table", { class: "pb-keys", tabIndex: 0, "data-first": "" }, ...[...Object.entries(v.doc.own), ...Object.entries(v.doc.more), ...Object.entries(v.doc.keys).map(([k, id]) => [v.doc.codes.get(id)?.name, k]).filter(([name]) => name)]
    .map(([what, key]) => make("tr", {}, make("td", {}, make("kbd", {}, showKey(key))), make("td", {}, what))))];
  const PANELS = { list: codingsList, memo, autocode, help };
  const askKey = (code, why = "") => {
    v.say(`${why}Press ${why ? "another" : "the"} key for ${code.name}, or Esc`, Boolean(why));
    v.capture = key => {
      if (/^(mod\+|alt\+|shift\+)*(control|shift|alt|meta)$/.test(key)) return true; // the key itself is still to come
      v.capture = null;
      if (key === "escape") v.say("No key given"); else { v.keyed = { key, code }; v.link.raw({ type: "key", key, code: v.ref(code) }); }
      return true;
    };
  };
  return { box, open, close, askKey, 
    /** News of some kind: whoever shows it shows it anew, not in the frame of a key. */
    news: what => {
      const shown = { list: ["codings", "codes", "filter"], memo: ["caret", "codes", "memos"], autocode: ["hits"], help: ["codes"] }[kind];
      if (what === "source" && kind) return fill();
      if (!shown?.includes(what)) return;
      if (kind !== "list") return renew(what);
      clearTimeout(late);
      late = setTimeout(() => { if (kind === "list") renew(); }, 120);
    },
    get kind() { return kind; } };
}
