// What is measured, asked as any client asks it.
export const SERVER = process.env.COURTSIDE_URL ?? 'http://127.0.0.1:8080';
export const LISTENED = process.env.CONSOLE_LISTENED ?? SERVER;
export const PASSWORD = 'seven lobs before breakfast';
export const VENUE = 'riverside';
const PATIENCE_MS = 300_000;

/** Both processes are up, and the demo's data is in the read models. */
export async function ready() {
  for (const server of [SERVER, LISTENED]) {
    await eventually(server, () => fetch(`${server}/v1/venues/${VENUE}`).then((it) => it.ok, () => false));
  }
}

export async function eventually(what, look) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((it) => setTimeout(it, 100))) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Answers as they come: nothing here is asked twice, so that what is measured is measured once. */
export async function ask(method, path, { body, token, server = SERVER } = {}) {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  if (body) headers['content-type'] = 'application/json';
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(server + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** What the page keeps in a tab while somebody is logged in. */
export async function session(identifier) {
  const it = await ask('POST', '/v1/sessions', { body: { identifier, password: PASSWORD } });
  const me = await ask('GET', '/v1/me', { token: it.access_token });
  const accessUntil = Date.now() + it.expires_in * 1000;
  const { session_id: id, access_token: accessToken, refresh_token: refreshToken, second_factor: secondFactor } = it;
  return { id, accessToken, accessUntil, refreshToken, secondFactor, me };
}

export function dayAhead(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** A free hour on a day: the place of its first cell in the grid, and what to hold. */
export async function freeHour(date) {
  const { items } = await ask('GET', `/v1/venues/${VENUE}/days/${date}`);
  for (const [column, { court, slots }] of items.entries()) {
    const row = slots.findIndex((it, at) => it.state === 'free' && slots[at + 1]?.state === 'free');
    if (row < 0) continue;
    return { at: `${row}:${column}`, body: { court, starts_at: slots[row].starts_at, ends_at: slots[row + 1].ends_at } };
  }
  throw new Error(`nothing is free on ${date}`);
}
