// JSON for people, with the places marked that something is said about.
import { h } from "./dom.js";

/** Return data as JSON; `problems` are lines such as `output.card.theme: …`, whose places are marked. */
export function json(data, problems = [], root = "output") {
  const places = problems.map((problem) => problem.split(": ")[0]);
  const lines = [];
  write(data, root, "", "", lines);
  const marked = new Map();
  for (const [number, place] of places.entries()) {
    const line = nearest(lines, place);
    if (line !== undefined) marked.set(line, [...(marked.get(line) ?? []), problems[number]]);
  }
  return h(
    "pre",
    { class: "json", tabindex: "0", role: "group", "aria-label": "JSON" },
    lines.flatMap(({ text }, number) => {
      const said = marked.get(number);
      if (!said) return [`${text}\n`];
      return [h("mark", {}, text), h("span", { class: "problem" }, `  ← ${said.join("; ")}`), "\n"];
    }),
  );
}

function nearest(lines, place) {
  for (let where = place; where; where = where.replace(/(\.[^.[\]]*|\[\d+\])$/, "")) {
    const found = lines.findIndex((line) => line.path === where);
    if (found >= 0) return found;
    if (!/[.[]/.test(where)) return undefined;
  }
  return undefined;
}

function write(data, path, before, indent, lines) {
  const isList = Array.isArray(data);
  if (data === null || typeof data !== "object" || Object.keys(data).length === 0) {
    lines.push({ path, text: `${indent}${before}${JSON.stringify(data) ?? "null"}` });
    return;
  }
  lines.push({ path, text: `${indent}${before}${isList ? "[" : "{"}` });
  const entries = Object.entries(data);
  for (const [number, [key, value]] of entries.entries()) {
    const where = isList ? `${path}[${key}]` : `${path}.${key}`;
    write(value, where, isList ? "" : `${JSON.stringify(key)}: `, `${indent}  `, lines);
    if (number < entries.length - 1) lines[lines.length - 1].text += ",";
  }
  lines.push({ path: "", text: `${indent}${isList ? "]" : "}"}` });
}
