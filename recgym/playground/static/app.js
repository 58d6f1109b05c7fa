// The page's state and what changes it: forms, buttons, keys.
import { byId, COLOURS, el, plural, request, signed } from "./dom.js";
import { curves, ItemMap, pairs } from "./charts.js";
import * as session from "./session.js";

const YOU = "you";
const PACE = 1300; // milliseconds from page to page while it plays
const narrow = matchMedia("(max-width: 900px)");

const state = {
  about: null, // the chosen environment
  game: null,
  map: null,
  slots: [], // positions of the candidates that were picked, first slot first
  truth: null, // the hidden user while it is revealed
  duel: null,
  tally: [], // finished sessions of this person: {user, first, second}
  timer: null,
  busy: false,
};

// Requests, one at a time; a problem is said and nothing else changes.

async function busy(work) {
  if (state.busy) return;
  state.busy = true;
  document.body.setAttribute("aria-busy", "true");
  byId("error").hidden = true;
  try {
    await work();
  } catch (problem) {
    pause();
    byId("error").textContent = problem.message;
    byId("error").hidden = false;
  } finally {
    state.busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

async function choose(envId) {
  say("Opening the environment …");
  state.about = await request(`environments/${envId}`);
  const { policies } = state.about;
  const you = el("option", { value: YOU }, "You");
  byId("first").replaceChildren(you, ...groups(policies));
  byId("second").replaceChildren(el("option", { value: "" }, "nobody"), ...groups(policies));
  const trained = policies.find((policy) => policy.kind === "Trained");
  const best = trained ?? policies.find((policy) => policy.name === "reference") ?? policies[0];
  byId("first").value = policies.find((policy) => policy.name === "myopic") ? "myopic" : policies[0].name;
  byId("second").value = best.name;
  summarise();
  say("");
}

function groups(policies) {
  const kinds = [...new Set(policies.map((policy) => policy.kind))];
  return kinds.map((kind) => el("optgroup", { label: kind }, ...policies.filter((policy) => policy.kind === kind)
    .map((policy) => el("option", { value: policy.name }, policy.name))));
}

function summarise() {
  const said = [byId("first").value, byId("second").value].map((name) => {
    const policy = state.about.policies.find((one) => one.name === name);
    return policy ? `${policy.name}: ${policy.summary}.` : name === YOU ? "You choose every page yourself." : "";
  });
  byId("summary").textContent = said.filter(Boolean).join(" ");
}

async function start() {
  pause();
  const asked = { environment: byId("environment").value, first: byId("first").value, second: byId("second").value || null, user: Number(byId("user").value) };
  const sides = JSON.stringify([asked.environment, asked.first, asked.second]);
  if (sides !== state.sides) Object.assign(state, { sides, duel: null, tally: [] });
  const game = await request("games", asked);
  sessionStorage.setItem("game", game.id);
  begin(game);
}

/** Show a game from its present page on. */
function begin(game) {
  Object.assign(state, { game, slots: [], truth: null, map: state.about.map && new ItemMap(state.about.map) });
  if (state.map) byId("map").replaceChildren(state.map.element);
  byId("map-panel").hidden = !state.map;
  byId("main").hidden = byId("controls").hidden = false;
  draw();
  say(`User ${game.user}. ${game.sides[0].user.says}`);
  focusOffer();
}

async function step(asked) {
  state.game = await request(`games/${state.game.id}/step`, asked);
  state.slots = [];
  if (!state.game.waits && !state.game.over && state.game.sides[0].name === YOU) {
    state.game = await request(`games/${state.game.id}/step`, { pages: state.about.session_length }); // the opponent's rest
  }
  if (state.truth) state.truth = await request(`games/${state.game.id}/hidden`);
  if (state.game.over) finish();
  draw();
  say(session.spoken(state.game) + verdict());
  focusOffer();
}

function finish() {
  pause();
  const [first, second] = state.game.sides;
  if (first.name !== YOU || !second || state.tally.some((played) => played.user === state.game.user)) return;
  state.tally.push({ user: state.game.user, first: first.return, second: second.return });
}

function verdict() {
  const [first, second] = state.game.sides;
  if (!state.game.over || !second) return "";
  if (first.return === second.return) return " A draw.";
  const winner = first.return > second.return ? first : second;
  return winner.name === YOU ? " You win." : ` ${winner.name} wins.`;
}

function show() {
  if (!state.game?.waits) return;
  if (!state.slots.length) return say("Choose at least one item first; open places are filled with the items listed after it.");
  busy(() => step({ slots: state.slots }));
}

function next() {
  if (!state.game) return;
  if (state.game.over) {
    byId("user").value = state.game.user + 1;
    byId("user").reportValidity() && busy(start);
  } else if (!state.game.waits) {
    busy(() => step({ pages: 1 }));
  }
}

function toTheEnd() {
  if (state.game && !state.game.over && !state.game.waits) busy(() => step({ pages: state.about.session_length }));
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
}

function playOrPause() {
  if (!state.game || state.game.waits || state.game.over) return;
  if (state.timer) pause();
  else {
    state.timer = setInterval(next, PACE);
    next();
  }
  drawControls();
}

function reveal() {
  if (!state.game) return;
  busy(async () => {
    state.truth = state.truth ? null : await request(`games/${state.game.id}/hidden`);
    draw();
    say(state.truth ? "The hidden user is revealed." : "The user is hidden again.");
  });
}

function fight() {
  if (!mayFight()) return;
  busy(async () => {
    say("Twenty sessions …");
    const [first, second] = state.game.sides.map((one) => one.name);
    state.duel = await request("duels", { environment: state.game.environment, first, second, user: state.game.user });
    drawDuel();
    say(outcome(state.duel));
  });
}

const mayFight = () => state.game && state.game.sides.length === 2 && state.game.sides[0].name !== YOU;

function outcome({ names, wins, losses, first, mean, half_width: half }) {
  const drawn = first.length - wins - losses;
  const leader = wins >= losses ? 0 : 1;
  const clear = Math.abs(mean) > half ? "" : " Too close to call.";
  const ties = drawn ? `, ${drawn} drawn` : "";
  return `${names[leader]} wins ${Math.max(wins, losses)} of ${first.length}${ties}. ${names[0]} − ${names[1]}: ${signed(mean)} ± ${half.toFixed(2)} a session (95 % interval).${clear}`;
}

// The slate that is being chosen.

function pick(position) {
  if (!state.game.waits) return;
  const slot = state.slots.indexOf(position);
  if (slot >= 0) state.slots.splice(slot, 1);
  else if (state.slots.length < state.about.slate_size) state.slots.push(position);
  else return say(`A page has ${plural(state.about.slate_size, "place")}; take an item out first, or press a number to replace one.`);
  drawOffer();
}

/** Put a candidate into a slot (from 0): what was there gives way; slots fill up from the first. */
function put(position, slot) {
  if (slot >= state.about.slate_size) return;
  const before = state.slots.indexOf(position);
  if (before >= 0) state.slots.splice(before, 1);
  state.slots.splice(Math.min(slot, state.slots.length), 1, position);
  drawOffer();
}

// Drawing.

function draw() {
  const { game } = state;
  byId("main").classList.toggle("watching", !game.waits);
  byId("says").textContent = game.sides[0].user.says;
  const sides = byId("sides");
  const open = [...sides.querySelectorAll("details")].map((details) => details.open);
  sides.replaceChildren(...game.sides.map(session.side));
  sides.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
  sides.querySelectorAll(".history").forEach((history) => { history.scrollTop = 0; });
  drawOffer();
  state.map?.draw(game.sides, state.truth, null);
  byId("returns").replaceChildren(...drawReturns(game.sides));
  byId("hidden").replaceChildren(state.truth ? session.hidden(state.truth, game.sides)
    : el("p", { class: "note" }, "Trust, readiness, satiation and true interests: no recommender sees them. Press R to look."));
  drawDuel();
}

function drawReturns(sides) {
  const series = sides.map((side, index) => {
    let total = 0;
    return { colour: COLOURS[index], values: [0, ...side.pages.map((page) => (total += page.reward))] };
  });
  const label = sides.map((side) => `${side.name}: ${side.return.toFixed(2)} after ${plural(side.pages.length, "page")}`).join("; ");
  const names = sides.map((side, index) => el("li", { colour: COLOURS[index], class: "round" }, side.name === YOU ? "You" : side.name));
  return [curves(series, { label: `Return page by page. ${label}` }), el("ul", { class: "legend" }, ...names)];
}

function drawOffer() {
  const { game } = state;
  byId("offer").hidden = !game.waits;
  const at = document.activeElement?.dataset?.position;
  const point = (position) => state.map?.draw(state.game.sides, state.truth, position === null ? null : game.offered[position].at);
  byId("candidates").replaceChildren(...session.candidates(game.offered, state.slots, state.truth?.sides[0].chances, { pick, point }));
  if (at !== undefined) candidateAt(at)?.focus({ preventScroll: true });
  drawControls();
}

function drawControls() {
  const { game } = state;
  const button = (name, key, act, more = {}) => el("button", { type: "button", onclick: act, ...more }, name, el("kbd", { "aria-hidden": "true" }, key));
  const shown = [];
  if (game.waits) {
    const open = Array.from({ length: state.about.slate_size }, (_, slot) => {
      const card = game.offered[state.slots[slot]];
      return el("li", {}, el("span", { class: "place" }, `${slot + 1}`), el("span", {}, card ? card.title : "–"));
    });
    shown.push(el("ol", { class: "tray", "aria-label": "Your page" }, ...open), button("Show page", "Enter", show, { class: "primary" }));
  } else if (game.over) {
    shown.push(el("strong", { class: "verdict" }, verdict().trim()), button("Next user", "N", next, { class: "primary" }));
  } else {
    shown.push(button("Next page", "N", next, { class: "primary" }), button(state.timer ? "Pause" : "Play", "P", playOrPause), button("To the end", "E", toTheEnd));
  }
  shown.push(button(state.truth ? "Hide" : "Reveal", "R", reveal, { "aria-pressed": state.truth ? "true" : "false" }));
  const bar = byId("controls");
  const focused = [...bar.querySelectorAll("button")].indexOf(document.activeElement);
  bar.replaceChildren(...shown);
  if (focused >= 0) (bar.querySelectorAll("button")[focused] ?? bar.querySelector("button")).focus();
}

function drawDuel() {
  const place = byId("duel");
  if (mayFight()) {
    const again = el("button", { type: "button", onclick: fight }, "Play twenty sessions", el("kbd", { "aria-hidden": "true" }, "T"));
    const { duel } = state;
    place.replaceChildren(again, ...(duel ? [el("p", { class: "outcome" }, outcome(duel)), pairs(duel.first, duel.second, duel.names, outcome(duel))] : []));
  } else if (state.game.sides.length < 2) {
    place.replaceChildren(el("p", { class: "note" }, "Choose an opponent under “Against”."));
  } else {
    place.replaceChildren(...drawTally());
  }
}

function drawTally() {
  const { tally } = state;
  const said = `You won ${tally.filter((played) => played.first > played.second).length} of ${plural(tally.length, "session")} so far; N leads to the next user.`;
  if (!tally.length) return [el("p", { class: "note" }, "Your finished sessions are counted here, up to twenty and beyond.")];
  const names = ["You", state.game.sides[1].name];
  return [el("p", { class: "outcome" }, said), pairs(tally.map((one) => one.first), tally.map((one) => one.second), names, said)];
}

const say = (sentence) => { byId("status").textContent = sentence; };

const candidateAt = (position) => document.querySelector(`.candidate[data-position="${position}"]`);

function focusOffer() {
  if (!state.game.waits) return;
  if (narrow.matches) byId("sides").scrollIntoView({ block: "start" });
  else candidateAt(0)?.focus({ preventScroll: true });
}

// Keys.

const LETTERS = { n: next, p: playOrPause, e: toTheEnd, r: reveal, t: fight };

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const position = event.target.dataset?.position;
  if (position !== undefined && candidateKey(event, Number(position))) return event.preventDefault();
  if (event.key === "Enter" && !event.target.closest("button, summary, a")) return show();
  const act = LETTERS[event.key.toLowerCase()];
  if (act && byId("letters").checked) act();
}

/** A key on a candidate; true if it meant something. */
function candidateKey(event, position) {
  if (event.key === "Enter") show();
  else if (/^[1-9]$/.test(event.key)) put(position, Number(event.key) - 1);
  else if (event.key === "Backspace") {
    state.slots.pop();
    drawOffer();
  } else if (event.key.startsWith("Arrow")) move(event.target, event.key);
  else return false;
  return true;
}

/** Move the focus to the nearest candidate in a direction. */
function move(from, key) {
  const all = [...document.querySelectorAll(".candidate")];
  const index = all.indexOf(from);
  if (key === "ArrowRight" || key === "ArrowLeft") return all[index + (key === "ArrowRight" ? 1 : -1)]?.focus();
  const here = from.getBoundingClientRect();
  const down = key === "ArrowDown";
  const rows = all.map((one) => ({ one, box: one.getBoundingClientRect() }))
    .filter(({ box }) => (down ? box.top > here.bottom - 4 : box.bottom < here.top + 4));
  rows.sort((a, b) => Math.abs(a.box.top - here.top) - Math.abs(b.box.top - here.top) || Math.abs(a.box.left - here.left) - Math.abs(b.box.left - here.left));
  rows[0]?.one.focus();
}

// The beginning.

async function open() {
  const { environments } = await request("environments");
  byId("environment").replaceChildren(...environments.map(({ id, title }) =>
    el("option", { value: id }, `${id.replace("RecGym-", "").replace("-v0", "")}: ${title}`)));
  const id = sessionStorage.getItem("game"); // of this tab, before it was loaded anew
  const kept = id && (await request(`games/${id}`).catch(() => null));
  if (kept) byId("environment").value = kept.environment;
  await choose(byId("environment").value);
  if (kept) {
    const names = kept.sides.map((one) => one.name);
    [byId("first").value, byId("second").value, byId("user").value] = [names[0], names[1] ?? "", kept.user];
    state.sides = JSON.stringify([kept.environment, names[0], names[1] ?? null]);
    summarise();
    begin(kept);
  } else {
    await start();
  }
}

byId("setup").addEventListener("submit", (event) => {
  event.preventDefault();
  busy(start);
});
byId("environment").addEventListener("change", (event) => busy(() => choose(event.target.value)));
byId("first").addEventListener("change", summarise);
byId("second").addEventListener("change", summarise);
document.addEventListener("keydown", pressed);
busy(open);
