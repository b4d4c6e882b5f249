// The middle: the messages of a chat, choosing among them, and writing new ones.
import { renderAnswer } from "./answers.js";
import { control } from "./api.js";
import { announce, button, h, linked, reconcile, shown } from "./dom.js";
import { openMenu } from "./menu.js";
import { catalogue, chat, choose, messages, subscribe, time, users, view } from "./store.js";

const LONG_PRESS = 500; // milliseconds
const MOVED = 10; // pixels after which a press is a scroll

export function startMessages() {
  const list = document.getElementById("messages");
  list.addEventListener("keydown", (event) => move(event, list));
  // The menu key and Shift+F10 bring this event as well.
  list.addEventListener("contextmenu", (event) => {
    const element = messageOf(event);
    if (!element) return;
    event.preventDefault();
    open(event, element);
  });
  list.addEventListener("focusin", (event) => {
    const element = messageOf(event);
    if (!element) return;
    for (const each of list.querySelectorAll(".message[tabindex='0']")) each.tabIndex = -1;
    element.tabIndex = 0;
  });
  pressLong(list);
  subscribe(["messages", "chats", "world", "view"], () => {
    document.getElementById("messages-heading").textContent = chat()?.title || "Messages";
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    reconcile(list, messages(), entry);
    for (const element of list.children) mark(element);
    if (!list.querySelector("[tabindex='0'].message")) list.lastElementChild?.setAttribute("tabindex", "0");
    if (atEnd) list.scrollTop = list.scrollHeight;
    showSelection();
  });
  startComposer();
}

const messageOf = (event) => event.target.closest(".message");

function mark(element) {
  const selected = view.selected.has(element.dataset.id);
  element.classList.toggle("selected", selected);
  const box = element.querySelector(".select");
  if (box) box.checked = selected;
}

const nameOf = (sender) => users().find((user) => user.key === sender)?.name ?? sender;

function entry(message, before) {
  const name = nameOf(message.sender);
  const body = message.shown ? renderAnswer(message.shown) : content(message);
  const mayAct = !message.shown;
  const element = h(
    "li",
    { class: `message type-${message.type}`, tabindex: before?.getAttribute("tabindex") ?? "-1", data: { id: message.id } },
    h(
      "p",
      { class: "head" },
      h("input", {
        type: "checkbox",
        class: "select",
        "aria-label": `Select the message of ${name}: ${message.text.slice(0, 60)}`,
        on: { change: (event) => select(message.id, event.target.checked) },
      }),
      h("strong", {}, name),
      " ",
      h("time", { class: "quiet" }, time(message.time)),
      button("…", (event) => open(event, element, event.currentTarget), { class: "more", "aria-label": "Message actions", "aria-haspopup": "menu" }),
    ),
    body,
  );
  if (!mayAct) element.classList.add("answered");
  if (before?.contains(document.activeElement)) queueMicrotask(() => element.focus());
  return element;
}

function content(message) {
  return [
    message.text && h("p", { class: "text" }, message.type === "text" || message.type === "link" ? linked(message.text) : message.text),
    message.attachments && h("ul", { class: "files" }, message.attachments.map((file) =>
      h("li", {}, `File: ${shown(file.name ?? "")}`, h("span", { class: "quiet" }, ` ${shown(file.type ?? "")} ${file.size === undefined ? "" : `${shown(file.size)} bytes`}`)))),
  ];
}

function select(id, on) {
  const selected = new Set(view.selected);
  if (on) selected.add(id);
  else selected.delete(id);
  choose({ selected });
}

function showSelection() {
  const place = document.getElementById("selection");
  place.hidden = view.selected.size === 0;
  if (place.hidden) return;
  const count = view.selected.size;
  if (place.dataset.count === String(count)) return;
  place.dataset.count = String(count);
  const act = button("Message actions", (event) => openMenu([...view.selected], event.currentTarget), { "aria-haspopup": "menu" });
  place.replaceChildren(`${count} ${count === 1 ? "message" : "messages"} selected `, act, button("Clear", () => choose({ selected: new Set() })));
}

/** Open the menu for a message, or for all selected ones where it is one of them. */
function open(event, element, beside = element) {
  const id = element.dataset.id;
  const ids = view.selected.has(id) ? messages().map((each) => each.id).filter((each) => view.selected.has(each)) : [id];
  const byMouse = event.type === "contextmenu" && event.clientX + event.clientY > 0 && event.button === 2;
  openMenu(ids, beside, byMouse ? { x: event.clientX, y: event.clientY } : undefined);
}

function move(event, list) {
  const element = messageOf(event);
  if (!element || event.target !== element) return;
  const next = { ArrowDown: element.nextElementSibling, ArrowUp: element.previousElementSibling, Home: list.firstElementChild, End: list.lastElementChild }[event.key];
  if (next) {
    event.preventDefault();
    next.focus();
  } else if (event.key === " ") {
    event.preventDefault();
    select(element.dataset.id, !view.selected.has(element.dataset.id));
  } else if (event.key === "Enter") {
    event.preventDefault();
    open(event, element);
  }
}

function pressLong(list) {
  let timer = 0;
  let start = null;
  const stop = () => clearTimeout(timer);
  list.addEventListener("pointerdown", (event) => {
    const element = messageOf(event);
    stop();
    start = null;
    if (!element || event.pointerType !== "touch" || event.target.closest("button, a, input, select, textarea")) return;
    start = event;
    timer = setTimeout(() => open(event, element), LONG_PRESS);
  });
  list.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > MOVED) stop();
  });
  for (const name of ["pointerup", "pointercancel"]) list.addEventListener(name, stop);
}

// ---- writing

function startComposer() {
  const composer = document.getElementById("composer");
  const type = h("select", { id: "composer-type", on: { change: () => adapt() } });
  const text = h("textarea", { id: "composer-text", rows: "2" });
  const file = h("input", { id: "composer-file", type: "file", multiple: true });
  const fileField = h("div", {}, h("label", { for: "composer-file" }, "Files"), file);
  const problem = h("p", { class: "problem", role: "alert" });
  const adapt = () => {
    fileField.hidden = type.value !== "attachment";
    text.required = type.value !== "attachment";
    file.required = type.value === "attachment";
  };
  composer.append(
    h("div", {}, h("label", { for: "composer-type" }, "Kind"), type),
    h("div", { class: "wide" }, h("label", { for: "composer-text" }, "New message"), text),
    fileField,
    h("button", { type: "submit" }, "Send"),
    problem,
  );
  adapt();
  subscribe(["world"], () => {
    if (type.options.length !== catalogue.message_types.length) {
      type.replaceChildren(...catalogue.message_types.map((each) => h("option", { value: each }, each)));
      adapt();
    }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  composer.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const message = { chat: view.chat, sender: view.user, type: type.value, text: text.value };
    if (type.value === "attachment") {
      message.attachments = [...file.files].map((each) => ({ name: each.name, type: each.type || "application/octet-stream", size: each.size }));
    }
    try {
      await control("POST", "messages", message);
      text.value = file.value = "";
      const list = document.getElementById("messages");
      list.scrollTop = list.scrollHeight;
      announce("Sent.");
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}
