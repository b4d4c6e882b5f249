// The menu of a message: what Cliq would offer there, and on demand what it would not, with the reason.
import { control } from "./api.js";
import { announce, button, h, icon } from "./dom.js";
import { openDelivery } from "./log.js";
import { showBanner } from "./banners.js";
import { view } from "./store.js";

let menu = null;
let showsAll = false;

/** Open the menu for some messages beside an element, or at a point. */
export async function openMenu(messages, beside, point) {
  const query = new URLSearchParams({ user: view.user });
  for (const id of messages) query.append("message", id);
  let found = [];
  let problem = "";
  try {
    found = (await control("GET", `console/menu?${query}`)).actions;
  } catch (error) {
    problem = error.message;
  }
  close();
  const offered = found.filter((action) => action.reason === null);
  const others = found.filter((action) => action.reason !== null);
  menu = h(
    "div",
    { class: "menu", role: "menu", "aria-label": `Message actions on ${messages.length === 1 ? "this message" : `${messages.length} messages`}` },
    problem && h("p", { class: "problem", role: "none" }, problem),
    offered.map((action) => item(action, null, () => run(action, messages))),
    !offered.length && !problem && h("p", { class: "quiet", role: "none" }, "No action is offered here."),
    others.length > 0 && h(
      "button",
      { type: "button", class: "toggle", role: "menuitemcheckbox", "aria-checked": String(showsAll), tabindex: "-1", on: { click: () => { showsAll = !showsAll; fill(); } } },
      `Show actions that are not offered (${others.length})`,
    ),
  );
  const denied = others.map((action) => item(action, action.reason, () => announce(action.reason)));
  const toggle = menu.querySelector(".toggle");
  const fill = () => {
    toggle?.setAttribute("aria-checked", String(showsAll));
    for (const each of denied) each.remove();
    if (showsAll) menu.append(...denied);
  };
  fill();
  if (!menu.querySelector("button")) menu.tabIndex = -1;
  menu.addEventListener("keydown", move);
  menu.addEventListener("focusout", (event) => {
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close();
  });
  menu.back = beside;
  document.getElementById("main").append(menu);
  place(menu, point ?? corner(beside));
  focus(menu.querySelector("button") ?? menu);
}

function item(action, reason, click) {
  return h(
    "button",
    { type: "button", role: "menuitem", tabindex: "-1", class: reason ? "denied" : "", "aria-disabled": reason ? "true" : undefined, on: { click } },
    icon(action),
    h("span", {}, h("span", { class: "name" }, action.name), h("span", { class: "quiet" }, action.hint), reason && h("span", { class: "reason" }, `Not offered: ${reason}`)),
  );
}

function corner(element) {
  const box = element.getBoundingClientRect();
  return { x: box.left + 24, y: Math.min(box.bottom, box.top + 32) };
}

function place(element, { x, y }) {
  const box = element.getBoundingClientRect();
  element.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
  element.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8))}px`;
}

function close(back = false) {
  if (!menu) return;
  const closing = menu;
  menu = null;
  closing.remove();
  if (back) closing.back?.focus();
}

/** Focus an item, which becomes the one that Tab would reach. */
function focus(item) {
  for (const each of menu.querySelectorAll("button")) each.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
}

function move(event) {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: items[(at + 1) % items.length], ArrowUp: items[(at - 1 + items.length) % items.length], Home: items[0], End: items.at(-1) }[event.key];
  if (next) {
    event.preventDefault();
    focus(next);
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    close(true);
  }
}

document.addEventListener("pointerdown", (event) => {
  if (menu && !menu.contains(event.target)) close();
});

/** Choose an action on messages, and show what comes of it. */
export async function run(action, messages) {
  close(true);
  announce(`${action.name} was chosen.`);
  try {
    showRecord(await control("POST", "trigger", { action: action.id, user: view.user, messages }));
  } catch (error) {
    showBanner("failure", error.message);
  }
}

/** Show the record of a delivery that has just been made. */
export function showRecord(record) {
  const shown = record.shown;
  if (shown?.kind === "banner") showBanner(shown.output?.status ?? "failure", shown.text);
  else announce(shown ? `${shown.kind.replace("_", " ")}: ${shown.text}` : "The event will be sent again.");
  openDelivery(String(record.id));
}
