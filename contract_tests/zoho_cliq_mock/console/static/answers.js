// What a person sees of an answer, as Cliq shows it; and what is wrong where it cannot be shown.
import { button, h, link, linked, picture, shown } from "./dom.js";
import { json } from "./json.js";

/** Return an answer for people. `answer` has kind, text, output, problems, deferred. */
export function renderAnswer(answer) {
  const kinds = { message, banner, form, form_error: formError, wrong };
  const body = (kinds[answer.kind] ?? plainText)(answer);
  return h(
    "div",
    { class: `answer shown-${kinds[answer.kind] ? answer.kind : "other"}`, data: { kind: answer.kind } },
    answer.deferred && h("p", { class: "tag" }, "deferred answer"),
    body,
  );
}

function plainText(answer) {
  return h("p", { class: "text problem" }, answer.text);
}

function wrong(answer) {
  return [
    h("p", { class: "problem" }, "This answer cannot be shown."),
    h("ul", { class: "problems" }, (answer.problems ?? []).map((problem) => h("li", {}, problem))),
    answer.output !== null && answer.output !== undefined && json(answer.output, answer.problems),
  ];
}

function banner(answer) {
  return h("p", { class: `banner ${answer.output?.status === "failure" ? "failure" : "success"}` }, answer.text);
}

function message(answer) {
  const output = answer.output ?? {};
  return [
    output.bot && h("p", { class: "quiet" }, `as ${shown(output.bot.name)}`),
    h("p", { class: "text" }, linked(answer.text)),
    output.card && card(output.card),
    list(output.slides).map(slide),
    buttons(output.buttons),
  ];
}

const list = (value) => (Array.isArray(value) ? value : []);

function card(given) {
  return h(
    "div",
    { class: `card ${given.theme === "poll" || given.theme === "prompt" ? given.theme : "inline"}` },
    given.thumbnail && h("p", { class: "quiet" }, picture(given.thumbnail, "thumbnail")),
    h("h3", {}, shown(given.title)),
    list(given.sections).map((section) => [
      section.title && h("h4", {}, shown(section.title)),
      h("dl", {}, list(section.fields).map((field) => pair(field.title, field.value))),
    ]).flat(),
    given.options && h("ul", { class: "options" }, list(given.options).map((option) => h("li", {}, shown(option.text)))),
    buttons(given.buttons),
  );
}

const pair = (name, value) => h("div", {}, h("dt", {}, shown(name)), h("dd", {}, linked(shown(value))));

function slide(given) {
  const kinds = {
    table: () => table(given.data),
    list: () => h("ul", {}, list(given.data).map((each) => h("li", {}, linked(shown(each))))),
    label: () => h("dl", {}, list(given.data).flatMap((each) => labels(each))),
    images: () => h("div", { class: "images" }, list(given.data).map((each, number) => picture(each, `picture ${number + 1}: ${shown(each).slice(0, 60)}`))),
    text: () => h("p", { class: "text" }, linked(shown(given.data))),
  };
  return h(
    "div",
    { class: `slide ${kinds[given.type] ? given.type : "other"}` },
    given.title && h("h4", {}, shown(given.title)),
    (kinds[given.type] ?? (() => json(given.data)))(),
  );
}

function labels(each) {
  if (each === null || typeof each !== "object") return [pair("", each)];
  return Object.entries(each).map(([name, value]) => pair(name, value));
}

function table(data) {
  const headers = list(data?.headers);
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, headers.map((header) => h("th", { scope: "col" }, shown(header))))),
      h("tbody", {}, list(data?.rows).map((row) => h("tr", {}, cells(row, headers).map((cell) => h("td", {}, linked(shown(cell ?? ""))))))),
    ),
  );
}

function cells(row, headers) {
  if (Array.isArray(row)) return row;
  return headers.map((header) => (row !== null && typeof row === "object" ? row[header] : ""));
}

/** Return buttons; one that does more than open an address shows what it would do. */
function buttons(given) {
  if (!list(given).length) return null;
  const result = h("div", { class: "call", hidden: true, role: "status" });
  const row = list(given).map((each) => {
    const data = each.action?.data ?? {};
    const colour = { "+": "green", "-": "red" }[each.type] ?? "";
    if (each.action?.type === "open.url" && /^https?:/.test(shown(data.web))) {
      const found = link(data.web, shown(each.label));
      found.className = `button ${colour}`;
      if (each.hint) found.title = each.hint;
      return found;
    }
    const click = () => showCall(result, { type: each.action?.type, ...data, ...(each.key === undefined ? {} : { key: each.key }) });
    return button(shown(each.label), click, { class: colour, title: each.hint });
  });
  return h("div", { class: "buttons" }, row, result);
}

