// The console: connects to the mock, and starts the parts of the page.
import { startActions } from "./actions.js";
import { startChats } from "./chats.js";
import { startLog } from "./log.js";
import { startMessages } from "./messages.js";
import { startProject } from "./project.js";
import { facts, now, take } from "./store.js";
import { startWorld } from "./world.js";

startChats();
startMessages();
startLog();
startActions();
startWorld();
startProject();

const main = document.getElementById("main");
const panes = document.querySelectorAll(".panes button");
const showPane = (pane) => {
  main.dataset.pane = pane;
};
for (const each of panes) each.addEventListener("click", () => showPane(each.dataset.pane));
const mark = () => {
  for (const each of panes) each.setAttribute("aria-pressed", String(each.dataset.pane === main.dataset.pane));
};
new MutationObserver(mark).observe(main, { attributeFilter: ["data-pane"] });
mark();

setInterval(() => {
  const clock = document.getElementById("clock");
  clock.textContent = `${new Date(now()).toLocaleTimeString()}${facts().clock?.frozen ? " (frozen)" : ""}`;
}, 500);

const connection = document.getElementById("connection");
const stream = new EventSource("/_mock/console/events");
stream.addEventListener("all", (event) => {
  performance.mark("console:told");
  take(JSON.parse(event.data), true);
  connection.textContent = "";
  document.body.dataset.ready = "true";
  // A task that is asked for in a frame comes after the frame has been painted.
  requestAnimationFrame(() => setTimeout(() => performance.measure("console:rendered", "console:told")));
});
stream.addEventListener("some", (event) => take(JSON.parse(event.data), false));
stream.addEventListener("error", () => {
  connection.textContent =
    stream.readyState === EventSource.CLOSED
      ? "The mock has stopped or was restarted. Open the link that it prints."
      : "The mock does not respond; trying again.";
});
