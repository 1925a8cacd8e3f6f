// The page: who is logged in and where to go, what waits, and what the address names.
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { LogIn } from './account/log-in';
import { Account } from './account/page';
import { Register, Verify } from './account/register';
import { Forgotten } from './account/reset';
import { Join } from './bookings/together';
import { Audit } from './audit/page';
import { Bookings } from './bookings/list';
import { settings } from './config';
import { Courts } from './courts/page';
import { Desk } from './desk/page';
import { Find } from './find/page';
import { t } from './i18n';
import { Messages } from './messages/page';
import { newVersion, takeNewVersion } from './offline/register';
import { Operator } from './operator/page';
import { Programs } from './programs/page';
import { Outbox } from './queue/outbox';
import { discardAll, intents } from './queue/queue';
import { go, link, place } from './router';
import { logOut, me } from './session';
import { Timers } from './timers/page';
import { Ask, ask } from './ui/ask';
import { Languages } from './ui/languages';
import { Page } from './ui/page';
import { Usage } from './usage/page';
import { Users } from './users/page';
import { Webhooks } from './webhooks/page';

interface Destination {
  name: string;
  page: () => JSX.Element;
  /** Whose it is in the menu: of these roles; of everybody where nothing is said. */
  roles?: string[];
  /** Somebody has to be logged in. */
  isOwn?: boolean;
  isHidden?: boolean;
}

const DESTINATIONS: Record<string, Destination> = {
  courts: { name: 'courts', page: Courts },
  bookings: { name: 'bookings', page: Bookings, isOwn: true },
  desk: { name: 'desk', page: Desk, isOwn: true, roles: ['staff', 'admin'] },
  find: { name: 'find', page: Find, isOwn: true, roles: ['staff', 'admin'] },
  usage: { name: 'usage', page: Usage, isOwn: true, roles: ['staff', 'admin'] },
  audit: { name: 'audit', page: Audit, isOwn: true, roles: ['auditor', 'admin'] },
  projections: { name: 'operator', page: Operator, isOwn: true, roles: ['operator', 'admin'] },
  timers: { name: 'timers', page: Timers, isOwn: true, roles: ['operator', 'admin'] },
  messages: { name: 'messages', page: Messages, isOwn: true, roles: ['operator', 'admin'] },
  users: { name: 'users', page: Users, isOwn: true, roles: ['admin'] },
  programs: { name: 'programs', page: Programs, isOwn: true, roles: ['admin'] },
  webhooks: { name: 'webhooks', page: Webhooks, isOwn: true, roles: ['admin'] },
  account: { name: 'account', page: Account, isOwn: true },
  'log-in': { name: 'log_in', page: LogIn, isHidden: true },
  register: { name: 'register', page: Register, isHidden: true },
  verify: { name: 'verify', page: Verify, isHidden: true },
  forgotten: { name: 'forgotten', page: Forgotten, isHidden: true },
  join: { name: 'join', page: Join, isHidden: true },
};

const isOnline = signal(navigator.onLine);
for (const it of ['online', 'offline']) addEventListener(it, () => (isOnline.value = navigator.onLine));

export function App() {
  const { path } = place.value;
  const here = path[0] ?? 'courts';
  const destination = DESTINATIONS[here];
  const ShownPage = !destination ? Nowhere : destination.isOwn && !me.value ? LogIn : destination.page;
  const shown = destinations();
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {t().skip}
      </a>
      <header class={`top${MOST_BESIDE < shown.length ? ' long' : ''}`}>
        <a class="brand" href={link('courts')}>
          <img src="./icon.svg" alt="" width="28" height="28" />
          Courtside
        </a>
        <Menu here={here} shown={shown} />
        <Person />
      </header>
      {!isOnline.value && (
        <p class="bar" role="status">
          {t().offline.is_offline}
        </p>
      )}
      {newVersion.value && (
        <p class="bar" role="status">
          {t().offline.new_version} <button onClick={takeNewVersion}>{t().offline.reload}</button>
        </p>
      )}
      <Outbox />
      <ShownPage key={here} />
      <footer>
        <Languages />
        <a href={`${settings().api_url}/openapi.json`}>API</a>
      </footer>
      <Ask />
    </>
  );
}

/** More of them have a line of their own. */
const MOST_BESIDE = 6;

function destinations(): [at: string, it: Destination][] {
  return Object.entries(DESTINATIONS).filter(([, { isHidden, isOwn, roles }]) => {
    if (isHidden || (isOwn && !me.value)) return false;
    return !roles || roles.includes(me.value?.role ?? '');
  });
}

function Menu({ here, shown }: { here: string; shown: [at: string, it: Destination][] }) {
  const names: Record<string, string> = t().menu;
  // On a phone there is not room for all of them.
  useEffect(() => {
    document.querySelector('.top [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [here]);
  return (
    <nav class="menu" aria-label={t().menu.title}>
      {shown.map(([at, { name }]) => (
        <a key={at} href={link(at)} aria-current={at === here ? 'page' : undefined}>
          {names[name]}
        </a>
      ))}
    </nav>
  );
}

function Person() {
  const words = t().account;
  if (!me.value) {
    return (
      <div class="person">
        <a href={link('log-in')}>{words.log_in}</a>
        <a class="button primary" href={link('register')}>
          {words.register}
        </a>
      </div>
    );
  }
  async function leave() {
    // What waits has names and times in it, and the next at this machine is somebody else.
    const waiting = intents.value.length;
    if (waiting && !(await ask(words.log_out, words.log_out_waiting(waiting), words.log_out))) return;
    try {
      await discardAll();
    } finally {
      // Whatever becomes of the queue, nobody stays logged in who wanted to leave.
      await logOut();
      go(link('courts'));
    }
  }
  return (
    <div class="person known">
      <span class="name">{me.value.display_name ?? me.value.username}</span>
      <button type="button" class="quiet" onClick={() => void leave()}>
        {words.log_out}
      </button>
    </div>
  );
}

function Nowhere() {
  return (
    <Page title={t().nowhere}>
      <p>
        <a href={link('courts')}>{t().courts.title}</a>
      </p>
    </Page>
  );
}

/** The address is the router's; the focus goes there all the same. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main h1')?.focus();
}
