// Where the API is. From /config.json and not from the build, so that one build can be hosted anywhere.

export interface Config {
  /** Before every path of the API; empty where it is at this page's own origin. */
  api_url: string;
  /** A venue's day, told as it changes; `{venue}` and `{date}` are put in. */
  live_path: string;
  /** Whether mail is caught, at `/dev/inbox`. */
  demo: boolean;
}

let config: Config = { api_url: '', live_path: '/v1/venues/{venue}/days/{date}/events', demo: false };

export async function readConfig(): Promise<void> {
  const answer = await fetch('./config.json');
  if (answer.ok) config = { ...config, ...((await answer.json()) as Partial<Config>) };
  config.api_url = config.api_url.replace(/\/$/, '');
}

export function settings(): Config {
  return config;
}
