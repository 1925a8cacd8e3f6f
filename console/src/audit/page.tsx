// `#/audit`: who came to the door, what was done by those who may do more, what shows that nobody has changed it since, and
// a page of all that to print.
import type { JSX } from 'preact';
import { t } from '../i18n';
import { place } from '../router';
import { Page } from '../ui/page';
import { Tabs } from '../ui/tabs';
import { Actions } from './actions';
import { History } from './history';
import { Logins } from './logins';
import { Report } from './report';

const PARTS: Record<string, () => JSX.Element> = { '': Logins, actions: Actions, log: History, report: Report };

export function Audit() {
  const words = t().audit;
  const part = place.value.path[1] ?? '';
  const Part = PARTS[part] ?? Logins;
  return (
    <Page title={words.parts[part as keyof typeof words.parts] ?? words.title} wide>
      <Tabs
        of="audit"
        title={words.title}
        parts={[
          ['', words.parts['']],
          ['actions', words.parts.actions],
          ['log', words.parts.log],
        ]}
      />
      <Part key={part} />
    </Page>
  );
}
