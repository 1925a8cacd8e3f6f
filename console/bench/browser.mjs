import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { SERVER } from './server.mjs';

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1280, height: 900 } };

let browser;

export async function begin() {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((it) => it && existsSync(it));
  // Root has no sandbox.
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

export async function end() {
  await browser.close();
}

/** A browser of somebody's own, with nothing kept in it. */
export async function context(size, session, options = {}) {
  const it = await browser.newContext({ ...size, locale: 'en-GB', baseURL: SERVER, ...options });
  if (session) {
    await it.addInitScript((kept) => sessionStorage.setItem('courtside-session', kept), JSON.stringify(session));
  }
  return it;
}
