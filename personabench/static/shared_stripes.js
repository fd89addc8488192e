// @ts-check
// Codings on two canvases of each near group: tints and lines behind the words, stripes in the margin with names. Of highlights
// the browser would paint the text anew in each frame in which anything on the page changes.

export function paintGroup(v, g) {
  v.painter.clear(g);
  v.found?.(g);
  drawGroup(v, g);
}

export function unpaintGroup(v, g) {
  v.painter.clear(g);
  for (const name of ["ink", "canvas"]) g[name] = g[name]?.remove();
  g.bars = [];
}

// == What a coding covers ==
export const LANE = 7; // how far apart stripes stand

/** The lines of a group's words under a coding, and its stripe, from the group's corner. */
function barOf(v, g, c, box) {
  const probe = document.createRange(), lines = ([]);
  for (const [p, a, i, b, j] of placesOf(g, c)) {
    probe.setStart(a, i);
    probe.setEnd(b, j);
    const edge = boxOf(p.say).right; // a folded turn ends before its words
    for (const r of probe.getClientRects()) {
      const x = r.left - box.left, y = r.top - box.top, last = lines.at(-1);
      if (last?.x !== x || last.y !== y) lines.push({ x, y, wide: Math.min(r.right, edge) - r.left, end: r.bottom - box.top }); // a search's mark and its words are one
    }
  }
  const top = (lines[0]?.y || 0) + 2;
  return { c, lines, lane: c.lane, top, bottom: Math.max((lines.at(-1)?.end || 0) - 2, top + 6), starts: groupsOf(v.doc, c)[0] === g };
}

