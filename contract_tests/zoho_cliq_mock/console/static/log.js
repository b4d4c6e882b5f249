// The right part: what was sent and came back, and the calls of clients.
import { renderAnswer } from "./answers.js";
import { control } from "./api.js";
import { showBanner } from "./banners.js";
import { curlOfDelivery, curlOfRequest, isCut } from "./curl.js";
import { announce, button, h, reconcile, shown } from "./dom.js";
import { json } from "./json.js";
import { facts, subscribe, time, users, world } from "./store.js";

let wanted = null; // the id of a delivery that is opened as soon as it is there

export function startLog() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tabs, tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      const other = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
      show(tabs, other);
      other.focus();
    });
  }
  const list = h("ol", { class: "entries" });
  const none = h("p", { class: "quiet" });
  document.getElementById("deliveries").append(none, list);
  subscribe(["deliveries"], () => {
    const all = Object.values(world.deliveries).sort((one, other) => other.id - one.id);
    reconcile(list, all, delivery);
    none.textContent = all.length ? "" : "Run an action on a message to see its delivery here.";
    if (wanted && world.deliveries[wanted]) openDelivery(wanted);
  });
  const left = h("div", { class: "thresholds" });
  const calls = h("ol", { class: "entries" });
  document.getElementById("requests").append(h("h3", {}, "Thresholds"), left, h("h3", {}, "Calls"), calls);
  subscribe(["requests"], () => {
    reconcile(calls, Object.values(world.requests).sort((one, other) => other.id - one.id), request);
  });
  subscribe(["world"], () => left.replaceChildren(thresholds()));
}

function show(tabs, chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  }
}

/** Open a delivery in the log, now or when it has come. */
export function openDelivery(id) {
  const element = document.querySelector(`#deliveries details[data-id="${CSS.escape(id)}"]`);
  wanted = element ? null : id;
  if (!element) return;
  element.open = true;
  element.scrollIntoView({ block: "nearest" });
}

/** Return an entry that is filled when it is opened. */
function folded(id, summary, fill, before) {
  const body = h("div", { class: "body" });
  const details = h("details", { data: { id } }, h("summary", {}, summary), body);
  const make = () => {
    if (details.open && !body.firstChild) body.append(...[fill()].flat(2).filter(Boolean));
  };
  details.addEventListener("toggle", make);
  const old = before?.querySelector("details");
  if (old?.open) {
    details.open = true;
    make();
    if (old.querySelector("summary") === document.activeElement) queueMicrotask(() => details.firstElementChild.focus());
  }
  return h("li", {}, details);
}

// ---- deliveries

const GOOD = new Set(["message", "banner", "form", "form_error", "nothing"]);

function delivery(record, before) {
  const kind = record.shown?.kind ?? "waiting";
  const last = record.attempts?.at(-1);
  const failed = !GOOD.has(kind) || record.deluge?.errors?.length > 0;
  const summary = [
    h("span", { class: `badge ${kind === "waiting" ? "" : failed ? "failure" : "success"}` }, kind.replace("_", " ")),
    h("span", { class: "name" }, record.action.name),
    h("span", { class: "quiet" }, [
      `#${record.id}`,
      record.user,
      time(record.event.timestamp),
      last && (last.status ?? "no response"),
      last && `${last.milliseconds}\u00a0ms`,
      record.attempts?.length > 1 && `${record.attempts.length} attempts`,
      record.deluge && `${record.deluge.milliseconds}\u00a0ms`,
      record.deferred && "deferred answer",
      record.again && `again #${record.again}`,
    ].filter(Boolean).join(" · ")),
  ];
  return folded(String(record.id), summary, () => [
    record.shown && [h("h3", {}, `What ${record.user} sees`), record.shown.kind === "nothing" ? h("p", {}, "nothing") : renderAnswer(record.shown)],
    record.deferred && [h("h3", {}, "Deferred answer"), renderAnswer(record.deferred)],
    tools(record),
    (record.attempts ?? []).map((attempt) => attemptOf(attempt)),
    record.deluge && script(record.deluge),
    !record.attempts?.length && record.shown?.output && [h("h3", {}, "Answer"), json(record.shown.output, record.shown.problems)],
    h("h3", {}, "Event"),
    json(record.event, [], "event"),
  ], before);
}

function attemptOf(attempt) {
  return h(
    "div",
    { class: "attempt" },
    h("h3", {}, `Attempt ${attempt.number}: ${attempt.status ?? "no response"} after ${attempt.milliseconds} ms`),
    h("p", { class: "quiet" }, `POST ${attempt.url}`),
    attempt.error && h("p", { class: "problem" }, attempt.error),
    attempt.retry_at && h("p", {}, `Next attempt at ${time(attempt.retry_at * 1000)} by the mock's clock.`),
    attempt.headers && h("details", {}, h("summary", {}, "Header fields"), h("dl", {}, Object.entries(attempt.headers).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, shown(value)))))),
    attempt.body !== undefined && body(attempt.body),
  );
}

function body(text) {
  try {
    return json(JSON.parse(text), [], "answer");
  } catch {
    return h("pre", { tabindex: "0" }, text);
  }
}

