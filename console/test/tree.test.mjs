// The tree of hashes that the page compares checkpoints by, against one that is computed plainly (RFC 6962).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const entry = fileURLToPath(new URL('../src/audit/tree.ts', import.meta.url));
const [{ output }] = await build({ configFile: false, logLevel: 'silent', build: { write: false, lib: { entry, formats: ['es'] } } });
const { Tree } = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);

const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const join = (left, right) => hash(Buffer.of(1), left, right);
const leaves = Array.from({ length: 70_000 }, (_, it) => hash(Buffer.of(0), Buffer.from(`record ${it}`)));

function root(of) {
  if (of.length === 0) return hash();
  if (of.length === 1) return of[0];
  const left = 2 ** Math.floor(Math.log2(of.length - 1));
  return join(root(of.slice(0, left)), root(of.slice(left)));
}

/** The tiles of the first `size` leaves, as a server has them: hashes of whole subtrees, level by level. */
function tiles(size, forge = (it) => it) {
  const levels = [leaves.slice(0, size)];
  for (let below = levels[0]; 256 <= below.length; levels.push(below)) {
    below = Array.from({ length: Math.floor(below.length / 256) }, (_, it) => root(below.slice(256 * it, 256 * it + 256)));
  }
  return async (path) => {
    const [, level, groups, , width] = path.match(/^(\d)\/((x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/);
    const n = Number(groups.replace(/[x/]/g, ''));
    const there = levels[level].slice(256 * n, 256 * n + 256);
    assert.equal(there.length, Number(width ?? 256), `${path} of ${size}`);
    return new Uint8Array(forge(Buffer.concat(there), path));
  };
}

test('the roots of a tree and of its beginning are computed of the same tiles, whatever their sizes', async () => {
  const beginnings = [0, 1, 2, 3, 4, 6, 7, 100, 255, 256, 300, 512, 999];
  const pairs = [1, 2, 3, 5, 8, 255, 256, 257, 511, 1_000].flatMap((size) => [...beginnings, size].map((older) => [older, size]));
  pairs.push([300, 65_536], [65_535, 65_536], [65_537, 70_000]);
  for (const [older, size] of pairs.filter(([older, size]) => older <= size)) {
    const found = await new Tree(tiles(size), size).roots(older);
    const expected = [older, size].map((it) => root(leaves.slice(0, it)).toString('base64'));
    assert.deepEqual(found, expected, `${older} of ${size}`);
  }
});

test('a leaf that was exchanged leads to another root', async () => {
  const forge = (bytes, path) => (path.startsWith('0/') ? Buffer.from(bytes).fill(7, 0, 32) : bytes);
  const [older, whole] = await new Tree(tiles(200, forge), 200).roots(100);
  assert.notEqual(older, root(leaves.slice(0, 100)).toString('base64'));
  assert.notEqual(whole, root(leaves.slice(0, 200)).toString('base64'));
});

test('a history that was exchanged shows, though each of its tiles fits one of the two roots', async () => {
  const [size, older] = [65_536, 300];
  const exchanged = [...leaves.slice(0, size)];
  exchanged[5] = hash(Buffer.from('nobody was here'));
  const another = root(exchanged);
  // The hash over everything is that of the exchanged history; those below lead to the older root.
  const forge = (bytes, path) => (path.startsWith('2/') ? another : bytes);
  const [first, whole] = await new Tree(tiles(size, forge), size).roots(older);
  assert.equal(first, root(leaves.slice(0, older)).toString('base64'));
  assert.notEqual(whole, another.toString('base64'));
});