/** The pen of a group's canvas, wiped, of a box's size. */
function penOf(g, name, kind, box) {
  const el = g[name] ||= g.el.appendChild(make("canvas", { class: kind, "aria-hidden": "true" })), pen = el.getContext("2d"), ratio = globalThis.devicePixelRatio || 1;
  el.width = box.width * ratio;
  el.height = Math.ceil(box.height) * ratio;
  el.style.cssText = `width:${box.width}px;height:${Math.ceil(box.height)}px`;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

/** @param {boolean} [same] no words have moved: old bars stay */
export function drawGroup(v, g, same) {
  const box = boxOf(g.el);
  // JupyterLab hides everything for a moment while it changes the theme; what stays hidden longer is drawn when it is back in sight.
  if (!box.height) return void requestAnimationFrame(() => { if (g.near && g.el.isConnected && g.el.offsetHeight) drawGroup(v, g); });
  g.bars = [...g.codings].filter(v.shows).map(c => same && g.bars.find(b => b.c === c) || barOf(v, g, c, box)).sort((a, b) => a.top - b.top || inOrder(a.c, b.c));
  const ink = penOf(g, "ink", "pb-ink", box), pen = penOf(g, "canvas", "pb-stripes", { width: v.margin, height: box.height });
  g.namesAt = (Math.max(-1, ...g.bars.map(b => b.lane)) + 1) * LANE + 8;
  for (const b of g.bars) { drawInk(v, ink, b); drawBar(v, pen, b); }
  const named = g.bars.filter(b => b.starts), at = stackLabels(named.map(b => b.top), 14, 30, box.height);
  named.forEach((b, i) => { b.label = at[i]; if (at[i] !== null) drawName(v, g, pen, b); });
  legible(g);
}

/** Words of an interviewer are pale, but not under a tint. */
function legible(g) {
  for (const p of g.pieces) p.say.classList.toggle("pb-coded", g.bars.some(b => b.c.start < p.end && b.c.end > p.start));
}

// == Drawing ==
/** Tint and line of a code on its words. A shade is seen in the line and in how strong the tint is. However many codings lie over each other, it never gets stronger
 * than --pb-full: the words stay legible. */
function drawInk(v, pen, { c: { code }, lines }) {
  const { look: { ink, shade }, colour, inks } = code, { tint, full, bg } = v.colours;
  pen.fillStyle = `rgb(${partsOf((colour ? inks : INKS[ink])[Number(v.dark)]).map((x, i) => Math.round(x * full + bg[i] * (1 - full)))})`;
  pen.globalAlpha = tint * [1, 1.6, 0.6][shade];
  for (const l of lines) pen.fillRect(l.x, l.y, l.wide, l.end - l.y);
  pen.globalAlpha = 1;
  for (const { x, wide, end } of lines) { const y = Math.round(end) + (ink % 2 ? 2 : -1); drawLine(v, pen, code, 2, x, y, x + wide, y); }
}

/** A line of a code's ink in its pattern; a double one is two. */
function drawLine(v, pen, { inks, look: { line } }, wide, x, y, toX, toY) {
  const two = line === 3 && wide > 1, [thin, off] = wide > 2 ? [wide / 3 + 0.5, wide / 3 + 0.25] : [1, 1.5];
  pen.strokeStyle = v.forced ? "CanvasText" : inks[Number(v.dark)];
  pen.setLineDash([[], [2, 3], [7, 3], []][line]);
  pen.lineWidth = two ? thin : wide;
  pen.beginPath();
  for (const by of two ? [-off, off] : [0]) {
    const right = x === toX ? by : 0;
    pen.moveTo(x + right, y + by - right);
    pen.lineTo(toX + right, toY + by - right);
  }
  pen.stroke();
}

export function drawBar(v, pen, b) {
  const x = b.lane * LANE + 3.5;
  drawLine(v, pen, b.c.code, b.c === v.active ? 5 : b.c.pending ? 1 : 3, x, b.top, x, b.bottom); // thin, not pale: a line has to be seen
}

function drawName(v, g, pen, b) {
  const x = g.namesAt + 18, room = v.margin - x - 4, { code, coder } = b.c, y = b.label + 7.5;
  if (room < 40) return;
  drawLine(v, pen, code, b.c === v.active ? 5 : 3, g.namesAt, y, x - 5, y); // which of the stripes is meant
  pen.font = `${b.c === v.active ? 600 : 400} 11px system-ui, sans-serif`;
  pen.fillStyle = b.c === v.active ? v.colours.fg : v.colours.dim;
  pen.textBaseline = "top";
  const full = `${code.name} · ${coder}`;
  let name = v.doc.team.size > 1 && pen.measureText(full).width <= room ? full : code.name;
  if (pen.measureText(name).width > room) { while (name.length > 1 && pen.measureText(name + "…").width > room) name = name.slice(0, -1); name = name.replace(/[\ud800-\udbff]$/, "") + "…"; }
  pen.fillText(name, x, b.label + 1);
}

/** Draw one new coding; false when others must make room for it. */
export function drawOne(v, g, c) {
  const pen = g.canvas?.getContext("2d");
  if (!pen || (c.lane + 1) * LANE + 8 > g.namesAt) return false;
  const box = boxOf(g.el), b = barOf(v, g, c, box);
  drawInk(v, g.ink.getContext("2d"), b);
  drawBar(v, pen, b);
  b.label = b.starts ? [0, 14, 28, -14].map(d => b.top + d).find(y => y < box.height - 13 && g.bars.every(o => !Number.isFinite(o.label) || Math.abs(o.label - y) >= 14)) ?? null : null;
  if (b.label !== null) drawName(v, g, pen, b);
  g.bars.push(b);
  legible(g);
  return true;
}

// == What is near ==
/** Watch which groups are near; one callback can hold several entries of a group, of which the last counts. */
export function watchGroups(v) {
  v.seen?.disconnect();
  v.seen = new IntersectionObserver(entries => {
    const last = new Map(entries.map(e => [e.target, e.isIntersecting]));
    for (const [el, near] of last) {
      const g = el.pbGroup;
      if (near === g.near) continue;
      g.near = near;
      near ? v.soon(g) : unpaintGroup(v, g);
    }
  }, { root: v.scroll, rootMargin: "600px 0px" });
  for (const g of v.doc.groups) v.seen.observe(g.el);
}
