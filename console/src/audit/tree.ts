// The audit's log as a tree of hashes (RFC 6962), read by its tiles (c2sp.org/tlog-tiles): whether the log of today is that
// of an older checkpoint and more. It takes a handful of tiles, however long the log is.
import { type Hash, base64, bytesOf, sha256 } from './hash';

/** What a checkpoint's note says (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: string;
  /** What is signed, and by each key's name and number the signature. */
  text: string;
  signatures: { name: string; id: string; signature: Hash }[];
}

export function parse(note: string): Checkpoint | undefined {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, said, root] = text.split('\n');
  const size = Number(said);
  if (end < 0 || !origin || !root || !/^\d+$/.test(said ?? '') || !Number.isSafeInteger(size)) return undefined;
  const signatures = [];
  for (const line of note.slice(end + 2).split('\n')) {
    const [, name, signed] = /^— (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? [];
    const bytes = bytesOf(signed ?? '');
    if (!name || !bytes) continue;
    signatures.push({ name, id: base64(bytes.slice(0, 4)), signature: bytes.slice(4) });
  }
  return { origin, size, root, text, signatures };
}

/** Ed25519, in the form of c2sp.org/signed-note. */
const ED25519 = 1;

/** Whether a key, `<name>+<id>+<base64>`, has signed it. */
export async function isSigned({ text, signatures }: Checkpoint, vkey: string): Promise<boolean> {
  const [, name, id, key] = /^(\S+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey.trim()) ?? [];
  const bytes = bytesOf(key ?? '');
  if (!name || !id || !bytes) return false;
  const number = base64(Uint8Array.from(id.match(/../g) ?? [], (it) => Number.parseInt(it, 16)));
  const mine = signatures.find((it) => it.name === name && it.id === number);
  if (!mine || bytes[0] !== ED25519) return false;
  const imported = await crypto.subtle.importKey('raw', bytes.slice(1), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, mine.signature, new TextEncoder().encode(text));
}

/** Hashes of a tile. */
const WIDTH = 256;
const HASH = 32;

export class Tree {
  private readonly tiles = new Map<string, Promise<Hash>>();

  constructor(
    private readonly read: (path: string) => Promise<Hash>,
    readonly size: number,
  ) {}

  /**
   * The roots over the first `older` leaves and over all of them, both of the same hashes: where both are what was signed,
   * the longer log begins with the shorter one.
   */
  async roots(older: number): Promise<[older: string, whole: string]> {
    const [first, whole] = await Promise.all([this.over(0, older, older), this.over(0, this.size, older)]);
    return [base64(first), base64(whole)];
  }

  /** The hash over some leaves. No stretch of them that is taken as one lies across `cut`. */
  private async over(from: number, to: number, cut: number): Promise<Hash> {
    const count = to - from;
    if (count === 0) return sha256();
    const bits = Math.log2(count);
    if (Number.isInteger(bits) && !(from < cut && cut < to)) return this.stretch(from, bits);
    const left = 2 ** Math.floor(Math.log2(count - 1));
    return join(...(await Promise.all([this.over(from, from + left, cut), this.over(from + left, to, cut)])));
  }

  /** The hash over `2 ** bits` leaves, which begin at a multiple of as many. */
  private async stretch(from: number, bits: number): Promise<Hash> {
    const level = Math.floor(bits / 8);
    const first = from / WIDTH ** level;
    const tile = await this.tile(level, Math.floor(first / WIDTH));
    const at = (it: number) => tile.slice(((first % WIDTH) + it) * HASH, ((first % WIDTH) + it + 1) * HASH);
    let hashes = Array.from({ length: 2 ** (bits % 8) }, (_, it) => at(it));
    while (1 < hashes.length) hashes = await Promise.all(pairs(hashes).map((it) => join(...it)));
    return hashes[0] ?? sha256();
  }

  private tile(level: number, n: number): Promise<Hash> {
    const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - n * WIDTH);
    const path = `${level}/${numbered(n)}${width < WIDTH ? `.p/${width}` : ''}`;
    const known = this.tiles.get(path) ?? this.read(path);
    this.tiles.set(path, known);
    return known;
  }
}

function join(left: Hash, right: Hash): Promise<Hash> {
  return sha256(Uint8Array.of(1), left, right);
}

function pairs(hashes: Hash[]): [Hash, Hash][] {
  return Array.from({ length: hashes.length / 2 }, (_, it) => [hashes[2 * it], hashes[2 * it + 1]] as [Hash, Hash]);
}

/** `1234067` is `x001/x234/067`. */
function numbered(n: number): string {
  const digits = String(n);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g) ?? [];
  return groups.map((it, place) => (place < groups.length - 1 ? `x${it}` : it)).join('/');
}
