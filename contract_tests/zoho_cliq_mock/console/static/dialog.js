// A dialog over the page: closes with Escape or its button, and gives the focus back.
import { button, h } from "./dom.js";

export function openDialog(title, content) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h("div", { class: "dialog-head" }, h("h2", { id: "dialog-title" }, title), button("Close", () => dialog.close())),
    content,
  );
  const back = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    back?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Return a label with its control. */
export function labelled(label, control, hint) {
  labelled.count = (labelled.count ?? 0) + 1;
  control.id ||= `control-${labelled.count}`;
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, hint && h("p", { class: "quiet", id: `${control.id}-hint` }, hint));
}

/** Run a step and show its error in a place for it. */
export async function attempt(problem, step) {
  problem.textContent = "";
  try {
    return await step();
  } catch (error) {
    problem.textContent = error.message;
    return undefined;
  }
}
