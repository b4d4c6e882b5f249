// The left part: who you are, and your chats.
import { button, h, reconcile } from "./dom.js";
import { chats, choose, subscribe, users, view } from "./store.js";

export function startChats() {
  const select = document.getElementById("user");
  select.addEventListener("change", () => choose({ user: select.value, selected: new Set() }));
  subscribe(["world", "view"], () => {
    const names = users().map((user) => `${user.name} (${user.key})`);
    // An open list of choices would close if its entries were made anew.
    if (names.join("\n") !== [...select.options].map((each) => each.text).join("\n")) {
      select.replaceChildren(...users().map((user, number) => h("option", { value: user.key }, names[number])));
    }
    select.value = view.user;
  });
  subscribe(["chats", "world", "view"], () => {
    // The entry is made anew, because it also shows which chat is chosen.
    reconcile(document.getElementById("chats"), chats().map((chat) => ({ ...chat })), entry);
  });
}

function entry(chat, before) {
  const click = () => {
    choose({ chat: chat.id, selected: new Set() });
    document.getElementById("main").dataset.pane = "messages";
  };
  const current = chat.id === view.chat ? "true" : undefined;
  const focused = before?.contains(document.activeElement);
  const found = h(
    "li",
    {},
    button([chat.title || chat.id, h("span", { class: "quiet" }, `${chat.type}, ${chat.members.join(", ")}`)], click, {
      class: "chat",
      "aria-current": current,
    }),
  );
  if (focused) queueMicrotask(() => found.firstElementChild.focus());
  return found;
}
