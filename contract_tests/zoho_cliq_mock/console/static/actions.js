// The actions: a list, and a form that creates or changes one by the real API, so that its rules are the real ones.
import { call } from "./api.js";
import { attempt, labelled, openDialog } from "./dialog.js";
import { announce, button, h, icon, reconcile } from "./dom.js";
import { scriptEditor } from "./editor.js";
import { run } from "./menu.js";
import { actions, catalogue, facts, subscribe, user, view, world } from "./store.js";

let list = null; // how the open list is brought up to date

export function startActions() {
  document.getElementById("open-actions").addEventListener("click", openList);
  subscribe(["actions", "view"], () => list?.());
}

function openList() {
  const entries = h("ul", { class: "actions" });
  const none = h("p", { class: "quiet" }, "There are no actions yet.");
  const dialog = openDialog(`Actions of ${user()?.name ?? ""}'s organization`, [
    button("New action", () => openForm(dialog, null)), entries, none,
  ]);
  list = () => {
    none.hidden = actions().length > 0;
    reconcile(entries, actions(), (action) => entry(action, () => openForm(dialog, action)));
  };
  list();
  dialog.addEventListener("close", () => (list = null));
}

function entry(action, edit) {
  const about = [action.hint, action.scope, action.execution_type, action.message_types.join(", ")].join(" · ");
  return h(
    "li",
    {},
    icon(action),
    h("span", {}, h("span", { class: "name" }, action.name), h("span", { class: "quiet" }, about)),
    button("Edit", edit, { "aria-label": `Edit ${action.name}` }),
  );
}

function openForm(before, action) {
  before.close();
  const problem = h("p", { class: "problem", role: "alert" });
  const fields = basics(action);
  const handler = handlerOf(action, fields.type);
  const save = async () => {
    const saved = await store(action, fields, handler);
    if (saved) action = world.actions[saved] ?? { ...action, id: saved };
    return saved;
  };
  const dialog = openDialog(action ? `Edit ${action.name}` : "New action", h(
    "form",
    { on: { submit: (event) => event.preventDefault() } },
    fields.elements,
    handler.element,
    problem,
    h("div", { class: "buttons" },
      button("Save", async () => {
        if (await attempt(problem, save)) {
          dialog.close();
          announce("Saved.");
        }
      }, { class: "green" }),
      button("Save and run on the selected messages", async () => {
        if (!view.selected.size) {
          problem.textContent = "Select a message first.";
          return;
        }
        const id = await attempt(problem, save);
        if (!id) return;
        dialog.close();
        await run({ id, name: fields.read().name }, [...view.selected]);
      }),
      action && button("Delete", async () => {
        const deleted = await attempt(problem, async () => {
          await act("delete_message_action", { action_id: action.id });
          return true;
        });
        if (deleted) dialog.close();
      }, { class: "red" }),
    ),
  ));
}

/** Say whether two values are the same; in a list the order makes no difference. */
function isSame(one, other) {
  const ordered = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
  return ordered(one) === ordered(other);
}

/** Call an operation of the document as the user; values are those of its path. */
function act(operation, values, body) {
  const { method, path } = catalogue.operations.find((each) => each.name === operation);
  const target = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
  return call(view.user, method, target, body);
}

/** Save what changed, and return the action's id. */
async function store(action, fields, handler) {
  const body = fields.read();
  let id = action?.id;
  if (action) {
    const changed = Object.entries(body).filter(([name, value]) => !isSame(value, action[name]) && name !== "execution_type");
    if (changed.length) await act("update_message_action", { action_id: id }, Object.fromEntries(changed));
  } else id = (await act("create_message_action", {}, body)).data.id;
  const changes = handler.read(action);
  const path = { action_id: id, handler_type: "execution_handler" };
  if (changes) await act("update_message_action_handler", path, changes);
  return id;
}

function basics(action) {
  const fresh = { scope: facts().policies.default_scope, execution_type: "deluge", message_types: catalogue.offered_on, multi_selectable: false };
  const given = action ?? fresh;
  const name = h("input", { value: given.name ?? "", required: true });
  const hint = h("input", { value: given.hint ?? "", required: true });
  const scope = options(catalogue.scopes, given.scope);
  const teams = h("input", { value: (given.team_ids ?? []).join(", ") });
  const type = options(catalogue.execution_types, given.execution_type);
  type.disabled = Boolean(action);
  const url = h("input", { value: given.execution_url ?? "", type: "url" });
  const kinds = boxes("Offered on", catalogue.offered_on, given.message_types);
  const several = h("input", { type: "checkbox", checked: given.multi_selectable });
  const image = h("input", { type: "file", accept: "image/*" });
  let encoded;
  image.addEventListener("change", async () => {
    encoded = image.files[0] ? await base64(image.files[0]) : undefined;
  });
  const ids = (facts().teams[user()?.organization] ?? []).join(", ");
  const teamField = labelled("Teams", teams, `Ids, separated by commas. Existing teams: ${ids}.`);
  const urlField = labelled("Address of the webhook", url);
  const adapt = () => {
    teamField.hidden = scope.value !== "team";
    urlField.hidden = type.value !== "webhook";
  };
  scope.addEventListener("change", adapt);
  type.addEventListener("change", adapt);
  adapt();
  const elements = [
    h("div", { class: "columns" },
      labelled("Name", name), labelled("Hint", hint), labelled("Scope", scope), teamField, labelled("Kind", type), urlField,
      labelled("Several messages at once", several), labelled("Icon", image)),
    kinds.element,
  ];
  const read = () => ({
    name: name.value,
    hint: hint.value,
    scope: scope.value,
    ...(scope.value === "team" ? { team_ids: teams.value.split(",").map((each) => each.trim()).filter(Boolean).map(Number) } : {}),
    execution_type: type.value,
    ...(type.value === "webhook" ? { execution_url: url.value } : {}),
    message_types: kinds.read(),
    multi_selectable: several.checked,
    ...(encoded ? { image: encoded } : {}),
  });
  return { elements, read, type };
}

/** Return the part of the form for the script or the permissions. */
function handlerOf(action, type) {
  const place = h("div", {});
  const script = scriptEditor(action?.handler?.script ?? "");
  const permissions = boxes("Permissions", catalogue.permissions, action?.handler?.permissions ?? []);
  const adapt = () => place.replaceChildren(type.value === "deluge" ? script.element : permissions.element);
  type.addEventListener("change", adapt);
  adapt();
  const read = (before) => {
    if (type.value === "deluge") return script.read() !== (before?.handler?.script ?? "") ? { script: script.read() } : null;
    const chosen = permissions.read();
    return isSame(chosen, before?.handler?.permissions ?? []) ? null : { permissions: chosen };
  };
  return { element: place, read };
}

function options(values, chosen) {
  return h("select", {}, values.map((value) => {
    const option = h("option", { value }, value);
    option.selected = value === chosen;
    return option;
  }));
}

function boxes(label, values, chosen) {
  const made = values.map((value) => h("input", { type: "checkbox", value, checked: chosen.includes(value) }));
  const element = h("fieldset", {}, h("legend", {}, label), made.map((box) => h("label", {}, box, " ", box.value)));
  return { element, read: () => made.filter((box) => box.checked).map((box) => box.value) };
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
