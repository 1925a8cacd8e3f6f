import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Plugin, defineConfig } from 'vite';

/** Where `npm run dev` finds the API. */
const api = process.env.COURTSIDE_URL ?? 'http://127.0.0.1:8080';

/**
 * Tells the service worker what the page is made of, and which build it is: its own bytes then differ whenever anything
 * differs, which is how browsers learn of a new version.
 */
function shell(): Plugin {
  return {
    name: 'shell',
    apply: 'build',
    generateBundle(_, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('the service worker is a chunk of its own');
      const files = Object.keys(bundle).filter((it) => it.startsWith('assets/')).sort();
      const rest = createHash('sha256');
      for (const it of ['index.html', 'public/icon.svg', 'public/manifest.webmanifest']) rest.update(readFileSync(it));
      worker.code = worker.code.replace('__SHELL__', files.join(' ')).replace('__REST__', rest.digest('hex').slice(0, 8));
    },
  };
}

export default defineConfig({
  // Wherever it is hosted, under whatever path.
  base: './',
  plugins: [shell()],
  build: {
    target: 'es2022',
    modulePreload: false,
    // Small files would become data: URLs, which the page's policy refuses.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/offline/worker.ts' },
      output: {
        entryFileNames: (it) => (it.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: { proxy: { '/v1': api, '/dev': api, '/openapi.json': api } },
});
