// Calls of the mock. Cookies of this page count as the control token.

/** Call the control API; return its data. Throw an Error with the mock's own words where it refuses. */
export async function control(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(`/_mock/${path}`, options);
  } catch {
    throw new Error("the mock cannot be reached");
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.message ?? `the mock returned status ${answer.status}`);
  return data;
}

/** Call the API as a user; return the answer's body. Throw an Error with its code and message where it is an error. */
export async function call(user, method, path, body) {
  const answer = await control("POST", "console/api", { user, method, path, body: body ?? null });
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const error = answer.body?.error ?? answer.body ?? {};
  throw new Error(`${answer.status || "no response"} ${error.code ?? ""}: ${error.message ?? answer.body ?? ""}`);
}
