// The line at the top of the window.
import { button, h } from "./dom.js";

const SECONDS = 20;

export function showBanner(status, text) {
  const failure = status === "failure";
  const element = h(
    "div",
    { class: `banner ${failure ? "failure" : "success"}` },
    h("span", { class: "text" }, text),
    button("Dismiss", () => element.remove()),
  );
  document.getElementById("banners").append(element);
  setTimeout(() => element.remove(), SECONDS * 1000);
}
