/**
 * The hash by which a cell is recognised. A browser has its own only on secure pages, and a Lab in a local
 * network often is not one; a cell is a few kilobytes, so plain code is quick enough.
 */

const ROUNDS = 64;

/** The first bits of the fractional part of a root: where the constants come from. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 0x1_0000_0000) >>> 0;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) {
    if (found.every(prime => n % prime !== 0)) {
      found.push(n);
    }
  }
  return found;
}

const PRIMES = primes(ROUNDS);
const START = PRIMES.slice(0, 8).map(prime => fraction(Math.sqrt(prime)));
const K = PRIMES.map(prime => fraction(Math.cbrt(prime)));

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

/** The bytes of a text in UTF-8; half a character becomes the mark of an unknown one. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
    if (code < 0x80) {
      bytes.push(code);
    } else if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    } else if (code < 0x1_0000) {
      bytes.push(
        0xe0 | (code >> 12),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63)
      );
    } else {
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63)
      );
    }
  }
  return bytes;
}

/** The text's bytes, a one bit, zeros, and the length: a whole number of blocks. */
function padded(text: string): DataView {
  const bytes = utf8(text);
  const view = new DataView(
    new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64)
  );
  bytes.forEach((byte, i) => view.setUint8(i, byte));
  view.setUint8(bytes.length, 0x80);
  view.setUint32(
    view.byteLength - 8,
    Math.floor((bytes.length * 8) / 0x1_0000_0000)
  );
  view.setUint32(view.byteLength - 4, (bytes.length * 8) >>> 0);
  return view;
}

function mix(state: number[], view: DataView, offset: number): number[] {
  const words = new Uint32Array(ROUNDS);
  for (let i = 0; i < 16; i += 1) {
    words[i] = view.getUint32(offset + 4 * i);
  }
  for (let i = 16; i < ROUNDS; i += 1) {
    const [a, b] = [words[i - 15], words[i - 2]];
    const low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16] + low + words[i - 7] + high;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < ROUNDS; i += 1) {
    const one =
      h +
      (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
      ((e & f) ^ (~e & g)) +
      K[i] +
      words[i];
    const two =
      (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
      ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e] = [g, f, e, (d + one) >>> 0];
    [d, c, b, a] = [c, b, a, (one + two) >>> 0];
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + state[i]) >>> 0);
}

/** SHA-256 of a text in UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  const view = padded(text);
  let state = START;
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    state = mix(state, view, offset);
  }
  return state.map(word => word.toString(16).padStart(8, '0')).join('');
}
