// Problems as people read them. The server says what and where, in English; what people meet often has words of its own here.
import { ProblemError, type Schemas } from './api';
import { t } from './i18n';

type Problem = Schemas['Problem'];

export function told(problem: Problem): string {
  const kind = problem.type.split('/').pop() ?? '';
  const known: Record<string, string> = t().problems;
  return known[kind] ?? (problem.detail || problem.title);
}

/** Of anything that was thrown: what is no problem of the server's is one of the network, or of this page and its browser. */
export function explain(error: unknown): string {
  if (error instanceof ProblemError) return told(error.problem);
  if (error instanceof TypeError) return t().offline.unreachable;
  report(error);
  return t().went_wrong;
}

let reported: unknown;

/** For whoever looks into the browser's console; once, however often what says it is drawn. */
function report(error: unknown): void {
  if (error !== reported) console.error(error);
  reported = error;
}

/** What is wrong with a field of a body, if that was it. */
export function fault(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const errors = error.problem.errors as Problem['errors'] | undefined;
  return errors?.find((it) => it.pointer === `#/${field}`)?.detail;
}
