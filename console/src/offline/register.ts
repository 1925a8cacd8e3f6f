// The service worker's other end: makes it known, and tells of a new version.
import { signal } from '@preact/signals';

/** The worker of a newer build, which waits for the word. */
export const newVersion = signal<ServiceWorker | undefined>(undefined);

/** How often an open page asks whether there is a newer one. */
const ASK_EVERY_MS = 60 * 60 * 1000;

export async function keepForOffline(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  // Whoever reloads for a new version has said so; the first worker of all takes over without.
  let had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (had) location.reload();
    had = true;
  });
  const registration = await navigator.serviceWorker.register(worker() as string);
  const look = (it: ServiceWorker | null) => {
    if (it?.state === 'installed' && navigator.serviceWorker.controller) newVersion.value = it;
  };
  look(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const it = registration.installing;
    it?.addEventListener('statechange', () => look(it));
  });
  setInterval(() => void registration.update().catch(() => undefined), ASK_EVERY_MS);
}

export function takeNewVersion(): void {
  newVersion.value?.postMessage('take-over');
}

/** The page's policy takes no text for a script's address (Trusted Types): this one address is vouched for. */
function worker(): unknown {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = types?.createPolicy('courtside', { createScriptURL: () => './sw.js' });
  return policy?.createScriptURL('') ?? './sw.js';
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(text: string): string }): {
    createScriptURL(text: string): unknown;
  };
}
