// A venue's day as it changes, by server-sent events. Browsers resume with `Last-Event-ID` by themselves; where they give up
// (an answer that is not 200), it is begun anew.
import { signal } from '@preact/signals';
import { settings } from '../config';
import { type Change, type Taken, after, read } from './taken';

/** The server spreads those who come back over three seconds; whoever was refused waits longer than that. */
const AGAIN_MS = 5_000;

export class LiveDay {
  /** `undefined` until the first snapshot. */
  readonly taken = signal<Taken[] | undefined>(undefined);
  readonly isLive = signal(false);
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly venue: string,
    private readonly date: string,
  ) {
    this.open();
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
  }

  private open(): void {
    const { api_url, live_path } = settings();
    const path = live_path
      .replace('{venue}', encodeURIComponent(this.venue))
      .replace('{date}', encodeURIComponent(this.date));
    const source = new EventSource(api_url + path);
    this.source = source;
    source.addEventListener('open', () => (this.isLive.value = true));
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      this.taken.value = (JSON.parse(data) as { items: Change[] }).items.map(read);
    });
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      this.taken.value = after(this.taken.value ?? [], JSON.parse(data) as Change);
    });
    source.addEventListener('error', () => {
      this.isLive.value = false;
      if (source.readyState === EventSource.CLOSED) this.timer = setTimeout(() => this.open(), AGAIN_MS);
    });
  }
}
