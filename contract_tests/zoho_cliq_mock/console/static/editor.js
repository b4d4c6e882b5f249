// A script with line numbers and what the checker says about its lines.
import { control } from "./api.js";
import { button, h } from "./dom.js";

const PAUSE = 400; // milliseconds after the last change

/** Return an editor: its element, and a function that gives the text. */
export function scriptEditor(script) {
  const numbers = h("ol", { class: "numbers", "aria-hidden": "true" });
  const text = h("textarea", { id: "script", class: "code", rows: "13", spellcheck: "false", wrap: "off", value: script, "aria-describedby": "findings" });
  const findings = h("ul", { id: "findings", class: "findings", "aria-live": "polite", "aria-label": "Findings of the checker" });
  let marked = new Map();
  let timer = 0;
  let asked = 0;

  const number = () => {
    const count = text.value.split("\n").length;
    numbers.replaceChildren(...Array.from({ length: count }, (_, at) =>
      h("li", { class: marked.get(at + 1) ?? "" }, String(at + 1))));
    numbers.scrollTop = text.scrollTop;
  };
  const check = async () => {
    const mine = (asked += 1);
    let found;
    try {
      found = await control("POST", "console/check", { script: text.value });
    } catch (error) {
      found = { findings: [], missing: error.message };
    }
    if (mine !== asked) return;
    marked = new Map(found.findings.map((each) => [each.line, each.severity]));
    findings.replaceChildren(
      ...found.findings.map((each) =>
        h("li", { class: each.severity }, button(`line ${each.line}, column ${each.column}: ${each.severity}: ${each.message}`, () => go(text, each)))),
      ...(found.missing ? [h("li", {}, found.missing)] : []),
      ...(!found.findings.length && !found.missing ? [h("li", { class: "quiet" }, "The checker has no findings.")] : []),
    );
    number();
  };
  text.addEventListener("input", () => {
    number();
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  });
  text.addEventListener("scroll", () => (numbers.scrollTop = text.scrollTop));
  number();
  check();
  const element = h("div", { class: "field" }, h("label", { for: "script" }, "Script"), h("div", { class: "editor" }, numbers, text), findings);
  return { element, read: () => text.value };
}

function go(text, { line, column }) {
  const before = text.value.split("\n").slice(0, line - 1);
  const at = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  text.focus();
  text.setSelectionRange(at, at);
}
