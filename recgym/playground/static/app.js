// The page's state and what changes it: forms, buttons, keys.
import { byId, el, plural, request } from "./dom.js";
import { ItemMap } from "./charts.js";
import * as view from "./view.js";
import { mayFight, outcome, spoken, verdict, YOU } from "./words.js";

const PACE = 1300; // milliseconds from page to page while it plays
const narrow = matchMedia("(max-width: 900px)");

const state = {
  chosen: null, // the environment that the form has
  about: null, // that of the game
  game: null,
  map: null,
  slots: [], // positions of the candidates that were picked, first slot first
  truth: null, // the hidden user while it is revealed
  duel: null,
  tally: [], // finished sessions of this person: {user, first, second}
  timer: null,
  busy: false,
};

// Requests, one at a time; a problem is said and nothing else changes. What cannot wait is left out meanwhile.

async function busy(work, waits = false) {
  while (waits && state.busy) await new Promise((resolve) => setTimeout(resolve, 50));
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
  state.chosen = await request(`environments/${envId}`);
  const { policies } = state.chosen;
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
    const policy = state.chosen.policies.find((one) => one.name === name);
    return policy ? `${policy.name}: ${policy.summary}.` : name === YOU ? "You choose every page yourself." : "";
  });
  byId("summary").textContent = said.filter(Boolean).join(" ");
}

async function start() {
  pause();
  const asked = { environment: state.chosen.id, first: byId("first").value, second: byId("second").value || null, user: Number(byId("user").value) };
  const sides = JSON.stringify([asked.environment, asked.first, asked.second]);
  if (sides !== state.sides) Object.assign(state, { sides, duel: null, tally: [] });
  const game = await request("games", asked);
  sessionStorage.setItem("game", game.id);
  begin(game);
}

/** Show a game from its present page on. */
function begin(game) {
  const about = state.chosen;
  Object.assign(state, { about, game, slots: [], truth: null, map: about.map && new ItemMap(about.map) });
  if (state.map) byId("map").replaceChildren(state.map.element);
  byId("map-panel").hidden = !state.map;
  byId("main").hidden = byId("controls").hidden = false;
  view.draw(state, act);
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
  view.draw(state, act);
  say(spoken(state.game) + verdict(state.game));
  focusOffer();
}

function finish() {
  pause();
  const [first, second] = state.game.sides;
  if (first.name !== YOU || !second || state.tally.some((played) => played.user === state.game.user)) return;
  state.tally.push({ user: state.game.user, first: first.return, second: second.return });
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
  view.drawControls(state, act);
}

function reveal() {
  if (!state.game) return;
  busy(async () => {
    state.truth = state.truth ? null : await request(`games/${state.game.id}/hidden`);
    view.draw(state, act);
    say(state.truth ? "The hidden user is revealed." : "The user is hidden again.");
  });
}

function fight() {
  if (!mayFight(state.game)) return;
  busy(async () => {
    say("Twenty sessions …");
    const [first, second] = state.game.sides.map((one) => one.name);
    state.duel = await request("duels", { environment: state.game.environment, first, second, user: state.game.user });
    view.drawDuel(state, act);
    say(outcome(state.duel));
  });
}

// The slate that is being chosen.

function pick(position) {
  if (!state.game.waits) return;
  const slot = state.slots.indexOf(position);
  if (slot >= 0) state.slots.splice(slot, 1);
  else if (state.slots.length < state.about.slate_size) state.slots.push(position);
  else return say(`A page has ${plural(state.about.slate_size, "place")}; take an item out first, or press a number to replace one.`);
  view.drawOffer(state, act);
}

/** Put a candidate into a slot (from 0): what was there gives way; slots fill up from the first. */
function put(position, slot) {
  if (slot >= state.about.slate_size) return;
  const before = state.slots.indexOf(position);
  if (before >= 0) state.slots.splice(before, 1);
  state.slots.splice(Math.min(slot, state.slots.length), 1, position);
  view.drawOffer(state, act);
}

const say = (sentence) => { byId("status").textContent = sentence; };

function focusOffer() {
  if (!state.game.waits) return;
  if (narrow.matches) byId("sides").scrollIntoView({ block: "start" });
  else view.candidateAt(0)?.focus({ preventScroll: true });
}

// What can be done, for the buttons.

const act = { show, next, toTheEnd, playOrPause, reveal, fight, pick };

// Keys.

const LETTERS = { n: next, p: playOrPause, e: toTheEnd, r: reveal, t: fight };

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const position = event.target.dataset?.position;
  if (position !== undefined && candidateKey(event, Number(position))) return event.preventDefault();
  if (event.key === "Enter" && !event.target.closest("button, summary, a")) return show();
  const meant = LETTERS[event.key.toLowerCase()];
  if (meant && byId("letters").checked) meant();
}

/** A key on a candidate; true if it meant something. */
function candidateKey(event, position) {
  if (event.key === "Enter") show();
  else if (/^[1-9]$/.test(event.key)) put(position, Number(event.key) - 1);
  else if (event.key === "Backspace") {
    state.slots.pop();
    view.drawOffer(state, act);
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
  busy(start, true);
});
byId("environment").addEventListener("change", (event) => busy(() => choose(event.target.value), true));
byId("first").addEventListener("change", summarise);
byId("second").addEventListener("change", summarise);
document.addEventListener("keydown", pressed);
busy(open);
