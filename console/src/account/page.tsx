// `#/account`: who one is here, how one comes in, and one's right to leave with everything.
import { useSignal } from '@preact/signals';
import { api, body } from '../api';
import { t } from '../i18n';
import { go, link } from '../router';
import { became, begin, logOut, me } from '../session';
import { moment } from '../times';
import { ask } from '../ui/ask';
import { Act, Form } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { save } from '../ui/save';
import { Calendar } from './calendar';
import { Preferences } from './preferences';
import { SecondFactor } from './second-factor';

export function Account() {
  const words = t().account;
  return (
    <Page title={words.title} narrow>
      <Profile />
      <Section title={words.messages}>
        <Preferences />
      </Section>
      <Section title={words.calendar}>
        <Calendar />
      </Section>
      <Section title={words.change_password}>
        <Password />
      </Section>
      <Section title={words.second_factor}>
        <SecondFactor />
      </Section>
      <Section title={words.sessions}>
        <Sessions />
      </Section>
      <Section title={words.export}>
        <p>{words.export_text}</p>
        <div class="actions">
          <Act act={saveAll}>{words.export_save}</Act>
        </div>
      </Section>
      <Section title={words.erase}>
        <Erase />
      </Section>
    </Page>
  );
}

/** What is in it asks for nothing before somebody opens it. */
function Section({ title, children }: { title: string; children: preact.ComponentChildren }) {
  const isOpen = useSignal(false);
  return (
    <details class="card" onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {isOpen.value && children}
    </details>
  );
}

function Profile() {
  const words = t().account;
  const it = me.value;
  const isSaved = useSignal(false);
  if (!it) return null;
  async function send({ display_name = '', phone = '' }: Record<string, string>) {
    // What is changed is what was looked at: somebody may have changed it elsewhere.
    const { response } = await api.GET('/v1/me');
    const header = { 'If-Match': response.headers.get('etag') ?? '' };
    await api.PATCH('/v1/me', {
      params: { header },
      body: { display_name, phone: phone || null },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    became(await body(api.GET('/v1/me')));
    isSaved.value = true;
  }
  return (
    <section class="card">
      <p>
        <strong>{it.username}</strong> · {it.email} · {t().roles[it.role as keyof ReturnType<typeof t>['roles']] ?? it.role}
      </p>
      <Form
        key={it.id}
        action={words.save}
        send={send}
        fields={[
          { name: 'display_name', label: words.display_name, value: it.display_name ?? '', autocomplete: 'name' },
          { name: 'phone', label: words.phone, value: it.phone ?? '', hint: words.phone_hint, type: 'tel', optional: true },
        ]}
      >
        {isSaved.value && <span role="status">{words.saved}</span>}
      </Form>
    </section>
  );
}

function Password() {
  const words = t().account;
  const isSaved = useSignal(false);
  if (isSaved.value) return <p role="status">{words.password_changed}</p>;
  return (
    <Form
      action={words.set_password}
      fields={[
        { name: 'current_password', label: words.current_password, type: 'password', autocomplete: 'current-password' },
        { name: 'new_password', label: words.new_password, type: 'password', autocomplete: 'new-password' },
      ]}
      send={async ({ current_password = '', new_password = '' }) => {
        await begin(await body(api.PUT('/v1/me/password', { body: { current_password, new_password } })));
        isSaved.value = true;
      }}
    />
  );
}

function Sessions() {
  const words = t().account;
  const sessions = useLoad(() => body(api.GET('/v1/sessions')), []);
  async function end(id: string) {
    await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } });
    await sessions.again();
  }
  return (
    <Show of={sessions}>
      {({ items }) => (
        <ul class="rows">
          {items.map((it) => (
            <li key={it.id}>
              <span>{words.session_since(moment(it.started_at))}</span>
              {it.current ? <span class="badge">{words.this_one}</span> : <Act act={() => end(it.id)}>{words.end}</Act>}
            </li>
          ))}
        </ul>
      )}
    </Show>
  );
}

async function saveAll(): Promise<void> {
  const everything = await body(api.GET('/v1/me/export'));
  save(new Blob([JSON.stringify(everything, null, 2)], { type: 'application/json' }), 'courtside.json');
}

function Erase() {
  const words = t().account;
  return (
    <>
      <p>{words.erase_text}</p>
      <Form
        danger
        action={words.erase}
        fields={[{ name: 'current_password', label: words.current_password, type: 'password', autocomplete: 'current-password' }]}
        send={async ({ current_password = '' }) => {
          if (!(await ask(words.erase, words.erase_sure, words.erase))) return;
          await api.DELETE('/v1/me', { body: { current_password } });
          await logOut();
          go(link('courts'));
        }}
      />
    </>
  );
}
