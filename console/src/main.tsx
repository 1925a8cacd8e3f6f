import { render } from 'preact';
import { startApi } from './api';
import { App } from './app';
import { forgetExpired, startMine } from './bookings/mine';
import { now, startClock } from './clock';
import { readConfig } from './config';
import { readCourts, readVenues } from './courts/catalogue';
import { keepForOffline } from './offline/register';
import { startQueue } from './queue/queue';
import { startWaiting } from './waitlist/waiting';
import './style/base.css';
import './style/controls.css';
import './style/grid.css';
import './style/lists.css';
import './style/charts.css';

// Without an answer, what is built in has to do: the API at this origin.
await readConfig().catch(() => undefined);
startApi();
startClock();
startQueue();
startMine();
startWaiting();
now.subscribe(forgetExpired);
void readVenues().catch(() => undefined);
void readCourts().catch(() => undefined);
render(<App />, document.getElementById('page') as HTMLElement);
void keepForOffline();