function script(ran) {
  const left = Object.entries(ran.left_out ?? {}).filter(([, number]) => number);
  return h(
    "div",
    { class: "script" },
    h("h3", {}, `Script: ${ran.statements} statements in ${ran.milliseconds} ms`),
    ran.errors.length > 0 && h("ul", { class: "problems" }, ran.errors.map((error) =>
      h("li", {}, `${error.line ? `line ${error.line}: ` : ""}${error.function ? `${error.function}: ` : ""}${error.why}`, h("span", { class: "quiet" }, ` ${error.kind}`)))),
    ran.log.length > 0 && [h("h4", {}, "info"), h("pre", { tabindex: "0" }, ran.log.join("\n"))],
    ran.tasks.length > 0 && [h("h4", {}, "Tasks and requests"), h("ol", {}, ran.tasks.map((task) =>
      h("li", {}, h("details", {}, h("summary", {}, `line ${task.line}: ${task.name} → ${task.error ?? task.status ?? "done"}`), json({ arguments: task.arguments, result: task.result, error: task.error }, [], "task")))))],
    left.length > 0 && h("p", { class: "quiet" }, left.map(([name, number]) => `${number} more in the ${name}`).join(", ")),
  );
}

function tools(record) {
  const editor = h("div", { hidden: true });
  return h(
    "div",
    { class: "tools" },
    h("div", { class: "buttons" },
      record.action.execution_type === "webhook" && button("Copy as curl", () => copy(curlOfDelivery(record, record.attempts?.[0]?.url ?? addressOf(record)))),
      button("Send again", () => sendAgain(record.id, {})),
      button("Edit and send", () => edit(record, editor)),
    ),
    editor,
  );
}

const addressOf = (record) => (world.actions[record.action.id]?.execution_url ?? "").split("?")[0];

function edit(record, place) {
  place.hidden = !place.hidden;
  if (place.hidden) return;
  const id = `event-${record.id}`;
  const text = h("textarea", { id, class: "code", rows: "16", spellcheck: "false", value: JSON.stringify(record.event, null, 2) });
  const problem = h("p", { class: "problem", role: "alert" });
  const send = async () => {
    let event;
    try {
      event = JSON.parse(text.value);
    } catch (error) {
      problem.textContent = `This is not JSON: ${error.message}`;
      return;
    }
    problem.textContent = (await sendAgain(record.id, { event })) ?? "";
  };
  place.replaceChildren(h("label", { for: id }, "Event"), text, problem, button("Send this event", send));
  text.focus();
}

async function sendAgain(id, body) {
  try {
    const record = await control("POST", `deliveries/${id}/again`, body);
    if (record.shown?.kind === "banner") showBanner(record.shown.output?.status ?? "failure", record.shown.text);
    announce(`Sent as delivery ${record.id}.`);
    openDelivery(String(record.id));
    return null;
  } catch (error) {
    showBanner("failure", error.message);
    return error.message;
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    showBanner("success", "Copied.");
  } catch {
    const area = h("textarea", { class: "code", "aria-label": "Line to copy", readonly: true, value: text });
    document.getElementById("banners").append(h("div", { class: "banner success" }, area, button("Dismiss", (event) => event.currentTarget.parentElement.remove())));
    area.select();
  }
}

// ---- calls of clients

function request(entry, before) {
  const failed = entry.status >= 400 || entry.status === 0;
  const summary = [
    h("span", { class: `badge ${failed ? "failure" : "success"}` }, String(entry.status || "cut")),
    h("span", { class: "name" }, entry.operation ?? `${entry.method} ${entry.path}`),
    h("span", { class: "quiet" }, [time(entry.time * 1000), entry.user, entry.code, entry.fault && `fault: ${entry.fault}`].filter(Boolean).join(" · ")),
  ];
  return folded(String(entry.id), summary, () => [
    h("p", {}, `${entry.method} ${entry.path}${entry.query ? `?${entry.query}` : ""}`),
    entry.body && body(entry.body),
    entry.method !== "RUN" && (isCut(entry)
      ? h("p", { class: "quiet" }, "Only the start of the body was kept, so the call cannot be copied.")
      : h("div", { class: "buttons" }, button("Copy as curl", () => copy(curlOfRequest(entry))))),
  ], before);
}

function thresholds() {
  const { enabled, used } = facts().thresholds ?? { enabled: true, used: [] };
  if (!enabled) return h("p", {}, "Thresholds are switched off.");
  if (!used.length) return h("p", { class: "quiet" }, "No call counts toward a threshold now.");
  const name = (id) => users().find((user) => user.id === id)?.key ?? id;
  return h("table", {},
    h("thead", {}, h("tr", {}, ["User", "Operation", "Left", "Locked"].map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, used.map((each) => h("tr", {},
      h("td", {}, name(each.user)),
      h("td", {}, each.operation),
      h("td", {}, `${each.left} of ${each.limit}`),
      h("td", { class: each.locked_until ? "problem" : "" }, each.locked_until ? `until ${time(each.locked_until * 1000)}` : "no"),
    ))));
}
