// The auditors' two lists: asked for in pages, or as one file. Each reading of either is recorded by the server.
import { type Schemas, api, body } from '../api';
import type { Query } from '../ui/filter';
import { save } from '../ui/save';

export type Login = Schemas['Login'];
export type Action = Schemas['Action'];
export type Format = 'csv' | 'ndjson';

// JSON, since nothing else is asked for.
export async function logins(query: Query): Promise<Schemas['Page_Login']> {
  return (await body(api.GET('/v1/audit/logins', { params: { query } }))) as Schemas['Page_Login'];
}

export async function actions(query: Query): Promise<Schemas['Page_Action']> {
  return (await body(api.GET('/v1/audit/actions', { params: { query } }))) as Schemas['Page_Action'];
}

/** All of a list, whatever its length. A transfer that breaks off is an error, and no file. */
export async function file(list: 'logins' | 'actions', query: Query, format: Format): Promise<void> {
  const asked = { params: { query: { ...query, format } }, parseAs: 'blob' as const };
  const answer = list === 'logins' ? api.GET('/v1/audit/logins', asked) : api.GET('/v1/audit/actions', asked);
  save((await body<unknown>(answer)) as Blob, `${list}.${format}`);
}
