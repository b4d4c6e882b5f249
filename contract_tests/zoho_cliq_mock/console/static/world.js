// The mock's world: its clock, thresholds, faults, policies, snapshots, and the way back to the seed.
import { control } from "./api.js";
import { attempt, labelled, openDialog } from "./dialog.js";
import { announce, button, h, reconcile } from "./dom.js";
import { catalogue, facts, now, subscribe, users } from "./store.js";

let parts = null; // of the dialog while it is open

export function startWorld() {
  document.getElementById("open-world").addEventListener("click", open);
  subscribe(["world"], () => parts?.forEach((part) => part()));
}

function open() {
  const problem = h("p", { class: "problem", role: "alert" });
  const act = (method, path, body) => attempt(problem, async () => {
    await control(method, path, body);
    announce("Done.");
    return true;
  });
  const made = [clock(act), thresholds(act), faults(act), snapshots(act), policies(act)];
  parts = made.map((part) => part.update);
  for (const update of parts) update();
  const dialog = openDialog("World", [problem, made.map((part) => part.element)]);
  dialog.addEventListener("close", () => (parts = null));
}

const section = (title, ...content) => h("section", {}, h("h3", {}, title), content);

function clock(act) {
  const shown = h("p", {});
  const seconds = h("input", { type: "number", value: "60" });
  const freeze = button("Freeze", () => act("POST", "clock", facts().clock.frozen ? { run: true } : { freeze: true }));
  const element = section("Clock", shown, h("div", { class: "row" }, freeze, labelled("Seconds", seconds), button("Advance", () => act("POST", "clock", { advance: Number(seconds.value) }))));
  const update = () => {
    freeze.textContent = facts().clock?.frozen ? "Run" : "Freeze";
    const ahead = Math.round((now() - Date.now()) / 1000);
    shown.textContent = `${new Date(now()).toISOString()}${facts().clock?.frozen ? ", frozen" : ""}; ${ahead} s ahead of real time`;
  };
  return { element, update };
}

function thresholds(act) {
  const toggle = button("", () => act("POST", "thresholds", { enabled: !facts().thresholds.enabled }));
  const element = section("Thresholds", h("div", { class: "row" }, toggle, button("Clear counts and locks", () => act("POST", "thresholds", { clear: true }))));
  return { element, update: () => (toggle.textContent = facts().thresholds?.enabled ? "Switch off" : "Switch on") };
}

function faults(act) {
  const list = h("ul", {});
  const kind = h("select", {}, catalogue.faults.map((each) => h("option", { value: each }, each)));
  const operation = h("select", {}, h("option", { value: "" }, "all operations"), catalogue.operations.map((each) => h("option", { value: each.name }, each.name)));
  const person = h("select", {}, h("option", { value: "" }, "everyone"), users().map((each) => h("option", { value: each.key }, each.key)));
  const status = h("input", { type: "number", placeholder: "default" });
  const delay = h("input", { type: "number", step: "any", placeholder: "0" });
  const times = h("input", { type: "number", placeholder: "always" });
  const when = h("select", {}, ["before", "after"].map((each) => h("option", { value: each }, each)));
  const add = () => {
    const rule = { fault: kind.value, when: when.value };
    if (operation.value) rule.operation = operation.value;
    if (person.value) rule.user = person.value;
    for (const [name, field] of [["status", status], ["delay", delay], ["times", times]]) if (field.value) rule[name] = Number(field.value);
    return act("POST", "faults", rule);
  };
  const element = section("Faults", list,
    h("div", { class: "row" }, labelled("Fault", kind), labelled("Operation", operation), labelled("User", person), labelled("Status", status), labelled("Delay in seconds", delay), labelled("Times", times), labelled("When", when)),
    h("div", { class: "row" }, button("Add fault", add), button("Remove all faults", () => act("DELETE", "faults"))));
  const update = () => list.replaceChildren(...facts().faults.map((rule) => h("li", {},
    `${rule.fault} ${rule.when}: ${rule.operations?.join(", ") ?? "every operation"}, ${rule.user ?? "everyone"}${rule.status ? `, status ${rule.status}` : ""}${rule.delay ? `, ${rule.delay} s` : ""}; applied to ${rule.applied} of ${rule.seen} calls`)));
  return { element, update };
}

function snapshots(act) {
  const name = h("input", { value: "default" });
  const list = h("div", { class: "row" });
  const reset = button("Reset to the seed", () => act("POST", "reset"), { class: "red" });
  const element = section("State", h("div", { class: "row" }, reset, labelled("Snapshot", name), button("Keep", () => act("POST", "snapshot", { name: name.value }))), list);
  const update = () => list.replaceChildren(...facts().snapshots.map((each) => button(`Restore ${each}`, () => act("POST", "restore", { name: each }))));
  return { element, update };
}

function policies(act) {
  const body = h("tbody", {});
  const element = section("Policies", h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Policies" },
    h("table", {}, h("thead", {}, h("tr", {}, ["Policy", "Value", "What it decides"].map((each) => h("th", { scope: "col" }, each)))), body)));
  let items = new Map();
  const update = () => {
    // An entry is kept while its value is the same, so that a control in use stays.
    items = new Map(catalogue.policies.map((policy) => {
      const value = facts().policies[policy.name];
      const known = items.get(policy.name);
      return [policy.name, known?.value === value ? known : { ...policy, id: policy.name, value }];
    }));
    reconcile(body, [...items.values()], (item) => row(item, act));
  };
  return { element, update };
}

function row(policy, act) {
  const change = () => act("POST", "policies", { [policy.name]: control.value });
  const control = policy.choices && !policy.many
    ? h("select", { on: { change } }, policy.choices.map((each) => h("option", { value: each }, each)))
    : h("input", { type: policy.choices ? "text" : "number", on: { change } });
  control.value = String(policy.value);
  control.setAttribute("aria-label", policy.name);
  return h("tr", { class: policy.value === policy.default ? "" : "changed" }, h("th", { scope: "row" }, policy.name), h("td", {}, control), h("td", { class: "quiet" }, policy.about));
}
