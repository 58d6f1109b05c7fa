// Pictures as SVG: the map, curves over pages, the sessions of a duel.
import { COLOURS, el, signed, svg } from "./dom.js";

const WIDTH = 400;

function scale(low, high, from, to) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

const line = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** Round steps for an axis from low to high. */
function ticks(low, high, count = 4) {
  const raw = (high - low || 1) / count;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) found.push(at);
  return found;
}

const short = (value) => `${Number(value.toPrecision(3))}`.replace("-", "−");

/** The items of a catalogue as dots, and where each side's user is among them. */
export class ItemMap {
  static HEIGHT = 300;
  static RECENT = 10; // moves that are drawn strongly

  constructor(about) {
    const xs = about.items.map((item) => item.at[0]);
    const ys = about.items.map((item) => item.at[1]);
    this.x = scale(Math.min(...xs), Math.max(...xs), 14, WIDTH - 14);
    this.y = scale(Math.min(...ys), Math.max(...ys), ItemMap.HEIGHT - 14, 14);
    const dots = about.items.map((item) => svg("circle", {
      ...this.place(item.at), r: 2.6, fill: about.groups[item.group].colour, opacity: 0.42,
    }));
    this.over = svg("g");
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${ItemMap.HEIGHT}`, role: "img" }, svg("g", {}, ...dots), this.over);
    const names = about.groups.map((group) => el("li", { colour: group.colour }, group.name));
    this.element = el("div", {}, this.picture,
      el("p", { class: "note" }, "A dot is an item; the line is where the language model puts what the user liked so far "
        + `(before the first like, their profile). First two principal axes, ${Math.round(about.share * 100)} % of the items' variance.`),
      el("details", {}, el("summary", {}, "Colours"), el("ul", { class: "legend" }, ...names)));
  }

  place([x, y]) {
    return { cx: this.x(x).toFixed(1), cy: this.y(y).toFixed(1) };
  }

  /** sides: of the game; truth: of the hidden user or null; pointed: a place or null. */
  draw(sides, truth, pointed) {
    const marks = [];
    sides.forEach((side, index) => {
      const colour = COLOURS[index];
      const last = side.pages.at(-1);
      for (const card of last ? last.slots : []) {
        if (card?.at) marks.push(svg("circle", { ...this.place(card.at), r: 5.5, fill: "none", stroke: colour, "stroke-width": 1.6 }));
      }
    });
    sides.forEach((side, index) => marks.push(...this.trail(side.trail, COLOURS[index], 8 - 2 * index)));
    const interest = truth?.sides[0]?.at;
    if (interest) {
      const { cx, cy } = this.place(interest);
      marks.push(svg("text", { x: cx, y: Number(cy) + 7, class: "star" }, "★"));
      marks.push(svg("text", { x: cx, y: Number(cy) - 10, class: "mark" }, "what they really like"));
    }
    if (pointed) marks.push(svg("circle", { ...this.place(pointed), r: 8, fill: "none", class: "pointed" }));
    this.over.replaceChildren(...marks);
    const where = sides.map((side) => `${side.name}: ${side.trail.length - 1} moves`).join(", ");
    this.picture.setAttribute("aria-label", `Map of the items' embeddings with the way of the user's history. ${where}.`);
  }

  trail(points, colour, radius) {
    if (!points.length) return [];
    const whole = points.map(([x, y]) => [this.x(x), this.y(y)]);
    const way = whole.slice(-ItemMap.RECENT);
    return [
      svg("polyline", { points: line(whole), class: "way old", stroke: colour }),
      svg("polyline", { points: line(way), class: "way halo" }),
      svg("polyline", { points: line(way), class: "way", stroke: colour }),
      ...way.slice(0, -1).map(([cx, cy]) => svg("circle", { cx, cy, r: 1.8, fill: colour })),
      svg("circle", { ...this.place(points.at(-1)), r: radius, fill: colour, class: "here" }),
    ];
  }
}

/** Curves over pages. series: [{name, colour, values}]; values[0] belongs to page `first`. */
export function curves(series, { height = 170, first = 0, label, low = null, high = null }) {
  const all = series.flatMap((one) => one.values);
  const bottom = low ?? Math.min(0, ...all);
  const top = high ?? Math.max(1, ...all);
  const length = Math.max(6, ...series.map((one) => one.values.length - 1 + first));
  const x = scale(first, length, 34, WIDTH - 12);
  const y = scale(bottom, top, height - 22, 10);
  const grid = ticks(bottom, top, 3).flatMap((value) => [
    svg("line", { x1: 34, x2: WIDTH - 12, y1: y(value), y2: y(value), class: value === 0 ? "zero" : "grid" }),
    svg("text", { x: 28, y: y(value) + 3.5, class: "tick end" }, short(value)),
  ]);
  const pages = ticks(first, length, 5).filter(Number.isInteger).map((value) =>
    svg("text", { x: x(value), y: height - 6, class: "tick middle" }, `${value}`));
  const drawn = series.flatMap(({ colour, values }) => {
    const points = values.map((value, page) => [x(page + first), y(value)]);
    const [cx, cy] = points.at(-1) ?? [-9, -9];
    return [svg("polyline", { points: line(points), class: "curve", stroke: colour }), svg("circle", { cx, cy, r: 3.5, fill: colour })];
  });
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, ...grid, ...pages, ...drawn);
}

/** Returns of the same sessions under both sides, as pairs of dots. */
export function pairs(first, second, names, label) {
  const height = 190;
  const all = [...first, ...second];
  const low = Math.min(0, ...all);
  const top = Math.max(1, ...all);
  const x = scale(0, Math.max(first.length - 1, 19), 44, WIDTH - 14);
  const y = scale(low, top, height - 22, 12);
  const grid = ticks(low, top, 3).flatMap((value) => [
    svg("line", { x1: 34, x2: WIDTH - 4, y1: y(value), y2: y(value), class: value === 0 ? "zero" : "grid" }),
    svg("text", { x: 28, y: y(value) + 3.5, class: "tick end" }, short(value)),
  ]);
  const marks = first.flatMap((value, session) => {
    const winner = value === second[session] ? "#9aa5b1" : COLOURS[value > second[session] ? 0 : 1];
    const at = x(session);
    return [
      svg("line", { x1: at, x2: at, y1: y(value), y2: y(second[session]), stroke: winner, "stroke-width": 3, opacity: 0.45 }),
      svg("circle", { cx: at, cy: y(value), r: 4.5, fill: COLOURS[0] }),
      svg("rect", { x: at - 4, y: y(second[session]) - 4, width: 8, height: 8, fill: COLOURS[1] }),
      ...(session % 5 === 4 || session === 0 ? [svg("text", { x: at, y: height - 6, class: "tick middle" }, `${session + 1}`)] : []),
    ];
  });
  const rows = first.map((value, session) => el("tr", {}, el("th", { scope: "row" }, `${session + 1}`),
    el("td", {}, value.toFixed(2)), el("td", {}, second[session].toFixed(2)), el("td", {}, signed(value - second[session]))));
  return el("div", {},
    svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, ...grid, ...marks),
    el("ul", { class: "legend" }, el("li", { colour: COLOURS[0], class: "round" }, names[0]), el("li", { colour: COLOURS[1] }, names[1])),
    el("details", {}, el("summary", {}, "As a table"), el("table", {},
      el("thead", {}, el("tr", {}, ...["session", names[0], names[1], "difference"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows))));
}
