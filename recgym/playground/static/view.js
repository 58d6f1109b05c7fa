// Draws the page's state: the session, the candidates, the panels and the bar of buttons.
import { byId, COLOURS, el, plural } from "./dom.js";
import { curves, pairs } from "./charts.js";
import { candidates, hidden, side } from "./session.js";
import { label, mayFight, outcome, verdict } from "./words.js";

/** Everything that shows a game. act: what the buttons do. */
export function draw(state, act) {
  const { game } = state;
  byId("main").classList.toggle("watching", !game.waits);
  byId("says").textContent = game.sides[0].user.says;
  const sides = byId("sides");
  const open = [...sides.querySelectorAll("details")].map((details) => details.open);
  sides.replaceChildren(...game.sides.map(side));
  sides.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
  sides.querySelectorAll(".history").forEach((history) => { history.scrollTop = 0; });
  drawOffer(state, act);
  state.map?.draw(game.sides, state.truth, null);
  byId("returns").replaceChildren(...drawReturns(game.sides));
  byId("hidden").replaceChildren(state.truth ? hidden(state.truth, game.sides)
    : el("p", { class: "note" }, `${state.map ? "Trust, readiness, satiation and true interests" : "The variables of the published model"}: no recommender sees them. Press R to look.`));
  drawDuel(state, act);
}

function drawReturns(sides) {
  const series = sides.map((told, index) => {
    let total = 0;
    return { colour: COLOURS[index], values: [0, ...told.pages.map((page) => (total += page.reward))] };
  });
  const said = sides.map((told) => `${label(told.name)}: ${told.return.toFixed(2)} after ${plural(told.pages.length, "page")}`);
  const names = sides.map((told, index) => el("li", { colour: COLOURS[index], class: "round" }, label(told.name)));
  return [curves(series, { label: `Return page by page. ${said.join("; ")}` }), el("ul", { class: "legend" }, ...names)];
}

/** The candidates and what was picked of them. */
export function drawOffer(state, act) {
  const { game } = state;
  byId("offer").hidden = !game.waits;
  const at = document.activeElement?.dataset?.position;
  const point = (position) => state.map?.draw(state.game.sides, state.truth, position === null ? null : game.offered[position].at);
  byId("candidates").replaceChildren(...candidates(game.offered, state.slots, state.truth?.sides[0].chances, { pick: act.pick, point }));
  if (at !== undefined) candidateAt(at)?.focus({ preventScroll: true });
  drawControls(state, act);
}

/** The bar of buttons. */
export function drawControls(state, act) {
  const { game } = state;
  const button = (name, key, done, more = {}) => el("button", { type: "button", onclick: done, ...more }, name, el("kbd", { "aria-hidden": "true" }, key));
  const shown = [];
  if (game.waits) {
    const open = Array.from({ length: state.about.slate_size }, (_, slot) => {
      const card = game.offered[state.slots[slot]];
      return el("li", {}, el("span", { class: "place" }, `${slot + 1}`), el("span", {}, card ? card.title : "–"));
    });
    shown.push(el("ol", { class: "tray", "aria-label": "Your page" }, ...open), button("Show page", "Enter", act.show, { class: "primary" }));
  } else if (game.over) {
    shown.push(el("strong", { class: "verdict" }, verdict(game).trim()), button("Next user", "N", act.next, { class: "primary" }));
  } else {
    shown.push(button("Next page", "N", act.next, { class: "primary" }), button(state.timer ? "Pause" : "Play", "P", act.playOrPause), button("To the end", "E", act.toTheEnd));
  }
  shown.push(button(state.truth ? "Hide" : "Reveal", "R", act.reveal, { "aria-pressed": state.truth ? "true" : "false" }));
  const bar = byId("controls");
  const focused = [...bar.querySelectorAll("button")].indexOf(document.activeElement);
  bar.replaceChildren(...shown);
  if (focused >= 0) (bar.querySelectorAll("button")[focused] ?? bar.querySelector("button")).focus();
}

/** Who wins over twenty sessions. */
export function drawDuel(state, act) {
  const place = byId("duel");
  if (mayFight(state.game)) {
    const again = el("button", { type: "button", onclick: act.fight }, "Play twenty sessions", el("kbd", { "aria-hidden": "true" }, "T"));
    const { duel } = state;
    place.replaceChildren(again, ...(duel ? [el("p", { class: "outcome" }, outcome(duel)), pairs(duel.first, duel.second, duel.names, outcome(duel))] : []));
  } else if (state.game.sides.length < 2) {
    place.replaceChildren(el("p", { class: "note" }, "Choose an opponent under “Against”."));
  } else {
    place.replaceChildren(...drawTally(state));
  }
}

function drawTally({ tally, game }) {
  const said = `You won ${tally.filter((played) => played.first > played.second).length} of ${plural(tally.length, "session")} so far; N leads to the next user.`;
  if (!tally.length) return [el("p", { class: "note" }, "Your finished sessions are counted here, up to twenty and beyond.")];
  const names = ["You", game.sides[1].name];
  return [el("p", { class: "outcome" }, said), pairs(tally.map((one) => one.first), tally.map((one) => one.second), names, said)];
}

/** The button of a candidate. */
export const candidateAt = (position) => document.querySelector(`.candidate[data-position="${position}"]`);
