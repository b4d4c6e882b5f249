// What the mock told, and what the person chose in this page.

export const world = { chats: {}, messages: {}, actions: {}, deliveries: {}, requests: {}, world: {}, project: {} };
export let catalogue = { policies: [], operations: [], faults: [], message_types: [], permissions: [], scopes: [], execution_types: [], offered_on: [] };
export const view = {
  user: sessionStorage.getItem("user") ?? "",
  chat: sessionStorage.getItem("chat") ?? "",
  selected: new Set(),
};

const listeners = [];

/** Call `listener` after a change of one of the kinds; the kind `view` is what the person chose. */
export function subscribe(kinds, listener) {
  listeners.push({ kinds, listener });
}

function tell(kinds) {
  for (const each of listeners) if (each.kinds.some((kind) => kinds.has(kind))) each.listener();
}

/** Take an event of the mock over. */
export function take(data, everything) {
  const kinds = new Set();
  if (data.catalogue) catalogue = data.catalogue;
  for (const [kind, entries] of Object.entries(data)) {
    if (kind === "catalogue") continue;
    if (everything) world[kind] = {};
    for (const [id, entry] of Object.entries(entries)) {
      if (entry === null) delete world[kind][id];
      else world[kind][id] = kind === "chats" || kind === "world" ? entry : { ...entry, id: entry.id ?? id };
    }
    kinds.add(kind);
  }
  if (settle()) kinds.add("view");
  tell(kinds);
}

/** Change what the person chose. */
export function choose(changes) {
  Object.assign(view, changes);
  settle();
  tell(new Set(["view"]));
}

/** Keep the choice within what there is; say whether that changed it. */
function settle() {
  const before = `${view.user} ${view.chat} ${view.selected.size}`;
  if (!users().some((user) => user.key === view.user)) view.user = users()[0]?.key ?? "";
  if (!chats().some((chat) => chat.id === view.chat)) view.chat = chats()[0]?.id ?? "";
  const here = messages();
  for (const id of view.selected) if (!here.some((message) => message.id === id)) view.selected.delete(id);
  sessionStorage.setItem("user", view.user);
  sessionStorage.setItem("chat", view.chat);
  return before !== `${view.user} ${view.chat} ${view.selected.size}`;
}

export const facts = () => world.world.world ?? { users: [], teams: {}, faults: [], policies: {}, snapshots: [] };
export const users = () => facts().users;
export const user = () => users().find((each) => each.key === view.user);
export const chats = () => Object.values(world.chats).filter((chat) => chat.members.includes(view.user));
export const chat = () => world.chats[view.chat];

/** Return the messages of the chosen chat that the chosen person sees, in their order. */
export function messages() {
  return Object.values(world.messages)
    .filter((message) => message.chat === view.chat && isSeen(message))
    .sort((one, other) => one.number - other.number);
}

function isSeen(message) {
  const to = message.shown?.to;
  return to === undefined || to === "everyone" || to === view.user;
}

export const actions = () =>
  Object.values(world.actions).filter((action) => action.organization === user()?.organization);

/** Return the mock's time in milliseconds. */
export function now() {
  const clock = facts().clock ?? { frozen: false, offset: 0 };
  return clock.frozen ? clock.now * 1000 : Date.now() + clock.offset * 1000;
}

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "numeric", second: "numeric" });

export const time = (milliseconds) => {
  const moment = new Date(Number(milliseconds));
  return Number.isNaN(moment.getTime()) ? String(moment) : clockTime.format(moment);
};
