// A game as elements: what was shown, what the user did, the candidates, the hidden user.
import { COLOURS, el, plural, signed } from "./dom.js";
import { curves } from "./charts.js";
import { label } from "./words.js";

const SOURCES = {
  similar: "like what they last looked at", rated: "best rated of the category", popular: "best sellers",
  new: "latest arrivals", known: "what they know", explore: "from anywhere", candidates: "drawn anew for every slate",
};

export function side(told, index) {
  const page = told.pages.at(-1);
  return el("article", { class: "side", colour: COLOURS[index], "aria-label": label(told.name) },
    el("header", {},
      el("h3", {}, label(told.name), told.privileged ? el("span", { class: "tag" }, "reads minds") : ""),
      el("p", { class: "return" }, el("span", {}, "return "), told.return.toFixed(2))),
    el("p", { class: "standing" }, el("strong", {}, told.user.standing), ` ${told.user.context} `,
      el("span", { class: "search" }, told.user.search ? `Searches: “${told.user.search}”` : "")),
    page ? shown(page, told) : el("p", { class: "empty" }, "No page shown yet."),
    ending(told),
    el("h4", {}, "History as text"),
    el("p", { class: "history", tabindex: 0, "aria-label": "History as text" }, told.history),
    told.pages.length ? pagesSoFar(told.pages) : "");
}

function ending(told) {
  if (!told.over) return "";
  const why = told.lost ? "The user is lost: they will not come back." : "The last page was shown.";
  return el("p", { class: told.lost ? "ending lost" : "ending" }, `${why} ${plural(told.pages.length, "page")}, return ${told.return.toFixed(2)}.`);
}

function shown(page, told) {
  return el("div", {},
    el("h4", {}, `Page ${told.pages.length}`),
    el("ol", { class: "slots" }, ...page.slots.map((card, slot) => el("li", { class: card ? `slot deed-${card.deed}` : "slot", colour: card?.colour },
      el("span", { class: "place", "aria-hidden": "true" }, `${slot + 1}`),
      card ? face(card) : el("span", { class: "face" }, "empty"),
      card ? el("span", { class: `did deed-${card.deed}` }, card.did, card.own_stars ? ` ${"★".repeat(card.own_stars)}` : "") : ""))),
    reward(page));
}

function face(card) {
  const meta = [card.category, ...card.facts, card.stars].filter(Boolean).join(" · ");
  return el("span", { class: "face" }, el("span", { class: "title", title: card.title }, card.title), meta ? el("span", { class: "meta" }, meta) : "");
}

function reward(page) {
  const terms = Object.entries(page.terms).filter(([, value]) => Math.abs(value) >= 0.0005);
  return el("p", { class: "reward" }, el("strong", {}, `reward ${signed(page.reward)}`),
    ...terms.map(([name, value]) => el("span", { class: "term" }, `${name} ${signed(value)}`)),
    page.left ? el("span", { class: "term lost" }, "then they left") : "");
}

function pagesSoFar(pages) {
  const said = pages.map((page, index) => {
    const deeds = page.slots.filter((card) => card?.deed).map((card) => `${card.did}: ${card.title}`);
    return el("li", { value: index + 1 }, `${deeds.join("; ") || "nothing"} (${signed(page.reward)})${page.left ? ", then they left" : ""}`);
  });
  return el("details", {}, el("summary", {}, `All ${plural(pages.length, "page")}`), el("ol", { class: "log", reversed: true }, ...said.reverse()));
}

/** The candidates as buttons, by source. on: {pick(position), point(position or null)}. */
export function candidates(offered, slots, chances, on) {
  const groups = [];
  offered.forEach((card, position) => {
    if (groups.at(-1)?.source !== card.source) groups.push({ source: card.source, cards: [] });
    groups.at(-1).cards.push(candidate(card, position, slots, chances?.[position], on));
  });
  return groups.map(({ source, cards }) => el("div", { class: "source", role: "group", "aria-label": source },
    el("h3", {}, source, el("span", {}, SOURCES[source] ?? "")), el("div", { class: "grid" }, ...cards)));
}

function candidate(card, position, slots, chance, on) {
  const slot = slots.indexOf(position);
  return el("button", {
    type: "button", class: "candidate", colour: card.colour, "data-position": position, "aria-pressed": slot >= 0 ? "true" : "false",
    onclick: () => on.pick(position), onfocus: () => on.point(position), onmouseenter: () => on.point(position), onmouseleave: () => on.point(null),
  }, slot >= 0 ? el("span", { class: "place" }, el("span", { class: "unseen" }, "slot "), `${slot + 1}`) : "",
  face(card), chance === undefined ? "" : el("span", { class: "chance" }, `${Math.round(chance * 100)} % click, once seen`));
}

export function hidden(truth, sides) {
  const two = sides.length > 1;
  const columns = truth.sides.map((user, index) => el("div", { colour: COLOURS[index], class: "truth" },
    two ? el("h3", {}, `After ${label(sides[index].name)}`) : "",
    el("dl", {}, ...user.facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    ...user.bars.map(meter),
    user.tired.length ? el("h4", {}, "tired of") : "", ...user.tired.map(meter)));
  const names = sides[0].pages.length ? Object.keys(truth.sides[0].curves) : [];
  const pictures = names.map((name) => {
    const series = truth.sides.map((user, index) => ({ colour: COLOURS[index], values: user.curves[name] }));
    const all = series.flatMap((one) => one.values);
    const range = { low: Math.min(0, ...all), high: Math.max(1, ...all) };
    return el("figure", {}, el("figcaption", {}, `${name}, page by page`), curves(series, { height: 110, first: 1, label: `${name} after every page`, ...range }));
  });
  return el("div", {}, el("div", { class: "truths" }, ...columns), el("div", { class: "figures" }, ...pictures));
}

function meter({ name, value, share }) {
  return el("div", { class: "bar" }, el("span", {}, name),
    el("meter", { min: 0, max: 1, value: share, "aria-label": name }, value.toFixed(2)), el("span", { class: "number" }, value.toFixed(2)));
}
