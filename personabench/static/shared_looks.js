// @ts-check
// How a code looks: the ink of its facet in a shade, with a line of its own.

// Eight inks that reach 4.5:1 as small text; any two differ by 10 or more (CIEDE2000), also without red, green or blue cones.
export const INKS = [ // [on light, on dark]
  ["#A35A10", "#F58023"], ["#0B51A8", "#94B4DE"], ["#005B3D", "#44B97D"], ["#7F1F57", "#C881AB"],
  ["#7848F1", "#A08AFF"], ["#5C4501", "#FFDA76"], ["#00778C", "#89F0FC"], ["#696B68", "#C3C2C0"]];
// Each ink in two shades more: they reach 3:1, and differ from it and from each other by 10 or more for the same eyes.
export const SHADES = [
  [["#522D08", "#FAC091"], ["#BA834C", "#AC5A18"]], [["#062854", "#CADAEE"], ["#608EC6", "#607590"]], [["#002E1E", "#A2DCBE"], ["#599481", "#308258"]],
  [["#40102C", "#E4C0D5"], ["#B2799A", "#966180"]], [["#3C2478", "#D0C4FF"], ["#9A76F4", "#7868BF"]], [["#2E2200", "#C0A458"], ["#9D8F67", "#806D3B"]],
  [["#003C46", "#66B4BD"], ["#4099A9", "#44787E"]], [["#343634", "#9C9B9A"], ["#8E908E", "#757473"]]];
export const LINES = ["solid", "dotted", "dashed", "double"];

/** How light a colour is, 0 to 1 (WCAG 2). @param {number[]} parts red, green, blue, 0 to 255 */
export const lightness = parts => parts.map(x => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
export const partsOf = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));

/** A code's own colour, where it is one: another program may have written the study, and this goes into style sheets. Else the facet's counts. */
export const ownColour = colour => /^#[\da-f]{6}$/i.test(colour) ? colour : null;

/** A code's own colour as it is drawn: moved towards black, on a dark page towards white, until it can be seen (3:1). */
export function seenInk(hex, dark) {
  for (let k = 0; ; k += 0.05) {
    const now = partsOf(hex).map(x => Math.round(x * (1 - k) + (dark ? 255 : 0) * k)), l = lightness(now);
    if (k >= 1 || (dark ? (l + 0.05) / 0.065 : 1 / (l + 0.05)) >= 3.05) return "#" + now.map(x => x.toString(16).padStart(2, "0")).join(""); // on #212121 and on a white that is not quite white
  }
}

/** Give a code its look, by the number that Python sends: twelve for each ink, no two of which have the same shade and line. A colour of its own takes the ink's place.
 * @param {any} code look (number or nothing), colour */
export function dress(code) {
  const n = code.look || 0, ink = Math.floor(n / 12) % INKS.length, shade = n % 3, own = ownColour(code.colour);
  code.colour = own;
  code.look = { ink, shade, line: n % 4 };
  code.inks = own ? [seenInk(own, false), seenInk(own, true)] : shade ? SHADES[ink][shade - 1] : INKS[ink];
  return code;
}

/** An ink in a style sheet: it follows the page's light or dark by itself. Forced colours set --pb-own. @param {string[]} inks [on light, on dark] */
export const inkStyle = ([day, night]) => `var(--pb-own,light-dark(${day},${night}))`;

/** The style of a code's little square: its ink, and its line as the second cue. */
export const swatchOf = code => `--ink:${inkStyle(code.inks)};border-bottom-style:${LINES[code.look.line]}`;
