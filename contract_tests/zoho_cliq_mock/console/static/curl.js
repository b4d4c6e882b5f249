// Lines of shell that repeat a request.

/** Return a text as one word of a POSIX shell, whatever is in it. */
export function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// Control characters and marks of writing direction, which a terminal would obey; JSON can say them in ASCII.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Return JSON without characters that a terminal would obey. */
function plain(text) {
  return text.replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Return the line that sends an event as the mock sent it. */
export function curlOfDelivery(delivery, address) {
  return post(address, plain(JSON.stringify(delivery.event)));
}

const KEPT = 1024; // bytes of a body that the journal keeps

/** Say whether the journal may have only the start of a call's body. */
export const isCut = (request) => new TextEncoder().encode(request.body).length >= KEPT;

/** Return the line that makes a call of the API again; the token comes from the environment. */
export function curlOfRequest(request) {
  const address = location.origin + encodeURI(request.path) + (request.query ? `?${request.query}` : "");
  const words = ["curl", "-X", quoted(request.method), "-H", '"Authorization: Bearer $ZOHO_CLIQ_TOKEN"'];
  if (request.body) words.push("-H", quoted("Content-Type: application/json"), "--data-raw", quoted(plain(request.body)));
  return [...words, "--globoff", "--url", quoted(address)].join(" ");
}

function post(address, body) {
  const words = ["curl", "-X", "POST", "-H", quoted("Content-Type: application/json; charset=utf-8")];
  return [...words, "--data-raw", quoted(body), "--globoff", "--url", quoted(address)].join(" ");
}
