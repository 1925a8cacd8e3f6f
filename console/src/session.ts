// Who is logged in. Tokens live in this tab's memory and sessionStorage, and nowhere that outlives it.
import { computed, signal } from '@preact/signals';
import { ProblemError, type Schemas, body, courtside } from 'courtside-client';
import { serverNow } from './clock';
import { settings } from './config';

export type Me = Schemas['Me'];

interface Session {
  id: string;
  accessToken: string;
  /** By the server's clock. */
  accessUntil: number;
  refreshToken: string;
  secondFactor: boolean;
  me: Me;
}

const KEPT = 'courtside-session';
/** A token this close to its end may be past it on arrival. */
const SOON_MS = 20_000;

const session = signal<Session | undefined>(kept());
/** Whether the last session ended without being asked to. */
export const wasEnded = signal(false);
export const me = computed(() => session.value?.me);
export const hasSecondFactor = computed(() => session.value?.secondFactor ?? false);

// A tab that was duplicated has the same session, and each refresh token counts once.
const tabs = new BroadcastChannel('courtside-session');
tabs.onmessage = ({ data }: MessageEvent<Session>) => {
  if (session.value && data.id === session.value.id) keep({ ...data, me: session.value.me });
};

const anonymous = () => courtside({ baseUrl: settings().api_url || location.origin });

export async function logIn(identifier: string, password: string, code?: string): Promise<void> {
  const given = { identifier, password, ...(code ? { code } : {}) };
  await begin(await body(anonymous().POST('/v1/sessions', { body: given })));
}

/** Goes on with tokens that were just given, as after a change of password. */
export async function begin(tokens: Schemas['Tokens']): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  keep(taken(tokens, await body(anonymous().GET('/v1/me', { headers }))));
  wasEnded.value = false;
}

export async function logOut(): Promise<void> {
  const token = await accessToken().catch(() => undefined);
  keep(undefined);
  const headers = { authorization: `Bearer ${token}` };
  // Offline, the session ends by itself: nobody has its tokens any more.
  if (token) await anonymous().DELETE('/v1/sessions/current', { headers }).catch(() => undefined);
}

/** Who is logged in is somebody by another name now. */
export function became(me: Me): void {
  if (session.value) keep({ ...session.value, me });
}

/** A token that is good for a while; none where nobody is logged in. */
export async function accessToken(): Promise<string | undefined> {
  const it = session.value;
  if (!it) return undefined;
  return serverNow() + SOON_MS < it.accessUntil ? it.accessToken : renew(it.accessToken);
}

let renewing: Promise<string | undefined> | undefined;

/** A token in the place of one that counts no more; none if the session is over. */
export function renew(former: string | undefined): Promise<string | undefined> {
  renewing ??= locked(former).finally(() => (renewing = undefined));
  return renewing;
}

async function locked(former: string | undefined): Promise<string | undefined> {
  return navigator.locks.request('courtside-session', () => refresh(former));
}

async function refresh(former: string | undefined): Promise<string | undefined> {
  const it = session.value;
  // Meanwhile renewed, here or in another tab.
  if (!it || it.accessToken !== former) return it?.accessToken;
  try {
    const given = { refresh_token: it.refreshToken };
    const tokens = await body(anonymous().POST('/v1/sessions/refresh', { body: given }));
    const renewed = taken(tokens, it.me);
    keep(renewed);
    tabs.postMessage(renewed);
    return renewed.accessToken;
  } catch (error) {
    // Anything else is a matter of the network, and of another try.
    if (!(error instanceof ProblemError) || error.status !== 401) throw error;
    keep(undefined);
    wasEnded.value = true;
    return undefined;
  }
}

function taken(tokens: Schemas['Tokens'], me: Me): Session {
  return {
    id: tokens.session_id,
    accessToken: tokens.access_token,
    accessUntil: serverNow() + tokens.expires_in * 1000,
    refreshToken: tokens.refresh_token,
    secondFactor: tokens.second_factor,
    me,
  };
}

function keep(it: Session | undefined): void {
  session.value = it;
  if (it) sessionStorage.setItem(KEPT, JSON.stringify(it));
  else sessionStorage.removeItem(KEPT);
}

function kept(): Session | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
