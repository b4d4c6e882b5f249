// What `zoho-cliq dev` says of the folder that it carries over: what was done, and what is wrong in which file.
import { announce, h } from "./dom.js";
import { subscribe, world } from "./store.js";

export function startProject() {
  const place = document.getElementById("project");
  subscribe(["project"], () => {
    const found = world.project.project;
    place.hidden = !found;
    if (!found) return;
    place.replaceChildren(h("p", {}, h("strong", {}, found.title), " ", found.text), ...mistakes(found.mistakes));
    announce(found.text);
  });
}

function mistakes(found) {
  if (!found.length) return [];
  const list = found.map((each) =>
    h("li", { class: each.severity === "error" ? "problem" : "" }, `${place(each)}${each.message}${each.severity === "error" ? "" : " (warning)"}`));
  return [h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Mistakes in the folder" }, h("ul", {}, list))];
}

const place = (mistake) => (mistake.file ? `${mistake.file}:${mistake.line}: ` : "");
