import type { components } from './schema.js';

/** What a refusal or a failure says (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** A refusal or a failure, thrown. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly problem: Problem,
    /** Seconds after which it is worth another try, if the answer says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(problem.detail || problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  /** The last segment of the problem's type, as in `slot-taken`: what programs tell problems apart by. */
  get kind(): string {
    return this.problem.type.split('/').pop() ?? '';
  }
}

/** Makes an error of an answer that is none of ours too: a proxy's page has a status and nothing else. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const said: unknown = await response.json().catch(() => undefined);
  const problem: Problem = {
    type: 'about:blank',
    title: response.statusText || `Status ${response.status}`,
    detail: '',
    instance: '',
    errors: [],
    ...(isObject(said) ? said : {}),
    status: response.status,
  };
  return new ProblemError(problem, retryAfter(response));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function retryAfter(response: Response): number | undefined {
  const said = response.headers.get('retry-after');
  if (said === null) return undefined;
  const seconds = Number(said);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(said);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - Date.now()) / 1000);
}
