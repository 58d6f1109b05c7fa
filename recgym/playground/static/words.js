// Sentences about a game.
import { signed } from "./dom.js";

export const YOU = "you"; // the side that a person plays

export const label = (name) => (name === YOU ? "You" : name);

/** What happened on the last page, in a sentence for those who listen. */
export function spoken(game) {
  return game.sides.map((told) => {
    const page = told.pages.at(-1);
    if (!page) return `${label(told.name)}: no page yet.`;
    const deeds = page.slots.filter((card) => card?.deed).map((card) => `${card.did} ${card.title}`);
    const end = told.lost ? " The user is lost." : told.over ? " The session is over." : page.left ? " They left and came back." : "";
    return `${label(told.name)}, page ${told.pages.length}: ${deeds.join(", ") || "nothing clicked"}; return ${told.return.toFixed(2)}.${end}`;
  }).join(" ");
}

/** Who won, once it is over. */
export function verdict(game) {
  const [first, second] = game.sides;
  if (!game.over || !second) return "";
  if (first.return === second.return) return " A draw.";
  const winner = first.return > second.return ? first : second;
  return winner.name === YOU ? " You win." : ` ${winner.name} wins.`;
}

/** Whether both sides can play twenty sessions by themselves. */
export const mayFight = (game) => game && game.sides.length === 2 && game.sides[0].name !== YOU;

/** A duel in a sentence. */
export function outcome({ names, user, wins, losses, first, mean, half_width: half }) {
  const drawn = first.length - wins - losses;
  const leader = wins >= losses ? 0 : 1;
  const clear = Math.abs(mean) > half ? "" : " Too close to call.";
  const ties = drawn ? `, ${drawn} drawn` : "";
  return `${names[leader]} wins ${Math.max(wins, losses)} of ${first.length} (users ${user} to ${user + first.length - 1})${ties}. ${names[0]} − ${names[1]}: ${signed(mean)} ± ${half.toFixed(2)} a session (95 % interval).${clear}`;
}
