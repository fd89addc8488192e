// @ts-check
// Codings on canvases of each near group: tints behind the words, lines under them, stripes and names in the margin. With highlights the browser would paint
// the text anew whenever the page changes.

export function paintGroup(v, g) {
  v.painter.clear(g);
  v.found?.(g);
  v.sizes ||= new ResizeObserver(entries => { for (const { target: { pbGroup } } of entries) if (pbGroup.near && pbGroup.drawn !== sizeOf(v, pbGroup)) drawGroup(v, pbGroup); });
  v.sizes.observe(g.el); // words move by a mark beside them, too
  drawGroup(v, g);
}

export function unpaintGroup(v, g) {
  v.painter.clear(g);
  v.sizes?.unobserve(g.el);
  g.bars = [];
  wipe(v, g);
}

/** The next group that comes near gets the canvases: garbage of their size halts a scroll. */
const wipe = (v, g) => { for (const name in v.spare) if (g[name]) { g[name].remove(); v.spare[name].push(g[name]); g[name] = null; } };
const sizeOf = (v, { el }, { width, height } = boxOf(el)) => `${width} ${height} ${v.margin}`;

// == What a coding covers ==
export const LANE = 7; // how far apart stripes stand

/** The lines of words under a coding, and its stripe, from the group's corner. */
function barOf(v, g, c, box) {
  const probe = document.createRange(), lines = ([]);
  for (const [p, a, i, b, j] of placesOf(g, c)) {
    probe.setStart(a, i);
    probe.setEnd(b, j);
    const edge = boxOf(p.say); // of a folded turn
    for (const { left, top, right, bottom } of probe.getClientRects()) {
      const from = Math.max(left, edge.left), x = from - box.left, y = top - box.top, wide = Math.min(right, edge.right) - from;
      if (wide > 0 && !lines.some(l => l.y === y && l.x < x + 1 && l.x + l.wide > x + wide - 1)) lines.push({ x, y, wide, end: bottom - box.top }); // a search's mark and its words are one
    }
  }
  const top = (lines[0]?.y || 0) + 2;
  return { c, lines, lane: c.lane, top, bottom: Math.max((lines.at(-1)?.end || 0) - 2, top + 6), starts: groupsOf(v.doc, c)[0] === g };
}

/** The pen of a group's canvas, wiped. */
function penOf(v, g, name, wide, tall) {
  const el = g[name] ||= g.el.appendChild(v.spare[name].pop() || make("canvas", { class: `pb-${name}`, "aria-hidden": "true" })), pen = el.getContext("2d"), ratio = devicePixelRatio, css = `width:${wide}px;height:${tall}px`;
  if (el.pbSize === ratio + css) pen.clearRect(0, 0, wide, tall);
  else {
    el.pbSize = ratio + css;
    el.width = wide * ratio;
    el.height = tall * ratio;
    el.style.cssText = css;
    pen.scale(ratio, ratio);
  }
  return pen;
}

/** @param {boolean} [same] no words have moved: old bars stay */
export function drawGroup(v, g, same) {
  const box = boxOf(g.el);
  // JupyterLab hides all while it changes the theme; what stays hidden is drawn when it is back in sight.
  if (!box.height) return void requestAnimationFrame(() => { if (g.near && g.el.isConnected && g.el.offsetHeight) drawGroup(v, g); });
  const size = sizeOf(v, g, box);
  same &&= g.drawn === size;
  g.drawn = size;
  g.bars = [...g.codings].filter(v.shows).map(c => same && g.bars.find(b => b.c === c) || barOf(v, g, c, box)).sort((a, b) => a.top - b.top || inOrder(a.c, b.c));
  for (const p of g.pieces) p.say.classList.toggle("pb-coded", g.bars.some(b => b.c.start < p.end && b.c.end > p.start)); // an interviewer's words are pale, but not under a tint
  if (!g.bars.length) return wipe(v, g);
  const most = (least, of) => Math.ceil(Math.max(least, ...g.bars.flatMap(b => b.lines.map(of)))); // what is out of sight may not know its size
  const tall = most(box.height, l => l.end + 10), wide = most(box.width - v.margin, l => l.x + l.wide);
  const [ink, lines, pen] = [["ink", wide], ["lines", wide], ["stripes", v.margin]].map(of => penOf(v, g, ...of, tall));
  g.namesAt = (Math.max(...g.bars.map(b => b.lane)) + 1) * LANE + 8;
  for (const b of g.bars) {
    const { c } = b, x = b.lane * LANE + 3.5;
    drawWords(v, ink, lines, b);
    drawLine(v, pen, c.code, c === v.active ? 5 : c.pending ? 1 : 3, x, b.top, x, b.bottom); // thin, not pale: a line has to be seen
  }
  for (const b of nameBars(g.bars.filter(b => b.starts), 14, tall, b => b.c === v.active)) drawName(v, g, pen, b);
}

// == Drawing ==
/** Tint and line of a code: its shade is in both. However many tints lie over each other, they get no stronger than --pb-full: the words stay legible. Lines of
 * neighbouring lanes stand below each other. */
function drawWords(v, pen, under, { c: { code, lane }, lines }) {
  const { look: { ink, shade, line }, colour, inks } = code, { tint, full, bg } = v.colours;
  pen.fillStyle = `rgb(${partsOf((colour ? inks : INKS[ink])[Number(v.dark)]).map((x, i) => Math.round(x * full + bg[i] * (1 - full)))})`;
  pen.globalAlpha = tint * [1, 1.6, 0.6][shade];
  for (const l of lines) pen.fillRect(l.x, l.y, l.wide, l.end - l.y);
  for (const { x, wide, end } of lines) { const y = Math.round(end) + 1 + lane % 3 * 3 + (line === 3 ? 0.5 : 0); drawLine(v, under, code, 2, x, y, x + wide, y); }
}

/** A line of a code's ink in its pattern; a double one is two. */
function drawLine(v, pen, { inks, look: { line } }, wide, x, y, toX, toY) {
  const two = line === 3 && wide > 1, [thin, off] = wide > 2 ? [wide / 3 + 0.5, wide / 3 + 0.25] : [1, 1];
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

function drawName(v, g, pen, b) {
  const x = g.namesAt + 18, room = v.margin - x - 4, { code, coder } = b.c, y = b.label + 7.5;
  if (room < 40) return;
  drawLine(v, pen, code, b.c === v.active ? 5 : 3, g.namesAt, y, x - 5, y);
  pen.font = `${b.c === v.active ? 600 : 400} 11px system-ui, sans-serif`;
  pen.fillStyle = b.c === v.active ? v.colours.fg : v.colours.dim;
  pen.textBaseline = "top";
  pen.textAlign = "left"; // in RTL, too
  const full = `${code.name} · ${coder}`;
  let name = v.doc.team.size > 1 && pen.measureText(full).width <= room ? full : code.name;
  if (pen.measureText(name).width > room) { while (name.length > 1 && pen.measureText(name + "…").width > room) name = name.slice(0, -1); name = name.replace(/[\ud800-\udbff]$/, "") + "…"; }
  pen.fillText(name, x, b.label + 1);
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
  }, { root: v.scroll, rootMargin: "150px 0px" });
  for (const g of v.doc.groups) v.seen.observe(g.el);
}
