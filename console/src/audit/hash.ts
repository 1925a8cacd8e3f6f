export type Hash = Uint8Array<ArrayBuffer>;

export async function sha256(...parts: Uint8Array[]): Promise<Hash> {
  const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const it of parts) {
    all.set(it, at);
    at += it.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

export function hex(it: Uint8Array): string {
  return [...it].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function base64(it: Uint8Array): string {
  return btoa(String.fromCharCode(...it));
}

/** Nothing, of what is no base64. */
export function bytesOf(base64: string): Hash | undefined {
  try {
    return Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
  } catch {
    return undefined;
  }
}