function showCall(place, call) {
  place.replaceChildren(h("p", {}, "Cliq would call:"), json(call, [], "call"));
  place.hidden = false;
}

function formError(answer) {
  return [
    h("p", { class: "problem" }, answer.text || "The form was refused."),
    h("dl", { class: "problems" }, Object.entries(answer.output?.inputs ?? {}).map(([name, line]) => pair(name, line))),
  ];
}

let forms = 0;

function form(answer) {
  const output = answer.output ?? {};
  const number = (forms += 1);
  const result = h("div", { class: "call", hidden: true, role: "status" });
  const inputs = list(output.inputs);
  const fields = inputs.map((input, place) => ({ input, ...field(input, `form-${number}-${place}`) }));
  const send = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map((each) => [each.input.name, each.read()]));
    showCall(result, { ...output.action, form: { name: output.name, values } });
  };
  const element = h(
    "form",
    { class: "filled", on: { submit: send } },
    h("h3", {}, shown(output.title)),
    output.hint && h("p", { class: "quiet" }, shown(output.hint)),
    fields.map((each) => each.element),
    h("button", { type: "submit" }, shown(output.button_label ?? "Submit")),
    result,
  );
  // A named form would be a landmark, of which the page has enough.
  return h("div", { role: "group", "aria-label": shown(output.title) }, element);
}

const TYPES = { number: "number", date: "date", datetime: "datetime-local", file: "file" };
const FORMATS = new Set(["email", "tel", "url", "password"]);

/** Return a field's element and a function that reads its value. */
function field(input, id) {
  const needed = input.mandatory !== false && !["hidden", "toggle", "checkbox"].includes(input.type);
  const hint = input.hint && h("p", { class: "quiet", id: `${id}-hint` }, shown(input.hint));
  const common = { id, required: needed, placeholder: input.placeholder, "aria-describedby": hint ? `${id}-hint` : undefined };
  if (input.type === "hidden") return { element: null, read: () => input.value };
  if (input.type === "radio" || input.type === "checkbox") return choices(input, id, hint);
  let control;
  let read = () => control.value;
  if (input.type === "textarea") control = h("textarea", { ...common, maxlength: input.max_length, minlength: input.min_length });
  else if (["select", "native_select", "dynamic_select"].includes(input.type)) {
    control = h("select", { ...common, placeholder: undefined, multiple: input.multiple === true }, options(input));
    if (input.multiple) read = () => [...control.selectedOptions].map((each) => each.value);
  } else if (input.type === "toggle") {
    control = h("input", { id, type: "checkbox", checked: input.value === true, "aria-describedby": common["aria-describedby"] });
    read = () => control.checked;
  } else {
    const type = TYPES[input.type] ?? (FORMATS.has(input.format) ? input.format : "text");
    control = h("input", { ...common, type, maxlength: input.max_length, minlength: input.min_length });
    if (type === "file") read = () => [...control.files].map((file) => file.name);
  }
  if (typeof input.value === "string" || typeof input.value === "number") {
    if (control.type !== "file" && control.type !== "checkbox") control.value = String(input.value);
  }
  return { element: h("div", { class: "field" }, h("label", { for: id }, shown(input.label)), control, hint), read };
}

function options(input) {
  const given = list(input.options).map((each) => h("option", { value: shown(each.value) }, shown(each.label)));
  if (given.length) return input.multiple ? given : [h("option", { value: "" }, input.placeholder ?? ""), ...given];
  return [h("option", { value: "" }, `(${shown(input.data_source ?? "chosen by the function")})`)];
}

function choices(input, id, hint) {
  const boxes = list(input.options).map((each, number) => {
    const box = h("input", { type: input.type, name: id, id: `${id}-${number}`, value: shown(each.value) });
    box.checked = list(input.value).includes(each.value) || input.value === each.value;
    return { box, label: h("label", { for: `${id}-${number}` }, box, " ", shown(each.label)) };
  });
  const read = () => {
    const chosen = boxes.filter((each) => each.box.checked).map((each) => each.box.value);
    return input.type === "radio" ? (chosen[0] ?? "") : chosen;
  };
  const element = h("fieldset", {}, h("legend", {}, shown(input.label)), boxes.map((each) => each.label), hint);
  return { element, read };
}
