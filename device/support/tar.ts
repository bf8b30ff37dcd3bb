/** A tar archive of a few small files. POSIX.1-1988 ustar: blocks of 512 bytes, a header before each file, two empty blocks at the end. */
const BLOCK_BYTES = 512;

export interface TarEntry {
  /** Up to 100 ASCII characters. */
  readonly name: string;
  readonly text: string;
}

export function tar(entries: readonly TarEntry[], mtimeS: number): Uint8Array {
  const parts = entries.flatMap(({ name, text }) => {
    const content = Buffer.from(text, "utf8");
    return [header(name, content.length, mtimeS), content, new Uint8Array(-content.length & (BLOCK_BYTES - 1))];
  });
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK_BYTES)]);
}

function header(name: string, bytes: number, mtimeS: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, width: number) => block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "ascii");
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new RangeError(`${name} cannot be the name of a file in a tar archive`);
  block.write(name, 0, "ascii");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(mtimeS, 136, 12);
  block.write("0", 156, "ascii");
  block.write("ustar\x0000", 257, "ascii");
  // Summed with blanks in the sum's own place.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return block;
}
